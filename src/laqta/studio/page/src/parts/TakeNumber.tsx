import { panel } from "../state";
import type { Take } from "../types";
import { number } from "../words";

/** The number of a take among those of its shot, which is how it is called when one talks about it. */
export function TakeNumber({ take }: { take: Take }) {
  const at = panel.value?.takes.indexOf(take.id) ?? -1;
  return at < 0 ? null : <bdi class="badge">{number(at + 1)}</bdi>;
}
