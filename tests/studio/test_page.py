"""The page's source: three catalogues with the same keys, nothing from elsewhere, no left and right in its style."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from laqta.language.lexicon import LANGUAGES

PAGE = Path(__file__).parents[2] / "src" / "laqta" / "studio" / "page"
CATALOGUES = {
    language: json.loads((PAGE / "src" / "words" / f"{language}.json").read_text(encoding="utf-8"))
    for language in LANGUAGES
}
SOURCES = [path for path in (PAGE / "src").rglob("*") if path.suffix in (".ts", ".tsx", ".css")]
SCRIPTS = {"en": r"[A-Za-z]", "ar": r"[\u0600-\u06ff]", "zh": r"[\u4e00-\u9fff]"}


def test_the_three_catalogues_say_the_same_things() -> None:
    english = list(CATALOGUES["en"])
    for language, words in CATALOGUES.items():
        assert list(words) == english, language
        assert all(value.strip() for value in words.values()), language


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_in_its_own_script_and_has_the_same_gaps(language: str) -> None:
    for key, value in CATALOGUES[language].items():
        assert key == "brand" or re.search(SCRIPTS[language], value), (language, key)
        for gap in re.findall(r"\{(\w+)", CATALOGUES["en"][key]):
            if re.search(rf"\{{{gap}[,}}]", CATALOGUES["en"][key]):
                assert re.search(rf"\{{{gap}[,}}]", value), (language, key, gap)


def test_every_word_is_used_and_every_used_word_is_there() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    prefixes = set(re.findall(r"[`'\"]([\w.]+\.)(?:\$\{|['\"])", text))
    prefixes |= {f"{name}." for name in re.findall(r"known\(\"(\w+)\"", text)}
    for key in CATALOGUES["en"]:
        assert f'"{key}"' in text or any(key.startswith(prefix) for prefix in prefixes), key


def test_nothing_is_fetched_from_elsewhere() -> None:
    for path in [*SOURCES, PAGE / "index.html"]:
        found = re.findall(r"https?://[^\s\"')]+", path.read_text(encoding="utf-8"))
        assert not [address for address in found if "www.w3.org" not in address], path


def test_the_style_knows_start_and_end_but_not_left_and_right() -> None:
    sided = re.compile(
        r"(?<![\w-])((margin|padding|border)-(left|right)|left|right|text-align:\s*(left|right))\s*:"
    )
    for path in SOURCES:
        if path.suffix == ".css" and path.stem != "player":
            assert not sided.search(path.read_text(encoding="utf-8")), path


def test_no_source_file_is_too_long() -> None:
    for path in SOURCES:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 300, path
