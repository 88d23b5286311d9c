import { decide } from "../../review/actions";
import { captions, changedCaptions } from "../../review/state";
import type { Language } from "../../types";
import { LANGUAGES, t } from "../../words";

/** The captions, each in its own script and direction; what is changed is kept by a fix. */
export function Captions() {
  return (
    <section class="captions" aria-labelledby="captions">
      <h3 id="captions">{t("review.captions")}</h3>
      {(Object.keys(LANGUAGES) as Language[]).map((language) => (
        <label key={language}>
          <span>
            <bdi lang={language}>{LANGUAGES[language]}</bdi>
            {language in changedCaptions.value && <small>{t("review.changed")}</small>}
          </span>
          <textarea
            lang={language}
            dir={language === "ar" ? "rtl" : "ltr"}
            rows={2}
            maxLength={4000}
            data-testid={`caption-${language}`}
            value={captions.value[language]}
            onInput={(event) => (captions.value = { ...captions.value, [language]: event.currentTarget.value })}
            onKeyDown={(event) => {
              if (event.key !== "Enter" || event.isComposing || !(event.ctrlKey || event.metaKey)) return;
              event.preventDefault();
              void decide("fix");
            }}
          />
        </label>
      ))}
    </section>
  );
}
