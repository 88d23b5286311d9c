import { useRef } from "preact/hooks";
import { blank, picture, text, uploading } from "../state";
import { attach, send, type } from "../typing";
import { t } from "../words";
import { DraftLine } from "./DraftLine";
import { Icon } from "./Icon";
import { IconButton } from "./IconButton";
import { PictureChip } from "./PictureChip";

/** Where one says what to see and what to change. */
export function Composer() {
  const chooser = useRef<HTMLInputElement>(null);
  const submit = (event: Event) => {
    event.preventDefault();
    void send();
  };
  return (
    <form class="composer" onSubmit={submit}>
      <DraftLine />
      <div class="composer-box">
        {(picture.value || uploading.value) && <PictureChip />}
        <label class="unseen" for="composer">
          {t("composer.label")}
        </label>
        <textarea
          id="composer"
          data-testid="composer"
          dir="auto"
          rows={1}
          enterkeyhint="send"
          autocomplete="off"
          aria-describedby="draft"
          placeholder={t(blank.value ? "composer.first" : "composer.next")}
          value={text.value}
          onInput={(event) => type(event.currentTarget.value)}
          onKeyDown={(event) => {
            // While a word is being composed (Chinese, for one) Enter belongs to the input method.
            if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submit(event);
          }}
        />
        <div class="composer-tools">
          <input
            ref={chooser}
            type="file"
            accept="image/png,image/jpeg,image/webp"
            aria-label={t("picture.choose")}
            hidden
            onChange={(event) => {
              const file = event.currentTarget.files?.[0];
              if (file) void attach(file);
              event.currentTarget.value = "";
            }}
          />
          <IconButton icon="picture" label={t("picture.add")} onClick={() => chooser.current?.click()} />
          <button
            type="submit"
            class="send"
            data-testid="send"
            disabled={!text.value.trim()}
            aria-label={t("send")}
            title={t("send")}
          >
            <Icon name="send" />
          </button>
        </div>
      </div>
    </form>
  );
}
