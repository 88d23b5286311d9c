import { loadNext } from "../../review/actions";
import { skipped } from "../../review/state";
import { t } from "../../words";
import { Mark } from "../Mark";

/** The queue is empty. */
export function Nothing() {
  return (
    <div class="review-empty" data-testid="review-empty">
      <Mark size={56} />
      <h3>{t("review.none.title")}</h3>
      <p>{skipped.value ? t("review.skipped", { count: skipped.value }) : t("review.none.why")}</p>
      <button type="button" class="plain" onClick={() => void loadNext()}>
        {t("review.none.again")}
      </button>
    </div>
  );
}
