import { view } from "../state";
import { t } from "../words";
import { Icon } from "./Icon";

/** On a phone: the talk or the stage. The composer stays under both. */
export function ViewSwitch() {
  return (
    <nav class="view-switch" aria-label={t("view")}>
      <button type="button" aria-pressed={view.value === "chat"} onClick={() => (view.value = "chat")}>
        <Icon name="talk" />
        {t("talk")}
      </button>
      <button type="button" aria-pressed={view.value === "stage"} onClick={() => (view.value = "stage")}>
        <Icon name="film" />
        {t("stage")}
      </button>
    </nav>
  );
}
