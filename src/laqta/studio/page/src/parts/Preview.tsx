import type { Job } from "../types";

/** One take out of a job's preview, which holds all its takes side by side. */
export function Preview({ job, take }: { job: Job; take: string }) {
  const at = Math.max(0, job.takes.indexOf(take));
  const count = job.takes.length || 1;
  return (
    <span class="poster preview" dir="ltr">
      <img
        src={job.preview ?? ""}
        alt=""
        style={{ inlineSize: `${count * 100}%`, transform: `translateX(${(-at * 100) / count}%)` }}
      />
    </span>
  );
}
