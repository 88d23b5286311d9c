"""A server on this machine that answers as vision models do, for the tests of captions."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any

from PIL import Image

WORDS = {
    "en": "Grey stripes slide to the left.",
    "ar": "خطوط رمادية تنزلق إلى اليسار.",
    "zh": "灰色条纹向左滑动。",
}


@dataclass
class Reply:
    """What the server answers one request with."""

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


def says(text: Any) -> Reply:
    """An answer of a chat model."""
    content = text if isinstance(text, str) else json.dumps(text, ensure_ascii=False)
    return Reply({"choices": [{"message": {"role": "assistant", "content": content}}]})


@dataclass
class Model:
    """A server's address, its answers in order (the last one again and again), and what it was sent."""

    url: str
    replies: list[Reply | Callable[[dict[str, Any]], Reply]] = field(default_factory=lambda: [says(WORDS)])
    seen: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)


def serve() -> Iterator[Model]:
    """A vision model that is none, as long as the test runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                made.seen.append(sent | {"path": self.path})
                made.keys.append(self.headers.get("Authorization", ""))
                reply = made.replies.pop(0) if len(made.replies) > 1 else made.replies[0]
            reply = reply(sent) if callable(reply) else reply
            data = (reply.body if isinstance(reply.body, str) else json.dumps(reply.body)).encode()
            try:
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
            except (BrokenPipeError, ConnectionResetError):
                pass  # the client did not wait

        def log_message(self, format: str, *args: Any) -> None:
            del format, args

    lock = threading.Lock()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Model(url=f"http://127.0.0.1:{server.server_port}/v1")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.over.set()
    server.shutdown()
    thread.join()
    server.server_close()


def pictures(sent: dict[str, Any]) -> list[Image.Image]:
    """The pictures of a request, decoded."""
    urls = [part["image_url"]["url"] for part in sent["messages"][0]["content"][1:]]
    assert all(url.startswith("data:image/jpeg;base64,") for url in urls)
    return [Image.open(BytesIO(base64.b64decode(url.partition(",")[2], validate=True))) for url in urls]
