"""Score the offline director on conversations that were written by somebody who had not seen its code or its tests.

    .venv/bin/python runs/director_score.py              # shares of turns that are exactly right
    .venv/bin/python runs/director_score.py --wrong      # and every turn that is not

A turn is right where the storyboard's state, the chosen take's shot, and whether something was refused are all as
expected. Later turns of a conversation inherit what went wrong before. Two habits of the writer are evened out: one
thing of a kind counts as unstated, and the prop `sailboat` is called `boat`.
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


def main() -> None:
    """Show the score of every language."""
    for language in LANGUAGES:
        right, wrong = 0, []
        for line in (FROZEN / f"{language}.jsonl").read_text(encoding="utf-8").splitlines():
            history = History()
            for row in json.loads(line):
                turn = answer(row["say"], history)
                history = turn.history
                wanted = even({key: value for key, value in row.items() if key not in ("say", "problem")})
                found = even(state(turn.board))
                if found == wanted and bool(turn.problem) == bool(row.get("problem")):
                    right += 1
                else:
                    apart = {
                        key: (wanted.get(key), found.get(key))
                        for key in wanted
                        if wanted[key] != found.get(key)
                    }
                    wrong.append((row["say"], turn.problem, apart))
        total = right + len(wrong)
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
    return "sailboat" if value == "boat" else value


if __name__ == "__main__":
    main()
