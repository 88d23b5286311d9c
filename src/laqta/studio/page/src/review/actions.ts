/** What a reviewer can do: decide on an item, take a vote back, and change captions and boxes. */

import * as api from "../api";
import { forever } from "../keep";
import { attempt } from "../trouble";
import type { Box, Decision, Following, Track, Why } from "../types";
import { known, number, t, type Key } from "../words";
import { film } from "./film";
import * as state from "./state";
import { boxAt, keyAt, withKey, withoutKey } from "./tracks";

/** What a vote is named after: sent twice under one name, it counts once. */
let ballot = "";
let since = 0;

/** Open the room: what is missing, or the next item. */
export async function enter(): Promise<void> {
  state.busy.value = true;
  const answer = await attempt(api.lookAtReview);
  state.missing.value = answer?.missing ?? "";
  if (answer && !answer.missing && state.reviewer.value) await loadNext();
  state.busy.value = false;
}

/** Say who reviews; empty asks again. */
export async function setReviewer(name: string): Promise<void> {
  state.reviewer.value = name.trim();
  forever.set("reviewer", state.reviewer.value);
  state.item.value = null;
  state.told.value = "";
  if (state.reviewer.value) await loadNext();
}

export async function loadNext(): Promise<void> {
  state.busy.value = true;
  const answer = await attempt(() => api.nextItem(state.reviewer.value));
  if (answer) adopt(answer);
  state.busy.value = false;
}

function adopt(answer: Following): void {
  state.done.value = answer.done;
  state.waiting.value = answer.waiting;
  state.more.value = answer.more;
  state.skipped.value = answer.skipped;
  state.item.value = answer.item;
  state.rejecting.value = false;
  film.load(answer.item?.starts ?? [0, 1]);
  reset();
  ballot = [...crypto.getRandomValues(new Uint32Array(4))].map((word) => word.toString(16).padStart(8, "0")).join("");
  since = Date.now();
}

/** Back to what the item was. */
export function reset(): void {
  const item = state.item.value;
  state.captions.value = { en: "", ar: "", zh: "", ...item?.captions };
  state.tracks.value = item?.tracks ?? [];
  state.chosen.value = null;
}

export async function decide(decision: Decision, reasons: string[] = []): Promise<void> {
  const item = state.item.value;
  if (!item || state.busy.value) return;
  if (decision === "fix" && !state.changed.value) return void (state.told.value = t("review.hint.fix"));
  if (decision === "accept" && state.changed.value) return void (state.told.value = t("review.hint.accept"));
  state.busy.value = true;
  const answer = await attempt(() =>
    api.castVote({
      id: ballot,
      reviewer: state.reviewer.value,
      item: item.id,
      decision,
      reasons,
      captions: decision === "fix" ? state.changedCaptions.value : {},
      tracks: decision === "fix" && state.changedTracks.value ? state.tracks.value : null,
      seconds: (Date.now() - since) / 1000,
    }),
  );
  if (answer) {
    adopt(answer);
    state.told.value = `${t(`told.${decision}`)} ${because(answer.why)}`;
  }
  state.busy.value = false;
}

export async function undo(): Promise<void> {
  if (state.busy.value) return;
  state.busy.value = true;
  const answer = await attempt(() => api.undoVote(state.reviewer.value));
  if (answer) {
    adopt(answer);
    state.told.value = t(answer.undone ? "told.undo" : "told.nothing");
  }
  state.busy.value = false;
}

/** Why an item was shown: told after the vote, so that it does not lead the eye. */
function because({ lane, about, score, limit }: Why): string {
  const short = (value: number | null) => number(value ?? 0, { maximumSignificantDigits: 3 });
  const what = lane === "doubt" ? known("doubt", about) : about;
  return t(`why.${lane}` as Key, { about: what, score: short(score), limit: short(limit) });
}

// ---------------------------------------------------------------- boxes

/** Put a track in the place of the one with its id, or take it out with null. */
export function change(id: string, track: Track | null): void {
  state.tracks.value = state.tracks.value.flatMap((other) => (other.id !== id ? [other] : track ? [track] : []));
  if (!track && state.chosen.value === id) state.chosen.value = null;
}

/** Set the chosen track's box on the frame that is shown. */
export function setBox(id: string, box: Box | null): void {
  const track = state.tracks.value.find((other) => other.id === id);
  if (track) change(id, withKey(track, film.frame.value, box));
}

/** A new track with a keyframe on the frame that is shown; it is chosen. */
export function addTrack(box: Box): string {
  film.pause();
  let at = 1;
  while (state.tracks.value.some(({ id }) => id === `new-${at}`)) at++;
  const label = state.tracks.value.at(-1)?.label ?? t("review.box.thing");
  const keyframes = [{ frame: film.frame.value, box, occluded: false, attributes: {} }];
  state.tracks.value = [...state.tracks.value, { id: `new-${at}`, label, keyframes, attributes: {} }];
  state.chosen.value = `new-${at}`;
  return `new-${at}`;
}

/** Set a keyframe where the box is now, or remove the one that is there. */
export function toggleKey(): void {
  const track = state.chosenTrack.value;
  if (!track) return;
  film.pause();
  const frame = film.frame.value;
  if (keyAt(track, frame)) return change(track.id, withoutKey(track, frame));
  const box = boxAt(track, frame) ?? track.keyframes[0]!.box;
  change(track.id, withKey(track, frame, box));
}

/** Go to the chosen track's keyframe before or after the frame that is shown. */
export function goToKey(step: -1 | 1): void {
  const frames = (state.chosenTrack.value?.keyframes ?? []).map(({ frame }) => frame);
  const frame = film.frame.value;
  const to = step < 0 ? frames.findLast((at) => at < frame) : frames.find((at) => at > frame);
  if (to !== undefined) film.go(to);
}

/** Choose the next track that there is, then none. */
export function chooseNext(): void {
  const at = state.tracks.value.findIndex(({ id }) => id === state.chosen.value);
  state.chosen.value = state.tracks.value[at + 1]?.id ?? null;
}
