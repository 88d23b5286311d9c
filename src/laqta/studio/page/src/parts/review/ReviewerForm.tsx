import { useSignal } from "@preact/signals";
import { setReviewer } from "../../review/actions";
import { t } from "../../words";

/** Asks who reviews: votes are counted by name. */
export function ReviewerForm() {
  const name = useSignal("");
  const submit = (event: Event) => {
    event.preventDefault();
    if (name.value.trim()) void setReviewer(name.value);
  };
  return (
    <form class="review-empty reviewer-form" onSubmit={submit}>
      <h3>{t("review.name.title")}</h3>
      <p>{t("review.name.why")}</p>
      <label>
        {t("review.name.label")}
        <input
          name="reviewer"
          dir="auto"
          maxLength={40}
          autocomplete="name"
          required
          onInput={(event) => (name.value = event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="primary">
        {t("review.name.begin")}
      </button>
    </form>
  );
}
