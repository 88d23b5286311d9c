import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { addTrack, setBox } from "../../review/actions";
import { film } from "../../review/film";
import { chosen, tracks } from "../../review/state";
import { boxAt, CORNERS, moved, spanned, WHOLE, type Grip } from "../../review/tracks";
import type { Box } from "../../types";

type Point = readonly [number, number];
/** What is dragged: a box by its grip, or, without an id, a new one from where the drag began. */
interface Drag {
  id: string | null;
  grip: Grip;
  from: Point;
  box: Box;
}

/**
 * The boxes over the film, for the pointer: choose one, drag it or a corner of it, or draw a new one beside them.
 * What can be done here is done by keys and buttons too (keys.ts, Tracks.tsx), so it is hidden from screen readers.
 */
export function Boxes() {
  const layer = useRef<HTMLDivElement>(null);
  const drag = useRef<Drag | null>(null);
  const drawn = useSignal<Box | null>(null);

  const point = (event: PointerEvent): Point => {
    const { left, top, width, height } = layer.current!.getBoundingClientRect();
    return [(event.clientX - left) / width, (event.clientY - top) / height];
  };
  const begin = (event: PointerEvent) => {
    if (event.button !== 0) return;
    const target = event.target as HTMLElement;
    const id = target.closest<HTMLElement>("[data-track]")?.dataset.track ?? null;
    const track = tracks.value.find((other) => other.id === id);
    film.pause();
    chosen.value = id;
    const from = point(event);
    const box = (track && boxAt(track, film.frame.value)) ?? ([...from, ...from] as const);
    drag.current = { id, grip: CORNERS[target.dataset.grip ?? ""] ?? WHOLE, from, box };
    layer.current!.setPointerCapture(event.pointerId);
    event.preventDefault();
    (document.activeElement as HTMLElement | null)?.blur();
  };
  const go = (event: PointerEvent) => {
    const held = drag.current;
    if (!held) return;
    const [x, y] = point(event);
    if (held.id) setBox(held.id, moved(held.box, held.grip, x - held.from[0], y - held.from[1]));
    else drawn.value = spanned(held.from, [x, y]);
  };
  const end = () => {
    if (drawn.value) addTrack(drawn.value);
    drawn.value = drag.current = null;
  };
  return (
    <div
      ref={layer}
      class="boxes"
      data-testid="boxes"
      aria-hidden="true"
      onPointerDown={begin}
      onPointerMove={go}
      onPointerUp={end}
      onPointerCancel={() => (drawn.value = drag.current = null)}
    >
      {tracks.value.map((track) => {
        const box = boxAt(track, film.frame.value);
        const isChosen = chosen.value === track.id;
        return (
          box && (
            <div key={track.id} class={`box ${isChosen ? "chosen" : ""}`} data-track={track.id} style={place(box)}>
              <bdi>{track.label}</bdi>
              {isChosen && Object.keys(CORNERS).map((grip) => <i key={grip} class={grip} data-grip={grip} />)}
            </div>
          )
        );
      })}
      {drawn.value && <div class="box chosen" style={place(drawn.value)} />}
    </div>
  );
}

const place = ([left, top, right, bottom]: Box) => ({
  insetInlineStart: `${100 * left}%`,
  insetBlockStart: `${100 * top}%`,
  inlineSize: `${100 * (right - left)}%`,
  blockSize: `${100 * (bottom - top)}%`,
});
