import type { Take } from "../types";
import { t } from "../words";
import { CheckRow } from "./CheckRow";
import { TakeNumber } from "./TakeNumber";

/** What was asked beside what is seen, row by row, for one take or for two that are compared. */
export function Check({ take, other }: { take: Take; other: Take | undefined }) {
  if (!take.check?.length) {
    return <aside class="check none">{take.state === "done" && <p>{t("check.none")}</p>}</aside>;
  }
  const seenBy = (row: { what: string; who: string }) =>
    other?.check?.find(({ what, who }) => what === row.what && who === row.who);
  return (
    <aside class="check" aria-label={t("check")}>
      <h3>
        {t("check")} <span class="score">{t("check.score", { right: take.right ?? 0, of: take.of ?? 0 })}</span>
      </h3>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("check.what")}</th>
            <th scope="col">{t("check.asked")}</th>
            <SeenHeading take={take} several={Boolean(other)} />
            {other && <SeenHeading take={other} several />}
          </tr>
        </thead>
        <tbody>
          {take.check.map((row, at) => (
            <CheckRow key={at} row={row} other={other && (seenBy(row) ?? null)} />
          ))}
        </tbody>
      </table>
    </aside>
  );
}

function SeenHeading({ take, several }: { take: Take; several: boolean }) {
  return (
    <th scope="col">
      {t("check.seen")} {several && <TakeNumber take={take} />}
    </th>
  );
}
