"""What a model may answer, without a network: JSON out of what surrounds it, and the edits that come of it."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any

import pytest

from laqta.director import rules
from laqta.director.chat import reply
from laqta.director.llm_ask import INSTRUCTIONS, tidied
from laqta.director.llm_edits import Wanted, told, turn_of
from laqta.director.storyboard import (
    AddPanel,
    AddTakes,
    Choose,
    CopyPanel,
    Edit,
    History,
    MovePanel,
    RemovePanel,
    Select,
    Take,
)
from laqta.shot import Actor, Motion, Relation, Shot

WALK = Motion(verb="walk", toward="right")
CAT = Actor(kind="cat", facing="right", motion=WALK)
SNOW = Shot(backdrop="snow", cast=(CAT,))
TAKE = Take(shot=SNOW, seed=4)
BOARD = History().after((AddPanel(at=0, take=TAKE),))
WISH = '{"edits":[{"do":"change","set":{"time":"night"}}],"say":"Now it is night."}'
COMMAS = '{"edits":[{"do":"change","set":{"time":"night",},},],"say":"Now it is night.",}'


@pytest.mark.parametrize(
    "answer",
    [
        WISH,
        COMMAS,
        f"<think>It is {{night}}</think>\n```json\n{WISH}\n```",
        f"Here you are: {WISH} Anything else?",
        '{"edits":"[{\\"do\\":\\"change\\",\\"set\\":{\\"time\\":\\"night\\"}}]","say":"Now it is night."}',
        '{"edits":[{"do":"change","panel":null,"set":{"time":"night","weather":null}}],"say":"Now it is night."}',
    ],
)
def test_json_is_taken_out_of_what_surrounds_it(answer: str) -> None:
    assert tidied(answer) == json.loads(WISH)


def test_tidying_changes_no_text() -> None:
    assert tidied('{"edits":[],"say":"a, ]b, } c\\" ,]"}') == {"edits": [], "say": 'a, ]b, } c" ,]'}
    assert tidied('[{"do":"undo"}]') == tidied('{"do":"undo"}') == {"edits": [{"do": "undo"}]}
    assert tidied("no json") == "no json"
    assert isinstance(tidied("[" * 5000 + "]" * 5000), str)


def shots(*edits: dict[str, Any], history: History = BOARD, picture: str | None = None) -> rules.Turn:
    return turn_of(Wanted.model_validate({"edits": edits}), "text", history, picture)


def board_of(count: int) -> History:
    edits = [AddPanel(at=at, take=Take(shot=SNOW, seed=at + 1)) for at in range(count)]
    return History().after((*edits, AddTakes(panel=1, takes=(Take(shot=SNOW, seed=9),))))


@pytest.mark.parametrize(
    ("wish", "edit"),
    [
        (
            '"new_shot", "shot": {"backdrop": "beach"}',
            AddPanel(at=2, take=Take(shot=Shot(backdrop="beach"), seed=10)),
        ),
        (
            '"new_shot", "at": 1, "loop": true, "shot": {"time": "day"}',
            AddPanel(at=0, take=Take(shot=Shot(time="day"), seed=10, loop=True)),
        ),
        (
            '"versions", "count": 2',
            AddTakes(panel=1, takes=tuple(Take(shot=SNOW, seed=seed, parent=1) for seed in (10, 11))),
        ),
        (
            '"change", "panel": 3, "set": {"time": "day"}, "versions": 1',
            AddTakes(panel=2, takes=(Take(shot=replace(SNOW, time="day"), seed=10, parent=0),)),
        ),
        ('"choose", "take": 1', Choose(panel=1, take=0)),
        ('"remove", "panel": 3', RemovePanel(panel=2)),
        ('"copy"', CopyPanel(panel=1)),
        ('"select", "panel": 1', Select(panel=0)),
        ('"move", "panel": 1, "to": 99', MovePanel(panel=0, to=2)),
    ],
)
def test_every_wish_becomes_its_edit(wish: str, edit: Edit) -> None:
    assert shots(json.loads(f'{{"do": {wish}}}'), history=board_of(3)).edits == (edit,)


@pytest.mark.parametrize(
    ("stated", "motion", "facing"),
    [
        ({"verb": "walk", "speed": "fast"}, Motion(verb="walk", toward="right", speed="fast"), "right"),
        ({"verb": "walk", "toward": "left"}, Motion(verb="walk", toward="left"), None),
        ({"verb": "jump", "toward": "left"}, Motion(verb="jump"), "right"),
        ({"verb": "fly"}, Motion(verb="fly", toward="right"), "right"),
    ],
)
def test_a_motion_changes_in_part(stated: dict[str, str], motion: Motion, facing: Any) -> None:
    turn = shots({"do": "change", "set": {"cast": [{"kind": "cat", "motion": stated}]}})
    assert turn.board.take is not None
    assert turn.board.take.shot == replace(SNOW, cast=(replace(CAT, facing=facing, motion=motion),))


@pytest.mark.parametrize(
    ("change", "after"),
    [
        (
            {"replace": {"cat": "dog"}, "set": {"cast": [{"kind": "dog", "size": "big"}]}},
            replace(SNOW, cast=(replace(CAT, kind="dog", size="big"),)),
        ),
        (
            {
                "set": {
                    "cast": [{"kind": "dog"}, {"kind": "cat"}],
                    "relations": [{"subject": 0, "link": "chases", "object": 1}],
                }
            },
            replace(
                SNOW,
                cast=(CAT, Actor(kind="dog")),
                relations=(Relation(subject=1, link="chases", object=0),),
            ),
        ),
        (
            {"remove": ["cat"], "set": {"cast": [{"kind": "bus"}]}},
            replace(SNOW, cast=(Actor(kind="bus"),)),
        ),
        (
            {"set": {"cast": [{"kind": "cat", "tint": "red"}]}},
            replace(SNOW, cast=(replace(CAT, tint="red"),)),
        ),
        ({"set": {"seconds": 6, "format": "tall"}}, replace(SNOW, seconds=6.0, format="tall")),
        ({"clear": ["backdrop"]}, replace(SNOW, backdrop=None)),
    ],
    ids=str,
)
def test_a_change_touches_only_what_was_asked(change: dict[str, Any], after: Shot) -> None:
    turn = shots({"do": "change", **change})
    assert turn.edits == (AddTakes(panel=0, takes=(replace(TAKE, shot=after, parent=0),)),)


def test_what_is_so_already_is_no_new_take() -> None:
    turn = shots({"do": "change", "set": {"backdrop": "snow"}})
    assert (turn.edits, turn.problem) == ((), "unchanged")


def test_things_that_go_take_their_relations_along() -> None:
    chase = replace(
        SNOW,
        cast=(CAT, Actor(kind="dog"), Actor(kind="bus")),
        relations=(
            Relation(subject=1, link="chases", object=0),
            Relation(subject=1, link="left_of", object=2),
        ),
    )
    board = History().after((AddPanel(at=0, take=replace(TAKE, shot=chase)),))
    turn = shots({"do": "change", "remove": ["cat"]}, history=board)
    assert turn.board.take is not None
    assert turn.board.take.shot.relations == (Relation(subject=0, link="left_of", object=1),)


def test_edits_follow_each_other_and_seeds_are_ours() -> None:
    turn = shots(
        {
            "do": "new_shot",
            "shot": {"cast": [{"kind": "car", "tint": "red"}, {"kind": "car"}]},
            "versions": 2,
        },
        {"do": "change", "set": {"cast": [{"kind": "car#2", "tint": "blue"}]}},
        picture="p.jpg",
    )
    assert [take.seed for take in turn.board.panels[1].takes] == [
        5,
        6,
    ]  # the second version is the one that changes
    assert [actor.tint for actor in turn.board.panels[1].take.shot.cast] == ["red", "blue"]
    assert [actor["kind"] for actor in told(turn.board)["panels"][1]["shot"]["cast"]] == ["car", "car#2"]
    assert [panel.take.first for panel in turn.board.panels] == [None, "p.jpg"]
    assert turn.history.past == (*BOARD.past, BOARD.board)


def test_two_changes_of_one_shot_are_filmed_once() -> None:
    change = {"do": "change", "set": {"time": "night"}}
    turn = shots(change, {"do": "change", "set": {"weather": "rain"}})
    [edit] = turn.edits
    assert isinstance(edit, AddTakes)
    assert [take.shot for take in edit.takes] == [replace(SNOW, time="night", weather="rain")]
    assert edit.takes[0].seed == TAKE.seed and turn.board.panels[0].chosen == 1


def test_undo_redo_help_and_nothing() -> None:
    assert shots({"do": "undo"}).history == BOARD.undone()
    assert [shots({"do": what}, history=History()).problem for what in ("undo", "redo", "help")] == [
        "nothing_to_undo",
        "nothing_to_redo",
        "help",
    ]
    turn = turn_of(Wanted(edits=(), left_out=("a Hat", "invented")), "Put a hat on", BOARD, None)
    assert (turn.problem, turn.ignored, turn.history) == ("not_understood", ("a Hat",), BOARD)


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"do": "select", "panel": 2}, "there is no panel 2"),
        ({"do": "choose", "take": 2}, "panel 1 has 1 takes"),
        ({"do": "change", "remove": ["dog"]}, "'dog' is not on stage; there are: cat"),
        ({"do": "change", "replace": {"cat": "wizard"}}, "there is no kind 'wizard'"),
        ({"do": "change", "set": {"cast": [{"kind": k} for k in ("bus", "car", "dog")]}}, "at most 3"),
        ({"do": "change", "set": {"cast": [{"kind": "cat", "count": 9}]}}, "count is 1 to 3"),
        ({"do": "change", "set": {"seconds": 900}}, "at most 60"),
        ({"do": "new_shot", "shot": {}}, "must state something"),
        ({"do": "new_shot", "shot": {"cast": [{"kind": k} for k in ("cat", "bus", "car", "dog")]}}, "at most 3"),
        ({"do": "new_shot", "shot": {"relations": [{"subject": 0, "link": "above", "object": 1}]}}, "from 0 on"),
    ],
    ids=str,
)  # fmt: skip
def test_what_cannot_be_is_refused_with_what_can(wish: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        shots(wish)
    with pytest.raises(ValueError, match="stands alone"):
        shots({"do": "undo"}, {"do": "copy"})


def test_the_schema_is_made_from_the_shot_and_the_example_fits_it() -> None:
    schema = Wanted.model_json_schema()["$defs"]["StatedShot"]["properties"]
    actor = schema["cast"]["items"]["properties"]
    assert set(schema) == {field.name for field in fields(Shot)}
    assert set(actor) == {field.name for field in fields(Actor)} - {"track"}
    assert set(actor["motion"]["properties"]) == {field.name for field in fields(Motion)}
    example = json.loads(INSTRUCTIONS.partition("The answer:")[2])
    turn = turn_of(Wanted.model_validate(example), "a red balloon with my name on it", BOARD, None)
    assert reply(turn).endswith("I left out: with my name on it.")
    # Ollama cuts a prompt that is longer than its context, 4096 tokens where nobody asked for more, without a word.
    assert len(INSTRUCTIONS) + len(json.dumps(Wanted.model_json_schema())) < 11_000
