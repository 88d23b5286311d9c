import { setReviewer } from "../../review/actions";
import { done, item, more, reviewer, waiting } from "../../review/state";
import { t } from "../../words";

/** How much is done, how much waits, and who reviews. */
export function Progress() {
  const waits = more.value ? "review.waitingMore" : "review.waiting";
  return (
    <>
      <p class="review-progress" data-testid="review-progress" data-done={done.value}>
        <span>{t("review.done", { count: done.value })}</span>
        {(item.value || waiting.value > 0) && <span>{t(waits, { count: waiting.value })}</span>}
      </p>
      <button
        type="button"
        class="reviewer"
        title={t("review.name.change")}
        aria-label={`${t("review.name.change")}: ${reviewer.value}`}
        onClick={() => void setReviewer("")}
      >
        <bdi>{reviewer.value}</bdi>
      </button>
    </>
  );
}
