import { undo } from "../../review/actions";
import { busy, done, told } from "../../review/state";
import { t } from "../../words";
import { Icon } from "../Icon";

/** What became of the last vote and why its item was shown; and the way back. */
export function Told() {
  return (
    <footer class="told">
      <p role="status" dir="auto" data-testid="told">
        {told.value}
      </p>
      <button type="button" class="plain" disabled={busy.value || !done.value} onClick={() => void undo()}>
        <Icon name="undo" />
        {t("undo")}
        <kbd>U</kbd>
      </button>
    </footer>
  );
}
