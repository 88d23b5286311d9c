import { again } from "../actions";
import { walkStrip } from "../keys";
import { best, bestFirst } from "../order";
import { comparing, current, takeOf } from "../state";
import type { Panel } from "../types";
import { t } from "../words";
import { Icon } from "./Icon";
import { TakeTile } from "./TakeTile";

const SEVERAL = 3;

/** The takes of a shot: pick one, put two side by side, film more. */
export function TakesStrip({ panel }: { panel: Panel }) {
  const takes = panel.takes.map(takeOf).filter((take) => take !== undefined);
  const star = best(takes);
  return (
    <section class="takes" aria-label={t("takes")}>
      <header class="strip-header">
        <h3>{t("takes.count", { count: takes.length })}</h3>
        {comparing.value && <p class="hint">{t("takes.pickOther")}</p>}
        <div class="strip-tools">
          <button type="button" class="plain" onClick={() => void again(current.value, 1)}>
            <Icon name="again" />
            {t("takes.again")}
          </button>
          <button type="button" class="plain" onClick={() => void again(current.value, SEVERAL)}>
            {t("takes.several", { count: SEVERAL })}
          </button>
        </div>
      </header>
      <ul class="strip" dir="ltr" onKeyDown={walkStrip}>
        {bestFirst(takes).map((take) => (
          <TakeTile key={take.id} take={take} at={panel.takes.indexOf(take.id)} panel={panel} isBest={take === star} />
        ))}
      </ul>
    </section>
  );
}
