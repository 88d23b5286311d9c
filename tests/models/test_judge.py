from __future__ import annotations

from pathlib import Path

import pytest
import torch

from laqta.models.card import Costs
from laqta.models.judge import SCENE_FACTS, Judge, JudgeCard, JudgeSize, load_judge, save_judge, thing_facts
from laqta.models.track import Peak, find_peaks, link_peaks, overlap
from laqta.shot import VideoShape

SIZE = JudgeSize(
    name="tiny",
    shape=VideoShape(frames=5, height=32, width=48, fps=4),
    widths=(8, 8, 16),
    blocks=(0, 1, 1),
    reader=16,
)

COSTS = Costs(
    stage="judge", hardware="a core", seconds=1.0, steps=1, clips=1, flop=1.0, mfu=None, dollars=0.0,
    dollars_per_hour=0.1,
)  # fmt: skip


@pytest.fixture(scope="module")
def judge() -> Judge:
    torch.manual_seed(0)
    return Judge(SIZE, ("car", "cat")).eval()


def seen_along(
    paths: list[list[tuple[float, float] | None]], looks: list[int] | None = None, side: float = 0.2
) -> list[list[Peak]]:
    """The peaks of every frame, each path one thing's middles; things of one look are of one kind."""
    by_frame: list[list[Peak]] = [[] for _ in paths[0]]
    for at, path in enumerate(paths):
        look_D = torch.eye(3)[looks[at] if looks else 0]
        for frame, middle in enumerate(path):
            if middle is not None:
                x, y = middle
                box_4 = torch.tensor([x - side / 2, y - side / 2, x + side / 2, y + side / 2])
                by_frame[frame].append(Peak(heat=0.9, box_4=box_4, look_D=look_D))
    return by_frame


def test_a_glance_has_a_box_at_every_cell_and_facts_of_the_scene(judge: Judge) -> None:
    glance = judge(torch.rand(2, 7, 3, 32, 48))
    assert SIZE.cell == 4
    assert glance.heat_BTYX.shape == (2, 7, 8, 12)
    assert glance.boxes_BTYX4.shape == (2, 7, 8, 12, 4)
    assert {name: logits.shape[1] for name, logits in glance.scene.items()} == {
        name: len(values) for name, values in SCENE_FACTS.items()
    }


def test_things_are_read_where_their_boxes_are(judge: Judge) -> None:
    glance = judge(torch.rand(1, 5, 3, 32, 48))
    boxes = torch.tensor([[0.1, 0.1, 0.4, 0.6], [0.5, 0.2, 0.9, 0.9]])[None, :, None].expand(1, 2, 5, 4)
    facts, by_frame = judge.read_things(glance, boxes, torch.ones(1, 2, 5))
    assert {name: tuple(logits.shape) for name, logits in facts.items()} == {
        name: (1, 2, len(values)) for name, values in thing_facts(("car", "cat")).items()
    }
    assert by_frame["kind"].shape == (1, 2, 5, 3)
    assert not torch.allclose(facts["kind"][0, 0], facts["kind"][0, 1])


def test_a_thing_out_of_sight_changes_nothing(judge: Judge) -> None:
    glance = judge(torch.rand(1, 5, 3, 32, 48))
    there = torch.tensor([[[1.0, 1, 1, 0, 0]]])
    boxes = torch.rand(1, 1, 5, 4)
    moved = boxes.clone()
    moved[0, 0, 3:] = 0.0
    one, other = (judge.read_things(glance, given, there)[0]["verb"] for given in (boxes, moved))
    assert torch.allclose(one, other, atol=1e-6)


def test_every_clip_has_a_sighting_whatever_its_size_and_length(judge: Judge) -> None:
    clips = torch.randint(0, 256, (3, 9, 20, 30, 3), dtype=torch.uint8)
    sightings = judge.see(clips)
    assert len(sightings) == 3
    assert all(seen.scene["backdrop"] in SCENE_FACTS["backdrop"] for seen in sightings)
    assert judge.describe(clips).shape == (3, 16)


def test_a_saved_judge_sees_the_same(judge: Judge, tmp_path: Path) -> None:
    with torch.no_grad():  # bfloat16 on disk: round before comparing
        for value in judge.state_dict().values():
            value.copy_(value.bfloat16().float())
    card = JudgeCard(size=SIZE, kinds=judge.kinds, accuracy={"kind": 0.5}, trained=COSTS)
    save_judge(tmp_path / "judge-tiny", judge, card)
    again, read = load_judge(tmp_path / "judge-tiny")
    frames = torch.rand(1, 5, 3, 32, 48)
    assert read == card
    assert torch.equal(judge(frames).heat_BTYX, again(frames).heat_BTYX)


def test_a_cut_off_judge_is_the_machines_fault(judge: Judge, tmp_path: Path) -> None:
    card = JudgeCard(size=SIZE, kinds=judge.kinds, accuracy={}, trained=COSTS)
    save_judge(tmp_path, judge, card)
    path = tmp_path / "judge.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(OSError, match="cannot be read"):
        load_judge(tmp_path)


def test_two_things_that_cross_the_frame_are_two_tracks() -> None:
    right = [(0.1 * step + 0.05, 0.25) for step in range(1, 9)]
    left = [(0.95 - 0.1 * step, 0.75) for step in range(1, 9)]
    tracks = link_peaks(seen_along([right, left]))
    assert len(tracks) == 2
    ways = sorted(float(track.boxes_T4[-1, 0] - track.boxes_T4[0, 0]) for track in tracks)
    assert ways == pytest.approx([-0.7, 0.7], abs=1e-5)


def test_a_thing_hidden_for_a_moment_stays_one_thing() -> None:
    path = [(0.1 * step + 0.05, 0.55) for step in range(9)]
    path[4] = path[5] = None  # type: ignore[call-overload]
    (track,) = link_peaks(seen_along([path]))
    assert track.there_T.tolist() == [1, 1, 1, 1, 0, 0, 1, 1, 1]
    assert not track.boxes_T4[4].any()


def test_things_that_swap_places_are_told_apart_by_their_looks() -> None:
    """Both leap past each other between two frames, as fast swings do."""
    one = [(0.3, 0.5), (0.7, 0.5)] * 4
    other = [(0.7, 0.5), (0.3, 0.5)] * 4
    tracks = link_peaks(seen_along([one, other], looks=[1, 2]))
    assert len(tracks) == 2
    assert all((track.boxes_T4[:, 0].diff().abs() > 0.3).all() for track in tracks)
    alike = link_peaks(seen_along([one, other], looks=[1, 1]))
    assert [float(track.boxes_T4[:, 0].diff().abs().max()) for track in alike] == [0, 0]


def test_a_spark_of_one_frame_is_no_thing() -> None:
    spark: list[tuple[float, float] | None] = [None] * 9
    spark[3] = (0.55, 0.55)
    assert link_peaks(seen_along([spark])) == []


def test_neighbouring_cells_with_one_box_are_one_peak() -> None:
    heat_YX, boxes_YX4 = torch.full((10, 10), 0.01), torch.zeros(10, 10, 4)
    for column, heat in ((3, 0.9), (6, 0.8)):
        heat_YX[5, column] = heat
        boxes_YX4[5, column] = torch.tensor([0.1, 0.1, 0.8, 0.9])
    ((heat, _),) = find_peaks(heat_YX, boxes_YX4)
    assert heat == pytest.approx(0.9)


def test_overlap_is_intersection_over_union() -> None:
    one, other = torch.tensor([0.0, 0.0, 0.5, 1.0]), torch.tensor([0.25, 0.0, 0.75, 1.0])
    assert overlap(one, other) == pytest.approx(1 / 3)
    assert overlap(one, one + torch.tensor([0.5, 0, 0.5, 0])) == 0
