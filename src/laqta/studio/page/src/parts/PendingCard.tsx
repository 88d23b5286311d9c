import type { Pending } from "../state";
import { t } from "../words";

/** A message on its way: shown at once, answered in a moment. */
export function PendingCard({ pending }: { pending: Pending }) {
  return (
    <article class="message by-person" data-testid="message" aria-busy="true" aria-label={t("message.yours")}>
      <div class="bubble">
        {pending.picture && <img src={pending.picture} alt={t("picture.firstFrame")} />}
        <p dir="auto">{pending.text}</p>
      </div>
      <p class="reply waiting">
        <i />
        <i />
        <i />
        <span class="unseen">{t("message.waiting")}</span>
      </p>
    </article>
  );
}
