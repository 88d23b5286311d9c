/** Tracks of boxes and what can be done to them. Nothing here changes what it is given: each function returns anew. */

import type { Box, Keyframe, Track } from "../types";

/** The smallest side of a box, as a share of the frame. */
const LEAST = 0.005;

/** Which sides of a box a handle moves: left, top, right, bottom. */
export type Grip = readonly [0 | 1, 0 | 1, 0 | 1, 0 | 1];
export const WHOLE: Grip = [1, 1, 1, 1];
export const CORNERS: Record<string, Grip> = {
  "top-left": [1, 1, 0, 0],
  "top-right": [0, 1, 1, 0],
  "bottom-left": [1, 0, 0, 1],
  "bottom-right": [0, 0, 1, 1],
};

/** The box of a track on a frame; null where it is out of sight. Between keyframes it moves in a straight line. */
export function boxAt(track: Track, frame: number): Box | null {
  const after = track.keyframes.findIndex((key) => key.frame > frame);
  const at = (after < 0 ? track.keyframes.length : after) - 1;
  const here = track.keyframes[at];
  if (!here?.box) return null;
  const next = track.keyframes[at + 1];
  if (!next?.box) return here.box;
  const share = (frame - here.frame) / (next.frame - here.frame);
  return here.box.map((side, n) => side + share * (next.box![n]! - side)) as unknown as Box;
}

export const keyAt = (track: Track, frame: number) => track.keyframes.find((key) => key.frame === frame);

/** The track with a keyframe on a frame: a box, or null from where on it is out of sight. */
export function withKey(track: Track, frame: number, box: Box | null): Track {
  const key: Keyframe = { occluded: false, attributes: {}, ...keyAt(track, frame), frame, box };
  const keyframes = [...track.keyframes.filter((other) => other.frame !== frame), key];
  return tidy({ ...track, keyframes: keyframes.sort((one, other) => one.frame - other.frame) });
}

/** The track without its keyframe on a frame; null where none is left. */
export function withoutKey(track: Track, frame: number): Track | null {
  const left = tidy({ ...track, keyframes: track.keyframes.filter((key) => key.frame !== frame) });
  return left.keyframes.length ? left : null;
}

/** Out of sight at the beginning, and twice in a row, says nothing. */
function tidy(track: Track): Track {
  let seen = false;
  const keyframes = track.keyframes.filter((key) => {
    const stays = key.box !== null || seen;
    seen = key.box !== null;
    return stays;
  });
  return { ...track, keyframes };
}

/** A box moved by its grip: the whole of it or some sides. It stays in the frame and keeps a width and a height. */
export function moved(box: Box, grip: Grip, across: number, down: number): Box {
  const [left, top, right, bottom] = box;
  if (grip === WHOLE) {
    const dx = Math.max(-left, Math.min(1 - right, across));
    const dy = Math.max(-top, Math.min(1 - bottom, down));
    return round([left + dx, top + dy, right + dx, bottom + dy]);
  }
  const x = [left + across * grip[0], right + across * grip[2]] as const;
  const y = [top + down * grip[1], bottom + down * grip[3]] as const;
  return round([
    Math.max(0, Math.min(x[0], right - LEAST)),
    Math.max(0, Math.min(y[0], bottom - LEAST)),
    Math.min(1, Math.max(x[1], left + LEAST)),
    Math.min(1, Math.max(y[1], top + LEAST)),
  ]);
}

/** The box between two points, or null where it would be too small to be meant. */
export function spanned(one: readonly [number, number], other: readonly [number, number]): Box | null {
  const inside = (value: number) => Math.max(0, Math.min(1, value));
  const [left, right] = [inside(Math.min(one[0], other[0])), inside(Math.max(one[0], other[0]))];
  const [top, bottom] = [inside(Math.min(one[1], other[1])), inside(Math.max(one[1], other[1]))];
  return Math.min(right - left, bottom - top) < 2 * LEAST ? null : round([left, top, right, bottom]);
}

/** Sides lie on a grid of millionths, as the studio keeps them. */
const round = (box: readonly number[]) => box.map((side) => Math.round(side * 1e6) / 1e6) as unknown as Box;
