import { decide, reset } from "../../review/actions";
import { REASONS } from "../../review/keys";
import { busy, changed, rejecting } from "../../review/state";
import { t } from "../../words";
import { Icon } from "../Icon";

/** Accept, fix or reject; a rejection asks for its reason in the same place. */
export function Decision() {
  return (
    <section class="decision" aria-label={t("review.decide")}>
      {rejecting.value ? <Reasons /> : <Buttons />}
    </section>
  );
}

function Buttons() {
  return (
    <>
      <div class="decision-buttons">
        <button
          type="button"
          class={changed.value ? "plain" : "primary"}
          disabled={busy.value || changed.value}
          onClick={() => void decide("accept")}
        >
          <Icon name="tick" />
          {t("review.accept")}
          <kbd>A</kbd>
        </button>
        <button
          type="button"
          class={changed.value ? "primary" : "plain"}
          disabled={busy.value || !changed.value}
          onClick={() => void decide("fix")}
        >
          <Icon name="edit" />
          {t("review.fix")}
          <kbd>F</kbd>
        </button>
        <button type="button" class="plain" disabled={busy.value} onClick={() => (rejecting.value = true)}>
          <Icon name="cross" />
          {t("review.reject")}
          <kbd>R</kbd>
        </button>
      </div>
      {changed.value && (
        <p class="hint">
          {t("review.hint.accept")}{" "}
          <button type="button" class="link" onClick={reset}>
            {t("review.reset")}
          </button>
        </p>
      )}
    </>
  );
}

function Reasons() {
  return (
    <>
      <h3>{t("review.reasons")}</h3>
      <ol class="reasons">
        {REASONS.map((reason, at) => (
          <li key={reason}>
            <button type="button" class="plain" disabled={busy.value} onClick={() => void decide("reject", [reason])}>
              <kbd>{at + 1}</kbd>
              {t(`reason.${reason}`)}
            </button>
          </li>
        ))}
      </ol>
      <div class="row-end">
        <button type="button" class="link" disabled={busy.value} onClick={() => void decide("reject")}>
          {t("review.noReason")}
        </button>
        <button type="button" class="plain" onClick={() => (rejecting.value = false)}>
          {t("cancel")}
          <kbd>Esc</kbd>
        </button>
      </div>
    </>
  );
}
