/** What the studio says and hears, word for word as its contract has it. */

export type Language = "en" | "ar" | "zh";
export type Format = "mp4" | "webm" | "gif" | "webp";
export type Transition = "cut" | "fade";
export type Progress = "queued" | "running" | "done" | "failed" | "cancelled";

export interface Hello {
  version: string;
  locked: boolean;
  model: string;
  models: string[];
  props: string[];
  backdrops: string[];
  seconds: number;
  longest: number;
  formats: string[];
  examples: Record<Language, string[]>;
  brain: string;
  disk: { used: number; quota: number };
  workers: number;
}

export interface Summary {
  id: string;
  title: string;
  updated_at: number;
  poster: string | null;
}

export interface Summaries {
  data: Summary[];
  has_more: boolean;
  last_id: string | null;
}

export interface Message {
  id: string;
  parent: string | null;
  at: number;
  /** Empty for a click, and for what Laqta adds itself. */
  text: string;
  picture: string | null;
  language: Language;
  reply: string;
  problem: string;
  ignored: string[];
  takes: string[];
  by: "person" | "click" | "laqta";
}

export interface CheckRow {
  what: string;
  ok: boolean;
  asked: string;
  seen: string;
  who: string;
}

export interface Take {
  id: string;
  state: Progress | "deleted";
  job: string | null;
  seed: number;
  words: string;
  caption: string;
  model: string;
  video: string | null;
  poster: string | null;
  width: number;
  height: number;
  frames: number;
  fps: number;
  seconds: number;
  loop: boolean;
  first: string | null;
  last: string | null;
  check: CheckRow[] | null;
  right: number | null;
  of: number | null;
  dropped: string[];
  error: string | null;
  seconds_taken: number | null;
}

export interface Job {
  id: string;
  kind: "film" | "export";
  state: Progress;
  /** 1 is next; null unless queued. */
  place: number | null;
  done: number;
  total: number;
  seconds_left: number | null;
  /** The job's takes side by side in one small picture. */
  preview: string | null;
  takes: string[];
  error: string | null;
  file: string | null;
  attempt: number;
}

export interface Panel {
  takes: string[];
  chosen: number;
  words: string;
}

export interface Board {
  panels: Panel[];
  current: number;
}

export interface State {
  id: string;
  title: string;
  model: string;
  head: string | null;
  messages: Message[];
  board: Board;
  takes: Record<string, Take>;
  jobs: Record<string, Job>;
  can_undo: boolean;
  can_redo: boolean;
  last_event: number;
}

/** What an event carries: only the keys that changed. */
export type Change = Partial<Omit<State, "id" | "last_event">> & { conversation: string };

export interface Draft {
  language: Language;
  reply: string;
  films: number;
  ignored: string[];
  problem: string;
}

export interface Picture {
  sha: string;
  url: string;
  width: number;
  height: number;
}

export type Edit =
  | { do: "choose"; panel: number; take: number }
  | { do: "move"; panel: number; to: number }
  | { do: "again"; panel: number; count: number }
  | { do: "remove" | "copy" | "select"; panel: number }
  | { do: "undo" | "redo" };

export interface NewMessage {
  text: string;
  picture: string | null;
  /** Absent: go on at the head. Given: fork there. */
  parent?: string | null;
}

// ---------------------------------------------------------------- reviewing

/** What must be there before anything can be reviewed. */
export type Missing = "" | "not_installed" | "no_data";
export type Decision = "accept" | "fix" | "reject";
export type Captions = Record<Language, string>;
/** Left, top, right and bottom, as shares of the frame. */
export type Box = readonly [number, number, number, number];

export interface Keyframe {
  frame: number;
  /** Null: out of sight from here on. */
  box: Box | null;
  occluded: boolean;
  attributes: Record<string, string>;
}

export interface Track {
  id: string;
  label: string;
  keyframes: Keyframe[];
  attributes: Record<string, string>;
}

export interface ReviewItem {
  id: string;
  kind: "clip" | "take";
  video: string;
  /** When each frame begins, in seconds, and at last when the film ends. */
  starts: number[];
  width: number;
  height: number;
  captions: Captions;
  tracks: Track[];
}

export interface Following {
  item: ReviewItem | null;
  done: number;
  waiting: number;
  /** More wait than were counted. */
  more: boolean;
  skipped: number;
}

export interface Why {
  lane: string;
  about: string;
  score: number | null;
  limit: number | null;
}

export interface Ballot {
  id: string;
  reviewer: string;
  item: string;
  decision: Decision;
  reasons: string[];
  captions: Partial<Captions>;
  tracks: Track[] | null;
  seconds: number;
}
