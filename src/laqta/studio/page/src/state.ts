/** All that the page knows. Everything that is shown is read from here; `actions.ts` and `stream.ts` change it. */

import { computed, signal } from "@preact/signals";
import type { Change, Draft, Hello, Job, Panel, Picture, State, Summary, Take } from "./types";
import { branch } from "./tree";

/** A message that the server has not answered yet. */
export interface Pending {
  text: string;
  picture: string | null;
}

// What the server said.
export const hello = signal<Hello | null>(null);
export const locked = signal(false);
export const conversation = signal<State | null>(null);
export const summaries = signal<Summary[]>([]);
export const moreSummaries = signal(false);

// What is under way.
export const opening = signal(true);
export const pending = signal<Pending | null>(null);
export const lineLost = signal(false);
/** What went wrong last and what to do about it, in words. */
export const notice = signal("");

// What the person is about to say.
export const text = signal("");
export const picture = signal<Picture | null>(null);
export const uploading = signal(false);
export const draft = signal<Draft | null>(null);

// What the person looks at.
/** Films are made in one room, and reviewed in the other. */
export const room = signal<"film" | "review">("film");
export type Sheet = "help" | "export" | "drawer";
export const sheet = signal<Sheet | null>(null);
/** On a phone one of the two is shown at a time. */
export const view = signal<"chat" | "stage">("chat");
/** A take that is looked at without being chosen. */
export const looking = signal<string | null>(null);
/** The take beside the shown one. */
export const comparing = signal<string | null>(null);
/** The place in the film while all of it is played, shot by shot. */
export const reel = signal<number | null>(null);

export const shownMessages = computed(() => {
  const { messages, head } = conversation.value ?? { messages: [], head: null };
  return branch(messages, head);
});
export const panels = computed(() => conversation.value?.board.panels ?? []);
export const current = computed(() => reel.value ?? conversation.value?.board.current ?? 0);
export const panel = computed<Panel | undefined>(() => panels.value[current.value]);
export const shownTake = computed(() => takeOf(looking.value) ?? chosenTake(panel.value));
export const jobs = computed(() => Object.values(conversation.value?.jobs ?? {}));
/** Nothing said and nothing filmed: the page begins with a welcome. */
export const blank = computed(() => !pending.value && !panels.value.length && !conversation.value?.messages.length);

export const takeOf = (id: string | null | undefined): Take | undefined =>
  id ? conversation.value?.takes[id] : undefined;
export const chosenTake = (of: Panel | undefined) => takeOf(of?.takes[of.chosen]);
/** The job that films a take, while it is not done. */
export const jobOf = (take: Take | undefined): Job | undefined => {
  const job = take?.job ? conversation.value?.jobs[take.job] : undefined;
  return job && unfinished(job) ? job : undefined;
};
export const unfinished = ({ state }: { state: string }) => state === "queued" || state === "running";

/** Put another conversation in the place of this one. */
export function show(state: State | null): void {
  conversation.value = state;
  looking.value = comparing.value = reel.value = null;
  draft.value = null;
}

/** Take a whole state from an answer, unless the stream was faster and knows more already. */
export function adopt(state: State): void {
  const now = conversation.value;
  if (now?.id !== state.id) return;
  if (state.last_event < now.last_event) return;
  if (state.head !== now.head) looking.value = comparing.value = reel.value = null;
  conversation.value = { ...state, jobs: mergeJobs(now.jobs, state.jobs) };
}

/** Merge what an event says into what is known. */
export function merge(change: Change, sequence: number): void {
  const now = conversation.value;
  // An event that a whole state has overtaken would turn the page back.
  if (now?.id !== change.conversation || sequence <= now.last_event) return;
  const { conversation: _, messages, takes, jobs, ...replaced } = change;
  if (change.head !== undefined && change.head !== now.head) looking.value = comparing.value = reel.value = null;
  const fresh = (messages ?? []).filter(({ id }) => !now.messages.some((message) => message.id === id));
  conversation.value = {
    ...now,
    ...replaced,
    messages: [...now.messages, ...fresh],
    takes: { ...now.takes, ...takes },
    jobs: mergeJobs(now.jobs, jobs ?? {}),
    last_event: sequence,
  };
}

/** Merge how far jobs are, which comes without a number of its own. */
export function mergeProgress(changed: Record<string, Job>): void {
  const now = conversation.value;
  if (now) conversation.value = { ...now, jobs: mergeJobs(now.jobs, changed) };
}

/** Change what is known before the server has said so; its answer follows and wins. */
export function foresee(change: Partial<State>): void {
  if (conversation.value) conversation.value = { ...conversation.value, ...change };
}

function mergeJobs(known: Record<string, Job>, changed: Record<string, Job>): Record<string, Job> {
  const merged = { ...known };
  for (const [id, job] of Object.entries(changed)) {
    const before = merged[id];
    // Progress and state travel separately: a late tick must not wake a job that is over.
    if (before && !unfinished(before) && unfinished(job) && job.attempt <= before.attempt) continue;
    merged[id] = job;
  }
  return merged;
}
