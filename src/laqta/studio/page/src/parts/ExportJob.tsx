import { unfinished } from "../state";
import type { Job } from "../types";
import { t } from "../words";
import { Icon } from "./Icon";
import { Progress } from "./Progress";

/** One export: how far it is, its file, or why there is none. */
export function ExportJob({ job }: { job: Job }) {
  if (unfinished(job)) return <li><Progress job={job} /></li>;
  if (job.file) {
    const ending = job.file.split(".").at(-1);
    return (
      <li>
        <a class="primary" href={job.file} download={`laqta.${ending}`}>
          <Icon name="download" />
          {t("export.download")} <bdi>{ending?.toUpperCase()}</bdi>
        </a>
      </li>
    );
  }
  return (
    <li class="failed">
      <Icon name="warning" />
      {t(job.state === "cancelled" ? "export.cancelled" : "export.failed")} {job.error && <span dir="auto">{job.error}</span>}
    </li>
  );
}
