"""`laqta world`: film the made-up world itself, whose truth is known; fetch its props."""

from __future__ import annotations

import json
import os
import secrets
from argparse import ArgumentParser, Namespace
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from laqta.commands import arguments
from laqta.commands.film import SEEDS_AT_RANDOM, add_output, check_paths
from laqta.commands.naming import name_takes, slug
from laqta.settings import home
from laqta.terminal import progress_bar, say, show

if TYPE_CHECKING:
    from laqta.shot import BoxTrack, Shot, VideoShape
    from laqta.world.props import PropBank
    from laqta.world.render import Renders
    from laqta.world.sample import WorldSpec

MAX_RENDERS = 100_000
SUMMARY = "Film the made-up world by sentence or seed, or fetch its props (laqta world fetch)."


def add_arguments(parser: ArgumentParser) -> None:
    """Add what `laqta world` takes."""
    add = parser.add_argument
    add(
        "sentence",
        nargs="?",
        metavar="SENTENCE",
        help="what to see (a shot by seed); the word fetch gets the props",
    )
    add_output(parser)
    add(
        "--seed",
        type=arguments.whole(0, arguments.MAX_SEED),
        metavar="N",
        help="same seed, same film (a random one)",
    )
    add(
        "--takes",
        type=arguments.whole(1, MAX_RENDERS),
        default=1,
        metavar="N",
        help="render N films: name-1, name-2, ... with seeds from --seed on (1)",
    )
    add("--size", type=arguments.size, metavar="WxH", help="256x256, 320x192, 192x320 or 64x64 (256x256)")
    add("--boxes", action="store_true", help="draw the true box of every thing")
    add("--sheet", action="store_true", help="save a contact sheet (.png) beside the film")


def run(args: Namespace) -> None:
    """Fetch the props, or film one shot of the true world."""
    if args.sentence == "fetch":
        from laqta.world.fetch import fetch_props

        fetch_props(home(os.environ), say)
        return
    import torch

    from laqta.world.props import PROPS
    from laqta.world.render import Renderer

    first = secrets.randbelow(SEEDS_AT_RANDOM) if args.seed is None else args.seed
    sentence = None if args.sentence is None else arguments.check_prompt(args.sentence)
    paths = name_takes(args.output or Path(f"{slug(sentence or 'world')}-{first}.mp4"), args.takes)
    check_paths(paths, args)
    shape = _shape(args.size)
    bank = _bank()
    spec = replace(_spec(shape), props=bank.ids)
    seeds = range(first, first + args.takes)
    asked = [_shot_by_seed(seed, spec) if sentence is None else _shot_by_sentence(sentence, seed, spec)
             for seed in seeds]  # fmt: skip
    if len(bank.ids) < len(PROPS):
        say("filming with the few props drawn in code; laqta world fetch gets all")
    renderer = Renderer(shape, bank, spec, torch.device("cpu"))
    for at, (path, seed, (shot, said)) in enumerate(zip(paths, seeds, asked, strict=True), start=1):
        _save(renderer.film([shot], [seed]), shape, path, _recipe(shot, said, seed, shape, args), args)
        if args.takes > 1:
            progress_bar(at, args.takes, "rendering")


def _recipe(
    shot: Shot, said: dict[str, Any], seed: int, shape: VideoShape, args: Namespace
) -> dict[str, Any]:
    """What goes into the file: the whole truth of what it shows."""
    from laqta.config import to_dict
    from laqta.language.write import write

    return {
        "world": True,
        **said,
        "caption": write(shot, "en", "detailed", seed),
        "shot": to_dict(shot),
        "seed": seed,
        "size": [shape.width, shape.height],
        "boxes": args.boxes,
    }


def _bank() -> PropBank:
    """Return the fetched props, or the few that are drawn in code."""
    from laqta.world.fetch import props_folder
    from laqta.world.props import PROPS, drawn_bank, fetched_bank

    folder = props_folder(home(os.environ))
    if folder.is_dir():
        return fetched_bank(PROPS, folder)
    return drawn_bank()


def _shape(size: tuple[int, int] | None) -> VideoShape:
    from laqta.models.sizes import MINI, NANO

    shapes = {(shape.width, shape.height): shape for shape in (*MINI.shapes, *NANO.shapes)}
    if size is not None and size not in shapes:
        allowed = ", ".join(f"{width}x{height}" for width, height in shapes)
        raise ValueError(f"--size {size[0]}x{size[1]} is not a size of the world; use one of {allowed}")
    return shapes[size or (256, 256)]


def _shot_by_seed(seed: int, spec: WorldSpec) -> tuple[Shot, dict[str, Any]]:
    """Return a shot of the world and what the recipe says of it."""
    from laqta.world.sample import sample_shot

    return sample_shot(seed, spec), {"prompt": None}


def _shot_by_sentence(sentence: str, seed: int, spec: WorldSpec) -> tuple[Shot, dict[str, Any]]:
    """Return the shot that a sentence wishes, filled by seed, and what the recipe says of it."""
    from laqta.config import to_dict
    from laqta.director.plan import plan
    from laqta.film import EXAMPLES
    from laqta.language.read import read
    from laqta.shot import Shot

    reading = read(sentence)
    if reading.shot == Shot():
        example = EXAMPLES[reading.language]
        raise ValueError(f"nothing in {sentence!r} could be understood; say for example: {example}")
    if missing := [actor.kind for actor in reading.shot.cast if actor.kind not in spec.props]:
        raise ValueError(f"no picture of {', '.join(missing)} is here; get all props with laqta world fetch")
    planned = plan(reading.shot, seed, spec)
    said = {"prompt": sentence, "language": reading.language, "stated": to_dict(reading.shot)}
    return planned.shot, {**said, "ignored": list(reading.ignored), "dropped": list(planned.dropped)}


def _spec(shape: VideoShape) -> WorldSpec:
    from laqta.models.sizes import NANO
    from laqta.world.sample import MINI_WORLD, NANO_WORLD

    return NANO_WORLD if shape in NANO.shapes else MINI_WORLD


def _save(renders: Renders, shape: VideoShape, path: Path, recipe: dict[str, Any], args: Namespace) -> None:
    """Save the film, with its boxes if wished, and say what was filmed."""
    import torch

    from laqta.video import contact_sheet, draw_boxes, write_video

    frames_TCHW = renders.frames_BTCHW[0].mul(255).round().to(torch.uint8)
    frames_THWC = frames_TCHW.permute(0, 2, 3, 1).contiguous().numpy()
    if args.boxes:
        frames_THWC = draw_boxes(frames_THWC, _tracks(renders))
    write_video(path, frames_THWC, shape.fps, recipe)
    if args.sheet:
        contact_sheet(frames_THWC, path.with_suffix(".png"))
    if args.json:
        show(json.dumps({**recipe, "file": str(path)}, ensure_ascii=False))
    if args.json or args.takes > 1:
        return
    show(f"{path}: {recipe['caption']}")
    show(f"  the true world, seed {recipe['seed']}")
    for name in ("ignored", "dropped"):
        if words := recipe.get(name):
            say(f"  {name}: {', '.join(words)}")


def _tracks(renders: Renders) -> list[BoxTrack]:
    """Return the first clip's boxes as tracks, `None` where a thing is out of sight."""
    from laqta.shot import Box, BoxTrack

    tracks = []
    for boxes_T4, visible_T in zip(
        renders.boxes_BNT4[0].tolist(), renders.visible_BNT[0].tolist(), strict=True
    ):
        boxes = (
            Box(left=left, top=top, right=right, bottom=bottom) if visible else None
            for (left, top, right, bottom), visible in zip(boxes_T4, visible_T, strict=True)
        )
        tracks.append(BoxTrack(boxes=tuple(boxes)))
    return tracks
