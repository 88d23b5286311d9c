"""Clips, sizes and tracks as Hypothesis draws them: odd sizes, frames that last for different times, gaps."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from hypothesis import strategies as st

from laqta.data.people.track import ExactBox, FrameSize, Keyframe, Timeline, Track, settle

SIZES = st.builds(FrameSize, width=st.integers(16, 8000), height=st.integers(16, 8000))
WORDS = st.text("abc XYZ_-é猫قطة0123456789&<>\"'", min_size=1, max_size=8)
ATTRIBUTES = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=4), st.text("xyz 01&<é", max_size=5), max_size=3
).map(lambda found: tuple(sorted(found.items())))


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    steps = draw(st.lists(st.integers(1, 5000), min_size=1, max_size=24))
    start = draw(st.integers(-1000, 100_000))
    pts = [start]
    for step in steps:
        pts.append(pts[-1] + step)
    return Timeline(
        pts=tuple(pts), time_base=draw(st.sampled_from([Fraction(1, 90000), Fraction(1001, 30000)]))
    )


@st.composite
def pixels(draw: st.DrawFn, size: FrameSize) -> ExactBox:
    """A box as tools hold them: hundredths of a pixel, or thirds, sevenths, ... of one; also outside the frame."""
    part = draw(st.sampled_from([1, 2, 3, 7, 100, 1000]))
    if max(size.width, size.height) <= 4096 and draw(st.booleans()):  # the grid of consensus boxes
        grid = 2**20
        near, far = draw(st.integers(-grid // 9, grid)), draw(st.integers(1, grid))
        across, down = Fraction(near, grid), Fraction(far, grid)
        return ExactBox(left=across, top=-across, right=across + down, bottom=down - across)
    left, top = draw(st.integers(-part, size.width * part)), draw(st.integers(-part, size.height * part))
    width, height = draw(st.integers(1, size.width * part)), draw(st.integers(1, size.height * part))
    sides = (left, top, left + width, top + height)
    return ExactBox.from_pixels([Fraction(side, part) for side in sides], size)


@st.composite
def tracks(draw: st.DrawFn, name: str, timeline: Timeline, size: FrameSize) -> Track:
    frames = sorted(draw(st.sets(st.integers(0, len(timeline) - 1), min_size=1, max_size=8)))
    keys = []
    for at, frame in enumerate(frames):
        if at and draw(st.booleans()):
            keys.append(Keyframe(pts=timeline.pts[frame], box=None))
        else:
            keys.append(
                Keyframe(
                    pts=timeline.pts[frame],
                    box=draw(pixels(size)),
                    occluded=draw(st.booleans()),
                    attributes=draw(ATTRIBUTES),
                )
            )
    shared = draw(ATTRIBUTES)
    names = {attribute for attribute, _ in shared}
    whole = [
        replace(key, attributes=(*shared, *(pair for pair in key.attributes if pair[0] not in names)))
        for key in keys
    ]
    return settle(name, draw(WORDS), whole)


@st.composite
def clips(draw: st.DrawFn) -> tuple[Timeline, FrameSize, tuple[Track, ...]]:
    timeline, size = draw(timelines()), draw(SIZES)
    names = draw(st.lists(st.one_of(WORDS, st.integers(0, 99).map(str)), max_size=3, unique=True))
    return timeline, size, tuple(draw(tracks(name, timeline, size)) for name in names)
