import { jobOf } from "../state";
import type { Take } from "../types";
import { Icon, type IconName } from "./Icon";
import { Preview } from "./Preview";

const SIGNS: Record<Take["state"], IconName> = {
  queued: "wait",
  running: "film",
  done: "film",
  failed: "warning",
  cancelled: "close",
  deleted: "trash",
};

/** A take as a still: its poster, what can be seen of it so far, or a sign of what became of it. */
export function Poster({ take }: { take: Take | undefined }) {
  const job = jobOf(take);
  if (take?.state === "done" && take.poster) return <img class="poster" src={take.poster} alt="" loading="lazy" />;
  if (take && job?.preview) return <Preview job={job} take={take.id} />;
  return (
    <span class="poster sign">
      <Icon name={take ? SIGNS[take.state] : "film"} />
    </span>
  );
}
