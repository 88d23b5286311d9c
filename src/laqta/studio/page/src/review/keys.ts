/** The keys of the review room. */

import { isControl, isTyping } from "../keys";
import { sheet } from "../state";
import { addTrack, change, chooseNext, decide, goToKey, setBox, toggleKey, undo } from "./actions";
import { film } from "./film";
import { chosen, chosenTrack, rejecting, singleKeys } from "./state";
import { boxAt, moved, WHOLE } from "./tracks";
import type { Box } from "../types";

/** The reasons to reject, in the order of the keys 1 to 9. */
export const REASONS = ["blurred", "dark", "still", "text", "copy", "cut", "caption", "boxes", "other"] as const;
/** A box that a key makes: in the middle, for a person to move. */
export const MIDDLE: Box = [0.35, 0.35, 0.65, 0.65];
const STEP = 0.005;
const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-STEP, 0],
  ArrowRight: [STEP, 0],
  ArrowUp: [0, -STEP],
  ArrowDown: [0, STEP],
};

const DOES: Record<string, () => unknown> = {
  a: () => decide("accept"),
  f: () => decide("fix"),
  r: () => (rejecting.value = true),
  u: undo,
  n: () => addTrack(MIDDLE),
  k: toggleKey,
  b: chooseNext,
  o: () => chosen.value && setBox(chosen.value, null),
  x: () => chosen.value && change(chosen.value, null),
  ",": () => film.go(film.frame.value - 1),
  ".": () => film.go(film.frame.value + 1),
  "[": () => goToKey(-1),
  "]": () => goToKey(1),
  "?": () => (sheet.value = "help"),
};

/** Do what a key asks for, if anything. */
export function onReviewKey(event: KeyboardEvent): void {
  if (event.key === "Escape") return letGo(event);
  if (sheet.value || isTyping(event.target)) return;
  if (event.key === " " && !isControl(event.target)) return act(event, () => film.toggle());
  if (event.key in ARROWS && chosen.value && !isRange(event.target)) return act(event, () => nudge(event));
  if (!singleKeys.value) return;
  const key = letter(event);
  const reason = rejecting.value ? REASONS[Number(key) - 1] : undefined;
  if (reason) return act(event, () => decide("reject", [reason]));
  if (DOES[key]) act(event, DOES[key]);
}

function act(event: Event, does: () => unknown): void {
  event.preventDefault();
  void does();
}

/** The character of a key; on a keyboard of another script, the one that stands there on a Latin one. */
function letter({ key, code }: KeyboardEvent): string {
  if (/^[\x21-\x7e]$/.test(key)) return key.toLowerCase();
  const places: Record<string, string> = { Comma: ",", Period: ".", BracketLeft: "[", BracketRight: "]" };
  return /^(?:Key|Digit)(.)$/.exec(code)?.[1]?.toLowerCase() ?? places[code] ?? key;
}

/** Leave what one is in: the reasons, a field, the chosen box. */
function letGo(event: KeyboardEvent): void {
  if (sheet.value) return;
  if (rejecting.value) rejecting.value = false;
  else if (isTyping(event.target)) (event.target as HTMLElement).blur();
  else chosen.value = null;
}

/** Move the chosen box, or with Shift its lower right corner. */
function nudge(event: KeyboardEvent): void {
  const track = chosenTrack.value;
  const box = track && boxAt(track, film.frame.value);
  if (!box) return;
  film.pause();
  setBox(track.id, moved(box, event.shiftKey ? [0, 0, 1, 1] : WHOLE, ...ARROWS[event.key]!));
}

const isRange = (target: EventTarget | null) => target instanceof Element && target.matches("input[type=range]");
