import { useSignal } from "@preact/signals";
import { remove, rename } from "../list";
import { go } from "../route";
import { conversation } from "../state";
import type { Summary } from "../types";
import { ago, t } from "../words";
import { Icon } from "./Icon";
import { IconButton } from "./IconButton";

/** One conversation in the drawer: opened by a click; renamed and deleted where it stands. */
export function ConversationRow({ row }: { row: Summary }) {
  const doing = useSignal<"rename" | "delete" | null>(null);
  const title = row.title || t("untitled");
  if (doing.value === "delete") {
    return (
      <li class="confirm">
        <p>{t("conversations.sure", { title })}</p>
        <div class="row-end">
          <button type="button" class="plain" onClick={() => (doing.value = null)}>
            {t("conversations.keep")}
          </button>
          <button type="button" class="danger" onClick={() => void remove(row.id)}>
            {t("conversations.delete")}
          </button>
        </div>
      </li>
    );
  }
  if (doing.value === "rename") {
    const save = (event: SubmitEvent) => {
      event.preventDefault();
      const wanted = String(new FormData(event.target as HTMLFormElement).get("title")).trim();
      if (wanted && wanted !== row.title) void rename(row.id, wanted);
      doing.value = null;
    };
    return (
      <li>
        <form class="rename" onSubmit={save}>
          <input name="title" dir="auto" aria-label={t("title")} defaultValue={row.title} ref={(field) => field?.focus()} />
          <IconButton icon="tick" label={t("save")} type="submit" />
        </form>
      </li>
    );
  }
  return (
    <li>
      <button
        type="button"
        class="open"
        aria-current={row.id === conversation.value?.id ? "page" : undefined}
        onClick={() => void go(row.id)}
      >
        {row.poster ? <img src={row.poster} alt="" /> : <span class="sign"><Icon name="film" /></span>}
        <span>
          <b>
            <bdi dir="auto">{title}</bdi>
          </b>
          <small>{ago(row.updated_at)}</small>
        </span>
      </button>
      <IconButton icon="edit" label={t("conversations.rename", { title })} onClick={() => (doing.value = "rename")} />
      <IconButton icon="trash" label={t("conversations.remove", { title })} onClick={() => (doing.value = "delete")} />
    </li>
  );
}
