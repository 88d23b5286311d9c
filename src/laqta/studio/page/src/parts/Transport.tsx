import type { Playback } from "../playback";
import { number, seconds, t } from "../words";
import { IconButton } from "./IconButton";

const TENTHS = { minimumFractionDigits: 1, maximumFractionDigits: 1 };

/** Play, pause, and a line to move along, frame by frame with the arrow keys. */
export function Transport({ playback, step }: { playback: Playback; step: number }) {
  const { playing, time, duration } = playback;
  return (
    <div class="transport">
      <IconButton
        icon={playing.value ? "pause" : "play"}
        label={t(playing.value ? "player.pause" : "player.play")}
        onClick={() => playback.toggle()}
      />
      <input
        type="range"
        min={0}
        max={duration.value || 1}
        step={step}
        value={time.value}
        aria-label={t("player.position")}
        aria-valuetext={seconds(time.value)}
        onInput={(event) => playback.seek(event.currentTarget.valueAsNumber)}
      />
      <span class="time">
        {number(time.value, TENTHS)} / {number(duration.value, TENTHS)}
      </span>
    </div>
  );
}
