import { useSignal } from "@preact/signals";
import { takeBack } from "../actions";
import type { Message } from "../types";
import { t } from "../words";
import { Branches } from "./Branches";
import { IconButton } from "./IconButton";
import { MessageEditor } from "./MessageEditor";
import { MessageTakes } from "./MessageTakes";
import { Reply } from "./Reply";

/** One turn: what the person said or clicked, what Laqta answered, and what it films. */
export function MessageCard({ message }: { message: Message }) {
  const editing = useSignal(false);
  const spoken = message.by === "person";
  return (
    <article
      class={`message by-${message.by}`}
      data-testid="message"
      aria-label={t(spoken ? "message.yours" : "message.laqtas")}
    >
      {spoken && editing.value && <MessageEditor message={message} onClose={() => (editing.value = false)} />}
      {spoken && !editing.value && (
        <>
          <div class="bubble">
            {message.picture && <img src={message.picture} alt={t("picture.firstFrame")} />}
            <p dir="auto">{message.text}</p>
          </div>
          <div class="message-tools">
            <Branches message={message} />
            <IconButton icon="edit" label={t("message.edit")} onClick={() => (editing.value = true)} />
            <IconButton icon="undo" label={t("message.takeBack")} onClick={() => void takeBack(message)} />
          </div>
        </>
      )}
      <Reply message={message} />
      <MessageTakes ids={message.takes} />
    </article>
  );
}
