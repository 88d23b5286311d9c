import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { attach } from "../typing";
import { t } from "../words";
import { Icon } from "./Icon";

/** Takes a picture that is dropped anywhere on the page, or pasted. */
export function DropZone() {
  const over = useSignal(false);
  useEffect(() => {
    const listeners = new AbortController();
    const { signal } = listeners;
    const drag = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      over.value = true;
    };
    addEventListener("dragenter", drag, { signal });
    addEventListener("dragover", drag, { signal });
    // The pointer has left the window, and not only one part of the page for another.
    addEventListener("dragleave", (event) => event.relatedTarget || (over.value = false), { signal });
    const drop = (event: DragEvent) => {
      over.value = false;
      takeFrom(event, event.dataTransfer);
    };
    addEventListener("drop", drop, { signal });
    addEventListener("paste", (event) => takeFrom(event, event.clipboardData), { signal });
    return () => listeners.abort();
  }, []);
  return (
    <div class="drop-zone" data-testid="drop-zone" hidden={!over.value}>
      <p>
        <Icon name="picture" />
        {t("picture.drop")}
      </p>
    </div>
  );
}

/** Attach the file among what was dropped or pasted, if there is one. */
function takeFrom(event: Event, from: DataTransfer | null): void {
  const file = from?.files[0];
  if (!file) return;
  event.preventDefault();
  void attach(file);
}
