import { draft } from "../state";
import { number, t } from "../words";
import { Icon } from "./Icon";
import { LeftOut } from "./LeftOut";

/** What would be filmed if this were sent now. */
export function DraftLine() {
  const said = draft.value;
  return (
    <p id="draft" class={`draft ${said?.problem ? "problem" : ""}`} data-testid="draft" dir="auto" lang={said?.language}>
      {said && (
        <>
          <Icon name={said.problem ? "help" : said.films ? "film" : "tick"} />
          <span>
            {said.reply}
            <LeftOut said={said} />
          </span>
          {said.films > 1 && <bdi class="count" title={t("draft.films", { count: said.films })}>×{number(said.films)}</bdi>}
        </>
      )}
    </p>
  );
}
