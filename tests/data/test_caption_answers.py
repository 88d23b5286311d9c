"""What a model's answer may look like, and what parameters the two caption stages refuse."""

from __future__ import annotations

from typing import Any

import pytest
from tests.data.vision_server import WORDS

from laqta.data.captions import CaptionCheck, Captions, read_captions, read_checks
from laqta.data.vision import find_object


@pytest.mark.parametrize(
    ("parameters", "why"),
    [
        ({"languages": "en,fr"}, "'fr' is none of en, ar, zh"),
        ({"languages": ""}, "'' is none of"),
        ({"frames": 0}, "captions.frames = 0; it is from 1 to 64"),
        ({"side": 8}, "captions.side = 8"),
        ({"request": "{"}, "captions.request is no JSON"),
        ({"request": '{"model": "x"}'}, "without model, messages and stream"),
        ({"request": "[]"}, "it is a JSON object"),
    ],
)
def test_parameters_that_nobody_could_work_by_are_refused(parameters: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Captions(**parameters)


def test_the_checker_s_parameters_are_looked_at_too() -> None:
    with pytest.raises(ValueError, match=r"caption_check\.frames = 99"):
        CaptionCheck(frames=99)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({**WORDS, "ar": "Grey stripes."}, 'under "ar" is not in Modern Standard Arabic'),
        ({**WORDS, "zh": WORDS["ar"]}, 'under "zh" is not in simplified Chinese'),
        ({**WORDS, "en": "条纹"}, 'under "en" is not in English'),
        ({**WORDS, "en": "  "}, 'no caption under "en"'),
        ({**WORDS, "en": ["Grey"]}, 'no caption under "en"'),
        ({"en": "Grey stripes."}, 'no caption under "ar"'),
        ({**WORDS, "en": "again " * 1000}, "longer than 2000"),
    ],
)
def test_an_answer_that_is_no_caption_is_refused(answer: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_captions(answer, ["en", "ar", "zh"])


def test_captions_become_one_line_that_can_be_stored() -> None:
    assert read_captions({"en": " A cat\n walks \ud800."}, ["en"]) == {"en": "A cat walks ?."}
    assert read_captions({"zh": "一辆 BMW 停在海边的路上。"}, ["zh"]) == {"zh": "一辆 BMW 停在海边的路上。"}


@pytest.mark.parametrize(
    "answer", [{}, {"checks": []}, {"checks": [{"claim": "red", "holds": "yes"}]}, {"checks": [1]}]
)
def test_an_answer_that_checks_nothing_is_refused(answer: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="check"):
        read_checks(answer)


def test_a_check_without_a_note_names_the_claims_that_do_not_hold() -> None:
    answer = {"checks": [{"claim": "red", "holds": False}, {"claim": "big", "holds": False}], "note": ""}
    assert read_checks(answer) == (0.0, "red; big")
    assert read_checks({"checks": [{"claim": "red", "holds": True}], "note": "fine"}) == (1.0, "")


def test_the_first_object_of_an_answer_is_its_answer() -> None:
    assert find_object('{"a": 1} {"a": 2}') == {"a": 1}
    assert find_object('<think>{"a": 1}</think>```json\n{"a": "two\nlines"}\n```') == {"a": "two\nlines"}


@pytest.mark.parametrize("said", ["", "no", "[1, 2]", '{"a": ', "}{", '{"a": ' * 100_000])
def test_an_answer_without_a_whole_object_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match=r"JSON"):
        find_object(said)
