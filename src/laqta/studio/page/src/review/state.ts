/** What the review room knows: the item that is looked at, what was changed of it, and what was told last. */

import { computed, signal } from "@preact/signals";
import { forever } from "../keep";
import type { Captions, Missing, ReviewItem, Track } from "../types";

export const reviewer = signal(forever.get("reviewer") ?? "");
export const missing = signal<Missing>("");
export const item = signal<ReviewItem | null>(null);
export const done = signal(0);
export const waiting = signal(0);
export const more = signal(false);
export const skipped = signal(0);
/** A request is under way. */
export const busy = signal(true);
/** What became of the last vote, and why its item was shown. */
export const told = signal("");
/** The reasons are shown: the next key or click says which. */
export const rejecting = signal(false);
/** Single letters do something; whoever speaks to the computer turns that off. */
export const singleKeys = signal(forever.get("single-keys") !== "off");

// What the person changed, and which box is chosen.
export const captions = signal<Captions>({ en: "", ar: "", zh: "" });
export const tracks = signal<Track[]>([]);
export const chosen = signal<string | null>(null);

/** The captions that were changed; one that was emptied is no caption that could be kept. */
export const changedCaptions = computed<Partial<Captions>>(() => {
  const before = item.value?.captions;
  const isNew = ([language, text]: [string, string]) =>
    text.trim() !== "" && text.trim() !== before?.[language as keyof Captions].trim();
  return Object.fromEntries(Object.entries(captions.value).filter(isNew));
});
export const changedTracks = computed(() => item.value !== null && tracks.value !== item.value.tracks);
export const changed = computed(() => changedTracks.value || Object.keys(changedCaptions.value).length > 0);
export const chosenTrack = computed(() => tracks.value.find(({ id }) => id === chosen.value));
