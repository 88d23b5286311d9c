import { rename } from "../list";
import { conversation } from "../state";
import { t } from "../words";

/** The conversation's title, which is changed where it stands. */
export function Title() {
  const { id, title } = conversation.value!;
  const commit = (input: HTMLInputElement) => {
    const wanted = input.value.trim();
    if (wanted && wanted !== title) void rename(id, wanted);
    else input.value = title;
  };
  return (
    <input
      class="title"
      dir="auto"
      aria-label={t("title")}
      placeholder={t("untitled")}
      defaultValue={title}
      key={title}
      onBlur={(event) => commit(event.currentTarget)}
      onKeyDown={(event) => {
        if (event.isComposing) return;
        if (event.key === "Escape") event.currentTarget.value = title;
        if (event.key === "Escape" || event.key === "Enter") event.currentTarget.blur();
      }}
    />
  );
}
