"""The judge as a detector for the data engine: it knows the things of the made-up world, and nothing else.

Nothing heavy is imported at the top: the engine asks for the name of the weights whenever it looks at its facts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from laqta.models.card import SHIPPED

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from laqta.data.following import Detection
    from laqta.models.judge import Judge, Sighting

    Frames = NDArray[np.uint8]

NOTHING = "nothing"
"""What the judge says of what is no thing that it knows; `models.judge` has it too, and is heavy."""
JUDGE = SHIPPED / "judge-nano"
"""The judge that comes inside the package."""


class JudgeDetector:
    """Finds what the judge in the folder `weights` knows; where that is empty, the one in the package.

    Raises `OSError` where there is no judge, and `ValueError` for `kinds` that it does not know.
    """

    def __init__(self, weights: str, kinds: tuple[str, ...]) -> None:
        self.folder = Path(weights) if weights else JUDGE
        card = self.folder / "judge.json"
        if not card.is_file():
            raise OSError(f"there is no judge in {str(self.folder)!r}; name a folder with judge.json in it")
        known = json.loads(card.read_text(encoding="utf-8"))["kinds"]
        if unknown := [kind for kind in kinds if kind not in known]:
            raise ValueError(f"the judge does not know {', '.join(unknown)}; it knows {', '.join(known)}")

    def model(self) -> str:
        """The SHA-256 of the weights."""
        return hashlib.sha256((self.folder / "judge.safetensors").read_bytes()).hexdigest()

    def open(self) -> Callable[[Frames], list[list[Detection]]]:
        """Return what looks at frames (T, H, W, 3). The judge is loaded when the first ones come."""
        return lambda frames_THWC: detect(_judge(self.folder), frames_THWC)


def detect(judge: Judge, frames_THWC: Frames) -> list[list[Detection]]:
    """The things that the judge sees, by frame; how sure it is of a thing is how sure it is of its kind.

    It looks at stretches of about as many frames as it has learned from: a thing's kind is read along its way.
    """
    import numpy as np

    from laqta.bench.judge import see

    parts = max(1, round(len(frames_THWC) / judge.size.shape.frames))
    return [
        found
        for part in np.array_split(frames_THWC, parts)
        for found in by_frame(see(judge, part[None])[0], len(part))
    ]


def by_frame(sighting: Sighting, frames: int) -> list[list[Detection]]:
    """A sighting's boxes, frame by frame; what the judge takes for nothing is left out."""
    found: list[list[Detection]] = [[] for _ in range(frames)]
    for thing in sighting.things:
        kind = thing.facts["kind"]
        if kind != NOTHING:
            for frame in thing.track.there_T.nonzero()[:, 0].tolist():
                left, top, right, bottom = thing.track.boxes_T4[frame].tolist()
                found[frame].append((kind, thing.score, (left, top, right, bottom)))
    return found


@cache
def _judge(folder: Path) -> Judge:
    from laqta.models.judge import load_judge

    return load_judge(folder)[0]
