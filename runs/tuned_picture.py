"""Film the picture of docs/guide/tuning.md: sentences about a thing that `nano` never saw, before and after.

    .venv/bin/python runs/tuned_picture.py ~/.laqta/runs/nano_tuned/weights

Sentences written beforehand, seed 1, nothing picked; before on the left, after on the right.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

import laqta

SENTENCES = (
    "a strawberry flies to the right in the desert",
    "a big strawberry jumps in the snow at night",
    "فراولة تدور على الشاطئ",
    "一颗草莓在草地上跳",
    "a penguin walks to the left in the snow",
)
"""The last one asks for a thing that it knew before: it must still be there."""
SEED = 1


def main() -> None:
    """Write docs/pictures/tuned.png: a row of five frames a sentence and model."""
    columns = []
    for model in ("nano", sys.argv[1]):
        crew = laqta.load(model)
        rows = [crew.film(sentence, seed=SEED, nearest=True).frames_THWC[::2] for sentence in SENTENCES]
        columns.append(np.concatenate([np.concatenate(list(row), axis=1) for row in rows], axis=0))
    gap = np.full((len(columns[0]), 24, 3), 255, np.uint8)
    picture = np.concatenate([columns[0], gap, columns[1]], axis=1)
    Image.fromarray(picture).save(Path("docs/pictures/tuned.png"), optimize=True)


if __name__ == "__main__":
    main()
