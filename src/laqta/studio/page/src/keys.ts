/** The keys that work everywhere on the page; those of one part, and of the review room, are with it. */

import { signal } from "@preact/signals";
import { onReviewKey } from "./review/keys";
import { comparing, looking, reel, room, sheet } from "./state";

/** Counts the wishes to play or pause; the player listens. */
export const playWishes = signal(0);

export function listenToKeys(): void {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (room.value === "review") return onReviewKey(event);
    if (event.key === "Escape") return lookAway();
    if (sheet.value || isTyping(event.target)) return;
    if (event.key === "/") {
      event.preventDefault();
      focusComposer();
    } else if (event.key === "?") {
      sheet.value = "help";
    } else if (event.key === " " && !isControl(event.target)) {
      event.preventDefault();
      playWishes.value++;
    }
  });
}

export function focusComposer(): void {
  document.getElementById("composer")?.focus();
}

function lookAway(): void {
  if (!sheet.value) looking.value = comparing.value = reel.value = null;
}

export function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.matches("input:not([type=range]), textarea, select");
}

export function isControl(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("button, a, summary, [role=menuitem]") !== null;
}

/** Arrow keys, Home and End move the focus along a strip of buttons. Strips always run from left to right. */
export function walkStrip(event: KeyboardEvent): void {
  const stops = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>("[data-stop]")];
  const at = stops.indexOf(document.activeElement as HTMLElement);
  const last = stops.length - 1;
  const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last }[event.key];
  if (at < 0 || to === undefined) return;
  event.preventDefault();
  stops[Math.max(0, Math.min(to, last))]?.focus();
}
