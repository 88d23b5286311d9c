/** The studio's API, one function a request. */

import type {
  Ballot,
  Draft,
  Edit,
  Following,
  Format,
  Hello,
  Job,
  Missing,
  NewMessage,
  Picture,
  State,
  Summaries,
  Take,
  Transition,
  Why,
} from "./types";

/** A request that came to nothing; `status` is 0 where no answer came at all. */
export class Trouble extends Error {
  constructor(
    message: string,
    readonly code: string,
    readonly status: number,
  ) {
    super(message);
  }
}

type Body = object | FormData;

async function call<T>(method: string, path: string, body?: Body, signal?: AbortSignal): Promise<T> {
  const request: RequestInit = { method, credentials: "same-origin", signal: signal ?? null };
  if (body instanceof FormData) {
    request.body = body;
  } else if (body) {
    request.body = JSON.stringify(body);
    request.headers = { "Content-Type": "application/json" };
  }
  let answer: Response;
  try {
    answer = await fetch(path, request);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Trouble("", "offline", 0);
  }
  if (!answer.ok) throw await trouble(answer);
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

async function trouble(answer: Response): Promise<Trouble> {
  try {
    const { error } = (await answer.json()) as { error: { message: string; code: string } };
    return new Trouble(error.message, error.code, answer.status);
  } catch {
    // A proxy in between answers in HTML; its text is nothing for a person to read.
    return new Trouble("", "unknown", answer.status);
  }
}

const at = (id: string) => `/api/conversations/${encodeURIComponent(id)}`;
const ofTake = (id: string) => `/api/takes/${encodeURIComponent(id)}`;

export const hello = () => call<Hello>("GET", "/api/hello");
export const login = (key: string) => call<void>("POST", "/api/login", { key });

export const list = (after?: string) =>
  call<Summaries>("GET", `/api/conversations?limit=30${after ? `&after=${encodeURIComponent(after)}` : ""}`);
export const create = () => call<State>("POST", "/api/conversations", {});
export const read = (id: string) => call<State>("GET", at(id));
export const rename = (id: string, title: string) => call<State>("PATCH", at(id), { title });
export const remove = (id: string) => call<void>("DELETE", at(id));

export const say = (id: string, message: NewMessage) => call<State>("POST", `${at(id)}/messages`, message);
export const look = (id: string, message: NewMessage, signal: AbortSignal) =>
  call<Draft>("POST", `${at(id)}/look`, message, signal);
export const edit = (id: string, change: Edit) => call<State>("POST", `${at(id)}/edits`, { edit: change });
export const setHead = (id: string, message: string | null) => call<State>("PUT", `${at(id)}/head`, { message });
export const exportFilm = (id: string, format: Format, transition: Transition) =>
  call<{ job: Job }>("POST", `${at(id)}/export`, { format, transition });

export const upload = (file: Blob) => {
  const form = new FormData();
  form.append("file", file);
  return call<Picture>("POST", "/api/pictures", form);
};

export const cancel = (job: string) => call<Job>("POST", `/api/jobs/${encodeURIComponent(job)}/cancel`, {});
export const filmAgain = (take: string) => call<Job>("POST", `${ofTake(take)}/again`, {});
export const deleteTake = (take: string) => call<Take>("DELETE", ofTake(take));

/** Where a take is downloaded from. */
export const fileOf = (take: string, format: Format) => `${ofTake(take)}/file?format=${format}`;
/** Where a conversation's events come from. */
export const eventsOf = (id: string, after: number) =>
  `/api/events?conversation=${encodeURIComponent(id)}&after=${after}`;

export const lookAtReview = () => call<{ missing: Missing }>("GET", "/api/review");
export const nextItem = (reviewer: string) =>
  call<Following>("GET", `/api/review/next?reviewer=${encodeURIComponent(reviewer)}`);
export const castVote = (ballot: Ballot) =>
  call<Following & { vote: string; why: Why }>("POST", "/api/review/votes", ballot);
export const undoVote = (reviewer: string) =>
  call<Following & { undone: boolean }>("POST", "/api/review/undo", { reviewer });
