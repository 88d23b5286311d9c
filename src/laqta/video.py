"""Moving and still pictures on disk: films with their recipe inside, contact sheets, boxes, enlarging.

Frames are `frames_THWC`: T frames of H by W pixels, C = red, green, blue, uint8. Nothing here needs torch.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from PIL import Image, ImageDraw, ImageOps, UnidentifiedImageError

from laqta.encode import EXIF_DESCRIPTION, WRITERS, Frames
from laqta.files import write_file
from laqta.shot import BoxTrack, VideoShape

MAX_CLIP_BYTES = 2**31
"""A clip that would take more than this as raw frames is refused rather than swapped to a crawl."""
MAX_IMAGE_PIXELS = 64_000_000
LEAST_TILE = 128
LEAST_SAVED_SIDE = 256
"""A smaller film is enlarged to this many pixels when it is saved; its recipe says by how much."""
BOX_COLOURS = ("#ff3b30", "#34c759", "#0a84ff", "#ffcc00", "#bf5af2", "#ff9f0a", "#64d2ff", "#ffffff")

_DEMUXERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,gif,avi,mpegts"  # no playlists: those open other files


@dataclass(frozen=True, kw_only=True, eq=False)
class Clip:
    """Frames (T, H, W, 3) and how many of them a second shows."""

    frames_THWC: Frames
    fps: float


def write_video(
    path: str | Path, frames_THWC: Frames, fps: float, recipe: dict[str, Any] | None = None
) -> None:
    """Write a film, whole or not at all; the ending (.mp4, .webm, .gif, .webp) chooses the format.

    The recipe lies in the file's own metadata, where `read_recipe` finds it. The same frames give the same
    bytes. Raises `ValueError` for another ending, and for frames that are not uint8 with even sides.
    """
    path = Path(path)
    write = WRITERS[check_ending(path)]
    _check_frames(frames_THWC)
    comment = None if recipe is None else json.dumps({"laqta": recipe}, allow_nan=False)
    with write_file(path) as draft:
        write(draft, frames_THWC, Fraction(fps).limit_denominator(1001), comment)


def check_ending(path: Path) -> str:
    """Return the ending in lower case, or raise the `ValueError` that lists the endings there are."""
    ending = path.suffix.lower()
    if ending not in WRITERS:
        raise ValueError(
            f"{str(path)!r}: cannot write {ending or 'no ending'!r}; use one of {', '.join(WRITERS)}"
        )
    return ending


def _check_frames(frames_THWC: Frames) -> None:
    if frames_THWC.dtype != np.uint8 or frames_THWC.ndim != 4 or frames_THWC.shape[-1] != 3:
        raise ValueError(f"frames must be uint8 (T, H, W, 3), got {frames_THWC.dtype} {frames_THWC.shape}")
    frames, height, width, _ = frames_THWC.shape
    if not frames or not height or not width:
        raise ValueError(f"a film needs at least one frame with pixels, got {frames_THWC.shape}")
    if height % 2 or width % 2:
        raise ValueError(f"a film's width and height must be even, got {width}x{height}")


# ---------------------------------------------------------------- recipes


def read_recipe(path: str | Path) -> dict[str, Any]:
    """Read the recipe that `write_video` left in a film; `ValueError` where there is none."""
    path = _existing(path)
    try:
        recipe = json.loads(_read_comment(path))["laqta"]
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(
            f"{str(path)!r} carries no recipe: Laqta did not film it, or another program has saved it since"
        ) from error
    return cast(dict[str, Any], recipe)


def _read_comment(path: Path) -> str:
    kind = _still_format(path)
    if kind == "WEBP":
        with Image.open(path) as picture:
            return str(picture.getexif().get(EXIF_DESCRIPTION, ""))
    if kind == "GIF":
        with Image.open(path) as picture:
            return bytes(picture.info.get("comment", b"")).decode("ascii")
    with _open_container(path) as container:
        tags = {key.lower(): value for key, value in container.metadata.items()}
    return tags.get("comment", "")


# ---------------------------------------------------------------- reading


def read_video(path: str | Path) -> Clip:
    """Read a whole film: .mp4, .webm, .gif, .webp, and what else FFmpeg finds in their containers.

    Raises `ValueError` for a file that is missing, no film, cut short, or too large for memory.
    """
    path = _existing(path)
    kind = _still_format(path)
    if kind == "WEBP":
        return _read_webp(path)
    with _open_container(path) as container:
        stream = container.streams.video[0]
        promised, rate = _promised_seconds(container), float(stream.average_rate or 0)
        try:
            pictures, starts, end = _decode(path, container)
        except av.FFmpegError as error:
            raise ValueError(f"{str(path)!r} is cut short or damaged ({error.strerror})") from error
    if (
        not pictures
        or end - starts[0] < promised - 1.5 / (rate or 1.0)
        or (kind == "GIF" and _lacks_end(path))
    ):
        raise ValueError(f"{str(path)!r} is cut short: only {end:.2f} of {promised:.2f} seconds can be read")
    return Clip(frames_THWC=np.stack(pictures), fps=_rate(starts, end) if kind == "GIF" else rate)


def _decode(path: Path, container: av.container.InputContainer) -> tuple[list[Frames], list[float], float]:
    """Return the frames, when each starts, and when the last one ends, in seconds."""
    pictures: list[Frames] = []
    starts: list[float] = []
    end = 0.0
    for picture in container.decode(video=0):
        _check_memory(path, len(pictures) + 1, picture.height, picture.width)
        pictures.append(cast(Frames, picture.to_ndarray(format="rgb24")))
        starts.append(float(picture.time or 0.0))
        end = starts[-1] + float((picture.duration or 0) * (picture.time_base or 0))
    return pictures, starts, end


def _read_webp(path: Path) -> Clip:
    """Read an animated WebP. Its encoder joins equal neighbours into one long frame: cut those again."""
    data = path.read_bytes()
    if len(data) < int.from_bytes(data[4:8], "little") + 8:  # RIFF: the size of what follows stands in front
        raise ValueError(f"{str(path)!r} is cut short: {len(data)} bytes are there")
    pictures, milliseconds = [], []
    try:
        with Image.open(path) as picture:
            for at in range(getattr(picture, "n_frames", 1)):
                picture.seek(at)
                pictures.append(np.asarray(picture.convert("RGB")))
                milliseconds.append(max(int(picture.info.get("duration", 0)), 1))
    except (OSError, EOFError, Image.DecompressionBombError) as error:
        raise ValueError(f"{str(path)!r} is cut short or damaged ({error})") from error
    repeats = [round(length / min(milliseconds)) for length in milliseconds]
    _check_memory(path, sum(repeats), *pictures[0].shape[:2])
    frames_THWC = np.repeat(np.stack(pictures), repeats, axis=0)
    return Clip(frames_THWC=frames_THWC, fps=_snap(1000 * len(frames_THWC) / sum(milliseconds)))


def read_image(path: str | Path, size: tuple[int, int]) -> Frames:
    """Read a picture as (H, W, 3), cut from its middle to fill `size` (width, height); clear parts become white.

    Raises `ValueError` for a file that is missing, no picture, cut short or too large.
    """
    path = _existing(path)
    try:
        with warnings.catch_warnings(action="ignore", category=Image.DecompressionBombWarning):
            opened = Image.open(path)
        with opened:
            if opened.width * opened.height > MAX_IMAGE_PIXELS:
                raise ValueError(
                    f"{str(path)!r} is too large: {opened.width}x{opened.height}, at most 64 megapixels"
                )
            picture = ImageOps.exif_transpose(opened).convert("RGBA")
    except UnidentifiedImageError as error:
        raise ValueError(f"{str(path)!r} is not an image; use a .png, .jpg, .webp or .gif") from error
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"{str(path)!r} cannot be read as an image ({error})") from error
    white = Image.new("RGBA", picture.size, "white")
    whole = Image.alpha_composite(white, picture).convert("RGB")
    return np.array(ImageOps.fit(whole, size, Image.Resampling.LANCZOS))  # a copy: Pillow's own is read-only


def _existing(path: str | Path) -> Path:
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"{str(path)!r}: there is no such file")
    return path


def _still_format(path: Path) -> str:
    """Tell GIF and WebP, which Pillow reads better than FFmpeg, by their first bytes; else an empty string."""
    with path.open("rb") as file:
        head = file.read(12)
    if head[:4] == b"RIFF" and head[8:] == b"WEBP":
        return "WEBP"
    return "GIF" if head[:3] == b"GIF" else ""


def _open_container(path: Path) -> av.container.InputContainer:
    """Open a film with FFmpeg, which may read nothing but this file; `ValueError` if it has no pictures."""
    try:
        container = av.open(str(path), options={"format_whitelist": _DEMUXERS, "protocol_whitelist": "file"})
    except av.FFmpegError as error:
        raise ValueError(
            f"{str(path)!r} is not a film, or is cut short ({error.strerror}); use a .mp4, .webm, .gif or .webp"
        ) from error
    if not container.streams.video:
        container.close()
        raise ValueError(f"{str(path)!r} has sound but no pictures")
    return container


def _promised_seconds(container: av.container.InputContainer) -> float:
    """Return how long the file says its film is; 0 where it does not say, or says it of its sound."""
    stream = container.streams.video[0]
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return (container.duration or 0) / 1_000_000 if len(container.streams) == 1 else 0.0


def _lacks_end(path: Path) -> bool:
    return not path.read_bytes().rstrip(b"\x00").endswith(b";")


def _rate(starts: list[float], end: float) -> float:
    """Return the frames a second of a GIF, whose frames can only start on hundredths of a second."""
    if len(starts) > 1:
        return _snap((len(starts) - 1) / (starts[-1] - starts[0]))
    return _snap(1 / end) if end else 1.0


def _snap(fps: float) -> float:
    """Take the whole number where it is within the rounding of a frame's start."""
    return float(round(fps)) if abs(fps - round(fps)) < 0.02 * fps else fps


def _check_memory(path: Path, frames: int, height: int, width: int) -> None:
    if frames * height * width * 3 > MAX_CLIP_BYTES:
        raise ValueError(
            f"{str(path)!r} is too large: {width}x{height}, {frames} frames or more; cut a shorter clip"
        )


# ---------------------------------------------------------------- pictures of frames


def save_image(path: str | Path, frame_HWC: Frames) -> None:
    """Save one frame (H, W, 3) as a PNG, pixel by pixel."""
    with write_file(path) as draft:
        Image.fromarray(frame_HWC).save(draft, format="PNG")


def picture_bytes(frame_HWC: Frames) -> bytes:
    """One 8-bit frame as a WebP picture."""
    content = BytesIO()
    Image.fromarray(frame_HWC).save(content, "WEBP", quality=85)
    return content.getvalue()


def contact_sheet(frames_THWC: Frames, path: str | Path, *, columns: int = 5, most: int = 25) -> None:
    """Save up to `most` frames, evenly spaced with the first and the last, as one PNG read row by row.

    Small frames are enlarged to at least `LEAST_TILE` pixels of height.
    """
    chosen = np.unique(np.linspace(0, len(frames_THWC) - 1, most).round().astype(int))
    tiles_THWC = enlarge(frames_THWC[chosen], -(-LEAST_TILE // frames_THWC.shape[1]))
    height, width = tiles_THWC.shape[1:3]
    columns = min(columns, len(chosen))
    rows = -(-len(chosen) // columns)
    gap = width // 64
    sheet = Image.new("RGB", (columns * (width + gap) + gap, rows * (height + gap) + gap), "white")
    for at, tile_HWC in enumerate(tiles_THWC):
        row, column = divmod(at, columns)
        corner = (gap + column * (width + gap), gap + row * (height + gap))
        sheet.paste(Image.fromarray(tile_HWC), corner)
    with write_file(path) as draft:
        sheet.save(draft, format="PNG", optimize=True)


def draw_boxes(frames_THWC: Frames, tracks: Sequence[BoxTrack]) -> Frames:
    """Return the frames with every track's box of that frame drawn on them, each track in its own colour."""
    drawn = []
    for at, frame_HWC in enumerate(frames_THWC):
        picture = Image.fromarray(frame_HWC)
        pen = ImageDraw.Draw(picture)
        for number, track in enumerate(tracks):
            if box := track.boxes[at]:
                corners = (
                    round(box.left * (picture.width - 1)),
                    round(box.top * (picture.height - 1)),
                    round(box.right * (picture.width - 1)),
                    round(box.bottom * (picture.height - 1)),
                )
                pen.rectangle(
                    corners, outline=BOX_COLOURS[number % len(BOX_COLOURS)], width=1 + picture.width // 256
                )
        drawn.append(np.asarray(picture))
    return np.stack(drawn)


def fit_frames(clip: Clip, width: int, height: int, fps: float) -> Frames:
    """Return a clip's frames at another size (cut from the middle) and rate (the nearest frame in time)."""
    count = max(1, round(len(clip.frames_THWC) * fps / clip.fps))
    times = np.minimum((np.arange(count) * clip.fps / fps).round().astype(int), len(clip.frames_THWC) - 1)
    chosen: Frames = clip.frames_THWC[times]
    if chosen.shape[1:3] == (height, width):
        return chosen
    shrinks = chosen.shape[1] >= height and chosen.shape[2] >= width
    smooth = Image.Resampling.BOX if shrinks else Image.Resampling.BICUBIC  # a box undoes `enlarge`
    pictures = (Image.fromarray(frame_HWC) for frame_HWC in chosen)
    return np.stack([np.asarray(ImageOps.fit(picture, (width, height), smooth)) for picture in pictures])


def enlarge(frames_THWC: Frames, factor: int) -> Frames:
    """Return frames of `factor` times the sides, smoothly (bicubic: Lanczos rings round a sticker's edge)."""
    height, width = frames_THWC.shape[1:3]
    size = (width * factor, height * factor)
    return np.stack(
        [
            np.asarray(Image.fromarray(frame_HWC).resize(size, Image.Resampling.BICUBIC))
            for frame_HWC in frames_THWC
        ]
    )


def enlargement(shape: VideoShape) -> int:
    """How many times a shape's films are enlarged when they are saved."""
    side = min(shape.width, shape.height)
    return -(-LEAST_SAVED_SIDE // side) if side < 192 else 1
