/** What a screen reader is told while something is filmed: turns of the story, never every tick. */

import { effect, signal } from "@preact/signals";
import { conversation } from "./state";
import type { Job, Take } from "./types";
import { t } from "./words";

export const announcement = signal("");

let known: Record<string, string> = {};
let of: string | undefined;

/** Speak whenever a take or an export begins, ends or fails while its conversation is open. */
export function startAnnouncing(): void {
  effect(() => {
    const now = conversation.value;
    const states: Record<string, string> = {};
    for (const take of Object.values(now?.takes ?? {})) states[take.id] = take.state;
    for (const job of Object.values(now?.jobs ?? {})) if (job.kind === "export") states[job.id] = job.state;
    const changed = Object.keys(states).filter((id) => states[id] !== known[id]);
    // What a conversation holds already when it is opened is no news.
    const news = now?.id === of ? changed : [];
    known = states;
    of = now?.id;
    const said = news.map((id) => sentence(now?.takes[id], now?.jobs[id])).filter(Boolean);
    if (said.length) announcement.value = [...new Set(said)].join(" ");
  });
}

function sentence(take: Take | undefined, job: Job | undefined): string {
  if (job) return job.state === "done" ? t("said.exported") : job.state === "failed" ? t("said.exportFailed") : "";
  if (!take) return "";
  if (take.state === "running") return t("said.filming", { words: take.words });
  if (take.state === "failed") return t("said.failed", { words: take.words });
  if (take.state === "cancelled") return t("said.cancelled", { words: take.words });
  if (take.state !== "done") return "";
  return take.of
    ? t("said.doneChecked", { words: take.words, right: take.right ?? 0, of: take.of })
    : t("said.done", { words: take.words });
}
