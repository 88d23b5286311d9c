import { comparing, panel, shownTake, takeOf } from "../state";
import { t } from "../words";
import { Caption } from "./Caption";
import { Check } from "./Check";
import { Mark } from "./Mark";
import { Player } from "./Player";
import { TakesStrip } from "./TakesStrip";
import { TakeTools } from "./TakeTools";

/** The shot that is worked on: its film, what was asked beside what is seen, and its takes. */
export function Stage() {
  const take = shownTake.value;
  const other = takeOf(comparing.value);
  if (!take) {
    return (
      <div class="scene nothing">
        <Mark size={56} />
        <p>{t("stage.nothing")}</p>
      </div>
    );
  }
  return (
    <div class="scene" tabIndex={0} role="group" aria-label={t("stage.shot")}>
      <div class={`shot ${other ? "two" : ""}`}>
        <div class="hero">
          <Player takes={other ? [take, other] : [take]} />
          <Caption take={take} />
          <TakeTools take={take} />
        </div>
        <div class="side">
          {panel.value && <TakesStrip panel={panel.value} />}
          <Check take={take} other={other} />
        </div>
      </div>
    </div>
  );
}
