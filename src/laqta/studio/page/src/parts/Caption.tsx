import { panel } from "../state";
import type { Take } from "../types";
import { seconds, t } from "../words";
import { Icon } from "./Icon";

/** What the take shows, which one it is, and what the model could not do. */
export function Caption({ take }: { take: Take }) {
  const takes = panel.value?.takes ?? [];
  const at = takes.indexOf(take.id);
  return (
    <div class="caption">
      <h2>
        <bdi dir="auto">{take.words}</bdi>
      </h2>
      <p class="facts">
        {at >= 0 && <span>{t("take.number", { number: at + 1, count: takes.length })}</span>}
        <span>{seconds(take.seconds)}</span>
        <span>{t("take.seed", { seed: String(take.seed) })}</span>
        {take.first && <img src={take.first} alt={t("picture.firstFrame")} title={t("picture.firstFrame")} />}
      </p>
      {take.dropped.map((note) => (
        <p key={note} class="dropped" dir="auto">
          <Icon name="warning" />
          {note}
        </p>
      ))}
    </div>
  );
}
