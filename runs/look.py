"""Film the 48 sentences of look_prompts.tsv, written before any was filmed: seed 1, nothing picked.

    python runs/look.py MODEL

A sheet for each language and a page go to benchmarks/. Sentences that need what a model was never shown are left out,
and counted.
"""

import csv
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from PIL import Image

import laqta
from laqta.film import UnseenPropError
from laqta.models.card import model_hash

PROMPTS = Path(__file__).with_name("look_prompts.tsv")
OUT = Path("benchmarks")
SEED = 1
FRAMES = 5
SIDE = 144
"""Height of a tile of a sheet, in pixels."""
COLUMNS = 2


def main(model: str) -> None:
    """Film, and write the sheets and the page."""
    crew = laqta.load(model)
    stem = f"{datetime.now(UTC):%Y-%m-%d}-look-{crew.card.name}-{model_hash(crew.card)[:8]}"
    with PROMPTS.open(encoding="utf-8") as file:
        prompts = list(csv.reader(file, delimiter="\t"))
    page = [f"# look: {crew.card.name}\n", f"Seed {SEED}, nothing picked; `python runs/look.py {model}`.\n"]
    for language in dict.fromkeys(language for language, _ in prompts):
        asked = [prompt for spoken, prompt in prompts if spoken == language]
        strips = {prompt: strip for prompt in asked if (strip := _strip(crew, prompt)) is not None}
        if not strips:
            continue
        _sheet(list(strips.values())).save(OUT / f"{stem}-{language}.webp", quality=88, method=6)
        page.append(f"## {language}: {len(strips)} of {len(asked)} sentences\n")
        page.append("In reading order, left to right and down:\n")
        page += [f"{at}. {prompt}" for at, prompt in enumerate(strips, start=1)]
        page.append(f"\n![Clips filmed from the sentences above]({stem}-{language}.webp)\n")
    (OUT / f"{stem}.md").write_text("\n".join(page), encoding="utf-8")


def _strip(crew: laqta.Crew, prompt: str) -> Image.Image | None:
    """A row of frames of one clip; None where the model was never shown a thing that it needs."""
    try:
        film = crew.film(prompt, seed=SEED)
    except UnseenPropError:
        return None
    if film.recipe["unseen"] or film.recipe["shot"]["backdrop"] not in (None, *crew.card.backdrops):
        return None
    picks = np.linspace(0, len(film.frames_THWC) - 1, FRAMES).round().astype(int)
    row = Image.fromarray(np.concatenate(list(film.frames_THWC[picks]), axis=1))
    return row.resize((SIDE * row.width // row.height, SIDE), Image.Resampling.LANCZOS)


def _sheet(strips: list[Image.Image], gap: int = 6) -> Image.Image:
    """Strips in two columns, row by row."""
    width = max(strip.width for strip in strips)
    rows = -(-len(strips) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * (width + gap), rows * (SIDE + gap)), "white")
    for at, strip in enumerate(strips):
        sheet.paste(strip, (at % COLUMNS * (width + gap), at // COLUMNS * (SIDE + gap)))
    return sheet


if __name__ == "__main__":
    main(sys.argv[1])
