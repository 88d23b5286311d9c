import { goAlong } from "../actions";
import { conversation } from "../state";
import { children } from "../tree";
import type { Message } from "../types";
import { number, t } from "../words";
import { IconButton } from "./IconButton";

/** Where a message was said in several ways: which way is shown, and the way to the others. */
export function Branches({ message }: { message: Message }) {
  const siblings = children(conversation.value?.messages ?? [], message.parent);
  const at = siblings.findIndex(({ id }) => id === message.id);
  if (siblings.length < 2) return null;
  const before = siblings[at - 1];
  const after = siblings[at + 1];
  return (
    <span class="branches" role="group" aria-label={t("branches")}>
      <IconButton
        icon="back"
        label={t("branches.before")}
        disabled={!before}
        onClick={() => before && void goAlong(before)}
      />
      <bdi>
        {number(at + 1)} / {number(siblings.length)}
      </bdi>
      <IconButton
        icon="next"
        label={t("branches.after")}
        disabled={!after}
        onClick={() => after && void goAlong(after)}
      />
    </span>
  );
}
