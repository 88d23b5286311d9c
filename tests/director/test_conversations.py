"""Whole conversations, turn by turn: what each message makes of the storyboard, and what is answered."""

from __future__ import annotations

import json
import random
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from laqta.director.chat import replies, reply
from laqta.director.rules import answer
from laqta.director.storyboard import History, Storyboard
from laqta.language.lexicon import LANGUAGES, Language, listed_rows

CONVERSATIONS = Path(__file__).parent / "conversations"
ASKED = ("say", "picture", "problem", "kind", "ignored", "order")
"""What a row says beside the current shot; `order` is the seed that each shot of the film shows, in order."""


def stated(value: Any) -> Any:
    """A shot as data, without what nobody stated."""
    if isinstance(value, dict):
        return {name: stated(part) for name, part in value.items() if part is not None and part != ()}
    return [stated(part) for part in value] if isinstance(value, (list, tuple)) else value


def seen(board: Storyboard) -> dict[str, Any]:
    """What a conversation's row says of the storyboard after its message."""
    take = board.take
    if take is None:
        return {"panels": 0}
    panel = board.panels[board.current]
    loop = {"loop": True} if take.loop else {}
    pictures = {name: value for name in ("first", "last") if (value := getattr(take, name)) is not None}
    return {
        "panels": len(board.panels),
        "current": board.current,
        "take": [panel.chosen, len(panel.takes)],
        "seed": take.seed,
        "shot": stated(asdict(take.shot)),
        **loop,
        **pictures,
    }


def told() -> list[Any]:
    """Every conversation with its language, under its first words."""
    return [
        pytest.param(language, json.loads(line), id=f"{language}-{number}")
        for language in LANGUAGES
        for number, line in enumerate(
            (CONVERSATIONS / f"{language}.jsonl").read_text(encoding="utf-8").splitlines()
        )
    ]


@pytest.mark.parametrize(("language", "turns"), told())
def test_a_conversation(language: Language, turns: list[dict[str, Any]]) -> None:
    history = History()
    for row in turns:
        turn = answer(row["say"], history, row.get("picture"))
        history = turn.history
        wanted = {name: value for name, value in row.items() if name not in ASKED}
        assert seen(turn.board) == wanted, row["say"]
        order = [panel.take.seed for panel in turn.board.panels]
        assert row.get("order", order) == order, row["say"]
        assert turn.problem == row.get("problem", ""), row["say"]
        assert turn.kind == row.get("kind", ""), row["say"]
        assert list(turn.ignored) == row.get("ignored", []), row["say"]
        assert turn.language == language, row["say"]
        said = reply(turn)
        assert said and "{" not in said
        assert all(word in said for word in turn.ignored)


def rows(language: Language) -> list[list[dict[str, Any]]]:
    """A language's conversations."""
    text = (CONVERSATIONS / f"{language}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_is_enough_talk_about_everything(language: Language) -> None:
    talk = rows(language)
    assert len(talk) >= 85
    assert sum(map(len, talk)) >= 3 * len(talk)
    assert sum(len(turns) >= 8 for turns in talk) >= 8
    problems = {row.get("problem", "") for turns in talk for row in turns}
    problems |= {row.get("kind", "") for turns in talk for row in turns}
    unheard = {"unplaced", "unseen"}  # said in tests of their own
    answers = {name for name in replies() if not name.startswith("near_")}
    said = {
        "filming",
        "filming_several",
        "shown",
        "removed",
        "moved",
        "restored",
        "restored_empty",
        "ignored",
        "kind_first",
        "kind_next",
    }
    assert answers - said - unheard - problems == set()


def test_nothing_that_is_said_at_any_time_is_too_much() -> None:
    """All messages, in any order, some two at once: an answer each time, and a take that knows where it comes from."""
    says = [row["say"] for language in LANGUAGES for turns in rows(language) for row in turns]
    chance = random.Random(0)
    for _ in range(60):
        history = History()
        for _ in range(8):
            message = chance.choice([" and ", "، ثم ", "，然后", ""]).join(chance.sample(says, 2))
            turn = answer(message, history, chance.choice([None, None, "picture.png"]))
            assert reply(turn)
            history = turn.history
            for panel in history.board.panels:
                assert all(take.parent is None or take.parent < at for at, take in enumerate(panel.takes)), (
                    message
                )


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("sooo cuuute!!", "glad"),
        ("the dog is adorable", "glad"),
        ("no problem", "yes"),
        ("haha \u2764\ufe0f", "glad"),
        ("👍🏽", "glad"),
        ("شكراااا", "welcome"),
        ("القطة حلوة كتير", "glad"),
        ("تصبح على خير", "bye"),
        ("雪景真美", "glad"),
        ("嗨，在嗎", "hello"),
        ("not good", ""),
        ("مو حلو", ""),
        ("不好看", ""),
        ("这是什么", ""),
        ("make it black, thanks", ""),
        ("nice, make it night", ""),
    ],
)
def test_what_is_only_kind_changes_nothing_and_is_answered_kindly(message: str, kind: str) -> None:
    history = answer("a cat and a dog in the snow", History()).history
    turn = answer(message, history)
    assert turn.kind == kind
    if kind:
        assert turn.history == history and not turn.edits and not turn.problem
    else:
        assert turn.problem or turn.edits


def test_a_greeting_before_anything_is_there_is_answered_with_an_example() -> None:
    for hello, example in (("hi!", "a cat walks"), ("مرحبا", "قطة تمشي"), ("你好", "一只猫在雪地里走")):
        assert example in reply(answer(hello, History()))
        assert example not in reply(answer(hello, answer("a cat", History()).history))


def test_kind_words_stand_in_one_row_each() -> None:
    rows = listed_rows("kindness.tsv", "laqta.director")
    for column in (*LANGUAGES, "emoji"):
        words = [word for row in rows for word in row[column].split(", ")]
        assert len(words) == len(set(words)), column


@pytest.mark.parametrize(
    "message",
    [
        "a flibbertigibbet in the forest",
        "in the kitchen a flumph",
        "森林里一只咕噜噗噗兽",
        "زعفرطوش في الغابة",
        "في الغابة غلوبي",
        "fifty cats in the kitchen",
        "forty two cats",
        "خمسون قطة في المطبخ",
        "厨房里二十一只猫",
    ],
)
def test_strangers_and_crowds_are_not_filmed(message: str) -> None:
    turn = answer(message, History())
    assert turn.problem in ("not_understood", "too_many_alike") and not turn.edits


@pytest.mark.parametrize(
    ("message", "shots"),
    [
        ("a dog sleeps in the bedroom, then a rocket orbits in space", 2),
        ("قطة تنام في غرفة النوم ثم صاروخ يدور في الفضاء", 2),
        ("一只狗在卧室睡觉，然后一枚火箭在太空里飞", 2),
        ("a cat in the snow, then a dog on the beach, then a bird in the forest", 3),
        ("a cat in the kitchen, then it jumps", 1),
        ("小狗在草地上跑，接着跳起来", 1),
    ],
)
def test_then_between_whole_scenes_makes_two_shots(message: str, shots: int) -> None:
    turn = answer(message, History())
    assert len(turn.board.panels) == shots and not turn.ignored


@pytest.mark.parametrize(
    ("message", "instead"),
    [
        ("make it black", "purple"),
        ("add a man", "robot"),
        ("أضف موسيقى", "صامتة"),
        ("اجعله أسود", "بنفسجي"),
        ("画面里写字", "不能写字"),
        ("让它跳舞", "旋转"),
    ],
)
def test_what_cannot_be_filmed_is_told_with_what_can(message: str, instead: str) -> None:
    turn = answer(message, answer("a dog walks on the beach", History()).history)
    assert not turn.edits and turn.problem == "not_understood"
    assert instead in reply(turn)


def test_things_without_places_cannot_exchange_them() -> None:
    history = answer("a cat and a dog", History()).history
    assert answer("swap the cat and the dog", history).problem == "unplaced"


def test_every_answer_is_there_in_every_language_with_the_same_blanks() -> None:
    for name, said in replies().items():
        assert set(said) == set(LANGUAGES), name
        for blank in ("{shot}", "{words}", "{count}"):
            assert len({text.count(blank) for text in said.values()}) == 1, (name, blank)


def test_every_problem_has_its_answer() -> None:
    problems = {
        row["problem"]
        for language in LANGUAGES
        for line in (CONVERSATIONS / f"{language}.jsonl").read_text(encoding="utf-8").splitlines()
        for row in json.loads(line)
        if "problem" in row
    }
    assert problems <= set(replies())
    assert {"help", "no_shot", "not_there", "too_many", "no_motion", "no_such_take"} <= problems


def test_a_picture_is_the_first_frame_or_the_last() -> None:
    first = answer("a cat walks in the snow", History(), picture="cat.png")
    assert first.board.take is not None and (first.board.take.first, first.board.take.last) == (
        "cat.png",
        None,
    )
    changed = answer("end with this picture", first.history, picture="end.png")
    assert changed.board.take is not None
    assert (changed.board.take.first, changed.board.take.last) == ("cat.png", "end.png")
    assert changed.board.take.shot == first.board.take.shot
    again = answer("use this picture", changed.history, picture="other.png")
    assert again.board.take is not None and again.board.take.first == "other.png"


def test_nothing_is_put_in_place_of_nothing() -> None:
    empty = answer("in the snow", History())
    turn = answer("a cat instead of it", empty.history)
    assert turn.problem == "not_there" and turn.history == empty.history


def test_a_shot_may_be_asked_for_in_several_versions_at_once() -> None:
    turn = answer("three versions of a cat in the snow", History())
    (panel,) = turn.board.panels
    assert len(panel.takes) == 3 and len({take.seed for take in panel.takes}) == 3
    assert len({take.shot for take in panel.takes}) == 1


def test_what_the_guide_shows_runs(capsys: pytest.CaptureFixture[str]) -> None:
    page = (Path(__file__).parents[2] / "docs" / "guide" / "chat.md").read_text(encoding="utf-8")
    exec(page.partition("```python\n")[2].partition("```")[0], {})
    out = capsys.readouterr().out
    assert out.startswith("Filming: a cat ") and "time='night'" in out
    history = History()
    for line in page.partition("    laqta chat")[2].partition("\n\n")[0].splitlines()[1:]:
        turn = answer(line.removeprefix("    > "), history)
        history = turn.history
        assert not turn.problem and not turn.ignored, line
