import type { ComponentChildren } from "preact";
import type { Playback } from "../playback";
import { reel } from "../state";
import type { Take } from "../types";
import { Poster } from "./Poster";

const calm = matchMedia("(prefers-reduced-motion: reduce)");

interface Props {
  take: Take;
  playback: Playback;
  /** 0 leads; the other follows. */
  at: number;
  onEnded: (() => void) | undefined;
  children?: ComponentChildren;
}

/** One picture: the film, or what can be seen of it so far. */
export function Screen({ take, playback, at, onEnded, children }: Props) {
  const ratio = { "--ratio": String((take.width || 1) / (take.height || 1)) };
  if (take.state !== "done" || !take.video) {
    return (
      <div class={`screen state-${take.state}`} style={ratio}>
        <Poster take={take} />
        {children}
      </div>
    );
  }
  const playsAll = reel.value !== null;
  return (
    <div class="screen" style={ratio}>
      <video
        muted
        playsInline
        ref={(video) => playback.hold(at, video)}
        src={take.video}
        poster={take.poster ?? undefined}
        aria-label={take.words}
        loop={!playsAll}
        autoplay={playsAll || !calm.matches}
        preload="auto"
        onClick={() => playback.toggle()}
        onEnded={onEnded}
        {...(at === 0 ? playback.events : {})}
      />
      {children}
    </div>
  );
}
