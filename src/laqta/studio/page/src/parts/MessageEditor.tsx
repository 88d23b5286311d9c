import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { sendInstead } from "../typing";
import type { Message } from "../types";
import { t } from "../words";

/** An earlier message, said differently: the talk forks there and both ways are kept. */
export function MessageEditor({ message, onClose }: { message: Message; onClose: () => void }) {
  const words = useSignal(message.text);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    field.current?.focus();
    field.current?.setSelectionRange(message.text.length, message.text.length);
  }, []);
  const save = async (event: Event) => {
    event.preventDefault();
    if (words.value.trim() && (await sendInstead(message, words.value))) onClose();
  };
  return (
    <form class="editor" onSubmit={(event) => void save(event)}>
      <textarea
        ref={field}
        dir="auto"
        rows={2}
        aria-label={t("message.edit")}
        value={words.value}
        onInput={(event) => (words.value = event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.isComposing) return;
          if (event.key === "Enter" && !event.shiftKey) void save(event);
          if (event.key === "Escape") onClose();
        }}
      />
      <p class="hint">{t("message.forks")}</p>
      <div class="row-end">
        <button type="button" class="plain" onClick={onClose}>
          {t("cancel")}
        </button>
        <button type="submit" class="primary">
          {t("send")}
        </button>
      </div>
    </form>
  );
}
