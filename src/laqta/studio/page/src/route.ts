/** What is open: `/` is a new conversation, `/c/ID` one that exists, `/review` the review room. */

import * as api from "./api";
import { enter } from "./review/actions";
import { conversation, hello, lineLost, locked, notice, opening, room, sheet, show, view } from "./state";
import { follow, hangUp } from "./stream";
import { attempt, tell } from "./trouble";
import { t } from "./words";

const idInPath = () => /^\/c\/([^/]+)\/?$/.exec(location.pathname)?.[1] ?? null;

const REVIEW = "/review";

let opened = () => {};

/** Show what the address says, now and whenever it changes; `whenOpened` is called each time that is done. */
export async function start(whenOpened: () => void): Promise<void> {
  opened = whenOpened;
  window.addEventListener("popstate", () => void openPath());
  await begin();
}

/** Read what the page begins with; called again once the right key is given. */
export async function begin(): Promise<void> {
  hello.value = (await attempt(api.hello)) ?? null;
  locked.value = hello.value?.locked ?? false;
  if (hello.value && !locked.value) await openPath();
  opening.value = false;
}

async function openPath(): Promise<void> {
  const id = idInPath();
  hangUp();
  opening.value = true;
  room.value = location.pathname === REVIEW ? "review" : "film";
  if (room.value === "review") {
    show(null);
    await enter();
    opening.value = false;
    return;
  }
  if (!id) {
    show(null);
  } else if (id !== conversation.value?.id) {
    try {
      show(await api.read(decodeURIComponent(id)));
    } catch (error) {
      show(null);
      if (error instanceof api.Trouble && error.status === 404) {
        history.replaceState(null, "", "/");
        notice.value = t("trouble.gone");
      } else tell(error);
    }
  }
  opening.value = false;
  opened();
  view.value = conversation.value?.board.panels.length ? "stage" : "chat";
  listen();
}

function listen(): void {
  const id = conversation.value?.id;
  if (!id) return void (lineLost.value = false);
  follow(id, () => {
    notice.value = t("trouble.gone");
    void go(null);
  });
}

/** Open a conversation, or a new one for null. */
export const go = (id: string | null) => open(id ? `/c/${encodeURIComponent(id)}` : "/");
/** Open the review room. */
export const goToReview = () => open(REVIEW);

async function open(path: string): Promise<void> {
  sheet.value = null;
  history.pushState(null, "", path);
  await openPath();
}

/** The id of the open conversation; where none exists yet it is made now. */
export async function ensureOpen(): Promise<string> {
  if (!conversation.value) {
    making ??= api.create().finally(() => (making = null));
    const state = await making;
    if (!conversation.value) {
      show(state);
      history.replaceState(null, "", `/c/${encodeURIComponent(state.id)}`);
      listen();
    }
  }
  return conversation.value!.id;
}

// Typing and sending may both need the conversation at once; only one is made.
let making: Promise<Awaited<ReturnType<typeof api.create>>> | null = null;

