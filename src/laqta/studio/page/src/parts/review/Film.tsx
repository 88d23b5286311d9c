import { useEffect } from "preact/hooks";
import { film } from "../../review/film";
import type { ReviewItem } from "../../types";
import { number, t } from "../../words";
import { AiLabel } from "../AiLabel";
import { IconButton } from "../IconButton";
import { Boxes } from "./Boxes";
import { KeyframeMarks } from "./KeyframeMarks";

const calm = matchMedia("(prefers-reduced-motion: reduce)");

/** The clip with its boxes over it, and what steps through its frames. It runs from left to right everywhere. */
export function Film({ item }: { item: ReviewItem }) {
  useEffect(() => () => film.hold(null), []);
  return (
    <figure class="player review-film" data-testid="review-film" dir="ltr" aria-label={t("player")}>
      <div class="screen" style={{ "--ratio": String(item.width / item.height) }}>
        <video
          muted
          loop
          playsInline
          preload="auto"
          ref={(video) => film.hold(video)}
          src={item.video}
          autoplay={!calm.matches}
          aria-label={t("review.film")}
          {...film.events}
        />
        <Boxes />
        {item.kind === "take" && <AiLabel />}
      </div>
      <Frames />
    </figure>
  );
}

function Frames() {
  const { playing, frame, frames } = film;
  const where = t("review.film.frame", { number: frame.value + 1, count: frames });
  return (
    <div class="transport">
      <IconButton
        icon={playing.value ? "pause" : "play"}
        label={t(playing.value ? "player.pause" : "player.play")}
        onClick={() => film.toggle()}
      />
      <IconButton icon="back" label={t("review.film.earlier")} onClick={() => film.go(frame.value - 1)} />
      <IconButton icon="next" label={t("review.film.later")} onClick={() => film.go(frame.value + 1)} />
      <div class="frames">
        <input
          type="range"
          min={0}
          max={frames - 1}
          value={frame.value}
          aria-label={t("player.position")}
          aria-valuetext={where}
          onInput={(event) => film.go(event.currentTarget.valueAsNumber)}
        />
        <KeyframeMarks />
      </div>
      <span class="time" title={where}>
        {number(frame.value + 1)} / {number(frames)}
      </span>
    </div>
  );
}
