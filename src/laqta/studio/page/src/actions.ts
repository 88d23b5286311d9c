/** What a person can do to the film, each a request whose answer is shown. */

import * as api from "./api";
import {
  adopt,
  comparing,
  conversation,
  foresee,
  jobOf,
  looking,
  mergeProgress,
  panels,
  reel,
  shownMessages,
  takeOf,
} from "./state";
import { attempt } from "./trouble";
import { leaf } from "./tree";
import type { Board, Edit, Format, Job, Message, State, Take, Transition } from "./types";

async function change(work: (id: string) => Promise<State>): Promise<void> {
  const id = conversation.value?.id;
  if (!id) return;
  const state = await attempt(() => work(id));
  if (state) adopt(state);
}

const edit = (wanted: Edit) => change((id) => api.edit(id, wanted));

function foreseeBoard(board: Partial<Board>): void {
  const now = conversation.value?.board;
  if (now) foresee({ board: { ...now, ...board } });
}

/** Put a take into the film. */
export async function choose(at: number, take: number): Promise<void> {
  looking.value = null;
  if (panels.value[at]?.chosen === take) return;
  foreseeBoard({ panels: panels.value.map((panel, index) => (index === at ? { ...panel, chosen: take } : panel)) });
  await edit({ do: "choose", panel: at, take });
}

/** Put a shot on the stage. */
export async function select(at: number): Promise<void> {
  looking.value = comparing.value = reel.value = null;
  if (conversation.value?.board.current === at) return;
  foreseeBoard({ current: at });
  await edit({ do: "select", panel: at });
}

/** Move a shot by one place, earlier (-1) or later (1). */
export const move = (at: number, by: -1 | 1) => edit({ do: "move", panel: at, to: at + by });
export const copy = (at: number) => edit({ do: "copy", panel: at });
export const remove = (at: number) => edit({ do: "remove", panel: at });
export const again = (at: number, count: number) => edit({ do: "again", panel: at, count });
export const undo = () => edit({ do: "undo" });
export const redo = () => edit({ do: "redo" });

/** Take a message back, with what it still films. The newest is undone; before an older one the talk goes on anew. */
export async function takeBack(message: Message): Promise<void> {
  const shown = shownMessages.value;
  const undone = shown.slice(shown.indexOf(message));
  const running = undone.flatMap((each) => each.takes).map((id) => jobOf(takeOf(id)));
  await Promise.all([...new Set(running)].map((job) => job && cancel(job)));
  if (undone.length === 1) await undo();
  else await goTo(message.parent);
}

/** Show the state after a message. */
export const goTo = (message: string | null) => change((id) => api.setHead(id, message));
/** Show the branch that a message lies on, to its end. */
export const goAlong = (message: Message) => goTo(leaf(conversation.value?.messages ?? [], message.id));

export async function cancel(job: Job): Promise<void> {
  keep(await attempt(() => api.cancel(job.id)));
}

/** Film a failed, cancelled or deleted take again. */
export async function filmAgain(take: Take): Promise<void> {
  keep(await attempt(() => api.filmAgain(take.id)));
}

export async function deleteTake(take: Take): Promise<void> {
  const deleted = await attempt(() => api.deleteTake(take.id));
  if (deleted) foresee({ takes: { ...conversation.value?.takes, [deleted.id]: deleted } });
}

/** Begin to export the whole film; answers the job's id. */
export async function exportFilm(format: Format, transition: Transition): Promise<string | undefined> {
  const id = conversation.value?.id;
  if (!id) return undefined;
  const answer = await attempt(() => api.exportFilm(id, format, transition));
  keep(answer?.job);
  return answer?.job.id;
}

function keep(job: Job | undefined): void {
  if (job) mergeProgress({ [job.id]: job });
}
