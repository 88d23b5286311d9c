"""The review room in a real browser: decisions by key, boxes drawn on the film, captions in three directions."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.e2e.conftest import RunningStudio, start
from tests.e2e.test_studio_axe import Visit, visit  # noqa: F401

from laqta.data.review.votes import Ballots, Vote
from laqta.data.workspace import open_workspace
from laqta.video import write_video

FRAMES, RATE = 18, 12
SOON = 30_000
"""Milliseconds within which a clip is cut and shown, on a busy machine."""


@pytest.fixture(scope="module")
def room(studio_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStudio]:
    """A studio with four clips to review, all of which everybody is shown."""
    home = tmp_path_factory.mktemp("review-home")
    (home / "models").symlink_to(studio_home / "models")
    for seed in range(4):
        dice = np.random.default_rng(seed)
        stripes = dice.integers(0, 256, (48, 112, 3)).astype(np.float32)
        smooth = (stripes + np.roll(stripes, 1, 0) + np.roll(stripes, 1, 1) + np.roll(stripes, 2, 1)) / 4
        frames = np.stack([smooth[:, 2 * at : 2 * at + 64] for at in range(FRAMES)])
        write_video(home / f"{seed}.mp4", frames.astype(np.uint8), RATE)
    env = {**os.environ, "LAQTA_HOME": str(home), "OMP_NUM_THREADS": "1"}
    films = [str(home / f"{seed}.mp4") for seed in range(4)]
    for words in (
        ["ingest", *films, "--owner=Amal", "--licence=CC0-1.0"],
        ["run", "--workers=1", "--without=text"],
    ):
        subprocess.run([sys.executable, "-m", "laqta", "data", *words], env=env, check=True)
    (home / "data" / "review.toml").write_text("random = 1.0\ngold = 0.0\nvotes = 9\nmost = 9\n")
    running = start(home, "--no-worker")
    yield running
    running.stop()


def votes_of(room: RunningStudio, reviewer: str) -> list[Vote]:
    """What a reviewer has said, as it lies on disk."""
    votes = Ballots(open_workspace(room.log.parent / "data")).standing()
    return [vote for vote in votes if vote.reviewer == reviewer]


class Reviewer:
    """Somebody at the page: what they do, and what must not go wrong while they do it."""

    def __init__(self, page: Any, room: RunningStudio, name: str) -> None:
        self.page, self.room, self.name = page, room, name
        page.goto(f"{room.address}/review")
        page.locator("input[name=reviewer]").fill(name)
        page.keyboard.press("Enter")
        self.wait()

    def wait(self) -> None:
        """Wait until a clip is shown and loaded."""
        from playwright.sync_api import expect

        expect(self.page.locator(".review-film video")).to_have_js_property("readyState", 4, timeout=SOON)

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def expect_done(self, count: int) -> None:
        """Wait until so many votes are counted."""
        from playwright.sync_api import expect

        words = f"{count} reviewed"
        expect(self.page.get_by_test_id("review-progress")).to_contain_text(words, timeout=SOON)

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Drag on the film, from and to shares of its width and height."""
        box = self.page.get_by_test_id("boxes").bounding_box()
        points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (start, end)]
        self.page.mouse.move(*points[0])
        self.page.mouse.down()
        self.page.mouse.move(*points[1], steps=4)
        self.page.mouse.up()

    def votes(self) -> list[Vote]:
        """What they have said, as it lies on disk."""
        return votes_of(self.room, self.name)


@pytest.fixture
def reviewer(browser: Any, room: RunningStudio, request: pytest.FixtureRequest) -> Iterator[Reviewer]:
    """A reviewer of the test's own; every error in the page's console fails the test."""
    errors: list[str] = []
    context = browser.new_context(
        locale="en-GB", viewport={"width": 1280, "height": 860}, reduced_motion="reduce"
    )
    page = context.new_page()
    page.set_default_timeout(SOON)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda told: errors.append(told.text) if told.type == "error" else None)
    yield Reviewer(page, room, request.node.name[-30:].strip("_"))
    context.close()
    assert errors == []


def test_a_clip_is_accepted_and_one_rejected_by_key_and_the_vote_is_taken_back(reviewer: Reviewer) -> None:
    from playwright.sync_api import expect

    told = reviewer.page.get_by_test_id("told")
    first = reviewer.page.locator(".review-film video").get_attribute("src")
    reviewer.press("a")
    reviewer.expect_done(1)
    expect(told).to_have_text("Accepted. It was drawn by lot.")
    reviewer.press("r", "2")
    reviewer.expect_done(2)
    assert [(vote.decision, vote.reasons) for vote in reviewer.votes()] == [
        ("accept", ()),
        ("reject", ("dark",)),
    ]
    second = reviewer.votes()[1].clip
    reviewer.press("u")
    reviewer.expect_done(1)
    expect(told).to_have_text("Taken back.")
    expect(reviewer.page.locator(".review-film video")).to_have_attribute(
        "src", f"/api/review/clips/{second}/video"
    )
    assert [vote.decision for vote in reviewer.votes()] == ["accept"]
    reviewer.press("u")
    reviewer.expect_done(0)
    expect(reviewer.page.locator(".review-film video")).to_have_attribute("src", str(first))


def test_a_box_is_drawn_followed_named_and_kept(reviewer: Reviewer) -> None:
    """Drawn on frame 3, moved on frame 9: between them it lies on the straight line, to the page and to the studio."""
    from playwright.sync_api import expect

    page = reviewer.page
    reviewer.press(".", ".", ".")
    expect(page.locator(".time")).to_have_text(f"4 / {FRAMES}")
    assert 3 / RATE < page.locator(".review-film video").evaluate("video => video.currentTime") < 4 / RATE
    reviewer.drag((0.2, 0.3), (0.5, 0.7))
    expect(page.get_by_test_id("track")).to_have_count(1)
    page.get_by_label("What it is").fill("a stripe")
    page.keyboard.press("Enter")
    reviewer.press("Escape")
    reviewer.press(*"......")
    expect(page.locator(".time")).to_have_text(f"10 / {FRAMES}")
    reviewer.drag((0.35, 0.5), (0.55, 0.5))  # the box, held in its middle
    reviewer.drag((0.7, 0.7), (0.8, 0.9))  # its lower right corner
    expect(page.locator(".keyframes span")).to_have_count(2)
    reviewer.press(",", ",", ",")
    middle = page.locator(".box").evaluate("box => parseFloat(box.style.insetInlineStart)")
    assert middle == pytest.approx(30, abs=1)
    page.get_by_test_id("caption-en").fill("coloured stripes run to the left")
    page.get_by_test_id("caption-en").press("Control+Enter")
    reviewer.expect_done(1)
    vote = reviewer.votes()[0]
    assert (vote.decision, vote.captions) == ("fix", {"en": "coloured stripes run to the left"})
    assert vote.tracks is not None and [track.label for track in vote.tracks] == ["a stripe"]
    boxes = [[float(side) for side in key.box.sides()] for key in vote.tracks[0].keyframes if key.box]
    assert boxes[0] == pytest.approx([0.2, 0.3, 0.5, 0.7], abs=0.005)
    assert boxes[1] == pytest.approx([0.4, 0.3, 0.8, 0.9], abs=0.005)


def test_boxes_need_no_pointer(reviewer: Reviewer) -> None:
    from playwright.sync_api import expect

    page = reviewer.page
    reviewer.press("n", "ArrowRight", "ArrowRight", "ArrowDown", "Shift+ArrowRight")
    reviewer.press(".", ".", "k", ".", "o")
    expect(page.locator(".keyframes span")).to_have_count(3)
    reviewer.press("[")
    expect(page.locator(".time")).to_have_text(f"3 / {FRAMES}")
    reviewer.press("n", "x")
    expect(page.get_by_test_id("track")).to_have_count(1)
    reviewer.press("a")
    expect(page.get_by_test_id("told")).to_contain_text("You changed something")
    reviewer.press("f")
    reviewer.expect_done(1)
    keys = reviewer.votes()[0].tracks[0].keyframes  # type: ignore[index]
    assert keys[0].box is not None and keys[2].box is None
    assert [float(side) for side in keys[0].box.sides()] == pytest.approx([0.36, 0.355, 0.665, 0.655])


def test_each_caption_runs_in_its_own_direction_and_typing_decides_nothing(reviewer: Reviewer) -> None:
    from playwright.sync_api import expect

    arabic = reviewer.page.get_by_test_id("caption-ar")
    expect(arabic).to_have_css("direction", "rtl")
    expect(reviewer.page.get_by_test_id("caption-zh")).to_have_css("direction", "ltr")
    reviewer.page.get_by_test_id("caption-en").press_sequentially("a far fur car")
    reviewer.page.get_by_test_id("caption-en").fill("")
    arabic.fill("خطوط ملوّنة تتحرّك إلى اليسار")
    assert reviewer.votes() == []
    reviewer.press("Escape", "f")
    reviewer.expect_done(1)
    assert reviewer.votes()[0].captions == {"ar": "خطوط ملوّنة تتحرّك إلى اليسار"}


def test_letters_stand_where_they_stand_on_a_keyboard_of_another_script(reviewer: Reviewer) -> None:
    reviewer.page.evaluate(
        "document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'ش', code: 'KeyA', bubbles: true }))"
    )
    reviewer.expect_done(1)
    assert [vote.decision for vote in reviewer.votes()] == ["accept"]


def test_single_keys_can_be_turned_off(reviewer: Reviewer) -> None:
    reviewer.press("?")
    reviewer.page.get_by_label("Use single keys as shortcuts").uncheck()
    reviewer.press("Escape", "a", "r", "1")
    reviewer.page.get_by_role("button", name="Reject").click()
    reviewer.page.get_by_role("button", name="Blurred").click()
    reviewer.expect_done(1)
    assert [(vote.decision, vote.reasons) for vote in reviewer.votes()] == [("reject", ("blurred",))]


def test_the_room_can_be_used_by_everybody(visit: Any, room: RunningStudio) -> None:  # noqa: F811
    """Axe finds nothing in any state of the room, in three languages and both themes."""
    here: Visit = visit(f"{room.address}/review")
    page = here.page
    page.locator("input[name=reviewer]").wait_for()
    here.audit("who reviews is asked")
    page.locator("input[name=reviewer]").fill(f"axe {page.evaluate('document.documentElement.lang')}")
    page.keyboard.press("Enter")
    page.get_by_test_id("review-film").wait_for()
    here.audit("a clip")
    page.keyboard.press("n")
    page.get_by_test_id("caption-ar").fill("خطوط")
    here.audit("a box and a caption were changed")
    page.get_by_test_id("caption-ar").press("Escape")
    page.keyboard.press("r")
    page.locator(".reasons").wait_for()
    here.audit("a reason is asked")
    page.keyboard.press("?")
    page.locator("dialog[open]").wait_for()
    here.audit("the help")
    page.keyboard.press("Escape")
    page.set_viewport_size({"width": 390, "height": 844})
    here.audit("the room on a phone")
    page.set_viewport_size({"width": 1280, "height": 860})
    for count in range(1, 5):
        here.see(".review[aria-busy=false]")
        page.keyboard.press("r")
        page.keyboard.press("1")
        here.see(f".review-progress[data-done='{count}']")
    page.get_by_test_id("review-empty").wait_for()
    here.audit("nothing waits")


def test_what_is_missing_is_said(visit: Any, closed_studio: Any) -> None:  # noqa: F811
    here: Visit = visit(f"{closed_studio.address}/review")
    here.page.locator("input[name=key]").fill(closed_studio.key)
    here.page.locator("input[name=key]").press("Enter")
    missing = here.page.get_by_test_id("review-missing")
    missing.get_by_text("laqta data ingest FOLDER").wait_for()
    here.audit("there is no data")
    here.press("review.leave")
    here.page.get_by_test_id("composer").wait_for()
    here.press("conversations")
    here.press("review.enter")
    missing.wait_for()
