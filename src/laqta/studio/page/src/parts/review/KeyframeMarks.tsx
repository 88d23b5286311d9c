import { film } from "../../review/film";
import { chosenTrack } from "../../review/state";

/** Where the chosen box has keyframes, under the line of frames. The keys [ and ] go from one to the next. */
export function KeyframeMarks() {
  const last = Math.max(1, film.frames - 1);
  return (
    <div class="keyframes" aria-hidden="true">
      {chosenTrack.value?.keyframes.map(({ frame, box }) => (
        <span key={frame} class={box ? "" : "hidden"} style={{ "--at": String(frame / last) }} />
      ))}
    </div>
  );
}
