"""Films shots: frames and their exact truth, in batches, on any device.

Legend: B clips, T frames, C channels, H height, W width, N things of a clip from back to front, I things of all
clips, L layers, 4 box sides (left, top, right, bottom; fractions of the frame).
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from laqta.shot import Backdrop, Shot, TimeOfDay, VideoShape
from laqta.world.backdrops import LAYER_DEPTHS, layer_size, paint
from laqta.world.camera import View
from laqta.world.light import LIGHTS, Color
from laqta.world.props import PropBank
from laqta.world.sample import WorldSpec
from laqta.world.sprites import Sprites, level_for
from laqta.world.stage import Scene, Setting, Thing, set_stage, things_arrays
from laqta.world.weather import VEILS, Sky, veil_color

VARIANTS = 48
"""How many different paintings there are of a backdrop at a time of day."""
KEPT_BYTES = {"cpu": 600_000_000, "cuda": 8_000_000_000}
"""How much memory kept paintings of one shape may take before the oldest go. All those of `mini` are 2.1 GB at 256 px:
a GPU keeps them, and a processor most of those of a small shape."""

WHITE: Color = (1.0, 1.0, 1.0)
NARROWING = 0.7
"""How much a stretched thing narrows: its width goes by height ** -NARROWING (1 would keep its area)."""


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
        self.kept_bytes = KEPT_BYTES.get(device.type, KEPT_BYTES["cpu"])
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
        renders = self._blank(len(shots), slots)
        for at in range(0, len(shots), self.chunk):
            part = slice(at, at + self.chunk)
            self._film_chunk(scenes[part], seeds[part], _part_of(renders, part))
        return renders

    def _blank(self, clips: int, slots: int) -> Renders:
        frames, height, width, device = self.shape.frames, self.shape.height, self.shape.width, self.device
        return Renders(
            frames_BTCHW=torch.empty(clips, frames, 3, height, width, device=device),
            boxes_BNT4=torch.zeros(clips, slots, frames, 4, device=device),
            visible_BNT=torch.zeros(clips, slots, frames, device=device),
            actor_BN=torch.full((clips, slots), -1, dtype=torch.int64, device=device),
            instance_BTHW=torch.zeros(clips, frames, height, width, dtype=torch.uint8, device=device),
        )

    def _film_chunk(self, scenes: Sequence[Scene], seeds: Sequence[int], renders: Renders) -> None:
        """Film some scenes into the matching part of the renders, in place."""
        self._backdrops(renders.frames_BTCHW, scenes, seeds)
        self._things(renders, scenes)
        for clip_TCHW, scene, seed in zip(renders.frames_BTCHW, scenes, seeds, strict=True):
            self.sky.fall(clip_TCHW, scene.setting.weather, scene.setting.time, seed % 9973)
            if scene.setting.backdrop == "underwater":
                self.sky.bubble(clip_TCHW, scene.setting.time, seed % 9973)
        renders.frames_BTCHW.clamp_(0, 1)

    def _layers(self, settings: Sequence[Setting], seeds: Sequence[int]) -> Tensor:
        """The painted layers of each clip under its weather's veil: (B, L, 4, h, w)."""
        keys = [
            (place.backdrop, place.time, seed % VARIANTS) for place, seed in zip(settings, seeds, strict=True)
        ]
        wanted: dict[tuple[Backdrop, TimeOfDay], list[int]] = defaultdict(list)
        for backdrop, time, variant in dict.fromkeys(keys):
            if (backdrop, time, variant) not in self.paintings:
                wanted[backdrop, time].append(variant)
        for (backdrop, time), variants in wanted.items():
            painted = paint(backdrop, time, variants, self.shape, self.device)
            for variant, layers in zip(variants, painted, strict=True):
                self.paintings[backdrop, time, variant] = layers.clone()
        layers_BL4HW = torch.stack([self.paintings[key] for key in keys]).float().div_(255)
        for key in keys:
            self.paintings.move_to_end(key)
        while len(self.paintings) > max(self.kept_bytes // layers_BL4HW[0].numel(), 1):
            self.paintings.popitem(last=False)
        colors = [veil_color(place.weather, place.time) for place in settings]
        color_B13HW = torch.tensor(colors, device=self.device)[:, None, :, None, None]
        veil_BL1HW = torch.tensor([VEILS[place.weather][:3] for place in settings], device=self.device)[
            :, :, None, None, None
        ]
        layers_BL4HW[:, :, :3] *= 1 - veil_BL1HW
        layers_BL4HW[:, :, :3] += veil_BL1HW * color_B13HW * layers_BL4HW[:, :, 3:]
        return layers_BL4HW

    def _backdrops(self, frames_BTCHW: Tensor, scenes: Sequence[Scene], seeds: Sequence[int]) -> None:
        """Fill the frames with the clips without things. A clip whose camera stands still is composed once."""
        shape = self.shape
        layers_BL4HW = self._layers([scene.setting for scene in scenes], seeds)
        still = [index for index, scene in enumerate(scenes) if scene.view.still]
        moving = [index for index, scene in enumerate(scenes) if not scene.view.still]
        if still:
            height, width = layer_size(shape)
            top, left = (height - shape.height) // 2, (width - shape.width) // 2
            seen = layers_BL4HW[still, :, :, top : top + shape.height, left : left + shape.width]
            frames_BTCHW[still] = _composed(seen)[:, None].expand(-1, shape.frames, -1, -1, -1)
        if moving:
            views = [scenes[index].view for index in moving]
            frames_BTCHW[moving] = self._moving_backdrops(layers_BL4HW[moving], views)

    def _moving_backdrops(self, layers_BL4HW: Tensor, views: Sequence[View]) -> Tensor:
        shape, frames = self.shape, self.shape.frames
        height, width = layer_size(shape)
        tracks = np.stack([(view.right_T, view.down_T, view.zoom_T) for view in views], axis=1)
        right_BT, down_BT, zoom_BT = torch.from_numpy(tracks).float().to(self.device)
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
            seen = functional.grid_sample(
                layers_BL4HW[:, layer], grid, "bilinear", "border", align_corners=False
            )
            seen = seen.unflatten(2, (frames, shape.height)).transpose(1, 2)
            out = seen[:, :, :3] if out is None else out * (1 - seen[:, :, 3:]) + seen[:, :, :3]
        assert out is not None
        return out

    def _things(self, renders: Renders, scenes: Sequence[Scene]) -> None:
        """Draw everything on stage over the frames, back to front, and write down the truth, in place."""
        clips, slots = renders.actor_BN.shape
        in_sight: list[tuple[list[int], tuple[Thing, ...], Tensor]] = []
        for slot in range(slots):
            here = [clip for clip in range(clips) if slot < len(scenes[clip].things)]
            if not here:
                break
            things = tuple(scenes[clip].things[slot] for clip in here)
            _cast_shadows(renders.frames_BTCHW, here, things, self)
            drawn_ITCHW = self._drawn(things)
            alpha_ITHW = drawn_ITCHW[:, :, 3]
            _lay_over(renders, here, slot, drawn_ITCHW)
            for clips_behind, _, alpha_behind in in_sight:
                alpha_behind[[clips_behind.index(clip) for clip in here]] *= 1 - alpha_ITHW
            in_sight.append((here, things, alpha_ITHW.clone()))
            renders.actor_BN[here, slot] = torch.tensor([thing.actor for thing in things], device=self.device)
            renders.boxes_BNT4[here, slot] = self._boxes(things)
        for slot, (here, things, alpha_ITHW) in enumerate(in_sight):
            area_I = np.array([[self.sprites.area_P[self.sprites.row[thing.kind]]] for thing in things])
            sides_IT = things_arrays(things, "size_T") ** 2 * things_arrays(things, "stretch_T") ** (
                1 - NARROWING
            )
            whole_IT = torch.from_numpy(area_I * sides_IT).float().to(self.device)
            renders.visible_BNT[here, slot] = (alpha_ITHW.sum((2, 3)) / whole_IT).clamp(0, 1)
        renders.boxes_BNT4.mul_((renders.visible_BNT > 0)[..., None])

    def _drawn(self, things: tuple[Thing, ...]) -> Tensor:
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
                textures = self._textures(things, whole, level)
                seen = functional.grid_sample(textures, grid_ITHW2[whole].flatten(1, 2), align_corners=False)
                drawn_ITCHW[whole] = seen.unflatten(2, (shape.frames, shape.height)).transpose(1, 2)
            if parts:
                owners = [index for index, frames in parts for _ in frames]
                times = [frame for _, frames in parts for frame in frames]
                textures = self._textures(things, owners, level)
                drawn_ITCHW[owners, times] = functional.grid_sample(
                    textures, grid_ITHW2[owners, times], align_corners=False
                )
        return drawn_ITCHW

    def _textures(self, things: tuple[Thing, ...], chosen: list[int], level: int) -> Tensor:
        """The pictures of the chosen things in the light and air of their settings: (chosen, 4, S, S)."""
        textures = torch.stack([self.sprites.texture(things[i].kind, things[i].tint, level) for i in chosen])
        settings = [things[index].setting for index in chosen]
        factors = [WHITE if place.backdrop == "space" else LIGHTS[place.time].prop for place in settings]
        colors = [veil_color(place.weather, place.time) for place in settings]
        veils = [VEILS[place.weather][3] for place in settings]
        factor_I3, color_I3 = (
            torch.tensor(rows, device=self.device)[:, :, None, None] for rows in (factors, colors)
        )
        veil_I = torch.tensor(veils, device=self.device)[:, None, None, None]
        textures[:, :3] *= factor_I3 * (1 - veil_I)
        textures[:, :3] += veil_I * color_I3 * textures[:, 3:]
        return textures

    def _grids(self, things: tuple[Thing, ...]) -> Tensor:
        """Where each pixel of the frame lies in each thing's picture, from -1 to 1: (I, T, H, W, 2)."""
        shape = self.shape
        matrix_IT22 = torch.from_numpy(np.linalg.inv(_matrices(things))).float().to(self.device) * 2
        middle = np.stack(
            [things_arrays(things, "x_T") * shape.width, things_arrays(things, "y_T") * shape.height]
        )
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
        middle_IT12 = np.stack([things_arrays(things, "x_T"), things_arrays(things, "y_T")], axis=-1)[
            :, :, None
        ]
        points_ITK2 = middle_IT12 + points_ITK2 / frame_2
        boxes_IT4 = np.concatenate([points_ITK2.min(2), points_ITK2.max(2)], axis=-1)
        return torch.from_numpy(boxes_IT4.clip(0, 1)).float().to(self.device)


def _matrices(things: tuple[Thing, ...]) -> np.ndarray:
    """From a picture's square (side 1, y down) to pixels round the thing's middle: (I, T, 2, 2)."""
    size, angle = things_arrays(things, "size_T"), things_arrays(things, "angle_T")
    tall = things_arrays(things, "stretch_T")
    mirror = np.array([[-1.0 if thing.mirrored else 1.0] for thing in things])
    wide = mirror * tall**-NARROWING
    cos, sin = np.cos(angle), np.sin(angle)
    rows = [[size * wide * cos, -size * tall * sin], [size * wide * sin, size * tall * cos]]
    return np.moveaxis(np.array(rows), (0, 1), (2, 3))


def _cast_shadows(
    frames_BTCHW: Tensor,
    here: list[int],
    things: tuple[Thing, ...],
    renderer: Renderer,
) -> None:
    """Darken the ground under things; the nearer a thing is to the ground, the darker and wider."""
    shape, device = renderer.shape, renderer.device
    casting = [index for index, thing in enumerate(things) if thing.shadow_T.any()]
    if not casting:
        return
    cast = tuple(things[index] for index in casting)
    depth = np.array([[LIGHTS[thing.setting.time].shadow] for thing in cast])
    half = np.array([[renderer.sprites.cutouts[thing.kind].half_width] for thing in cast])
    near = things_arrays(cast, "shadow_T")
    radius = half * things_arrays(cast, "size_T") / shape.height * (0.45 + 0.55 * near)
    tracks = np.stack(
        [
            things_arrays(cast, "x_T") * shape.width / shape.height,
            things_arrays(cast, "shadow_y_T"),
            radius,
            depth * near,
        ]
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


def _lay_over(renders: Renders, here: list[int], slot: int, drawn_ITCHW: Tensor) -> None:
    """Put a drawn thing over the frames of its clips, and its number into the map of things."""
    alpha_ITHW = drawn_ITCHW[:, :, 3]
    every = len(here) == len(renders.frames_BTCHW)  # then the frames are changed in place, without a copy
    frames = renders.frames_BTCHW if every else renders.frames_BTCHW[here]
    marks = renders.instance_BTHW if every else renders.instance_BTHW[here]
    frames.mul_(1 - alpha_ITHW[:, :, None]).add_(drawn_ITCHW[:, :, :3])
    marks.masked_fill_(alpha_ITHW > 0.5, slot + 1)
    if not every:
        renders.frames_BTCHW[here] = frames
        renders.instance_BTHW[here] = marks


def _part_of(renders: Renders, part: slice) -> Renders:
    return Renders(**{item.name: getattr(renders, item.name)[part] for item in fields(Renders)})


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
