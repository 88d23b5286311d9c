import { t } from "../words";

/** Says that what is shown was made by a machine: a duty wherever a film is. */
export function AiLabel() {
  return <span class="ai-label">{t("ai")}</span>;
}
