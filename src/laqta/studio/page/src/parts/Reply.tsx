import type { Message } from "../types";
import { LeftOut } from "./LeftOut";

/** What Laqta answered, and what it could not use. */
export function Reply({ message }: { message: Message }) {
  if (!message.reply) return null;
  return (
    <p class={`reply ${message.problem ? "problem" : ""}`} data-testid="reply" dir="auto" lang={message.language}>
      {message.reply}
      <LeftOut said={message} />
    </p>
  );
}
