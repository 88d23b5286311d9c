/** The messages as a tree: which are shown, which stand beside each other. */

import type { Message } from "./types";

/** The messages from the very beginning down to `head`. */
export function branch(messages: Message[], head: string | null): Message[] {
  const byId = new Map(messages.map((message) => [message.id, message]));
  const shown: Message[] = [];
  for (let at = head ? byId.get(head) : undefined; at; at = at.parent ? byId.get(at.parent) : undefined) {
    shown.unshift(at);
  }
  return shown;
}

/** The messages that follow one message directly, oldest first. */
export function children(messages: Message[], parent: string | null): Message[] {
  return messages.filter((message) => message.parent === parent);
}

/** The messages without the clicks that the next click has made stale; trying five takes is no talk. */
export function withoutStaleClicks(shown: Message[]): Message[] {
  const quiet = ({ by, takes }: Message) => by === "click" && !takes.length;
  return shown.filter((message, at) => !quiet(message) || shown[at + 1]?.by !== "click");
}

/** The end of the branch that a message lies on, along the newest turns. */
export function leaf(messages: Message[], id: string): string {
  const next = children(messages, id).at(-1);
  return next ? leaf(messages, next.id) : id;
}
