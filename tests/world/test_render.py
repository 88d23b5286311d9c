from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from itertools import pairwise

import pytest
import torch
from torch import Tensor

from laqta.shot import BACKDROPS, SIZES, TINTS, VERBS, Actor, Motion, Relation, Shot, VideoShape
from laqta.world.props import PropBank
from laqta.world.render import Renders, render
from laqta.world.rules import possible_times, possible_weather
from laqta.world.sample import WorldSpec, sample_shot

Film = Callable[..., Renders]
Shots = Callable[..., Shot]
SHAPE = VideoShape(frames=9, height=64, width=64, fps=6)


def _middle(boxes_T4: Tensor) -> Tensor:
    return (boxes_T4[:, :2] + boxes_T4[:, 2:]) / 2


def _height(boxes_T4: Tensor) -> Tensor:
    return boxes_T4[:, 3] - boxes_T4[:, 1]


def test_shapes_ranges_and_truth_of_many_shots(bank: PropBank, spec: WorldSpec) -> None:
    shots = [sample_shot(seed, spec) for seed in range(24)]
    renders = render(shots, SHAPE, bank, spec, list(range(24)))
    assert renders.frames_BTCHW.shape == (24, 9, 3, 64, 64)
    assert renders.frames_BTCHW.min() >= 0 and renders.frames_BTCHW.max() <= 1
    assert renders.boxes_BNT4.shape == (24, 3, 9, 4) and renders.visible_BNT.shape == (24, 3, 9)
    assert renders.instance_BTHW.shape == (24, 9, 64, 64) and renders.instance_BTHW.dtype == torch.uint8
    for clip, shot in enumerate(shots):
        actors = sorted(actor for actor in renders.actor_BN[clip].tolist() if actor >= 0)
        assert actors == sorted(
            index for index, actor in enumerate(shot.cast) for _ in range(actor.count or 0)
        )
        empty = renders.actor_BN[clip] < 0
        assert not renders.visible_BNT[clip, empty].any() and not renders.boxes_BNT4[clip, empty].any()


def test_boxes_hug_the_pixels_of_the_instance_map(bank: PropBank, spec: WorldSpec) -> None:
    shots = [
        shot
        for shot in (sample_shot(seed, spec) for seed in range(60))
        if len(shot.cast) == 1 == shot.cast[0].count
    ]
    renders = render(shots, SHAPE, bank, spec, list(range(len(shots))))
    checked = 0
    for clip in range(len(shots)):
        for frame in range(SHAPE.frames):
            rows, columns = torch.nonzero(renders.instance_BTHW[clip, frame] == 1, as_tuple=True)
            if renders.visible_BNT[clip, 0, frame] < 0.98:
                continue  # at the frame's edge a box is that of the whole outline, cut
            seen = torch.stack([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) / 64
            torch.testing.assert_close(renders.boxes_BNT4[clip, 0, frame], seen, atol=2.2 / 64, rtol=0)
            checked += 1
    assert checked > 150


def test_a_clip_is_the_same_alone_and_in_company(bank: PropBank, spec: WorldSpec) -> None:
    shots = [sample_shot(seed, spec) for seed in range(12)]
    together = render(shots, SHAPE, bank, spec, list(range(12)))
    for clip in (0, 7):
        alone = render([shots[clip]], SHAPE, bank, spec, [clip])
        torch.testing.assert_close(alone.frames_BTCHW[0], together.frames_BTCHW[clip], atol=1e-5, rtol=0)
    again = render(shots, SHAPE, bank, spec, list(range(12)))
    assert torch.equal(again.frames_BTCHW, together.frames_BTCHW)


def test_the_seed_varies_the_scenery(film: Film, a_shot: Shots) -> None:
    clips = film(a_shot(), a_shot(), seeds=[1, 2]).frames_BTCHW
    assert (clips[0] - clips[1]).abs().mean() > 0.02


@pytest.mark.parametrize("verb", ["walk", "drive", "fly"])
def test_crossing_goes_toward_its_side_as_far_as_its_speed_says(film: Film, verb: str, a_shot: Shots) -> None:
    shots = [
        a_shot(verb, side, speed, size="small")
        for side in ("left", "right")
        for speed in ("slow", "normal", "fast")
    ]  # type: ignore[arg-type]
    boxes_BT4 = film(*shots).boxes_BNT4[:, 0]
    moved = [float(_middle(boxes_T4)[-1, 0] - _middle(boxes_T4)[0, 0]) for boxes_T4 in boxes_BT4]
    assert moved == pytest.approx([-0.25, -0.45, -0.75, 0.25, 0.45, 0.75], abs=0.08)


def test_entering_and_leaving(film: Film, a_shot: Shots) -> None:
    renders = film(a_shot("enter", "left"), a_shot("leave", "left"), a_shot("enter", "right"))
    enters, leaves, from_left = renders.visible_BNT[:, 0]
    assert enters[0] < 0.05 and enters[-1] > 0.98
    assert leaves[0] > 0.98 and leaves[-1] < 0.05
    assert renders.boxes_BNT4[0, 0, 2, 2] > 0.9, "what enters toward the left comes over the right edge"
    assert renders.boxes_BNT4[2, 0, 2, 0] < 0.1 and from_left[-1] > 0.98


def test_vertical_motions(film: Film, a_shot: Shots) -> None:
    names = ("rise", "fall", "jump", "bounce")
    rise, fall, jump, bounce = (
        _middle(boxes_T4)[:, 1] for boxes_T4 in film(*(a_shot(name) for name in names)).boxes_BNT4[:, 0]
    )  # type: ignore[arg-type]
    assert rise[-1] - rise[0] < -0.3 and fall[-1] - fall[0] > 0.3
    assert jump.min() < jump[0] - 0.2 and abs(jump[-1] - jump[0]) < 0.04
    turns = (bounce.diff().sign().diff() != 0).sum()
    assert turns >= 4


def test_growing_and_shrinking(film: Film, a_shot: Shots) -> None:
    come, go = (_height(boxes_T4) for boxes_T4 in film(a_shot("approach"), a_shot("recede")).boxes_BNT4[:, 0])
    assert come[-1] / come[0] > 1.6 and (come.diff() > 0).all()
    assert go[0] / go[-1] > 1.6 and (go.diff() < 0).all()


def test_spin_turns_and_stays_in_place(film: Film, a_shot: Shots) -> None:
    boxes_T4 = film(a_shot("spin", kind="car")).boxes_BNT4[0, 0]
    shape_T = (boxes_T4[:, 2] - boxes_T4[:, 0]) / _height(boxes_T4)
    assert shape_T[0] > 1.2 and shape_T[2] < 0.9, "a quarter turn on, a long car stands upright"
    assert _middle(boxes_T4).std(0).max() < 0.03


@pytest.mark.parametrize("verb", ["swing", "orbit"])
def test_swing_and_orbit_move_about_their_place(film: Film, verb: str, a_shot: Shots) -> None:
    middle_T2 = _middle(film(a_shot(verb, size="small")).boxes_BNT4[0, 0])  # type: ignore[arg-type]
    assert middle_T2[:, 0].max() - middle_T2[:, 0].min() > 0.25
    assert middle_T2[:, 1].max() - middle_T2[:, 1].min() > 0.04


def test_every_verb_but_still_moves_and_still_hardly_does(film: Film, a_shot: Shots) -> None:
    shots = [
        a_shot(verb, "left" if verb in ("walk", "drive", "fly", "enter", "leave") else None) for verb in VERBS
    ]
    frames_BTCHW = film(*shots, seeds=[0] * len(shots)).frames_BTCHW
    change = (frames_BTCHW[:, 4] - frames_BTCHW[:, 1]).abs().mean((1, 2, 3))
    still = float(change[VERBS.index("still")])
    assert still < 0.01
    assert all(
        value > 2.5 * still for verb, value in zip(VERBS, change.tolist(), strict=True) if verb != "still"
    )


def test_sizes_are_those_of_the_world(film: Film, spec: WorldSpec, a_shot: Shots) -> None:
    shots = [a_shot(size=size, kind="robot") for size in SIZES]
    heights = [float(_height(boxes_T4).mean()) for boxes_T4 in film(*shots).boxes_BNT4[:, 0]]
    assert heights == pytest.approx(list(spec.size_fractions), rel=0.06)


def test_places_are_thirds_of_the_frame(film: Film, a_shot: Shots) -> None:
    shots = [a_shot(place=place, size="small") for place in ("left", "center", "right")]
    x = [float(_middle(boxes_T4)[:, 0].mean()) for boxes_T4 in film(*shots).boxes_BNT4[:, 0]]
    assert x == pytest.approx([0.27, 0.5, 0.73], abs=0.05)


def test_things_face_the_way_they_move(film: Film, a_shot: Shots) -> None:
    renders = film(*(a_shot("drive", side, kind="duck", size="big") for side in ("left", "right")))
    leans = []
    for clip in range(2):
        rows, columns = torch.nonzero(renders.instance_BTHW[clip, 4] == 1, as_tuple=True)
        head = columns[rows < rows.min() + 8].float().mean()
        leans.append(float(head - (columns.min() + columns.max()) / 2))
    assert leans[0] < -3 and leans[1] > 3, "the duck's head is on the side that it goes to"


@pytest.mark.parametrize("tint", [tint for tint in TINTS if tint != "natural"])
def test_a_tint_is_the_color_of_the_thing(film: Film, tint: str, a_shot: Shots) -> None:
    renders = film(a_shot(tint=tint, kind="rocket", size="big"))
    mask = renders.instance_BTHW[0, 0] == 1
    red, green, blue = renders.frames_BTCHW[0, 0][:, mask].median(dim=1).values.tolist()
    expected = {
        "red": red > 2 * max(green, blue),
        "orange": red > green > blue and 0.35 < green / red < 0.75,
        "yellow": red > 2 * blue and green / red > 0.75,
        "green": green > 1.5 * max(red, blue),
        "blue": blue > 1.5 * max(red, green),
        "purple": blue > red > green,
        "pink": red > blue > green and blue > 0.5,
    }
    assert expected[tint], (red, green, blue)


@pytest.mark.parametrize(("camera", "axis", "way"), [
    ("pan_left", 0, 1), ("pan_right", 0, -1), ("tilt_up", 1, 1), ("tilt_down", 1, -1),
])  # fmt: skip
def test_camera_slides_things_and_scenery_with_parallax(
    film: Film, camera: str, axis: int, way: int, a_shot: Shots
) -> None:
    renders = film(a_shot(camera=camera, kind="robot", size="small"), seeds=[4])
    middle_T2 = _middle(renders.boxes_BNT4[0, 0])
    assert float(middle_T2[-1, axis] - middle_T2[0, axis]) * way == pytest.approx(0.18, abs=0.03)
    first, last = renders.frames_BTCHW[0, 0], renders.frames_BTCHW[0, -1]
    near = _best_shift(first[:, 46:60], last[:, 46:60], 1) if axis == 0 else None
    far = _best_shift(first[:, :20], last[:, :20], 1) if axis == 0 else None
    if near is not None and far is not None:
        assert near * way > far * way > 0
    else:
        assert (first - last).abs().mean() > 0.02


def _best_shift(first: Tensor, last: Tensor, _axis: int) -> int:
    """By how many columns the last strip is moved right against the first."""
    inner = slice(16, 48)
    errors = {
        shift: float((last[:, :, 16 + shift : 48 + shift] - first[:, :, inner]).abs().mean())
        for shift in range(-15, 16)
    }
    return min(errors, key=lambda shift: errors[shift])


def test_zoom(film: Film, a_shot: Shots) -> None:
    grows, shrinks = (
        _height(boxes_T4)
        for boxes_T4 in film(a_shot(camera="zoom_in"), a_shot(camera="zoom_out")).boxes_BNT4[:, 0]
    )
    assert grows[-1] / grows[0] == pytest.approx(1.3, abs=0.08)
    assert shrinks[0] / shrinks[-1] == pytest.approx(1.3, abs=0.08)


def test_every_backdrop_time_and_weather_looks_its_own(film: Film, a_shot: Shots) -> None:
    shape = VideoShape(frames=2, height=64, width=64, fps=6)
    by_backdrop = film(
        *(a_shot(backdrop=name, time="night" if name == "space" else "day") for name in BACKDROPS),
        shape=shape,
    )
    _all_differ(by_backdrop.frames_BTCHW[:, 0], 0.06)
    for name in BACKDROPS:
        times = film(
            *(a_shot(backdrop=name, time=time) for time in possible_times(name)),
            shape=shape,
            seeds=[5] * len(possible_times(name)),
        )
        _all_differ(times.frames_BTCHW[:, 0], 0.06)
        brightness = times.frames_BTCHW[:, 0].mean((1, 2, 3))
        assert (brightness.diff() < 0).all(), f"{name} gets darker from day to sunset to night"
    weathers = film(
        *(a_shot(weather=name) for name in possible_weather("meadow")), shape=shape, seeds=[5] * 4
    )
    _all_differ(weathers.frames_BTCHW[:, 0], 0.06)


def _all_differ(frames_BCHW: Tensor, least: float) -> None:
    for index, frame in enumerate(frames_BCHW):
        for other in frames_BCHW[index + 1 :]:
            assert (frame - other).abs().mean() > least


@pytest.mark.parametrize("weather", ["rain", "snow", "fog"])
def test_weather_moves_in_front_of_a_still_scene(film: Film, weather: str, a_shot: Shots) -> None:
    frames_TCHW = film(a_shot(weather=weather)).frames_BTCHW[0]
    clear_TCHW = film(a_shot()).frames_BTCHW[0]
    assert (clear_TCHW[1:, :, :20] - clear_TCHW[:-1, :, :20]).abs().max() < 1e-6
    assert (frames_TCHW[1:, :, :20] - frames_TCHW[:-1, :, :20]).abs().max() > 0.003


def test_rain_falls_down(film: Film, a_shot: Shots) -> None:
    strip = film(
        a_shot(weather="snow"), shape=VideoShape(frames=5, height=64, width=64, fps=48)
    ).frames_BTCHW[0, :, :, :28]
    down = (strip[1:, :, 1:] - strip[:-1, :, :-1]).abs().mean()
    up = (strip[1:, :, :-1] - strip[:-1, :, 1:]).abs().mean()
    assert down < up


def test_shadows_on_the_ground_only(film: Film, a_shot: Shots) -> None:
    ground = film(a_shot(kind="star"), a_shot("fly", "left", kind="star"), seeds=[2, 2]).frames_BTCHW[:, 4]
    below = ground[:, :, 54:60, 24:40].mean((1, 2, 3))
    assert below[0] < below[1] - 0.02, "the ground is darker under a thing that stands on it"


def test_what_is_behind_is_partly_covered(film: Film) -> None:
    still = Motion(verb="still")
    cast = tuple(
        Actor(kind=kind, count=1, size="big", tint="natural", place="center", motion=still)
        for kind in ("star", "robot")
    )
    shot = Shot(backdrop="meadow", time="day", weather="clear", camera="still", cast=cast,
                relations=(Relation(subject=0, link="behind", object=1),))  # fmt: skip
    renders = film(shot)
    back, front = renders.actor_BN[0].tolist().index(0), renders.actor_BN[0].tolist().index(1)
    assert back < front
    assert renders.visible_BNT[0, back].max() < 0.95 and renders.visible_BNT[0, front].min() > 0.97
    pixels = (renders.instance_BTHW[0] == back + 1).flatten(1).sum(1)
    assert (pixels > 30).all()


@pytest.mark.parametrize(("link", "axis", "sign"), [
    ("left_of", 0, -1), ("right_of", 0, 1), ("above", 1, -1),
])  # fmt: skip
def test_relations_hold_in_every_frame(film: Film, link: str, axis: int, sign: int) -> None:
    cast = tuple(
        Actor(
            kind=kind,
            count=1,
            size="medium",
            tint="natural",
            place="center",
            motion=Motion(verb="bounce", speed="fast"),
        )
        for kind in ("star", "robot")
    )
    shot = Shot(backdrop="meadow", time="day", weather="clear", camera="still", cast=cast,
                relations=(Relation(subject=0, link=link, object=1),))  # type: ignore[arg-type]  # fmt: skip
    renders = film(shot)
    slots = [renders.actor_BN[0].tolist().index(actor) for actor in (0, 1)]
    subject_T2, object_T2 = (_middle(renders.boxes_BNT4[0, slot]) for slot in slots)
    assert ((subject_T2 - object_T2)[:, axis] * sign > 0.15).all()


def test_chasing_and_meeting(film: Film) -> None:
    def pair(link: str, second: str) -> Shot:
        cast = tuple(
            Actor(kind=kind, count=1, size="small", tint="natural", place="center",
                  motion=Motion(verb="drive", toward=toward, speed="normal"))
            for kind, toward in (("car", "right"), ("duck", second))
        )  # fmt: skip
        return Shot(backdrop="meadow", time="day", weather="clear", camera="still", cast=cast,
                    relations=(Relation(subject=0, link=link, object=1),))  # type: ignore[arg-type]  # fmt: skip

    renders = film(pair("chases", "right"), pair("meets", "left"))
    gaps = []
    for clip in range(2):
        slots = [renders.actor_BN[clip].tolist().index(actor) for actor in (0, 1)]
        subject_T2, object_T2 = (_middle(renders.boxes_BNT4[clip, slot]) for slot in slots)
        gaps.append((object_T2 - subject_T2)[:, 0])
        assert subject_T2[-1, 0] > subject_T2[0, 0] + 0.15
    chase, meet = gaps
    assert (chase > 0.2).all() and chase.std() < 0.06
    assert meet[0] > meet[-1] + 0.3 and (meet > 0).all()


@pytest.mark.parametrize("count", [1, 2, 3])
def test_count_things_side_by_side(film: Film, count: int, a_shot: Shots) -> None:
    renders = film(a_shot(count=count, size="medium", kind="duck"))
    assert (renders.actor_BN[0] == 0).sum() == count
    middles = sorted(float(_middle(renders.boxes_BNT4[0, slot])[:, 0].mean()) for slot in range(count))
    assert all(right - left > 0.15 for left, right in pairwise(middles))
    assert (renders.visible_BNT[0, :count] > 0.6).all()


@pytest.mark.parametrize("shape", [
    VideoShape(frames=3, height=48, width=80, fps=12), VideoShape(frames=3, height=80, width=48, fps=12),
])  # fmt: skip
def test_wide_and_tall_frames(bank: PropBank, spec: WorldSpec, shape: VideoShape, a_shot: Shots) -> None:
    shots = [a_shot("walk", "left"), a_shot(camera="pan_left", weather="fog", backdrop="space", time="night")]
    renders = render(shots, shape, bank, spec, [1, 2])
    assert renders.frames_BTCHW.shape == (2, 3, 3, shape.height, shape.width)
    assert renders.visible_BNT[0, 0].min() > 0.9


def test_nothing_leaves_the_device(bank: PropBank, spec: WorldSpec) -> None:
    everywhere = replace(spec, backdrops=BACKDROPS)
    shots = [sample_shot(seed, everywhere) for seed in range(40)]
    small = VideoShape(frames=2, height=16, width=16, fps=6)
    renders = render(
        shots, small, bank, everywhere, [0] * 40, device="meta"
    )  # mixing it with the CPU's fails
    assert all(getattr(renders, item.name).device.type == "meta" for item in fields(renders))
