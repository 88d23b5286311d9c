import type { CheckRow as Row } from "../types";
import { known, t } from "../words";
import { Icon } from "./Icon";

interface Props {
  row: Row;
  /** The same row of the take beside it; null where that take has none, undefined where nothing stands beside. */
  other: Row | null | undefined;
}

export function CheckRow({ row, other }: Props) {
  return (
    <tr data-testid="check-row">
      <th scope="row">
        {known("what", row.what)} {row.who && row.who !== row.asked && <bdi class="who">{row.who}</bdi>}
      </th>
      <td>
        <bdi>{row.asked}</bdi>
      </td>
      <Seen row={row} />
      {other !== undefined && (other ? <Seen row={other} /> : <td />)}
    </tr>
  );
}

/** What is seen, with a mark whose shape and name say the same as its colour. */
function Seen({ row: { ok, seen } }: { row: Row }) {
  return (
    <td class={ok ? "right" : "wrong"}>
      <span class="seen">
        <Icon name={ok ? "tick" : "cross"} />
        <span class="unseen">{t(ok ? "check.ok" : "check.notOk")}: </span>
        <bdi>{seen}</bdi>
      </span>
    </td>
  );
}
