"""Props drawn in code: enough for tests and for a first look without fetching anything."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from PIL import Image, ImageDraw

SIDE = 1024  # four times the size of a sprite, so that shrinking smooths the edges
WHITE = (250, 250, 250, 255)
DARK = (40, 42, 58, 255)


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A drawing and where it looks."""

    draw: Callable[[], Image.Image]
    facing: Literal["left", "right", "front"]


def _sheet() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    sheet = Image.new("RGBA", (SIDE, SIDE))
    return sheet, ImageDraw.Draw(sheet)


def _disc(
    pen: ImageDraw.ImageDraw, x: float, y: float, radius: float, color: tuple[int, int, int, int]
) -> None:
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=color)


def _football() -> Image.Image:
    sheet, pen = _sheet()
    _disc(pen, 512, 512, 500, DARK)
    _disc(pen, 512, 512, 480, WHITE)
    spots = [(512.0, 512.0)] + [
        (512 + 390 * math.cos(turn), 512 + 390 * math.sin(turn))
        for turn in (math.radians(72 * k - 90) for k in range(5))
    ]
    for x, y in spots:
        pen.line((512, 512, x, y), fill=DARK, width=22)
    for x, y in spots:
        pen.regular_polygon((x, y, 125), 5, fill=DARK)
    ring = Image.new("L", (SIDE, SIDE))
    ImageDraw.Draw(ring).ellipse((12, 12, SIDE - 12, SIDE - 12), fill=255)
    sheet.putalpha(ring)
    return sheet


def _car() -> Image.Image:
    sheet, pen = _sheet()
    red, shade, glass = (226, 48, 52, 255), (176, 26, 44, 255), (150, 214, 248, 255)
    pen.rounded_rectangle((300, 260, 930, 620), 120, fill=red)
    pen.rounded_rectangle((40, 450, 990, 720), 90, fill=red)
    pen.rectangle((60, 640, 970, 720), fill=shade)
    pen.rounded_rectangle((360, 320, 590, 480), 50, fill=glass)
    pen.rounded_rectangle((640, 320, 870, 480), 50, fill=glass)
    _disc(pen, 90, 560, 45, (255, 232, 130, 255))
    for x in (260, 770):
        _disc(pen, x, 720, 130, DARK)
        _disc(pen, x, 720, 60, (190, 196, 206, 255))
    return sheet


def _rocket() -> Image.Image:
    sheet, pen = _sheet()
    red = (222, 46, 62, 255)
    pen.polygon([(360, 620), (220, 860), (400, 800)], fill=red)
    pen.polygon([(664, 620), (804, 860), (624, 800)], fill=red)
    pen.polygon([(440, 820), (584, 820), (512, 1010)], fill=(255, 168, 38, 255))
    pen.ellipse((340, 20, 684, 900), fill=(236, 238, 246, 255))
    pen.chord((340, 20, 684, 900), 222, 318, fill=red)
    _disc(pen, 512, 420, 95, DARK)
    _disc(pen, 512, 420, 70, (120, 200, 250, 255))
    return sheet.rotate(-45, resample=Image.Resampling.BICUBIC)


def _fish() -> Image.Image:
    sheet, pen = _sheet()
    blue, deep = (64, 150, 240, 255), (30, 96, 196, 255)
    pen.polygon([(690, 512), (1000, 300), (930, 512), (1000, 724)], fill=deep)
    pen.polygon([(380, 330), (620, 180), (640, 380)], fill=deep)
    pen.ellipse((40, 270, 780, 754), fill=blue)
    pen.chord((40, 270, 780, 754), 30, 150, fill=(150, 208, 252, 255))
    _disc(pen, 210, 450, 62, WHITE)
    _disc(pen, 200, 455, 34, DARK)
    return sheet


def _star() -> Image.Image:
    sheet, pen = _sheet()
    points = [
        (512 + radius * math.sin(math.radians(36 * k)), 512 - radius * math.cos(math.radians(36 * k)))
        for k, radius in enumerate((490, 220) * 5)
    ]
    pen.polygon(points, fill=(250, 196, 30, 255))
    inner = [(512 + (x - 512) * 0.72, 512 + (y - 512) * 0.72) for x, y in points]
    pen.polygon(inner, fill=(255, 222, 90, 255))
    return sheet


def _tree() -> Image.Image:
    sheet, pen = _sheet()
    pen.rounded_rectangle((450, 640, 574, 1010), 30, fill=(132, 86, 52, 255))
    for x, y, radius, green in (
        (330, 560, 210, 120),
        (694, 560, 210, 120),
        (512, 330, 300, 150),
        (512, 560, 220, 140),
    ):
        _disc(pen, x, y, radius, (54, green, 62, 255))
    return sheet


def _duck() -> Image.Image:
    sheet, pen = _sheet()
    yellow, deep = (252, 206, 54, 255), (232, 172, 34, 255)
    pen.ellipse((180, 470, 960, 920), fill=yellow)
    pen.polygon([(820, 600), (1000, 440), (960, 720)], fill=yellow)
    pen.ellipse((460, 580, 800, 800), fill=deep)
    _disc(pen, 330, 350, 210, yellow)
    pen.polygon([(160, 330), (20, 420), (170, 450)], fill=(240, 120, 40, 255))
    _disc(pen, 270, 300, 36, DARK)
    return sheet


def _robot() -> Image.Image:
    sheet, pen = _sheet()
    steel, pale = (128, 140, 196, 255), (220, 226, 246, 255)
    pen.rectangle((492, 60, 532, 220), fill=steel)
    _disc(pen, 512, 70, 58, (240, 70, 90, 255))
    pen.rounded_rectangle((140, 200, 884, 960), 130, fill=steel)
    pen.rounded_rectangle((220, 280, 804, 880), 100, fill=pale)
    for x in (380, 644):
        _disc(pen, x, 500, 88, DARK)
        _disc(pen, x, 490, 50, (90, 214, 240, 255))
    pen.rounded_rectangle((360, 690, 664, 770), 36, fill=(240, 70, 90, 255))
    return sheet


PICTURES: dict[str, Picture] = {
    "football": Picture(draw=_football, facing="front"),
    "car": Picture(draw=_car, facing="left"),
    "rocket": Picture(draw=_rocket, facing="right"),
    "fish": Picture(draw=_fish, facing="left"),
    "star": Picture(draw=_star, facing="front"),
    "tree": Picture(draw=_tree, facing="front"),
    "duck": Picture(draw=_duck, facing="left"),
    "robot": Picture(draw=_robot, facing="front"),
}
"""The drawings by prop id."""
