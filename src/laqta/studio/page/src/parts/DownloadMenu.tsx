import { useRef } from "preact/hooks";
import { fileOf } from "../api";
import type { Format, Take } from "../types";
import { t, type Key } from "../words";
import { Icon } from "./Icon";

export const FORMATS: Record<Format, Key> = {
  mp4: "format.mp4",
  webm: "format.webm",
  gif: "format.gif",
  webp: "format.webp",
};

/** The take as a file, in one of four formats. */
export function DownloadMenu({ take }: { take: Take }) {
  const menu = useRef<HTMLDetailsElement>(null);
  const close = () => menu.current?.removeAttribute("open");
  return (
    <details
      class="menu"
      ref={menu}
      onFocusOut={(event) => menu.current?.contains(event.relatedTarget as Node) || close()}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !menu.current?.open) return;
        event.preventDefault();
        close();
        menu.current.querySelector("summary")?.focus();
      }}
    >
      <summary class="plain">
        <Icon name="download" />
        {t("download")}
      </summary>
      <ul>
        {Object.entries(FORMATS).map(([format, name]) => (
          <li key={format}>
            <a href={fileOf(take.id, format as Format)} download onClick={close}>
              <bdi>{format.toUpperCase()}</bdi> <small>{t(name)}</small>
            </a>
          </li>
        ))}
      </ul>
    </details>
  );
}
