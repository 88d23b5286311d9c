"""The page can be used by everybody: axe-core finds nothing in its states, in three languages and both themes.

Axe sees what a program can see: names, roles, order, contrast. It comes with what the page is built with.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[2] / "src" / "laqta" / "studio" / "page"
AXE = PAGE / "node_modules" / "axe-core" / "axe.min.js"
RULES = {
    "type": "tag",
    "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
"""What another theme can break: it changes colours, and the name of the one button that turns it."""
RUN = """async (runOnly) => {
    await document.fonts.ready;
    const { violations } = await axe.run(document, { runOnly, resultTypes: ["violations"] });
    return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) =>
        `${id} at ${target}: ${failureSummary.replace(/\\s+/g, " ")}`));
}"""
LOCALES = {"en": "en-GB", "ar": "ar-EG", "zh": "zh-CN"}
WISHES = {
    "en": ("a red car drives in the snow", "an elephant in the snow", "a football in the meadow, 60 seconds"),
    "ar": ("سيارة حمراء تسير في الثلج", "فيل في الثلج", "كرة قدم في المرج، 60 ثانية"),
    "zh": ("一辆红色的汽车在雪地里行驶", "一头大象在雪地里", "草地上的足球，60秒"),
}
FILMED = 180_000
"""Milliseconds within which a film is done, the worker's start included, on a busy machine."""


class Visit:
    """One page in one language. `audit` notes what axe finds in the state that the page is in now."""

    def __init__(self, page: Any, language: str) -> None:
        self.page = page
        self.wish, self.impossible, self.long = WISHES[language]
        self.words = json.loads((PAGE / "src" / "words" / f"{language}.json").read_text(encoding="utf-8"))
        self.found: list[str] = []
        self.seen: set[str] = set()

    def audit(self, state: str) -> None:
        """Look at the page in both themes; by all rules in the light, and in the dark the first time."""
        for theme in ("light", "dark"):
            self.page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            self.see(f"html[data-theme={theme}]")
            rules = RULES if theme == "light" or theme not in self.seen else COLOURS
            self.seen.add(theme)
            self.found += [f"{state}, {theme}: {fault}" for fault in self.page.evaluate(RUN, rules)]

    def press(self, key: str) -> None:
        """Press the first button that is called so."""
        self.page.get_by_role("button", name=self.words[key], exact=True).first.click()

    def say(self, text: str) -> None:
        """Send a message."""
        self.page.get_by_test_id("composer").fill(text)
        self.page.get_by_test_id("send").click()

    def see(self, what: str, count: int = 1) -> None:
        """Wait until so many are seen of what a selector finds."""
        from playwright.sync_api import expect

        expect(self.page.locator(what)).to_have_count(count, timeout=FILMED)

    def see_takes(self, count: int) -> None:
        """Wait until the shot has so many takes, all of them done."""
        self.see("[data-testid=take]", count)
        self.see("[data-testid=progress]", 0)
        self.see("[data-testid=player] video")


@pytest.fixture(params=LOCALES)
def visit(request: pytest.FixtureRequest, browser: Any) -> Iterator[Callable[[str], Visit]]:
    """Open an address in a language; in the end axe must have found nothing."""
    language, visits = request.param, []
    context = browser.new_context(locale=LOCALES[language], viewport={"width": 1280, "height": 860})
    context.add_init_script(path=AXE)  # past the page's content policy, which lets no script of others in

    def begin(address: str) -> Visit:
        page = context.new_page()
        page.set_default_timeout(FILMED)
        visits.append(Visit(page, language))
        visits[-1].page.goto(address)
        return visits[-1]

    yield begin
    context.close()
    assert [fault for visit in visits for fault in visit.found] == []


def test_before_anything_is_filmed(visit: Any, closed_studio: Any, tmp_path: Path) -> None:
    from PIL import Image

    here = visit(closed_studio.address)
    page = here.page
    key = page.locator("input[name=key]")
    key.wait_for()
    here.audit("a key is asked for")
    key.fill("wrong")
    key.press("Enter")
    page.get_by_text(here.words["key.wrong"]).wait_for()
    here.audit("the key is wrong")
    key.fill(closed_studio.key)
    key.press("Enter")
    here.page.locator(".examples button").first.wait_for()
    here.audit("the first visit")
    page.get_by_test_id("composer").fill(f"{here.wish} zzzz")
    here.see("[data-testid=draft] .icon")
    Image.new("RGB", (40, 40), (200, 30, 30)).save(tmp_path / "red.png")
    page.locator("input[type=file]").set_input_files(tmp_path / "red.png")
    here.see(".picture-chip img")
    (tmp_path / "red.txt").write_text("no picture")
    page.locator("input[type=file]").set_input_files(tmp_path / "red.txt")
    here.see(".notice p")
    here.audit("a draft with a picture, and a file that is none")
    page.dispatch_event("body", "dragenter", {"dataTransfer": a_dragged_file(page)})
    here.audit("a file is dragged in")
    page.dispatch_event("[data-testid=drop-zone]", "drop")
    held: list[Any] = []
    page.route("**/messages", lambda route: held.append(route))
    page.get_by_test_id("send").click()
    here.see(".waiting")
    here.audit("a message is on its way")
    held[0].continue_()
    page.unroute("**/messages")
    here.see("[data-testid=progress]")
    here.say(here.impossible)
    here.see(".reply.problem")
    here.audit("a take that waits, and a refusal")
    here.press("cancel")
    here.see(".take-trouble")
    here.audit("a take that was cancelled")
    here.press("conversations")
    page.locator(".conversations .icon-button").nth(1).click()  # it deletes
    here.press("conversations.delete")
    here.see(".conversations li", 0)
    here.audit("no conversations")


def a_dragged_file(page: Any) -> Any:
    """What a browser hands the page while a file is dragged over it."""
    return page.evaluate_handle(
        "() => { const data = new DataTransfer(); data.items.add(new File([], 'red.png')); return data; }"
    )


def test_while_a_take_is_filmed(visit: Any, studio: Any) -> None:
    here = visit(studio.address)
    here.page.locator(".examples button").first.wait_for()
    here.say(here.long)
    here.see("[data-testid=progress] progress.running")
    here.audit("a take is filmed")
    here.press("cancel")
    here.see(".take-trouble")
    held: list[Any] = []
    here.page.route("**/api/hello", lambda route: held.append(route))
    here.page.reload()
    here.see(".opening")
    here.audit("the page opens")
    held[0].abort()
    here.see(".notice p")
    here.audit("the studio does not answer")


def test_a_film_and_all_that_is_done_with_it(visit: Any, studio: Any) -> None:
    here = visit(studio.address)
    here.page.locator(".examples button").first.wait_for()
    here.say(here.wish)
    here.see_takes(1)
    here.press("takes.again")
    here.see_takes(2)
    here.audit("two takes")
    look_at_takes(here)
    look_into_dialogs(here)
    look_at_messages(here)
    here.press("take.delete")
    here.see(".take-trouble")
    here.audit("a take that was deleted")
    here.page.set_viewport_size({"width": 390, "height": 844})
    here.audit("the stage on a phone")
    here.press("talk")
    here.audit("the talk on a phone")


def look_at_takes(here: Visit) -> None:
    here.press("take.compare")
    here.see("[data-testid=player] video", 2)
    here.audit("two takes are compared")
    here.press("take.compare")
    here.page.locator(".menu summary").click()
    here.see(".menu[open] li", 4)
    here.audit("the menu of downloads")
    here.page.keyboard.press("Escape")
    here.press("shot.copy")
    here.see("[data-testid=panel]", 2)
    here.page.locator(".message-takes button").first.click()
    here.page.get_by_text(here.words["take.backToFilm"]).wait_for()
    here.audit("another take is looked at")
    here.press("take.backToFilm")


def look_at_messages(here: Visit) -> None:
    here.press("message.edit")
    here.audit("a message is said otherwise")
    here.page.locator(".editor textarea").fill(here.impossible)
    here.page.locator(".editor .primary").click()
    here.see(".branches bdi")
    here.audit("branches, and nothing on the stage")
    here.press("branches.before")
    here.see("[data-testid=panel]", 2)
    for count in (1, 2):
        here.say("?")
        here.see(".reply.problem", count)
    here.page.get_by_role("button", name=here.words["message.takeBack"]).nth(1).click()
    here.see(".later")
    here.audit("what followed is kept")


def look_into_dialogs(here: Visit) -> None:
    here.press("help")
    here.audit("the help")
    here.page.keyboard.press("Escape")
    here.page.get_by_test_id("export").click()
    here.page.locator(".export-form .primary").click()
    here.see(".exports a")
    here.audit("an exported film")
    here.page.keyboard.press("Escape")
    here.press("conversations")
    here.see(".conversations [aria-current]")
    here.audit("the conversations")
    here.page.locator(".conversations .icon-button").nth(3).click()  # deletes the second
    here.page.locator(".conversations .icon-button").nth(0).click()  # renames the first
    here.see(".conversations .rename")
    here.audit("a conversation is renamed, another one deleted")
    here.page.keyboard.press("Escape")
