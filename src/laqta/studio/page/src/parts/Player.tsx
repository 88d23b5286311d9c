import { useEffect, useMemo } from "preact/hooks";
import { playWishes } from "../keys";
import { Playback } from "../playback";
import { jobOf, panels, reel } from "../state";
import type { Take } from "../types";
import { t } from "../words";
import { AiLabel } from "./AiLabel";
import { Progress } from "./Progress";
import { Screen } from "./Screen";
import { TakeNumber } from "./TakeNumber";
import { TakeTrouble } from "./TakeTrouble";
import { Transport } from "./Transport";

/** The screen with what belongs under it: the controls, how far filming is, or what went wrong. */
export function Player({ takes }: { takes: Take[] }) {
  const playback = useMemo(() => new Playback(), []);
  useEffect(() => {
    let heard = playWishes.peek();
    return playWishes.subscribe((wishes) => {
      if (wishes !== heard) playback.toggle();
      heard = wishes;
    });
  }, []);
  const [take] = takes;
  const job = jobOf(take);
  return (
    <figure class="player" data-testid="player" dir="ltr" aria-label={t("player")}>
      <div class="screens">
        {takes.map((each, at) => (
          <Screen
            // Playing all begins every shot at its beginning, also the one that is on the stage already.
            key={`${each.id} ${reel.value}`}
            take={each}
            playback={playback}
            at={at}
            onEnded={at === 0 ? nextInReel : undefined}
          >
            {takes.length > 1 && <TakeNumber take={each} />}
            {(each.state === "done" || job) && <AiLabel />}
          </Screen>
        ))}
      </div>
      {take?.state === "done" && <Transport playback={playback} step={1 / take.fps} />}
      {job && <Progress job={job} />}
      {take && <TakeTrouble take={take} />}
    </figure>
  );
}

/** While all of the film is played: on to the next shot, and after the last one back to work. */
function nextInReel(): void {
  if (reel.value === null) return;
  reel.value = reel.value + 1 < panels.value.length ? reel.value + 1 : null;
}
