import { conversation, looking, takeOf, unfinished, view } from "../state";
import type { Take } from "../types";
import { t } from "../words";
import { Poster } from "./Poster";

/** The takes that a message asked for, small; one looks at them from here without changing the film. */
export function MessageTakes({ ids }: { ids: string[] }) {
  const takes = ids.map(takeOf).filter((take) => take !== undefined);
  if (!takes.length || !conversation.value) return null;
  return (
    <div class="message-takes">
      {takes.map((take) => (
        <button key={take.id} type="button" aria-label={t("take.look", { words: take.words })} onClick={() => see(take)}>
          <Poster take={take} />
          {unfinished(take) && <span class="pulse" />}
        </button>
      ))}
    </div>
  );
}

function see(take: Take): void {
  looking.value = take.id;
  view.value = "stage";
}
