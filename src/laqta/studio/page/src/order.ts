/** In which order the takes of a shot stand in their strip. */

import type { Take } from "./types";

/** How much of what was asked is seen, from 0 to 1; -1 where nobody has looked yet. */
export const score = (take: Take) => (take.of ? (take.right ?? 0) / take.of : -1);

/**
 * The takes with those of one batch sorted best first. A batch keeps its place: only takes that were filmed from
 * the same sentence at the same time compete.
 */
export function bestFirst(takes: Take[]): Take[] {
  const batches = new Map<string, Take[]>();
  for (const take of takes) {
    const key = take.job ?? take.id;
    batches.set(key, [...(batches.get(key) ?? []), take]);
  }
  return [...batches.values()].flatMap((batch) => [...batch].sort((one, other) => score(other) - score(one)));
}

/** The one best take, where there are several to choose from and one is better than the others. */
export function best(takes: Take[]): Take | undefined {
  const judged = takes.filter((take) => take.state === "done" && take.of).sort((a, b) => score(b) - score(a));
  const [first, second] = judged;
  return first && second && score(first) > score(second) ? first : undefined;
}
