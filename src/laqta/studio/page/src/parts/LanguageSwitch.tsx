import type { Language } from "../types";
import { LANGUAGES, language, setLanguage, t } from "../words";

/** The language of the page; what is said to Laqta may be in any. */
export function LanguageSwitch() {
  return (
    <select
      class="language"
      aria-label={t("language")}
      value={language.value}
      onChange={(event) => setLanguage(event.currentTarget.value as Language)}
    >
      {Object.entries(LANGUAGES).map(([id, name]) => (
        <option key={id} value={id} lang={id}>
          {name}
        </option>
      ))}
    </select>
  );
}
