/** The icons, drawn on a grid of 20. They decorate: the button round them carries the name. */

const DRAWN = {
  menu: "M3.5 6h13M3.5 10h13M3.5 14h13",
  plus: "M10 4v12M4 10h12",
  send: "M10 16V4.5M5 9.5l5-5 5 5",
  picture: "M4.5 3.5h11a1 1 0 0 1 1 1v11a1 1 0 0 1-1 1h-11a1 1 0 0 1-1-1v-11a1 1 0 0 1 1-1zM3.5 13.5l4-4 5 6M11.5 12l2-2 3 3M12.5 7h.01",
  close: "M5 5l10 10M15 5L5 15",
  play: "M6.5 4.2v11.6l9-5.8z",
  pause: "M7 4.5v11M13 4.5v11",
  download: "M10 3.5v9M6 9l4 4 4-4M4 16.5h12",
  compare: "M3.5 4.5h5v11h-5zM11.5 4.5h5v11h-5z",
  trash: "M4 5.5h12M8 5.5v-2h4v2M5.5 5.5l.7 11h7.6l.7-11M8.5 9v4.5M11.5 9v4.5",
  undo: "M7 4L3.5 7.5 7 11M3.5 7.5H12a4.25 4.25 0 0 1 0 8.5H8",
  redo: "M13 4l3.5 3.5L13 11M16.5 7.5H8A4.25 4.25 0 0 0 8 16h4",
  edit: "M4 16l.8-3.6L13 4.2a1.4 1.4 0 0 1 2 0l.8.8a1.4 1.4 0 0 1 0 2L7.6 15.2z",
  tick: "M4.5 10.5l3.5 3.5 7.5-8",
  cross: "M6 6l8 8M14 6l-8 8",
  sun: "M10 6.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7zM10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.3 4.3l1.1 1.1M14.6 14.6l1.1 1.1M4.3 15.7l1.1-1.1M14.6 5.4l1.1-1.1",
  moon: "M16 11.8A6.6 6.6 0 0 1 8.2 4a6.6 6.6 0 1 0 7.8 7.8z",
  help: "M7.4 7.6a2.6 2.6 0 1 1 3.8 2.3c-.8.4-1.2.9-1.2 1.8M10 14.6h.01M10 2.5a7.5 7.5 0 1 1 0 15 7.5 7.5 0 0 1 0-15z",
  back: "M12 5l-5 5 5 5",
  next: "M8 5l5 5-5 5",
  copy: "M7.5 7.5h8v8h-8zM12.5 7.5v-3h-8v8h3",
  again: "M15.5 6.5A6.3 6.3 0 1 0 16.3 11M15.8 3v3.8H12",
  film: "M3.5 4.5h13v11h-13zM7 4.5v11M13 4.5v11M3.5 8H7M3.5 12H7M13 8h3.5M13 12h3.5",
  warning: "M10 3.5l7.2 12.8H2.8zM10 8v3.8M10 14.2h.01",
  star: "M10 3.2l2.1 4.4 4.7.6-3.5 3.3.9 4.8L10 14l-4.2 2.3.9-4.8-3.5-3.3 4.7-.6z",
  talk: "M4.5 4h11a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H9l-3.5 3v-3h-1a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1z",
  wait: "M10 2.5a7.5 7.5 0 1 1 0 15 7.5 7.5 0 0 1 0-15zM10 6v4.3l2.8 1.7",
} as const;

export type IconName = keyof typeof DRAWN;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
      <path d={DRAWN[name]} />
    </svg>
  );
}
