/** The line on which the server tells what changed. It mends itself, and says quietly while it is broken. */

import * as api from "./api";
import { adopt, conversation, lineLost, merge, mergeProgress } from "./state";
import type { Change, Job } from "./types";

const PATIENCE = 2_000; // A line that is back within this time was never lost, as far as a person is concerned.
const LONGEST_WAIT = 15_000;

let source: EventSource | null = null;
let worry = 0;
let retry = 0;
let wait = 1_000;

/** Follow a conversation; `gone` is called when another tab deletes it. */
export function follow(id: string, gone: () => void): void {
  hangUp();
  const line = new EventSource(api.eventsOf(id, conversation.value?.last_event ?? 0));
  source = line;
  line.onopen = () => {
    settle();
    wait = 1_000;
  };
  line.onerror = () => {
    worry ||= window.setTimeout(() => (lineLost.value = true), PATIENCE);
    // The browser dials again by itself, except after an answer that it takes for final.
    if (line.readyState === EventSource.CLOSED) retry = window.setTimeout(() => void redial(id, gone), wait);
  };
  line.addEventListener("state", (event) => merge(JSON.parse(event.data) as Change, Number(event.lastEventId)));
  line.addEventListener("progress", (event) => mergeProgress((JSON.parse(event.data) as { jobs: Record<string, Job> }).jobs));
  line.addEventListener("gone", () => {
    hangUp();
    gone();
  });
}

/** Follow nothing any more. */
export function hangUp(): void {
  source?.close();
  source = null;
  clearTimeout(retry);
  settle();
}

function settle(): void {
  clearTimeout(worry);
  worry = 0;
  lineLost.value = false;
}

async function redial(id: string, gone: () => void): Promise<void> {
  wait = Math.min(wait * 2, LONGEST_WAIT);
  try {
    // The server may have forgotten the events in between, so the whole state is read again.
    adopt(await api.read(id));
  } catch (error) {
    if (error instanceof api.Trouble && error.status === 404) return gone();
    retry = window.setTimeout(() => void redial(id, gone), wait);
    return;
  }
  follow(id, gone);
}
