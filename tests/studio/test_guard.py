"""The door: hosts, origins, the key, sizes, names of files, and what is never told."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from laqta.commands.studio import check_door
from laqta.studio import guard
from laqta.studio.app import build_app
from laqta.studio.desk import Desk


@pytest.fixture
def locked(desk: Desk) -> TestClient:
    """A studio with a key."""
    desk.key = "open sesame"
    return TestClient(build_app(desk, ()), base_url="http://films.example")


def test_only_its_own_hosts_are_answered(desk: Desk) -> None:
    client = TestClient(build_app(desk))
    for host, status in (
        ("127.0.0.1:7700", 200),
        ("localhost", 200),
        ("[::1]:7700", 200),
        ("evil.example", 403),
    ):
        assert client.get("/api/hello", headers={"host": host}).status_code == status


def test_other_pages_may_change_nothing(client: TestClient) -> None:
    for origin, status in (("http://testserver", 200), ("http://evil.example", 403), ("null", 403)):
        assert client.post("/api/conversations", headers={"origin": origin}).status_code == status
    assert client.get("/api/conversations", headers={"origin": "http://evil.example"}).status_code == 200


def test_with_a_key_nothing_is_open_but_the_door(locked: TestClient) -> None:
    assert locked.get("/api/hello").json()["locked"] is True
    for path in ("/api/conversations", "/media/x", "/v1/videos", "/api/events?conversation=x"):
        assert locked.get(path).status_code == 401
    for wrong in ("Bearer open", "Bearer ", "open sesame "):
        assert locked.get("/api/conversations", headers={"authorization": wrong}).status_code == 401
    assert (
        locked.get("/api/conversations", headers={"authorization": "Bearer open sesame"}).status_code == 200
    )
    assert locked.post("/api/login", json={"key": "sesame"}).status_code == 400
    answer = locked.post("/api/login", json={"key": "open sesame"})
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and "sesame" not in cookie
    assert locked.get("/api/conversations").status_code == 200
    assert locked.get("/api/hello").json()["locked"] is False


def test_the_network_is_not_let_in_without_a_key() -> None:
    check_door("127.0.0.1", None)
    check_door("0.0.0.0", "a key")
    with pytest.raises(ValueError, match=r"--host '0\.0\.0\.0' opens the studio .* set LAQTA_KEY"):
        check_door("0.0.0.0", None)


def test_every_answer_carries_the_strict_headers(client: TestClient) -> None:
    for path in ("/", "/api/hello", "/api/none", "/media/none"):
        headers = client.get(path).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_a_request_that_is_too_large_is_refused(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "MOST_BYTES", 1000)
    assert client.post("/api/pictures", files={"file": b"x" * 2000}).status_code == 413


def test_too_many_changes_a_minute_are_refused(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "MOST_A_MINUTE", 3)
    codes = [client.post("/api/conversations").status_code for _ in range(5)]
    assert codes == [200, 200, 200, 429, 429]
    assert client.get("/api/conversations").status_code == 200


def test_changes_are_counted_by_key_and_else_by_address(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "MOST_A_MINUTE", 3)
    desk.key = "open sesame"
    app = build_app(desk, ())

    def change(address: str, **headers: str) -> int:
        client = TestClient(app, base_url="http://films.example", client=(address, 1))
        path = "/api/conversations" if headers else "/api/login"
        return client.post(path, json={"key": "wrong"}, headers=headers).status_code

    bearer = {"authorization": "Bearer open sesame"}
    cookie = {"cookie": f"{guard.COOKIE}={guard.page_token('open sesame')}"}
    assert [change("10.0.0.1", **bearer) for _ in range(2)] == [200, 200]
    assert [change("10.0.0.2", **cookie) for _ in range(2)] == [200, 429]  # the same key from elsewhere
    assert change("10.0.0.1", authorization="Bearer another") == 401
    assert [change("10.0.0.1") for _ in range(4)] == [400, 400, 400, 429]  # without: by address
    assert change("10.0.0.2") == 400
    assert change("10.0.0.1", **bearer) == 429


def test_what_a_studio_without_a_key_is_given_counts_for_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "MOST_A_MINUTE", 3)
    app = build_app(desk, ("testserver",))
    codes = [
        TestClient(app, client=("10.0.0.1", 1), headers={"authorization": f"Bearer {number}"})
        .post("/api/conversations")
        .status_code
        for number in range(4)
    ]
    assert codes == [200, 200, 200, 429]


def test_who_is_refused_is_let_in_a_minute_later(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "MOST_A_MINUTE", 1)
    moments = iter((0.0, 30.0, 59.0, 61.0))
    monkeypatch.setattr(guard, "time", SimpleNamespace(monotonic=partial(next, moments)))
    codes = [client.post("/api/conversations").status_code for _ in range(4)]
    assert codes == [200, 429, 429, 200]


@pytest.mark.parametrize(
    "name", ["../studio.db", "..%2Fstudio.db", "%2e%2e/studio.db", "x" * 64 + ".mp4", "a.mp4"]
)
def test_no_path_of_a_request_reaches_the_disk(client: TestClient, name: str) -> None:
    assert client.get(f"/media/{name}").status_code in (400, 404)


def picture(kind: str, size: tuple[int, int] = (40, 30)) -> bytes:
    from io import BytesIO

    from PIL import Image

    out = BytesIO()
    Image.new("RGB", size, (10, 200, 30)).save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_pictures_are_kept_as_pixels_only(client: TestClient, kind: str) -> None:
    kept = client.post("/api/pictures", files={"file": ("x.bin", picture(kind))}).json()
    assert (kept["width"], kept["height"]) == (40, 30)
    shown = client.get(kept["url"])
    assert shown.content.startswith(b"\x89PNG") and "immutable" in shown.headers["cache-control"]
    assert client.get(kept["url"], headers={"range": "bytes=0-3"}).content == b"\x89PNG"


def test_large_pictures_are_made_smaller_and_huge_ones_refused(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = client.post("/api/pictures", files={"file": ("x.png", picture("PNG", (3000, 1500)))}).json()
    assert (kept["width"], kept["height"]) == (1024, 512)
    monkeypatch.setattr("laqta.studio.pictures.MOST_PIXELS", 1000)
    refused = client.post("/api/pictures", files={"file": ("x.png", picture("PNG", (50, 50)))})
    assert refused.status_code == 400 and "too large" in refused.json()["error"]["message"]


@pytest.mark.parametrize(
    "content", [b"", b"no picture", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\x89PNG\r\n"]
)
def test_what_is_no_picture_is_told(client: TestClient, content: bytes) -> None:
    refused: Any = client.post("/api/pictures", files={"file": ("x.png", content)})
    assert refused.status_code == 400 and "PNG, JPEG and WebP" in refused.json()["error"]["message"]
