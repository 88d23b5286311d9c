import { useEffect, useRef } from "preact/hooks";
import { goAlong } from "../actions";
import { conversation, pending, shownMessages } from "../state";
import { children, withoutStaleClicks } from "../tree";
import { t } from "../words";
import { MessageCard } from "./MessageCard";
import { PendingCard } from "./PendingCard";

const NEAR = 160; // Who has scrolled up further than this is reading and is not pulled down, in pixels.

/** The talk along the shown branch. */
export function Chat() {
  const log = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const shown = shownMessages.value;
  const waiting = pending.value;
  const open = conversation.value?.id;
  useEffect(() => {
    atEnd.current = true;
  }, [open, waiting]);
  useEffect(() => {
    if (atEnd.current) log.current!.scrollTop = log.current!.scrollHeight;
  });
  const note = ({ currentTarget: { scrollHeight, scrollTop, clientHeight } }: { currentTarget: HTMLElement }) => {
    atEnd.current = scrollHeight - scrollTop - clientHeight < NEAR;
  };
  return (
    <div class="chat" ref={log} role="log" aria-label={t("talk")} tabIndex={0} onScroll={note}>
      {withoutStaleClicks(shown).map((message) => (
        <MessageCard key={message.id} message={message} />
      ))}
      {waiting ? <PendingCard pending={waiting} /> : <Later />}
    </div>
  );
}

/** After going back: the messages that followed are still there. */
function Later() {
  const { messages, head } = conversation.value ?? { messages: [], head: null };
  const next = children(messages, head).at(-1);
  if (!next) return null;
  return (
    <p class="later">
      {t("later")}{" "}
      <button type="button" class="link" onClick={() => void goAlong(next)}>
        {t("later.show")}
      </button>
    </p>
  );
}
