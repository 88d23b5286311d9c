import { select } from "../actions";
import { chosenTake, current, jobOf } from "../state";
import type { Panel } from "../types";
import { number, t } from "../words";
import { Poster } from "./Poster";

/** One shot of the storyboard. */
export function PanelCard({ panel, at }: { panel: Panel; at: number }) {
  const take = chosenTake(panel);
  const job = jobOf(take);
  const here = current.value === at;
  return (
    <li>
      <button
        type="button"
        class="card"
        data-testid="panel"
        data-stop
        tabIndex={here ? 0 : -1}
        aria-current={here ? "true" : undefined}
        onClick={() => void select(at)}
      >
        <span class="unseen">{t("storyboard.shot", { number: at + 1, words: panel.words })}</span>
        <Poster take={take} />
        <bdi class="badge" aria-hidden="true">{number(at + 1)}</bdi>
        {job && <progress max={job.total || 1} value={job.done} aria-hidden="true" />}
        <span class="card-words" dir="auto" aria-hidden="true">
          {panel.words}
        </span>
      </button>
    </li>
  );
}
