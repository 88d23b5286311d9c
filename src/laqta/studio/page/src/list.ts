/** The list of conversations in the drawer. */

import * as api from "./api";
import { go } from "./route";
import { conversation, hello, moreSummaries, sheet, summaries } from "./state";
import { attempt } from "./trouble";

/** Read the list of conversations anew, and how full the disk is. */
export async function readList(): Promise<void> {
  await attempt(async () => {
    const [found, said] = await Promise.all([api.list(), api.hello()]);
    summaries.value = found.data;
    moreSummaries.value = found.has_more;
    hello.value = said;
  });
}

/** Read the next page of the list. */
export async function readMore(): Promise<void> {
  await attempt(async () => {
    const found = await api.list(summaries.value.at(-1)?.id);
    summaries.value = [...summaries.value, ...found.data];
    moreSummaries.value = found.has_more;
  });
}

/** Give a conversation another title. */
export async function rename(id: string, title: string): Promise<void> {
  const state = await attempt(() => api.rename(id, title));
  if (!state) return;
  summaries.value = summaries.value.map((row) => (row.id === id ? { ...row, title: state.title } : row));
  if (conversation.value?.id === id) conversation.value = { ...conversation.value, title: state.title };
}

/** Delete a conversation with its films. */
export async function remove(id: string): Promise<void> {
  const before = summaries.value;
  summaries.value = before.filter((row) => row.id !== id);
  const done = await attempt(() => api.remove(id).then(() => true));
  if (!done) return void (summaries.value = before);
  if (conversation.value?.id === id) {
    const kept = sheet.value;
    await go(null);
    sheet.value = kept;
  }
  await readList();
}
