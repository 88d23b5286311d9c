"""Score the offline director on conversations that were written by somebody who had not seen its code or its tests.

    .venv/bin/python runs/director_score.py              # shares of turns that are exactly right
    .venv/bin/python runs/director_score.py --wrong      # and every turn that is not
    .venv/bin/python runs/director_score.py FOLDER       # of the en.jsonl, ar.jsonl and zh.jsonl of another folder

A turn is right where the storyboard's state, the chosen take's shot, and whether something was refused are all as
expected; what a row leaves out (the take, the seed, the shot) is not judged, and neither is whether help is a refusal.
Later turns of a conversation inherit what went wrong before. Habits of the writers are evened out: one thing of a kind
counts as unstated, the prop `sailboat` is called `boat` and `dove` is called `bird`.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from laqta.director.rules import answer
from laqta.director.storyboard import History, Storyboard
from laqta.language.lexicon import LANGUAGES
from laqta.terminal import show

FROZEN = Path(__file__).parents[1] / "tests" / "director" / "frozen"


NAMES = {"boat": "sailboat", "bird": "dove"}
"""What writers call props by, and their ids."""


def main() -> None:
    """Show the score of every language that has conversations."""
    folder = next((Path(word) for word in sys.argv[1:] if not word.startswith("--")), FROZEN)
    for language in LANGUAGES:
        right, wrong = 0, []
        conversations = folder / f"{language}.jsonl"
        if not conversations.exists():
            show(f"{language}: no conversations in {folder}")
            continue
        for line in conversations.read_text(encoding="utf-8").splitlines():
            history = History()
            for row in json.loads(line):
                turn = answer(row["say"], history)
                history = turn.history
                wanted = even({key: value for key, value in row.items() if key not in ("say", "problem")})
                found = even(state(turn.board))
                if wanted["panels"]:
                    found = {key: value for key, value in found.items() if key in row or key == "loop"}
                refused = bool(turn.problem) and turn.problem != "help"
                if found == wanted and (refused == bool(row.get("problem")) or turn.problem == "help"):
                    right += 1
                else:
                    apart = {
                        key: (wanted.get(key), found.get(key))
                        for key in wanted
                        if wanted[key] != found.get(key)
                    }
                    wrong.append((row["say"], turn.problem, apart))
        total = right + len(wrong) or 1
        show(f"{language}: {right} of {total} turns exactly right ({100 * right / total:.1f} %)")
        if "--wrong" in sys.argv:
            for told in wrong:
                show(f"   {json.dumps(told, ensure_ascii=False)}")


def state(board: Storyboard) -> dict[str, Any]:
    """A storyboard as the conversations put it."""
    if board.take is None:
        return {"panels": 0}
    panel = board.panels[board.current]
    return {
        "panels": len(board.panels),
        "current": board.current,
        "take": [panel.chosen, len(panel.takes)],
        "seed": panel.take.seed,
        "shot": asdict(panel.take.shot),
        "loop": panel.take.loop or None,
    }


def even(value: Any) -> Any:
    """A state without what is unstated, and with the writer's habits evened out."""
    if isinstance(value, dict):
        if value.get("panels") == 0:
            return {"panels": 0}
        kept = {key: even(item) for key, item in value.items() if item not in (None, (), [])}
        return {key: item for key, item in kept.items() if (key, item) != ("count", 1)}
    if isinstance(value, (list, tuple)):
        return [even(item) for item in value]
    return NAMES.get(value, value) if isinstance(value, str) else value


if __name__ == "__main__":
    main()
