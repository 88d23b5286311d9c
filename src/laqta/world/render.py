"""Films shots: frames and their exact truth, in batches, on any device.

Legend: B clips, T frames, C channels, H height, W width, N things of a clip from back to front, I things of all
clips, L layers, 4 box sides (left, top, right, bottom; fractions of the frame).
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from laqta.shot import Backdrop, Shot, TimeOfDay, VideoShape
from laqta.world.backdrops import LAYER_DEPTHS, layer_size, paint
from laqta.world.light import LIGHTS
from laqta.world.props import PropBank
from laqta.world.sample import WorldSpec
from laqta.world.sprites import Sprites, level_for
from laqta.world.stage import Scene, Thing, set_stage, things_arrays
from laqta.world.weather import VEILS, Sky, veil_color

VARIANTS = 48
"""How many different paintings there are of a backdrop at a time of day."""
KEPT_BYTES = 600_000_000
"""How much memory kept paintings may take before the oldest go."""


@dataclass(frozen=True, kw_only=True)
class Renders:
    """Clips and their truth. Things of a clip lie in `N` from back to front; missing ones have actor -1.

    `frames_BTCHW` float in [0, 1]; `boxes_BNT4` float fractions, zero where out of sight; `visible_BNT` is the
    share of a thing's own pixels that can be seen (0 when covered or outside); `actor_BN` int64, an index into
    `shot.cast`; `instance_BTHW` uint8, 0 for the backdrop and n + 1 where thing n is on top.
    """

    frames_BTCHW: Tensor
    boxes_BNT4: Tensor
    visible_BNT: Tensor
    actor_BN: Tensor
    instance_BTHW: Tensor


class Renderer:
    """A bank of props and the paintings made so far, for one clip shape on one device."""

    def __init__(self, shape: VideoShape, bank: PropBank, spec: WorldSpec, device: torch.device) -> None:
        self.shape, self.spec, self.device = shape, spec, device
        self.sprites = Sprites(bank, device)
        self.sky = Sky(shape, device)
        self.paintings: OrderedDict[tuple[Backdrop, TimeOfDay, int], Tensor] = OrderedDict()
        pixels = shape.frames * shape.height * shape.width
        self.chunk = max(1, (100_000_000 if device.type == "cuda" else 1_200_000) // pixels)
        self.x_W = (torch.arange(shape.width, device=device) + 0.5) / shape.width
        self.y_H = (torch.arange(shape.height, device=device) + 0.5) / shape.height

    def film(self, shots: Sequence[Shot], seeds: Sequence[int]) -> Renders:
        """Film all shots, each by its seed."""
        scenes = [
            set_stage(shot, self.shape, self.sprites.cutouts, self.spec.size_fractions, seed)
            for shot, seed in zip(shots, seeds, strict=True)
        ]
        slots = max(self.spec.max_things, *(len(scene.things) for scene in scenes))
        parts = [
            self._film_chunk(shots[at : at + self.chunk], scenes[at : at + self.chunk], seeds[at : at + self.chunk], slots)
            for at in range(0, len(shots), self.chunk)
        ]
        return parts[0] if len(parts) == 1 else _joined(parts)

    def _film_chunk(self, shots: Sequence[Shot], scenes: Sequence[Scene], seeds: Sequence[int], slots: int) -> Renders:
        frames_BTCHW = self._backdrops(shots, scenes, seeds)
        truth = self._things(frames_BTCHW, shots, scenes, slots)
        for clip_TCHW, shot, seed in zip(frames_BTCHW, shots, seeds, strict=True):
            assert shot.weather is not None and shot.time is not None
            self.sky.fall(clip_TCHW, shot.weather, shot.time, seed % 9973)
        boxes_BNT4, visible_BNT, actor_BN, instance_BTHW = truth
        return Renders(
            frames_BTCHW=frames_BTCHW.clamp_(0, 1),
            boxes_BNT4=boxes_BNT4,
            visible_BNT=visible_BNT,
            actor_BN=actor_BN,
            instance_BTHW=instance_BTHW,
        )

    def _layers(self, shots: Sequence[Shot], seeds: Sequence[int]) -> Tensor:
        """The painted layers of each clip under its weather's veil: (B, L, 4, h, w)."""
        keys = [(shot.backdrop, shot.time, seed % VARIANTS) for shot, seed in zip(shots, seeds, strict=True)]
        wanted: dict[tuple[Backdrop, TimeOfDay], list[int]] = defaultdict(list)
        for backdrop, time, variant in dict.fromkeys(keys):
            assert backdrop is not None and time is not None
            if (backdrop, time, variant) not in self.paintings:
                wanted[backdrop, time].append(variant)
        for (backdrop, time), variants in wanted.items():
            painted = paint(backdrop, time, variants, self.shape, self.device)
            for variant, layers in zip(variants, painted, strict=True):
                self.paintings[backdrop, time, variant] = layers.clone()
        layers_BL4HW = torch.stack([self.paintings[key] for key in keys]).float().div_(255)  # type: ignore[index]
        for key in keys:
            self.paintings.move_to_end(key)  # type: ignore[arg-type]
        while len(self.paintings) > max(KEPT_BYTES // layers_BL4HW[0].numel(), 1):
            self.paintings.popitem(last=False)
        veil_BL = torch.tensor([VEILS[shot.weather][:3] for shot in shots], device=self.device)  # type: ignore[index]
        color_B3 = torch.tensor([veil_color(shot.weather, shot.time) for shot in shots], device=self.device)  # type: ignore[arg-type]
        veil = veil_BL[:, :, None, None, None]
        layers_BL4HW[:, :, :3] *= 1 - veil
        layers_BL4HW[:, :, :3] += veil * color_B3[:, None, :, None, None] * layers_BL4HW[:, :, 3:]
        return layers_BL4HW

    def _backdrops(self, shots: Sequence[Shot], scenes: Sequence[Scene], seeds: Sequence[int]) -> Tensor:
        """The clips without things: (B, T, C, H, W). A clip whose camera stands still is composed once."""
        shape = self.shape
        layers_BL4HW = self._layers(shots, seeds)
        frames_BTCHW = torch.empty(len(shots), shape.frames, 3, shape.height, shape.width, device=self.device)
        still = [index for index, shot in enumerate(shots) if shot.camera == "still"]
        moving = [index for index, shot in enumerate(shots) if shot.camera != "still"]
        if still:
            top, left = ((a - b) // 2 for a, b in zip(layer_size(shape), (shape.height, shape.width), strict=True))
            seen = layers_BL4HW[still, :, :, top : top + shape.height, left : left + shape.width]
            frames_BTCHW[still] = _composed(seen)[:, None].expand(-1, shape.frames, -1, -1, -1)
        if moving:
            frames_BTCHW[moving] = self._moving_backdrops(layers_BL4HW[moving], [scenes[index] for index in moving])
        return frames_BTCHW

    def _moving_backdrops(self, layers_BL4HW: Tensor, scenes: Sequence[Scene]) -> Tensor:
        shape, frames = self.shape, self.shape.frames
        height, width = layer_size(shape)
        views = np.stack([(s.view.right_T, s.view.down_T, s.view.zoom_T) for s in scenes], axis=1)
        right_BT, down_BT, zoom_BT = torch.from_numpy(views).float().to(self.device)
        out = None
        for layer, depth in enumerate(LAYER_DEPTHS):
            zoom_BT1 = (1 + (zoom_BT - 1) * depth)[..., None]
            x_BTW = ((self.x_W - 0.5) / zoom_BT1 + depth * right_BT[..., None]) * (2 * shape.width / width)
            y_BTH = ((self.y_H - 0.5) / zoom_BT1 + depth * down_BT[..., None]) * (2 * shape.height / height)
            grid = torch.stack(
                [
                    x_BTW[:, :, None, :].expand(-1, -1, shape.height, -1),
                    y_BTH[:, :, :, None].expand(-1, -1, -1, shape.width),
                ],
                dim=-1,
            ).flatten(1, 2)
            seen = F.grid_sample(layers_BL4HW[:, layer], grid, "bilinear", "border", align_corners=False)
            seen = seen.unflatten(2, (frames, shape.height)).transpose(1, 2)
            out = seen[:, :, :3] if out is None else out * (1 - seen[:, :, 3:]) + seen[:, :, :3]
        assert out is not None
        return out

    def _things(
        self, frames_BTCHW: Tensor, shots: Sequence[Shot], scenes: Sequence[Scene], slots: int
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Draw everything on stage over the frames, in place, back to front; returns the truth."""
        shape, clips = self.shape, len(shots)
        device = self.device
        boxes_BNT4 = torch.zeros(clips, slots, shape.frames, 4, device=device)
        visible_BNT = torch.zeros(clips, slots, shape.frames, device=device)
        actor_BN = torch.full((clips, slots), -1, dtype=torch.int64)
        instance_BTHW = torch.zeros(clips, shape.frames, shape.height, shape.width, dtype=torch.uint8, device=device)
        left_BNTHW: dict[int, tuple[list[int], Tensor]] = {}
        for slot in range(slots):
            here = [clip for clip in range(clips) if slot < len(scenes[clip].things)]
            if not here:
                break
            things = tuple(scenes[clip].things[slot] for clip in here)
            for clip, thing in zip(here, things, strict=True):
                actor_BN[clip, slot] = thing.actor
            _cast_shadows(frames_BTCHW, here, things, shots, self)
            drawn_ITCHW = self._drawn(things, [shots[clip] for clip in here])
            alpha_ITHW = drawn_ITCHW[:, :, 3]
            every = len(here) == clips
            under = frames_BTCHW if every else frames_BTCHW[here]
            over = under.mul_(1 - alpha_ITHW[:, :, None]).add_(drawn_ITCHW[:, :, :3])
            top = alpha_ITHW > 0.5
            marked = (instance_BTHW if every else instance_BTHW[here]).masked_fill_(top, slot + 1)
            if not every:
                frames_BTCHW[here] = over
                instance_BTHW[here] = marked
            for behind, (clips_behind, alpha) in left_BNTHW.items():
                rows = [clips_behind.index(clip) for clip in here]
                alpha[rows] *= 1 - alpha_ITHW
                left_BNTHW[behind] = (clips_behind, alpha)
            left_BNTHW[slot] = (here, alpha_ITHW.clone() if slot + 1 < slots else alpha_ITHW)
            boxes_BNT4[here, slot] = self._boxes(things)
        for slot, (here, alpha_ITHW) in left_BNTHW.items():
            things = tuple(scenes[clip].things[slot] for clip in here)
            area_I = torch.tensor([self.sprites.area_P[self.sprites.row[thing.kind]] for thing in things])
            size_IT = torch.from_numpy(things_arrays(things, "size_T"))
            whole_IT = (area_I[:, None] * size_IT**2).float().to(device)
            visible_BNT[here, slot] = (alpha_ITHW.sum((2, 3)) / whole_IT).clamp(0, 1)
        boxes_BNT4 *= (visible_BNT > 0)[..., None]
        return boxes_BNT4, visible_BNT, actor_BN.to(device), instance_BTHW

    def _drawn(self, things: tuple[Thing, ...], shots: Sequence[Shot]) -> Tensor:
        """Every thing alone on a clear frame, lit and premultiplied: (I, T, 4, H, W)."""
        shape = self.shape
        sizes_IT = things_arrays(things, "size_T") * np.maximum(things_arrays(things, "stretch_T"), 1.0)
        groups: dict[int, list[tuple[int, list[int]]]] = defaultdict(list)
        for index, sizes_T in enumerate(sizes_IT):
            levels: dict[int, list[int]] = defaultdict(list)
            for frame, size in enumerate(sizes_T):
                levels[level_for(size)].append(frame)
            for level, frames in levels.items():
                groups[level].append((index, frames))
        grid_ITHW2 = self._grids(things)
        drawn_ITCHW = torch.empty(len(things), shape.frames, 4, shape.height, shape.width, device=self.device)
        for level, members in groups.items():
            whole = [index for index, frames in members if len(frames) == shape.frames]
            parts = [(index, frames) for index, frames in members if len(frames) < shape.frames]
            if whole:
                textures = self._textures(things, shots, whole, level)
                seen = F.grid_sample(textures, grid_ITHW2[whole].flatten(1, 2), align_corners=False)
                drawn_ITCHW[whole] = seen.unflatten(2, (shape.frames, shape.height)).transpose(1, 2)
            if parts:
                owners = [index for index, frames in parts for _ in frames]
                times = [frame for _, frames in parts for frame in frames]
                textures = self._textures(things, shots, owners, level)
                drawn_ITCHW[owners, times] = F.grid_sample(textures, grid_ITHW2[owners, times], align_corners=False)
        return drawn_ITCHW

    def _textures(self, things: tuple[Thing, ...], shots: Sequence[Shot], chosen: list[int], level: int) -> Tensor:
        textures = torch.stack([self.sprites.texture(things[i].kind, things[i].tint, level) for i in chosen])
        factors, veils, colors = [], [], []
        for index in chosen:
            shot = shots[index]
            factors.append(LIGHTS[shot.time].prop if shot.backdrop != "space" else (1.0, 1.0, 1.0))  # type: ignore[index]
            veils.append(VEILS[shot.weather][3])  # type: ignore[index]
            colors.append(veil_color(shot.weather, shot.time))  # type: ignore[arg-type]
        factor_I3, color_I3 = (torch.tensor(rows, device=self.device)[:, :, None, None] for rows in (factors, colors))
        veil_I = torch.tensor(veils, device=self.device)[:, None, None, None]
        textures[:, :3] *= factor_I3 * (1 - veil_I)
        textures[:, :3] += veil_I * color_I3 * textures[:, 3:]
        return textures

    def _grids(self, things: tuple[Thing, ...]) -> Tensor:
        """Where each pixel of the frame lies in each thing's picture, from -1 to 1: (I, T, H, W, 2)."""
        shape = self.shape
        matrix_IT22 = torch.from_numpy(np.linalg.inv(_matrices(things))).float().to(self.device) * 2
        middle = np.stack([things_arrays(things, "x_T") * shape.width, things_arrays(things, "y_T") * shape.height])
        x_IT, y_IT = torch.from_numpy(middle).float().to(self.device)
        x_ITW = self.x_W * shape.width - x_IT[..., None]
        y_ITH = self.y_H * shape.height - y_IT[..., None]
        return matrix_IT22[:, :, None, None, :, 0] * x_ITW[:, :, None, :, None] + (
            matrix_IT22[:, :, None, None, :, 1] * y_ITH[:, :, :, None, None]
        )

    def _boxes(self, things: tuple[Thing, ...]) -> Tensor:
        """The rectangle round each thing's outline, clipped to the frame: (I, T, 4)."""
        outline_IK2 = np.stack([self.sprites.outlines_PK2[self.sprites.row[thing.kind]] for thing in things])
        points_ITK2 = np.einsum("itab,ikb->itka", _matrices(things), outline_IK2)
        frame_2 = np.array([self.shape.width, self.shape.height])
        middle_IT12 = np.stack([things_arrays(things, "x_T"), things_arrays(things, "y_T")], axis=-1)[:, :, None]
        points_ITK2 = middle_IT12 + points_ITK2 / frame_2
        boxes_IT4 = np.concatenate([points_ITK2.min(2), points_ITK2.max(2)], axis=-1)
        return torch.from_numpy(boxes_IT4.clip(0, 1)).float().to(self.device)


def _matrices(things: tuple[Thing, ...]) -> np.ndarray:
    """From a picture's square (side 1, y down) to pixels round the thing's middle: (I, T, 2, 2)."""
    size, angle = things_arrays(things, "size_T"), things_arrays(things, "angle_T")
    tall = things_arrays(things, "stretch_T")
    mirror = np.array([[-1.0 if thing.mirrored else 1.0] for thing in things])
    wide = mirror * tall**-0.7
    cos, sin = np.cos(angle), np.sin(angle)
    rows = [[size * wide * cos, -size * tall * sin], [size * wide * sin, size * tall * cos]]
    return np.moveaxis(np.array(rows), (0, 1), (2, 3))


def _cast_shadows(
    frames_BTCHW: Tensor, here: list[int], things: tuple[Thing, ...], shots: Sequence[Shot], renderer: Renderer
) -> None:
    """Darken the ground under things; the nearer a thing is to the ground, the darker and wider."""
    shape, device = renderer.shape, renderer.device
    casting = [index for index, thing in enumerate(things) if thing.shadow_T.any()]
    if not casting:
        return
    cast = tuple(things[index] for index in casting)
    depth = np.array([[LIGHTS[shots[here[index]].time].shadow] for index in casting])  # type: ignore[index]
    half = np.array([[renderer.sprites.cutouts[thing.kind].half_width] for thing in cast])
    near = things_arrays(cast, "shadow_T")
    radius = half * things_arrays(cast, "size_T") / shape.height * (0.45 + 0.55 * near)
    tracks = np.stack(
        [things_arrays(cast, "x_T") * shape.width / shape.height, things_arrays(cast, "shadow_y_T"), radius, depth * near]
    )
    x_IT, y_IT, radius_IT, depth_IT = torch.from_numpy(tracks).float().to(device)
    across_ITW = ((renderer.x_W * shape.width / shape.height - x_IT[..., None]) / radius_IT[..., None]) ** 2
    along_ITH = ((renderer.y_H - y_IT[..., None]) / (0.22 * radius_IT[..., None])) ** 2
    round_ITHW = (1.15 - across_ITW[:, :, None, :] - along_ITH[..., None]).clamp_(0, 1)
    dim = 1 - depth_IT[..., None, None] * round_ITHW
    clips = [here[index] for index in casting]
    if len(clips) == len(frames_BTCHW):
        frames_BTCHW.mul_(dim[:, :, None])
    else:
        frames_BTCHW[clips] *= dim[:, :, None]


def _composed(layers_BL4HW: Tensor) -> Tensor:
    out = layers_BL4HW[:, 0, :3]
    for layer in range(1, layers_BL4HW.shape[1]):
        out = out * (1 - layers_BL4HW[:, layer, 3:]) + layers_BL4HW[:, layer, :3]
    return out


def _joined(parts: list[Renders]) -> Renders:
    names = ("frames_BTCHW", "boxes_BNT4", "visible_BNT", "actor_BN", "instance_BTHW")
    return Renders(**{name: torch.cat([getattr(part, name) for part in parts]) for name in names})


def render(
    shots: Sequence[Shot],
    shape: VideoShape,
    bank: PropBank,
    spec: WorldSpec,
    seeds: Sequence[int],
    device: str | torch.device = "cpu",
) -> Renders:
    """Film shots whose fields are all stated, each by its seed; paintings and textures are kept between calls."""
    return _renderer(shape, bank, spec, torch.device(device)).film(shots, seeds)


_RENDERERS: dict[tuple[VideoShape, int, WorldSpec, torch.device], tuple[PropBank, Renderer]] = {}


def _renderer(shape: VideoShape, bank: PropBank, spec: WorldSpec, device: torch.device) -> Renderer:
    key = (shape, id(bank), spec, device)
    if key not in _RENDERERS:
        _RENDERERS[key] = (bank, Renderer(shape, bank, spec, device))  # holding the bank keeps its id its own
    return _RENDERERS[key][1]
