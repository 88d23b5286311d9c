"""What a file of video is, from its headers and its two ends: nothing in between is read.

A time is a whole number of a stream's time base (PTS); seconds are for people.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import av

DEMUXERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,gif,avi,mpegts"
"""What FFmpeg may take a file for. No playlists and no lists of pictures: those open other files."""
MAX_SIDE = 16_384
MAX_PIXELS = 8192 * 8192
HEAD_PACKETS = 300
"""How many packets are read at the front to see whether the frame rate varies."""
REORDERED = 16  # H.264's and H.265's most
TAIL_SECONDS = 2
"""How far before its end a file is read again, to see where its last frame ends."""
RATE_TOLERANCE = 0.25
"""Two frames' distance may differ by this share of a frame: containers round to milliseconds."""

_PQ, _HLG = 16, 18  # color_trc: SMPTE ST 2084 and ARIB STD-B67 (ITU-T H.273)
_CONTENT = {
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"PK\x03\x04": "a ZIP archive",
    b"%PDF": "a PDF",
    b"#EXTM3U": "a playlist, which names other files",
    b"ffconcat": "a playlist, which names other files",
    b"[playlist]": "a playlist, which names other files",
    b"<": "a page of markup",
    b"\x1f\x8b": "a gzip archive",
    b"ID3": "an MP3",
    b"fLaC": "a FLAC",
    b"OggS": "an Ogg file",
}

Hdr = Literal["none", "pq", "hlg"]


@dataclass(frozen=True, kw_only=True)
class Probe:
    """What a file says of its video, checked at both ends.

    `width` and `height` are as displayed: turned by `rotation` (degrees counter-clockwise, of 0, 90, 180, 270)
    and with square pixels; `coded_width` and `coded_height` are as stored. `end_pts` is where the last frame
    ends (exclusive). `frames` is the count the container states, `None` where it states none. `varies` tells a
    variable frame rate. `bits` are the bits of a sample.
    """

    container: str
    codec: str
    width: int
    height: int
    coded_width: int
    coded_height: int
    rotation: int
    time_base: Fraction
    start_pts: int
    end_pts: int
    frames: int | None
    average_rate: Fraction | None
    varies: bool
    pixel_format: str
    bits: int
    hdr: Hdr
    interlaced: bool
    audio: bool

    @property
    def seconds(self) -> float:
        """Length of the pictures in seconds."""
        return float((self.end_pts - self.start_pts) * self.time_base)


def probe(path: str | Path) -> Probe:
    """Look at a file of video; an hour costs no more than a second.

    Raises `ValueError` for a file that is missing, empty, no film (a playlist, a picture, an archive, text),
    without pictures, cut short, damaged at its start, or absurdly large.
    """
    path = existing(path)
    with open_film(path) as container:
        stream = container.streams.video[0]
        promised = (container.duration or 0) / av.time_base
        stated = stream.duration
        try:
            head = list(_head(container, stream))
            first = _first_frame(path)
            end_pts, reached = _tail(container, stream)
        except av.FFmpegError as error:
            raise ValueError(f"{str(path)!r} is damaged at its start or end ({error.strerror})") from error
        time_base = stream.time_base
        assert time_base is not None
        starts = [packet.pts for packet in head if packet.pts is not None and not packet.is_discard]
        start_pts = min(starts, default=first.pts or 0)
        _check_whole(path, stream, end_pts, max(promised if stated is None else 0.0, 0.0), reached)
        turned = first.rotation % 180 == 90
        wide = stream.width * (stream.codec_context.sample_aspect_ratio or 1)
        shown = (stream.height, round(wide)) if turned else (round(wide), stream.height)
        return Probe(
            container=container.format.name,
            codec=stream.codec_context.name,
            width=shown[0],
            height=shown[1],
            coded_width=stream.width,
            coded_height=stream.height,
            rotation=first.rotation % 360,
            time_base=time_base,
            start_pts=start_pts,
            end_pts=end_pts,
            frames=stream.frames or None,
            average_rate=stream.average_rate,
            varies=_varies(starts) or _rates_differ(stream),
            pixel_format=first.format.name,
            bits=max(component.bits for component in first.format.components),
            hdr="pq" if first.color_trc == _PQ else "hlg" if first.color_trc == _HLG else "none",
            interlaced=first.interlaced_frame or stream.codec_context.field_order > 1,
            audio=bool(container.streams.audio),
        )


def existing(path: str | Path) -> Path:
    """Return the path of a file with bytes in it, or raise the `ValueError` that says what is there."""
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"{str(path)!r}: there is no such file")
    if path.stat().st_size == 0:
        raise ValueError(f"{str(path)!r} is empty: it holds no bytes; fetch or copy it again")
    return path


def open_film(path: Path) -> av.container.InputContainer:
    """Open a film with FFmpeg, which may read nothing but this file; `ValueError` if it has no pictures.

    Laqta looks at a file's first stream of pictures; where that is a cover, the file is refused too.

    It is decoded in one thread: with several, FFmpeg's H.264 decoder gives out motion vectors that another thread is
    still writing, and in a damaged film the count of threads decides where it breaks off and how holes are patched.
    A worker is a core anyway.
    """
    try:  # `file:` in front, or a name with a colon would be read as a protocol
        container = av.open(
            f"file:{path.absolute()}", options={"format_whitelist": DEMUXERS, "protocol_whitelist": "file"}
        )
    except av.FFmpegError as error:
        raise ValueError(f"{str(path)!r} is not a film, or is cut short: {_what_is(path, error)}") from error
    films = [
        stream
        for stream in container.streams.video
        if not stream.disposition & av.stream.Disposition.attached_pic
    ]
    try:
        if not films:
            raise ValueError(
                f"{str(path)!r} has {'sound' if container.streams.audio else 'data'} but no pictures"
            )
        if films[0].index != container.streams.video[0].index:
            raise ValueError(f"{str(path)!r} begins with a cover picture; write it again with its film alone")
        _check_size(path, films[0])
    except ValueError:
        container.close()
        raise
    films[0].codec_context.thread_count = 1
    return container


def _what_is(path: Path, error: av.FFmpegError) -> str:
    with path.open("rb") as file:
        head = file.read(16)
    looks = next((name for start, name in _CONTENT.items() if head.startswith(start)), "")
    found = f"it looks like {looks}" if looks else f"FFmpeg says {error.strerror!r}"
    return f"{found}; use a whole .mp4, .mov, .webm, .mkv, .avi, .ts or .gif"


def _check_size(path: Path, stream: av.VideoStream) -> None:
    width, height = getattr(stream, "width", 0), getattr(stream, "height", 0)  # a codec unknown has none
    if width < 1 or height < 1 or stream.codec_context.pix_fmt is None:
        raise ValueError(f"{str(path)!r} does not say how its pictures are stored: cut short or damaged")
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise ValueError(
            f"{str(path)!r} is too large: {width}x{height}; at most {MAX_SIDE} a side and 67 megapixels"
        )


def _head(container: av.container.InputContainer, stream: av.VideoStream) -> Iterator[av.Packet[Any]]:
    for count, packet in enumerate(container.demux(stream)):
        if packet.size:
            yield packet
        if count == HEAD_PACKETS:
            return


def _first_frame(path: Path) -> av.VideoFrame:
    with open_film(path) as container:
        for frame in container.decode(video=0):
            return frame
    raise ValueError(f"{str(path)!r} holds no picture that can be decoded: cut short or damaged")


def _tail(container: av.container.InputContainer, stream: av.VideoStream) -> tuple[int, float]:
    """Return where the last frame ends (PTS), and how far the last packet of any stream reaches (seconds)."""
    begin = stream.start_time or 0
    length = stream.duration or int((container.duration or 0) / av.time_base / (stream.time_base or 1))
    back = int(TAIL_SECONDS / (stream.time_base or 1))  # packets lie in the order of decoding, not of showing
    container.seek(begin + max(length - back, 0), stream=stream)
    end = _ends(container, stream)
    if end[0] is None:  # the index points past the file's end, or there is none: read it all
        container.seek(begin, stream=stream)
        end = _ends(container, stream)
    return end[0] or begin, end[1]


def _ends(container: av.container.InputContainer, stream: av.VideoStream) -> tuple[int | None, float]:
    last, reached = None, 0.0
    usual = 1 / (stream.average_rate or 25) / (stream.time_base or 1)
    for packet in container.demux():
        if packet.pts is None or packet.time_base is None:
            continue
        end = packet.pts + (packet.duration or (round(usual) if packet.stream is stream else 0))
        reached = max(reached, float(end * packet.time_base))
        if packet.stream is stream:
            last = end if last is None else max(last, end)
    return last, reached


def _check_whole(path: Path, stream: av.VideoStream, end_pts: int, promised: float, reached: float) -> None:
    """Raise if the file ends before what it promises, by its stream's length or else by its container's."""
    base, frame = stream.time_base or Fraction(1), 1.5 / float(stream.average_rate or 25)
    start = float((stream.start_time or 0) * base)
    if stream.frames and stream.average_rate and stream.container.format.name == "avi":
        promised, reached = float(stream.frames / stream.average_rate), float(end_pts * base) - start
        start = 0.0
    elif stream.duration is not None:
        promised, reached = start + float(stream.duration * base), float(end_pts * base)
        start = 0.0
    elif stream.container.format.name.startswith("matroska"):
        start = 0.0  # its length is counted from zero
    if reached - start < promised - max(frame, 0.1):
        raise ValueError(
            f"{str(path)!r} is cut short: {reached:.2f} of {promised:.2f} seconds are there; fetch it again"
        )


def _varies(starts: list[int]) -> bool:
    ordered = sorted(starts)
    if len(ordered) > 2 * REORDERED:  # where reading stopped, frames that are shown earlier are still to come
        ordered = ordered[:-REORDERED]
    gaps = [later - earlier for earlier, later in pairwise(ordered)]
    if not gaps:
        return False
    usual = sorted(gaps)[len(gaps) // 2]
    return any(abs(gap - usual) > max(1, RATE_TOLERANCE * usual) for gap in gaps)


def _rates_differ(stream: av.VideoStream) -> bool:
    """MP4 knows all its frames' distances: its average differs from its base rate where they vary."""
    average, base = stream.average_rate, stream.base_rate
    if stream.frames == 0 or not average or not base:
        return False
    return abs(float(average / base) - 1) > 0.02 and abs(float(2 * average / base) - 1) > 0.02
