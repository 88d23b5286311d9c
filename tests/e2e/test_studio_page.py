"""The page in a real browser, over a real studio: what a person does, in three languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from laqta.video import read_video

WISHES = {
    "en": ("a red car drives in the snow", "make it night", "Filming"),
    "ar": ("سيارة حمراء تسير في الثلج", "اجعلها ليلا", "أصوّر"),
    "zh": ("一辆红色的汽车在雪地里行驶", "让它在晚上", "正在拍"),
}
FILMED = 60_000
"""Milliseconds within which a film is done, the worker's start included."""


@pytest.fixture
def visit(browser: Any, studio: Any) -> Iterator[Any]:
    """Open the studio's page in a language; every error in the page's console fails the test."""
    contexts, errors = [], []

    def open_page(language: str = "en", **options: Any) -> Any:
        locale = {"en": "en-GB", "ar": "ar-EG", "zh": "zh-CN"}[language]
        context = browser.new_context(locale=locale, viewport={"width": 1280, "height": 860}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda told: errors.append(told.text) if told.type == "error" else None)
        page.goto(studio.address)
        page.get_by_test_id("composer").wait_for()
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


def say(page: Any, text: str) -> None:
    page.get_by_test_id("composer").fill(text)
    page.get_by_test_id("send").click()


def expect_takes(page: Any, count: int) -> None:
    """Wait until the shot has so many takes, all of them done."""
    from playwright.sync_api import expect

    expect(page.get_by_test_id("take")).to_have_count(count, timeout=FILMED)
    expect(page.get_by_test_id("progress")).to_have_count(0, timeout=FILMED)


@pytest.mark.parametrize("language", WISHES)
def test_a_film_is_made_and_changed_by_talking(visit: Any, language: str) -> None:
    from playwright.sync_api import expect

    wish, change, answer = WISHES[language]
    page = visit(language)
    html = page.locator("html")
    expect(html).to_have_attribute("lang", re.compile(f"^{language}"))
    expect(html).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")
    say(page, wish)
    expect(page.get_by_test_id("reply").first).to_contain_text(answer)
    expect_takes(page, 1)
    say(page, change)
    expect_takes(page, 2)
    expect(page.get_by_test_id("player").locator("video").first).to_have_js_property("error", None)
    assert page.get_by_test_id("player").locator("video").first.evaluate("video => video.videoWidth") == 256
    expect(page.get_by_test_id("message")).to_have_count(2)
    page.reload()
    expect_takes(page, 2)
    expect(page.get_by_test_id("message")).to_have_count(2)
    undo = {"en": "undo", "ar": "تراجع", "zh": "撤销"}[language]
    say(page, undo)
    expect(page.get_by_test_id("take")).to_have_count(1)


def test_what_would_be_filmed_is_shown_while_one_types(visit: Any) -> None:
    from playwright.sync_api import expect

    page = visit()
    page.get_by_test_id("composer").fill("a red car in the snow zzzz")
    expect(page.get_by_test_id("draft")).to_contain_text("Filming")
    expect(page.get_by_test_id("draft")).to_contain_text("zzzz")
    expect(page.get_by_test_id("message")).to_have_count(0)


def test_progress_is_shown_survives_a_reload_and_can_be_cancelled(visit: Any) -> None:
    from playwright.sync_api import expect

    page = visit()
    say(page, "a red car drives in the snow, 60 seconds")  # many parts: it takes a while
    expect(page.get_by_test_id("progress").first).to_be_visible(timeout=FILMED)
    page.reload()
    expect(page.get_by_test_id("progress").first).to_be_visible(timeout=FILMED)
    page.get_by_test_id("cancel").first.click()
    expect(page.get_by_test_id("progress")).to_have_count(0, timeout=FILMED)
    expect(page.get_by_text("This take was cancelled.").first).to_be_visible()


def test_two_tabs_agree(visit: Any) -> None:
    from playwright.sync_api import expect

    one = visit()
    say(one, "a football bounces in the meadow")
    expect_takes(one, 1)
    other = one.context.new_page()
    other.goto(one.url)
    expect_takes(other, 1)
    say(other, "make it red")
    expect_takes(one, 2)
    expect(one.get_by_test_id("message")).to_have_count(2)


def test_a_picture_is_dropped_in(visit: Any, tmp_path: Path) -> None:
    from PIL import Image
    from playwright.sync_api import expect

    Image.new("RGB", (80, 80), (200, 30, 30)).save(tmp_path / "red.png")
    page = visit()
    data = page.evaluate_handle(
        """async (bytes) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], "red.png", { type: "image/png" }));
            return transfer;
        }""",
        list((tmp_path / "red.png").read_bytes()),
    )
    page.dispatch_event("body", "dragenter", {"dataTransfer": data})
    page.dispatch_event("[data-testid=drop-zone]", "drop", {"dataTransfer": data})
    expect(page.get_by_text("First frame")).to_be_visible()
    say(page, "a car drives in the snow")
    expect_takes(page, 1)
    expect(page.get_by_test_id("message").first.locator("img[src$='.png']")).to_have_count(1)


def test_a_film_is_exported(visit: Any, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    page = visit()
    say(page, "a red car in the snow")
    expect_takes(page, 1)
    say(page, "new shot: a football in the meadow")
    expect(page.get_by_test_id("panel")).to_have_count(2)
    expect_takes(page, 1)
    page.get_by_test_id("export").click()
    page.get_by_role("button", name="Make the film").click()
    with page.expect_download(timeout=FILMED) as download:
        page.get_by_role("link", name=re.compile("^Download")).last.click(timeout=FILMED)
    download.value.save_as(tmp_path / "film.mp4")
    assert len(read_video(tmp_path / "film.mp4").frames_THWC) == 18


def test_everything_can_be_done_by_keyboard(visit: Any) -> None:
    from playwright.sync_api import expect

    page = visit()
    page.keyboard.press("Escape")
    page.locator("body").press("/")
    expect(page.get_by_test_id("composer")).to_be_focused()
    page.keyboard.type("a red car in the snow")
    page.keyboard.press("Enter")
    expect_takes(page, 1)
    page.keyboard.type("another version")
    page.keyboard.press("Enter")
    expect_takes(page, 2)
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement?.dataset?.testid") == "take":
            break
    else:
        pytest.fail("no take can be reached with Tab")
    reached = set()
    for key in ("ArrowRight", "ArrowLeft", "ArrowLeft"):
        page.keyboard.press(key)
        reached.add(
            page.evaluate("document.activeElement.querySelector('[data-testid], bdi, span')?.textContent")
        )
        assert page.evaluate("document.activeElement.dataset.testid") == "take"
    assert len(reached) == 2


def test_an_earlier_message_is_said_otherwise_and_both_branches_stay(visit: Any) -> None:
    from playwright.sync_api import expect

    page = visit()
    say(page, "a red car in the snow")
    expect_takes(page, 1)
    say(page, "make it night")
    expect_takes(page, 2)
    page.get_by_role("button", name="Edit this message").last.click()
    editor = page.get_by_test_id("message").last.get_by_role("textbox")
    editor.fill("make it green")
    editor.press("Enter")
    expect(page.get_by_text("2 / 2", exact=True)).to_be_visible()
    page.get_by_role("button", name="Previous version").click()
    expect(page.get_by_text("1 / 2", exact=True)).to_be_visible()


def test_what_it_cannot_film_is_said(visit: Any) -> None:
    from playwright.sync_api import expect

    page = visit()
    say(page, "an elephant in the snow")
    expect(page.get_by_test_id("reply").first).to_contain_text("This model was never shown: elephant")
    expect(page.get_by_test_id("take")).to_have_count(0)
