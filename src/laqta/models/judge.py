"""The judge: says what is where in a clip, moving how, in which scene. It judges; nothing is ever trained on it.

A small 2-D convolutional net looks at every frame; its blocks see neighbouring frames by shifting a quarter of the
channels a frame back and a quarter a frame ahead (TSM, Lin et al. 2019, https://arxiv.org/abs/1811.08383). From its
features come a heat map of things' middles with a box at every cell (CenterNet, Zhou et al. 2019,
https://arxiv.org/abs/1904.07850) and the facts of the scene. Boxes are linked to tracks (`track.py`); the facts of
a thing are then read from the features along its track and from the track itself.

Shape suffixes: B clips, T frames, C channels, H height, W width, Y X cells of the heat map, N things, P points,
4 sides of a box (left, top, right, bottom; fractions of the frame).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional as F

from laqta.config import load_json, save_json
from laqta.files import write_file
from laqta.models.card import Costs
from laqta.models.track import MOST_THINGS, Peak, Track, find_peaks, link_peaks
from laqta.shot import (
    BACKDROPS,
    CAMERAS,
    PLACES,
    SIDES,
    SIZES,
    SPEEDS,
    TIMES,
    TINTS,
    VERBS,
    WEATHERS,
    VideoShape,
)  # fmt: skip

NOTHING = "nothing"
"""The kind of what draws the eye but is no thing that the judge knows: a smudge, a blot."""
NEITHER = "neither"
"""Where a thing moves to that moves to no side."""
SCENE_FACTS: dict[str, tuple[str, ...]] = {
    "backdrop": BACKDROPS, "time": TIMES, "weather": WEATHERS, "camera": CAMERAS,
}  # fmt: skip
ON_SIGHT = ("kind", "tint", "facing")
"""What one frame tells of a thing; the rest takes its whole track."""
MOMENTS = 9
"""Points in time at which a track is summed up, whatever the clip's length."""
SPOTS = ((0.0, 0.0), (-0.25, -0.25), (0.25, -0.25), (-0.25, 0.25), (0.25, 0.25))
"""Where inside its box a thing is looked at, as fractions of the box from its middle."""


def thing_facts(kinds: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """The facts that are read of a thing, each with its possible values in the order of the head's outputs."""
    return {
        "kind": (*kinds, NOTHING), "tint": TINTS, "size": SIZES, "place": PLACES, "facing": SIDES,
        "verb": VERBS, "toward": (*SIDES, NEITHER), "speed": SPEEDS,
    }  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class JudgeSize:
    """How large a judge is. `shape` is the clip it looks at; every further width halves height and width.

    The heat map lies at the last level but one. `blocks` is how many residual blocks each level has.
    """

    name: str
    shape: VideoShape
    widths: tuple[int, ...]
    blocks: tuple[int, ...]
    reader: int

    @property
    def cell(self) -> int:
        """Pixels on a side of a cell of the heat map."""
        return 2 ** (len(self.widths) - 1)


@dataclass(frozen=True, kw_only=True)
class JudgeCard:
    """What a judge's folder says of it: its size, the kinds it knows, its accuracy on true renders by row, its cost."""

    size: JudgeSize
    kinds: tuple[str, ...]
    accuracy: dict[str, float]
    trained: Costs


@dataclass(frozen=True, kw_only=True)
class Glance:
    """What one look at clips gives: `heat_BTYX` and the scene's facts are logits; boxes stand at every cell."""

    heat_BTYX: Tensor
    boxes_BTYX4: Tensor
    features_BTCYX: Tensor
    deep_BC: Tensor
    mood_BC: Tensor
    scene: dict[str, Tensor]


@dataclass(frozen=True, kw_only=True)
class SeenThing:
    """One located thing: its track, how sure the judge is of its kind, and its facts by name."""

    track: Track
    score: float
    facts: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """Everything that the judge sees in one clip: located things, and the scene's facts by name."""

    things: tuple[SeenThing, ...]
    scene: dict[str, str]


class Block(nn.Module):
    """Residual 3x3 convolution that sees a frame and a part of the frames beside it: (B, T, C, H, W) in and out."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(8, width)
        self.mix = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x_BTCHW: Tensor) -> Tensor:
        """Add what the convolution finds."""
        quarter = x_BTCHW.shape[2] // 4
        back, ahead, stay = x_BTCHW.split([quarter, quarter, x_BTCHW.shape[2] - 2 * quarter], dim=2)
        shifted = torch.cat([_later(back), _earlier(ahead), stay], dim=2).flatten(0, 1)
        found = self.mix(F.relu(self.norm(shifted)))
        return x_BTCHW + found.unflatten(0, x_BTCHW.shape[:2])


class Judge(nn.Module):
    """The network. `kinds` are the things that it knows, in the order of its outputs."""

    def __init__(self, size: JudgeSize, kinds: tuple[str, ...]) -> None:
        super().__init__()
        self.size, self.kinds = size, kinds
        before = 9  # three frames of three colours
        self.downs, self.levels = nn.ModuleList(), nn.ModuleList()
        for width, blocks in zip(size.widths, size.blocks, strict=True):
            self.downs.append(nn.Conv2d(before, width, 3, stride=2, padding=1))
            self.levels.append(nn.Sequential(*(Block(width) for _ in range(blocks))))
            before = width
        dense, deep = size.widths[-2:]
        self.up = nn.Conv2d(deep, dense, 1)
        self.merge = Block(dense)
        self.heat = nn.Conv2d(dense, 1, 1)
        self.box = nn.Conv2d(dense, 4, 1)
        nn.init.constant_(self.heat.bias, -3.0)  # type: ignore[arg-type]  # things are rare among cells

        wide, narrow = size.reader, size.reader // 4
        self.mood = nn.Linear(2 * 4 * deep, wide)
        self.scene_heads = nn.ModuleDict({name: nn.Linear(wide, len(v)) for name, v in SCENE_FACTS.items()})
        self.appearance = nn.Linear(len(SPOTS) * dense, wide)
        self.steps = nn.Sequential(
            nn.Conv1d(wide + 8, narrow, 3, padding=1),
            nn.ReLU(),
            nn.Conv1d(narrow, narrow, 3, padding=1),
            nn.ReLU(),
        )
        self.first_sight = nn.ModuleDict(
            {name: nn.Linear(wide, len(thing_facts(kinds)[name])) for name in ON_SIGHT}
        )
        self.story = nn.Linear(MOMENTS * narrow + 2 * wide, wide)
        self.thing_heads = nn.ModuleDict(
            {name: nn.Linear(wide, len(v)) for name, v in thing_facts(kinds).items()}
        )

    def forward(self, frames_BTCHW: Tensor) -> Glance:
        """Look at clips of float frames in [0, 1] of the judge's own height and width, of any length."""
        x = 2 * frames_BTCHW - 1
        x = torch.cat([_later(x), x, _earlier(x)], dim=2)
        maps = []
        for down, level in zip(self.downs, self.levels, strict=True):
            x = level(F.relu(down(x.flatten(0, 1))).unflatten(0, x.shape[:2]))
            maps.append(x)
        dense_BTCYX, deep_BTCYX = maps[-2:]
        lifted = F.interpolate(self.up(deep_BTCYX.flatten(0, 1)), size=dense_BTCYX.shape[-2:], mode="nearest")
        features_BTCYX = self.merge(dense_BTCYX + lifted.unflatten(0, dense_BTCYX.shape[:2]))
        flat = F.relu(features_BTCYX.flatten(0, 1))
        quarters_BTC = (
            F.adaptive_avg_pool2d(F.relu(deep_BTCYX.flatten(0, 1)), 2).flatten(1).unflatten(0, x.shape[:2])
        )
        half = quarters_BTC.shape[1] // 2
        change_BC = (
            quarters_BTC[:, -half:].mean(1) - quarters_BTC[:, :half].mean(1)
            if half
            else quarters_BTC[:, 0] * 0
        )
        mood_BC = F.relu(self.mood(torch.cat([quarters_BTC.mean(1), change_BC], dim=1)))
        return Glance(
            heat_BTYX=self.heat(flat)[:, 0].unflatten(0, x.shape[:2]),
            boxes_BTYX4=_boxes_at_cells(self.box(flat)).unflatten(0, x.shape[:2]),
            features_BTCYX=flat.unflatten(0, x.shape[:2]),
            deep_BC=quarters_BTC.mean(1).unflatten(1, (-1, 4)).mean(2),
            mood_BC=mood_BC,
            scene={name: head(mood_BC) for name, head in self.scene_heads.items()},
        )

    def read_things(
        self, glance: Glance, boxes_BNT4: Tensor, there_BNT: Tensor
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Read things whose boxes are given; `there_BNT` is 1 where one is seen.

        Returns logits (B, N, values) of every fact, and logits (B, N, T, values) of what each frame tells alone.
        """
        clips, things, frames = there_BNT.shape
        there_BNT1 = there_BNT[..., None].float()
        middle_BNT2 = (boxes_BNT4[..., :2] + boxes_BNT4[..., 2:]) / 2
        side_BNT2 = boxes_BNT4[..., 2:] - boxes_BNT4[..., :2]
        spots_P2 = torch.tensor(SPOTS, device=boxes_BNT4.device)
        points = middle_BNT2[..., None, :] + side_BNT2[..., None, :] * spots_P2
        points = (2 * points - 1).transpose(1, 2).flatten(2, 3).flatten(0, 1)  # (B T, N P, 2), from -1 to 1
        seen = F.grid_sample(
            glance.features_BTCYX.flatten(0, 1),
            points[:, :, None],
            padding_mode="border",
            align_corners=False,
        )[..., 0]
        seen = (
            seen.unflatten(2, (things, len(SPOTS)))
            .unflatten(0, (clips, frames))
            .permute(0, 3, 1, 4, 2)
            .flatten(3)
        )
        looks_BNTC = F.relu(self.appearance(seen)) * there_BNT1
        steps_BNT2 = F.pad(
            middle_BNT2.diff(dim=2) * (there_BNT1[:, :, 1:] * there_BNT1[:, :, :-1]), (0, 0, 1, 0)
        )
        place_BNT7 = torch.cat([middle_BNT2 - 0.5, 2 * side_BNT2 - 1, 6 * steps_BNT2], dim=-1) * there_BNT1
        time_T = torch.linspace(0, 1, frames, device=there_BNT.device).expand(clips, things, frames)[
            ..., None
        ]
        sequence = (
            torch.cat([looks_BNTC, place_BNT7, there_BNT1, time_T], dim=-1).flatten(0, 1).transpose(1, 2)
        )
        moments = F.interpolate(
            self.steps(sequence), size=MOMENTS, mode="linear", align_corners=True
        ).flatten(1)
        look_BNC = looks_BNTC.sum(2) / there_BNT1.sum(2).clamp(min=1)
        mood_BNC = glance.mood_BC[:, None].expand(-1, things, -1)
        story = self.story(torch.cat([moments.unflatten(0, (clips, things)), look_BNC, mood_BNC], dim=-1))
        by_frame = {name: head(looks_BNTC) for name, head in self.first_sight.items()}
        facts = {name: head(F.relu(story)) for name, head in self.thing_heads.items()}
        for name, logits in by_frame.items():
            facts[name] = facts[name] + (logits * there_BNT1).sum(2) / there_BNT1.sum(2).clamp(min=1)
        return facts, by_frame

    @torch.no_grad()
    def see(self, frames_BTHWC: Tensor) -> list[Sighting]:
        """Say what is in 8-bit clips (B, T, H, W, 3) of any height and width."""
        glance = self(self.resized(frames_BTHWC))
        tracks = [link_peaks(peaks) for peaks in self._peaks(glance)]
        most = max(1, *(len(found) for found in tracks))
        frames = frames_BTHWC.shape[1]
        boxes_BNT4 = torch.zeros(len(tracks), most, frames, 4)
        there_BNT = torch.zeros(len(tracks), most, frames)
        for clip, found in enumerate(tracks):
            for thing, track in enumerate(found):
                boxes_BNT4[clip, thing], there_BNT[clip, thing] = track.boxes_T4, track.there_T
        device = glance.heat_BTYX.device
        facts, _ = self.read_things(glance, boxes_BNT4.to(device), there_BNT.to(device))
        return [
            Sighting(
                things=tuple(self._thing(facts, clip, at, track) for at, track in enumerate(found)),
                scene={
                    name: SCENE_FACTS[name][int(glance.scene[name][clip].argmax())] for name in SCENE_FACTS
                },
            )
            for clip, found in enumerate(tracks)
        ]

    @torch.no_grad()
    def describe(self, frames_BTHWC: Tensor) -> Tensor:
        """One vector (B, C) a clip, of the deepest features: what Frechet and kernel distances are measured in."""
        return self(self.resized(frames_BTHWC)).deep_BC

    def resized(self, frames_BTHWC: Tensor) -> Tensor:
        """8-bit clips as float frames (B, T, C, H, W) in [0, 1] of the judge's own height and width."""
        shape = self.size.shape
        device = self.heat.weight.device
        frames_BTCHW = frames_BTHWC.to(device).permute(0, 1, 4, 2, 3).float() / 255
        if frames_BTCHW.shape[-2:] == (shape.height, shape.width):
            return frames_BTCHW
        wanted = (shape.height, shape.width)
        flat = F.interpolate(
            frames_BTCHW.flatten(0, 1), wanted, mode="bilinear", antialias=True, align_corners=False
        )
        return flat.clamp(0, 1).unflatten(0, frames_BTCHW.shape[:2])

    def _peaks(self, glance: Glance) -> list[list[list[Peak]]]:
        """The peaks of every frame of every clip, each with its look: the chances of its kind and of its tint."""
        heat_BTYX, boxes_BTYX4 = glance.heat_BTYX.sigmoid().cpu(), glance.boxes_BTYX4.cpu()
        clips, frames = heat_BTYX.shape[:2]
        found = [
            [find_peaks(heat_BTYX[clip, frame], boxes_BTYX4[clip, frame]) for frame in range(frames)]
            for clip in range(clips)
        ]
        boxes_BNT4, there_BNT = (
            torch.zeros(clips, MOST_THINGS, frames, 4),
            torch.zeros(clips, MOST_THINGS, frames),
        )
        for clip, by_frame in enumerate(found):
            for frame, peaks in enumerate(by_frame):
                for at, (_, box_4) in enumerate(peaks):
                    boxes_BNT4[clip, at, frame], there_BNT[clip, at, frame] = box_4, 1
        device = glance.heat_BTYX.device
        _, seen = self.read_things(glance, boxes_BNT4.to(device), there_BNT.to(device))
        looks_BNTD = torch.cat([seen[name].softmax(-1) for name in ("kind", "tint")], dim=-1).cpu() / 2
        return [
            [
                [
                    Peak(heat=heat, box_4=box_4, look_D=looks_BNTD[clip, at, frame])
                    for at, (heat, box_4) in enumerate(peaks)
                ]
                for frame, peaks in enumerate(by_frame)
            ]
            for clip, by_frame in enumerate(found)
        ]

    def _thing(self, facts: dict[str, Tensor], clip: int, thing: int, track: Track) -> SeenThing:
        names = thing_facts(self.kinds)
        chances = facts["kind"][clip, thing].softmax(-1)
        return SeenThing(
            track=track,
            score=float(chances.max()),
            facts={name: values[int(facts[name][clip, thing].argmax())] for name, values in names.items()},
        )


def save_judge(folder: Path, judge: Judge, card: JudgeCard) -> None:
    """Write a judge in bfloat16 as `judge.safetensors`, with `judge.json` beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: value.to(torch.bfloat16).contiguous() for name, value in judge.state_dict().items()}
    with write_file(folder / "judge.safetensors") as draft:
        save_file(weights, draft)
    save_json(folder / "judge.json", card)


def load_judge(folder: Path, device: str = "cpu") -> tuple[Judge, JudgeCard]:
    """Load a judge in float32, ready to judge.

    Raises:
        OSError: a file is missing or cannot be read.
    """
    card = load_json(JudgeCard, folder / "judge.json")
    judge = Judge(card.size, card.kinds)
    try:
        weights: dict[str, Any] = load_file(folder / "judge.safetensors")
        judge.load_state_dict({name: value.float() for name, value in weights.items()})
    except (SafetensorError, RuntimeError) as error:
        raise OSError(f"the judge in {folder} cannot be read ({error}); install it again") from error
    return judge.to(device).eval(), card


def _later(x_BTCHW: Tensor) -> Tensor:
    """Every frame replaced by the one before it; the first stays."""
    return torch.cat([x_BTCHW[:, :1], x_BTCHW[:, :-1]], dim=1)


def _earlier(x_BTCHW: Tensor) -> Tensor:
    """Every frame replaced by the one after it; the last stays."""
    return torch.cat([x_BTCHW[:, 1:], x_BTCHW[:, -1:]], dim=1)


def _boxes_at_cells(raw_B4YX: Tensor) -> Tensor:
    """Boxes (B, Y, X, 4) from their middles' shifts in cells and the logarithms of their sides in cells."""
    rows, columns = raw_B4YX.shape[-2:]
    across_X = torch.arange(columns, device=raw_B4YX.device) + 0.5
    down_Y = torch.arange(rows, device=raw_B4YX.device) + 0.5
    x_BYX = (across_X + raw_B4YX[:, 0]) / columns
    y_BYX = (down_Y[:, None] + raw_B4YX[:, 1]) / rows
    half_w, half_h = (
        raw_B4YX[:, at].clamp(max=4).exp() / 2 / cells for at, cells in ((2, columns), (3, rows))
    )
    return torch.stack([x_BYX - half_w, y_BYX - half_h, x_BYX + half_w, y_BYX + half_h], dim=-1)
