"""How well the reader understands the free sentences kept under tests/: `python runs/reader_score.py unseen`.

Counted for each language: the stated facts that were read right (a fact is one stated field of the expected shot: a
thing, its count, its verb, a relation, the backdrop, ...), and the facts that were invented (a field that the reader
stated and the sentence did not). Only totals are printed, so that the unseen sentences stay unseen.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from laqta.language.lexicon import LANGUAGES
from laqta.language.read import read

SENTENCES = Path(__file__).parent.parent / "tests" / "language" / "sentences"


def facts(shot: dict[str, Any]) -> dict[tuple[Any, ...], Any]:
    """The stated fields of a shot given as plain data, each under a name that does not depend on the cast's order."""
    found: dict[tuple[Any, ...], Any] = {}
    for field in ("backdrop", "time", "weather", "camera", "seconds", "format"):
        found[(field,)] = shot.get(field)
    kinds = [actor["kind"] for actor in shot.get("cast", ())]
    for place, actor in enumerate(shot.get("cast", ())):
        name = (actor["kind"], kinds[:place].count(actor["kind"]))
        found[(*name, "kind")] = actor["kind"]
        for field in ("count", "size", "tint", "place", "facing"):
            found[(*name, field)] = actor.get(field)
        for field, value in (actor.get("motion") or {}).items():
            found[(*name, "motion", field)] = value
    for relation in shot.get("relations", ()):
        found["relation", kinds[relation["subject"]], relation["link"], kinds[relation["object"]]] = True
    return {name: value for name, value in found.items() if value is not None}


def main(which: str) -> None:
    """Print one line a language for the sentences of `which` file: "build" or "unseen"."""
    for language in LANGUAGES:
        stated = right = invented = whole = 0
        rows = (SENTENCES / f"{which}_{language}.jsonl").read_text(encoding="utf-8").splitlines()
        for row in map(json.loads, rows):
            expected, got = facts(row["shot"]), facts(asdict(read(row["sentence"]).shot))
            stated += len(expected)
            right += sum(got.get(name) == value for name, value in expected.items())
            invented += len(got.keys() - expected.keys())
            whole += got == expected
        sys.stdout.write(
            f"{which} {language}: {right} of {stated} stated facts right ({right / stated:.1%}), "
            f"{invented} invented, {whole} of {len(rows)} sentences wholly right\n"
        )


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "build")
