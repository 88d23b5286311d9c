"""A vision model over HTTP: any server that speaks OpenAI's chat completions, on this machine or hosted.

Where it is and its key stand in the environment and in no fact: the same model elsewhere gives the same facts.
"""

from __future__ import annotations

import base64
import json
import os
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import Any, TypeVar
from urllib.parse import urlsplit

TRIES = 4
"""How often a request is sent where the server is busy, broken or silent."""
PAUSE = 1.0
"""Seconds before the second try, twice as many before each next one; the server's own `Retry-After` comes before it."""
LONGEST_WAIT = 60.0
"""A server that asks for more seconds than these is asked no more about this clip in this run."""
TIMEOUT = 300.0
"""Seconds in which a request is answered: a server of one GPU lets its requests queue."""
MOST_IN_A_ROW = 8
"""After so many clips without an answer in between, the run ends: the next one would fare no better."""
MOST_BYTES = 4 * 2**20
MOST_WORDS = 200
"""How much of a server's own error message is passed on, in characters."""

BUSY = frozenset({408, 425, 429})
"""Statuses that pass, as all from 500 on do."""
ABOUT_ONE = frozenset({400, 413, 422})
"""Statuses that may be about one clip's pictures and words; every other one is about the key, the model, the path."""
WHAT_TO_DO = {
    401: "set {role}_KEY",
    403: "set {role}_KEY to one that may use this model",
    404: "look at the model's name, and at {role}_URL, which ends where /chat/completions begins",
}

Read = TypeVar("Read")


class NoAnswerError(Exception):
    """No usable answer about one clip; another run may get one."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """Where a model is: the address without `/chat/completions`, and the key."""

    url: str
    key: str = field(repr=False)

    @property
    def shown(self) -> str:
        """The host, for messages."""
        parts = urlsplit(self.url)
        return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


def find_server(environ: Mapping[str, str], role: str) -> Server:
    """The server that `<role>_URL` and `<role>_KEY` say, or else those of `LAQTA_VISION`.

    A key is only sent to the address that it was set for.

    Raises:
        OSError: no address is set, it is none, or the key is none.
    """
    own = environ.get(f"{role}_URL", "").strip()
    url = own or environ.get("LAQTA_VISION_URL", "").strip()
    key = environ.get(f"{role}_KEY", "").strip()
    if not own and not key:
        key = environ.get("LAQTA_VISION_KEY", "").strip()
    if not url:
        raise OSError(f"a vision model is asked for, and {role}_URL is not set: export {role}_URL=http://...")
    if not _is_address(url):
        raise OSError(
            f"{role}_URL is no address: set it to one that begins with https:// or http:// and names no user"
        )
    if not (key.isascii() and key.isprintable()):
        raise OSError(f"{role}_KEY holds characters that no key has; set it again")
    return Server(url=url.rstrip("/"), key=key)


class Vision:
    """A model on a server, asked by several threads at once.

    `role` begins the names of its variables; `request` is what else is sent, such as a temperature. `answered` counts
    its answers. `over` says why nobody should ask it any more; it is empty as long as they may.
    """

    def __init__(self, model: str, role: str, request: Mapping[str, Any]) -> None:
        self.model, self.role, self.request = model, role, request
        self.answered, self.over = 0, ""
        self._in_a_row, self._lock = 0, threading.Lock()

    def ask(self, text: str, jpegs: Sequence[bytes], read: Callable[[dict[str, Any]], Read]) -> Read:
        """What `read` makes of the JSON object that the model answers with; it may raise `ValueError` to ask once more.

        Raises:
            NoAnswerError: there is none, or none that can be read.
            OSError: the server's variables are not set, or say no server.
        """
        content = [{"type": "text", "text": text}, *(_picture(jpeg) for jpeg in jpegs)]
        talk: list[dict[str, Any]] = [{"role": "user", "content": content}]
        why = ""
        for _ in range(2):
            said = self._send(talk)
            try:
                return read(find_object(said))
            except ValueError as error:
                why = str(error)
                again = f"This cannot be used: {why}. Answer once more, with the JSON object alone."
                talk += [{"role": "assistant", "content": said}, {"role": "user", "content": again}]
        raise NoAnswerError(f"{self.model} gave no answer that can be used: {why}")

    def _send(self, talk: list[dict[str, Any]]) -> str:
        """What the model says next; a request that failed for what may pass is sent again."""
        server = find_server(os.environ, self.role)
        body = json.dumps({"model": self.model, **self.request, "messages": talk}).encode()
        for attempt in range(TRIES):
            if self.over:
                raise NoAnswerError(self.over)
            try:
                said = _post(server, body)
            except _FailedError as failed:
                wait = PAUSE * 2**attempt if failed.wait is None else failed.wait
                if failed.passes and attempt < TRIES - 1 and wait <= LONGEST_WAIT:
                    time.sleep(wait)
                    continue
                raise NoAnswerError(self._note(server, failed)) from failed
            with self._lock:
                self.answered, self._in_a_row = self.answered + 1, 0
            return said
        raise AssertionError("the last try returns or raises")

    def _note(self, server: Server, failed: _FailedError) -> str:
        """Count a failure; returns it in words."""
        advice = WHAT_TO_DO.get(failed.status, "").format(role=self.role)
        why = f"{self.model!r} at {server.shown} {failed}{'; ' if advice else ''}{advice}"
        with self._lock:
            self._in_a_row += 1
            if not self.over and (failed.ends or self._in_a_row >= MOST_IN_A_ROW):
                self.over = f"{why}; what was found is kept, and the next run goes on"
        return why


def find_object(said: str) -> dict[str, Any]:
    """The first JSON object in an answer, whatever thoughts, words or fences stand round it; `ValueError` for none."""
    text = said.rpartition("</think>")[2]
    if "{" not in text:
        raise ValueError("there is no JSON object in it")
    try:
        found, _ = json.JSONDecoder(strict=False).raw_decode(text, text.index("{"))
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"its JSON is broken ({error})") from error
    return dict(found)


class _FailedError(Exception):
    """A request that failed: `passes` if it may succeed later, `ends` if every other request would fail like it."""

    def __init__(
        self,
        why: str,
        *,
        status: int = 0,
        passes: bool = False,
        ends: bool = False,
        wait: float | None = None,
    ) -> None:
        super().__init__(why)
        self.status, self.passes, self.ends, self.wait = status, passes, ends, wait


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect is an error: the key and the pictures go to the address that was set, and nowhere else."""

    def redirect_request(self, *_: Any) -> None:
        """Follow none."""


def _post(server: Server, body: bytes) -> str:
    """Send one request; returns what the model says."""
    headers = {"content-type": "application/json", "user-agent": "laqta"}
    if server.key:
        headers["authorization"] = f"Bearer {server.key}"
    request = urllib.request.Request(f"{server.url}/chat/completions", body, headers, method="POST")
    try:
        with urllib.request.build_opener(_NoRedirects).open(request, timeout=TIMEOUT) as answer:
            message = json.loads(answer.read(MOST_BYTES))["choices"][0]["message"]
            return str(message.get("content") or "")
    except urllib.error.HTTPError as error:
        with error:
            raise _refused(error, server) from error
    except (OSError, HTTPException) as error:
        raise _unreached(error) from error
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise _FailedError("answers no chat completion", passes=True) from error


def _refused(error: urllib.error.HTTPError, server: Server) -> _FailedError:
    try:
        words = _words(error.read(MOST_BYTES))
    except (OSError, HTTPException):
        words = ""
    if server.key:
        words = words.replace(server.key, "...")
    passes = error.code in BUSY or error.code >= 500
    return _FailedError(
        f"answers {error.code}{': ' if words else ''}{words[:MOST_WORDS]}",
        status=error.code,
        passes=passes,
        ends=not passes and error.code not in ABOUT_ONE,
        wait=_wait(error.headers.get("retry-after")),
    )


def _unreached(error: OSError | HTTPException) -> _FailedError:
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, (ConnectionRefusedError, socket.gaierror, ssl.SSLError)):
        return _FailedError(f"cannot be reached ({reason}); start it", passes=True, ends=True)
    if isinstance(reason, TimeoutError):
        return _FailedError(f"did not answer in {TIMEOUT:g} seconds", passes=True)
    return _FailedError(f"broke off ({reason})", passes=True)


def _words(body: bytes) -> str:
    """A server's own words about an error."""
    text = body.decode(errors="replace")
    try:
        found = json.loads(text)
        error = found.get("error", found.get("detail", text))
        text = str(error.get("message", error) if isinstance(error, dict) else error)
    except (ValueError, AttributeError):
        pass
    return " ".join(text.split())


def _wait(stated: str | None) -> float | None:
    """Seconds of a `Retry-After`, which is a number or a date."""
    try:
        return max(float(stated or ""), 0.0)
    except ValueError:
        pass
    try:
        return max(parsedate_to_datetime(stated or "").timestamp() - time.time(), 0.0)
    except ValueError:
        return None


def _picture(jpeg: bytes) -> dict[str, Any]:
    return {
        "type": "image_url",
        "image_url": {"url": f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"},
    }


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        named = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, a bracket that is never closed
        return False
    return named and "@" not in parts.netloc and url.isascii() and url.isprintable() and " " not in url
