"""Pictures that come in, and films that go out in another format."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from laqta.studio.encoding import film_bytes
from laqta.video import read_recipe, read_video

MOST_BYTES = 10 * 10**6
MOST_PIXELS = 40_000_000
KEPT_SIDE = 1024
"""A picture is kept at most this large: no model here films finer."""
FORMATS = ("PNG", "JPEG", "WEBP")


def as_png(content: bytes) -> tuple[bytes, int, int]:
    """An uploaded picture as a PNG of our own making, with width and height; only its pixels are kept.

    Raises `ValueError` for what is no picture, or is too large.
    """
    if len(content) > MOST_BYTES:
        raise ValueError(
            f"the picture has {len(content) / 1e6:.1f} MB; at most {MOST_BYTES // 10**6} are taken"
        )
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise ValueError(
                    f"the picture has {picture.width}x{picture.height} pixels, which is too large"
                )
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise ValueError("that is no picture that can be read; PNG, JPEG and WebP are") from error
    upright.thumbnail((KEPT_SIDE, KEPT_SIDE))
    out = BytesIO()
    upright.save(out, "PNG")
    return out.getvalue(), upright.width, upright.height


def converted(path: Path, ending: str) -> bytes:
    """A take's film in another format, its recipe inside as well."""
    clip = read_video(path)
    return film_bytes(clip.frames_THWC, clip.fps, ending, read_recipe(path))
