import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { t } from "../words";
import { IconButton } from "./IconButton";

interface Props {
  title: string;
  kind?: "sheet" | "drawer";
  onClose: () => void;
  children: ComponentChildren;
}

/** A modal sheet. The browser's own <dialog> holds the focus, closes on Escape and gives the focus back. */
export function Dialog({ title, kind = "sheet", onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      class={kind}
      aria-labelledby={heading}
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && dialog.current?.close()}
    >
      <div class="dialog-inside">
        <header class="dialog-header">
          <h2 id={heading}>{title}</h2>
          <IconButton icon="close" label={t("close")} onClick={() => dialog.current?.close()} />
        </header>
        {children}
      </div>
    </dialog>
  );
}
