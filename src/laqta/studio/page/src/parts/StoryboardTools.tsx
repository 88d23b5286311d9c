import { copy, move, redo, remove, undo } from "../actions";
import { conversation, current, looking, panels, reel, sheet } from "../state";
import { t } from "../words";
import { Icon } from "./Icon";
import { IconButton } from "./IconButton";

/** What can be done with the shot on the stage, and with the whole film. */
export function StoryboardTools() {
  const at = current.value;
  const count = panels.value.length;
  const playAll = () => {
    looking.value = null;
    reel.value = reel.value === null ? 0 : null;
  };
  return (
    <div class="strip-tools" role="group" aria-label={t("storyboard.tools")}>
      <span class="tools-shot">
        {/* The strip runs from left to right in every language, so these arrows are never mirrored. */}
        <span dir="ltr">
          <IconButton icon="back" label={t("shot.earlier")} disabled={at < 1} onClick={() => void move(at, -1)} />
          <IconButton icon="next" label={t("shot.later")} disabled={at + 1 >= count} onClick={() => void move(at, 1)} />
        </span>
        <IconButton icon="copy" label={t("shot.copy")} disabled={!count} onClick={() => void copy(at)} />
        <IconButton icon="trash" label={t("shot.remove")} disabled={!count} onClick={() => void remove(at)} />
      </span>
      <span>
        <IconButton icon="undo" label={t("undo")} disabled={!conversation.value?.can_undo} onClick={() => void undo()} />
        <IconButton icon="redo" label={t("redo")} disabled={!conversation.value?.can_redo} onClick={() => void redo()} />
      </span>
      <button
        type="button"
        class="plain play-all"
        disabled={!count}
        aria-label={t("storyboard.playAll")}
        aria-pressed={reel.value !== null}
        onClick={playAll}
      >
        <Icon name="play" />
        <span>{t("storyboard.playAll")}</span>
      </button>
      <button
        type="button"
        class="primary"
        data-testid="export"
        disabled={!count}
        aria-haspopup="dialog"
        onClick={() => (sheet.value = "export")}
      >
        {t("export")}
      </button>
    </div>
  );
}
