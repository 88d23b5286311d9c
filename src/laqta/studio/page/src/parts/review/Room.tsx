import { busy, item, missing, reviewer } from "../../review/state";
import { go } from "../../route";
import { t } from "../../words";
import { Icon } from "../Icon";
import { Mark } from "../Mark";
import { Notice } from "../Notice";
import { Captions } from "./Captions";
import { Decision } from "./Decision";
import { Film } from "./Film";
import { Missing } from "./Missing";
import { Nothing } from "./Nothing";
import { Progress } from "./Progress";
import { ReviewerForm } from "./ReviewerForm";
import { Told } from "./Told";
import { Tracks } from "./Tracks";

/** Where clips are accepted, mended and rejected: the film beside its captions and the decision. */
export function Room() {
  return (
    <main class="review" aria-busy={busy.value}>
      <header class="review-header">
        <h2>{t("review")}</h2>
        {reviewer.value && !missing.value && <Progress />}
        <button type="button" class="plain review-leave" onClick={() => void go(null)}>
          <Icon name="back" />
          <span>{t("review.leave")}</span>
        </button>
      </header>
      <div class="review-notice">
        <Notice />
      </div>
      <Inside />
      {reviewer.value && !missing.value && <Told />}
    </main>
  );
}

function Inside() {
  if (missing.value) return <Missing />;
  if (!reviewer.value) return <ReviewerForm />;
  if (!item.value) return busy.value ? <Waiting /> : <Nothing />;
  return (
    <div class="review-desk">
      <section class="review-seen" aria-label={t("review.film")}>
        <Film key={item.value.id} item={item.value} />
        <Tracks />
      </section>
      <div class="review-said">
        <Captions />
        <Decision />
      </div>
    </div>
  );
}

function Waiting() {
  return (
    <div class="review-empty" aria-busy="true">
      <Mark size={48} />
    </div>
  );
}
