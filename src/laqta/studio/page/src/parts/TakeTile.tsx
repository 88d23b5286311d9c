import { choose } from "../actions";
import { comparing, current, jobOf, shownTake } from "../state";
import type { Panel, Take } from "../types";
import { listed, number, t, type Key } from "../words";
import { Icon } from "./Icon";
import { Poster } from "./Poster";

const SAYS: Partial<Record<Take["state"], Key>> = {
  queued: "state.queued",
  running: "state.running",
  failed: "state.failed",
  cancelled: "state.cancelled",
  deleted: "state.deleted",
};

interface Props {
  take: Take;
  /** Its place among the shot's takes, which is how it is called when one talks about it. */
  at: number;
  panel: Panel;
  isBest: boolean;
}

export function TakeTile({ take, at, panel, isBest }: Props) {
  const chosen = panel.chosen === at;
  const job = jobOf(take);
  const says = SAYS[take.state];
  const name = [t("take.name", { number: at + 1 })];
  if (isBest) name.push(t("take.best"));
  if (says) name.push(t(says));
  else if (take.of) name.push(t("check.score", { right: take.right ?? 0, of: take.of }));
  const pick = () => {
    if (comparing.value && take !== shownTake.value) comparing.value = take.id;
    else void choose(current.value, at);
  };
  return (
    <li>
      <button
        type="button"
        class={`tile ${comparing.value === take.id ? "beside" : ""}`}
        data-testid="take"
        data-stop
        tabIndex={chosen ? 0 : -1}
        aria-pressed={chosen}
        onClick={pick}
      >
        <span class="unseen">{listed(name)}</span>
        <Poster take={take} />
        <bdi class="badge" aria-hidden="true">{number(at + 1)}</bdi>
        {isBest && (
          <span class="best" title={t("take.best")} aria-hidden="true">
            <Icon name="star" />
          </span>
        )}
        {job && <progress max={job.total || 1} value={job.done} aria-hidden="true" />}
        <span class="tile-note" aria-hidden="true">{says ? t(says) : <Score take={take} />}</span>
      </button>
    </li>
  );
}

function Score({ take }: { take: Take }) {
  if (!take.of) return null;
  return (
    <bdi>
      <Icon name="tick" />
      {number(take.right ?? 0)}/{number(take.of)}
    </bdi>
  );
}
