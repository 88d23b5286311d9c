/** What the person is about to say: the text, the picture that goes with it, and what it would film. */

import * as api from "./api";
import { forTab } from "./keep";
import { ensureOpen } from "./route";
import { adopt, conversation, draft, notice, pending, picture, text, uploading } from "./state";
import { attempt, tell } from "./trouble";
import type { Message } from "./types";
import { t } from "./words";

const PAUSE = 200; // How long a person rests before the page looks at what she typed, in milliseconds.
const LARGEST = 10_000_000;
const KINDS = ["image/png", "image/jpeg", "image/webp"];

let timer = 0;
let looker = new AbortController();

/** Where the typed text is kept, so that a reload loses nothing. */
const place = (id = conversation.value?.id) => `draft:${id ?? "new"}`;

export function type(value: string): void {
  text.value = value;
  forTab.set(place(), value);
  lookSoon();
}

/** Bring back what was typed in this conversation before. */
export function restoreTyped(): void {
  picture.value = null;
  text.value = forTab.get(place()) ?? "";
  lookSoon();
}

function lookSoon(): void {
  clearTimeout(timer);
  looker.abort();
  if (text.value.trim()) timer = window.setTimeout(() => void look(), PAUSE);
  else draft.value = null;
}

async function look(): Promise<void> {
  looker = new AbortController();
  const { signal } = looker;
  const message = { text: text.value.trim(), picture: picture.value?.sha ?? null };
  try {
    const had = place();
    const id = await ensureOpen();
    if (had !== place(id)) moveTyped(had, place(id));
    const said = await api.look(id, message, signal);
    if (!signal.aborted) draft.value = said;
  } catch {
    // A glance that fails is no trouble: sending tells what is wrong.
    if (!signal.aborted) draft.value = null;
  }
}

function moveTyped(from: string, to: string): void {
  forTab.set(from, null);
  forTab.set(to, text.value);
}

/** Say it. It is shown at once; if it does not arrive, it comes back to be sent again. */
export async function send(said: string = text.value): Promise<void> {
  const words = said.trim();
  if (!words || pending.value) return;
  const taken = picture.value;
  pending.value = { text: words, picture: taken?.url ?? null };
  picture.value = null;
  type("");
  const sent = await attempt(async () => {
    const id = await ensureOpen();
    adopt(await api.say(id, { text: words, picture: taken?.sha ?? null }));
    return true;
  });
  pending.value = null;
  if (sent) return;
  type([words, text.value].filter(Boolean).join("\n"));
  picture.value ??= taken;
}

/** Say an earlier message differently: the talk forks before it. Answers whether it arrived. */
export async function sendInstead(message: Message, words: string): Promise<boolean> {
  const id = conversation.value?.id;
  if (!id) return false;
  const change = { text: words.trim(), picture: shaOf(message.picture), parent: message.parent };
  const state = await attempt(() => api.say(id, change));
  if (state) adopt(state);
  return Boolean(state);
}

/** The content's name that a file's address carries: /media/SHA.ext. */
const shaOf = (url: string | null) => (url ? (/([^/.]+)\.\w+$/.exec(url)?.[1] ?? null) : null);

/** Take a picture to ride with the next message. */
export async function attach(file: File): Promise<void> {
  if (!KINDS.includes(file.type)) return void (notice.value = t("trouble.kind"));
  if (file.size > LARGEST) return void (notice.value = t("trouble.picture"));
  uploading.value = true;
  try {
    picture.value = await api.upload(file);
    notice.value = "";
    lookSoon();
  } catch (error) {
    tell(error);
  } finally {
    uploading.value = false;
  }
}

export function detach(): void {
  picture.value = null;
  lookSoon();
}
