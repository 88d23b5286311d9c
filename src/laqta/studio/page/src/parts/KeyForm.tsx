import { useSignal } from "@preact/signals";
import * as api from "../api";
import { begin } from "../route";
import { notice } from "../state";
import { t } from "../words";
import { LanguageSwitch } from "./LanguageSwitch";
import { Mark } from "./Mark";

/** Asks for the studio's key, where it has one. */
export function KeyForm() {
  const key = useSignal("");
  const submit = async (event: Event) => {
    event.preventDefault();
    try {
      await api.login(key.value);
    } catch (error) {
      const refused = error instanceof api.Trouble && error.status > 0;
      return void (notice.value = t(refused ? "key.wrong" : "trouble.offline"));
    }
    notice.value = "";
    await begin();
  };
  return (
    <main class="key-form">
      <form onSubmit={(event) => void submit(event)}>
        <Mark size={48} />
        <h1>{t("key.title")}</h1>
        <p>{t("key.why")}</p>
        <label>
          {t("key.label")}
          <input
            type="password"
            name="key"
            autocomplete="current-password"
            dir="ltr"
            required
            onInput={(event) => (key.value = event.currentTarget.value)}
          />
        </label>
        <p class="key-wrong" role="alert">
          {notice.value}
        </p>
        <button type="submit" class="primary">
          {t("key.open")}
        </button>
        <LanguageSwitch />
      </form>
    </main>
  );
}
