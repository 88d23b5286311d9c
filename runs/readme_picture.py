"""Film the README's picture: eight sentences written beforehand, seed 1, the shipped weights, nothing picked."""

from pathlib import Path

import numpy as np
from PIL import Image

import laqta

SENTENCES = (
    "a red car drives to the left on the city street by day",
    "a rocket flies over the desert at night",
    "a big burger on the meadow",
    "a fish in space",
    "قطة تمشي في الثلج",
    "كرة قدم تقفز على الشاطئ عند الغروب",
    "一只企鹅在雪地里跳",
    "一个绿色的机器人走近镜头",
)
SEED = 1


def main() -> None:
    """Write docs/pictures/nano.png: a row of five frames a sentence, in two columns."""
    crew = laqta.load("nano")
    rows = []
    for sentence in SENTENCES:
        frames_THWC = crew.film(sentence, seed=SEED).frames_THWC
        rows.append(np.concatenate(list(frames_THWC[::2]), axis=1))
    half = len(rows) // 2
    columns = [np.concatenate(rows[:half], axis=0), np.concatenate(rows[half:], axis=0)]
    Image.fromarray(np.concatenate(columns, axis=1)).save(Path("docs/pictures/nano.png"), optimize=True)


if __name__ == "__main__":
    main()
