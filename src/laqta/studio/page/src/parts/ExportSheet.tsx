import { useSignal } from "@preact/signals";
import { exportFilm } from "../actions";
import { jobs, sheet, unfinished } from "../state";
import type { Format, Transition } from "../types";
import { t, type Key } from "../words";
import { Choice } from "./Choice";
import { Dialog } from "./Dialog";
import { FORMATS } from "./DownloadMenu";
import { ExportJob } from "./ExportJob";

const TRANSITIONS: Record<Transition, Key> = { cut: "transition.cut", fade: "transition.fade" };

/** The whole storyboard as one film: its format, how shots follow each other, and the films made so far. */
export function ExportSheet() {
  const format = useSignal<Format>("mp4");
  const transition = useSignal<Transition>("cut");
  const exports = jobs.value.filter(({ kind }) => kind === "export").reverse();
  const submit = (event: Event) => {
    event.preventDefault();
    void exportFilm(format.value, transition.value);
  };
  return (
    <Dialog title={t("export.title")} onClose={() => (sheet.value = null)}>
      <form class="export-form" onSubmit={submit}>
        <Choice name={t("export.format")} options={FORMATS} value={format} showId />
        <Choice name={t("export.transition")} options={TRANSITIONS} value={transition} />
        <p class="hint">{t("footer")}</p>
        <button type="submit" class="primary" disabled={exports.some(unfinished)}>
          {t("export.start")}
        </button>
      </form>
      {exports.length > 0 && (
        <ul class="exports" aria-label={t("export.films")}>
          {exports.map((job) => (
            <ExportJob key={job.id} job={job} />
          ))}
        </ul>
      )}
    </Dialog>
  );
}
