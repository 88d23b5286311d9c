import { choose, deleteTake } from "../actions";
import { comparing, current, looking, panel, takeOf } from "../state";
import type { Take } from "../types";
import { t } from "../words";
import { DownloadMenu } from "./DownloadMenu";
import { Icon } from "./Icon";
import { IconButton } from "./IconButton";

/** What can be done with the take on the stage. */
export function TakeTools({ take }: { take: Take }) {
  const others = (panel.value?.takes ?? []).filter((id) => id !== take.id && takeOf(id)?.state === "done");
  const at = panel.value?.takes.indexOf(take.id) ?? -1;
  const done = take.state === "done";
  return (
    <div class="take-tools">
      {looking.value && (
        <button type="button" class="plain" onClick={() => (looking.value = null)}>
          {t("take.backToFilm")}
        </button>
      )}
      {looking.value && at >= 0 && (
        <button type="button" class="primary" onClick={() => void choose(current.value, at)}>
          {t("take.use")}
        </button>
      )}
      {done && others.length > 0 && (
        <button
          type="button"
          class="plain"
          aria-pressed={comparing.value !== null}
          onClick={() => (comparing.value = comparing.value ? null : (others.at(-1) ?? null))}
        >
          <Icon name="compare" />
          {t("take.compare")}
        </button>
      )}
      {done && <DownloadMenu take={take} />}
      {done && <IconButton icon="trash" label={t("take.delete")} onClick={() => void deleteTake(take)} />}
    </div>
  );
}
