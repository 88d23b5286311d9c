import { useEffect } from "preact/hooks";
import { readList, readMore } from "../list";
import { go, goToReview } from "../route";
import { moreSummaries, room, sheet, summaries } from "../state";
import { t } from "../words";
import { ConversationRow } from "./ConversationRow";
import { Dialog } from "./Dialog";
import { DiskUse } from "./DiskUse";
import { Icon } from "./Icon";

/** All conversations: open, begin, rename, delete; and how full the disk is. */
export function Drawer() {
  useEffect(() => void readList(), []);
  return (
    <Dialog title={t("conversations")} kind="drawer" onClose={() => (sheet.value = null)}>
      <button type="button" class="new" onClick={() => void go(null)}>
        <Icon name="plus" />
        {t("conversations.new")}
      </button>
      {room.value === "film" && (
        <button type="button" class="new" onClick={() => void goToReview()}>
          <Icon name="tick" />
          {t("review.enter")}
        </button>
      )}
      <ul class="conversations">
        {summaries.value.map((row) => (
          <ConversationRow key={row.id} row={row} />
        ))}
      </ul>
      {!summaries.value.length && <p class="hint">{t("conversations.none")}</p>}
      {moreSummaries.value && (
        <button type="button" class="plain" onClick={() => void readMore()}>
          {t("conversations.more")}
        </button>
      )}
      <DiskUse />
    </Dialog>
  );
}
