import { cancel } from "../actions";
import type { Job } from "../types";
import { seconds, t } from "../words";

/** How far a job is, how long it still takes, and the way to stop it. */
export function Progress({ job }: { job: Job }) {
  const words = inWords(job);
  return (
    <div class="progress" data-testid="progress" dir="auto">
      <progress
        class={job.state}
        aria-label={t("progress")}
        aria-valuetext={words}
        max={job.total || 1}
        value={job.state === "queued" ? 0 : job.done}
      />
      <p>{words}</p>
      <button type="button" class="plain" data-testid="cancel" onClick={() => void cancel(job)}>
        {t("cancel")}
      </button>
    </div>
  );
}

function inWords(job: Job): string {
  if (job.state === "queued") return job.place === null ? t("progress.waits") : t("progress.queued", { place: job.place });
  const doing = t(job.kind === "export" ? "progress.exporting" : "progress.filming");
  return job.seconds_left === null ? doing : `${doing} · ${t("progress.left", { time: seconds(job.seconds_left) })}`;
}
