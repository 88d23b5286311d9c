import { conversation, sheet } from "../state";
import { theme, toggleTheme } from "../theme";
import { t } from "../words";
import { IconButton } from "./IconButton";
import { LanguageSwitch } from "./LanguageSwitch";
import { Mark } from "./Mark";
import { Title } from "./Title";

export function Header() {
  const dark = theme.value === "dark";
  return (
    <header class="header">
      <IconButton icon="menu" label={t("conversations")} aria-haspopup="dialog" onClick={() => (sheet.value = "drawer")} />
      <h1 class="brand">
        <Mark />
        <span>{t("brand")}</span>
      </h1>
      {conversation.value && <Title key={conversation.value.id} />}
      <div class="header-tools">
        <LanguageSwitch />
        <IconButton icon={dark ? "sun" : "moon"} label={t(dark ? "theme.light" : "theme.dark")} onClick={toggleTheme} />
        <IconButton icon="help" label={t("help")} aria-haspopup="dialog" onClick={() => (sheet.value = "help")} />
      </div>
    </header>
  );
}
