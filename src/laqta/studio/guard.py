"""The studio's door: which hosts and origins may knock, who has the key, how much they may carry and how often."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections import defaultdict, deque
from http.cookies import SimpleCookie
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "laqta"
LOOPBACK = ("localhost", "127.0.0.1", "::1")
MOST_BYTES = 64 * 10**6
"""The largest request body: a film that is to be changed or to go on."""
MOST_A_MINUTE = 240
"""Changing requests in a minute that come with one key, or without any from one address."""
OPEN_PATHS = ("/api/hello", "/api/login")
CLOSED_ROOTS = ("/api/", "/media/", "/v1/")

HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
}


class Guard:
    """ASGI middleware that lets a request in or answers it itself."""

    def __init__(self, app: ASGIApp, key: str | None, hosts: tuple[str, ...] = LOOPBACK) -> None:
        self.app = app
        self.key = key
        self.hosts = hosts
        self._seen: dict[str, deque[float]] = defaultdict(deque)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is not None:
            await _refuse(send, *refusal)
            return
        await self.app(scope, _counted(receive), _with_headers(send))

    def _refusal(self, scope: Scope) -> tuple[int, str, str] | None:
        """Status, code and message for who may not come in."""
        headers = Headers(scope=scope)
        host = urlsplit(f"//{headers.get('host', '')}").hostname or ""
        if self.key is None and host not in self.hosts:
            return 403, "bad_host", f"this studio does not answer for the host {host!r}"
        changes = scope["method"] not in ("GET", "HEAD", "OPTIONS")
        origin = headers.get("origin")
        if changes and origin is not None and urlsplit(origin).netloc != headers.get("host", ""):
            return 403, "bad_origin", f"requests from pages of {origin!r} are not taken"
        if int(headers.get("content-length") or 0) > MOST_BYTES:
            return 413, "too_large", f"a request may have at most {MOST_BYTES // 10**6} MB"
        path = scope["path"]
        if path.startswith(CLOSED_ROOTS) and path not in OPEN_PATHS and not self._has_key(headers):
            return (
                401,
                "invalid_api_key",
                "this studio asks for its key: send it as Authorization: Bearer KEY",
            )
        if changes and not self._in_time(self._whose(scope, headers)):
            return 429, "rate_limit_exceeded", f"at most {MOST_A_MINUTE} changes a minute; wait a little"
        return None

    def _has_key(self, headers: Headers) -> bool:
        if self.key is None:
            return True
        kind, _, given = headers.get("authorization", "").partition(" ")
        cookies: SimpleCookie = SimpleCookie(headers.get("cookie", ""))
        token = cookies[COOKIE].value if COOKIE in cookies else ""
        return (kind == "Bearer" and _same(given, self.key)) or _same(token, page_token(self.key))

    def _whose(self, scope: Scope, headers: Headers) -> str:
        """Whose changes are counted together: those of the key, wherever it is used from, else those of an address."""
        if self.key is not None and self._has_key(headers):
            return "key"
        return str((scope.get("client") or ("",))[0])

    def _in_time(self, whose: str) -> bool:
        """Count one change more, unless there were too many: what is refused holds up nobody else with the key."""
        moment, seen = time.monotonic(), self._seen[whose]
        while seen and seen[0] < moment - 60:
            seen.popleft()
        if len(seen) >= MOST_A_MINUTE:
            return False
        seen.append(moment)
        return True


def page_token(key: str) -> str:
    """What the page's cookie holds in place of the key."""
    return hmac.new(key.encode(), b"laqta page", hashlib.sha256).hexdigest()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _counted(receive: Receive) -> Receive:
    """The body, cut off where it is longer than it may be: its length need not be told beforehand."""
    total = 0

    async def counted() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        return {"type": "http.disconnect"} if total > MOST_BYTES else message

    return counted


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [
                *message["headers"],
                *((name.encode(), value.encode()) for name, value in HEADERS.items()),
            ]
        await send(message)

    return sent


async def _refuse(send: Send, status: int, code: str, message: str) -> None:
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    body = json.dumps({"error": error}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await _with_headers(send)({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
