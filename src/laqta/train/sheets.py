"""Pictures written while a run goes on, so that a person sees what it has learned.

Shape suffixes: B batch, C channels, T frames, H height, W width.
"""

import json
from pathlib import Path

import torch
from PIL import Image, ImageDraw
from torch import Tensor

from laqta.files import write_file


def to_pixels(frames_BCTHW: Tensor) -> Tensor:
    """Frames in [-1, 1] as 8-bit pixels of shape (B, T, H, W, C)."""
    pixels = ((frames_BCTHW.float().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
    return pixels.permute(0, 2, 3, 4, 1).cpu()


def save_reconstructions(path: Path, wanted_BCTHW: Tensor, drawn_BCTHW: Tensor) -> None:
    """Write clips in pairs of rows, the wanted one above the drawn one."""
    pairs = torch.stack([to_pixels(wanted_BCTHW), to_pixels(drawn_BCTHW)], dim=1).flatten(0, 1)
    save_clips(path, pairs)


def save_clips(path: Path, clips_BTHWC: Tensor, captions: list[str] | None = None) -> None:
    """Write clips as rows of at most nine frames, enlarged to at least 96 px, each row under its caption."""
    count, frames, height, width = clips_BTHWC.shape[:4]
    picks = torch.linspace(0, frames - 1, min(9, frames)).round().long().tolist()
    zoom = max(1, -(-96 // height))
    strip = 14 if captions else 0
    sheet = Image.new("RGB", (len(picks) * width * zoom, count * (height * zoom + strip)), "white")
    pen = ImageDraw.Draw(sheet)
    for row in range(count):
        top = row * (height * zoom + strip)
        if captions:
            pen.text((2, top), captions[row].encode("ascii", "replace").decode(), fill="black")
        for column, frame in enumerate(picks):
            tile = Image.fromarray(clips_BTHWC[row, frame].numpy()).resize(
                (width * zoom, height * zoom), Image.Resampling.NEAREST
            )
            sheet.paste(tile, (column * width * zoom, top + strip))
    with write_file(path) as draft:
        sheet.save(draft)


def save_loss_plot(path: Path, log: Path, key: str = "loss") -> None:
    """Draw one key of a JSONL log against minutes as a PNG, smoothed over ten records."""
    records = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    points = [(record["minutes"], record[key]) for record in records if key in record and "minutes" in record]
    if len(points) < 2:
        return
    width, height, edge = 640, 360, 40
    low, high = min(y for _, y in points), max(y for _, y in points)
    span_x, span_y = points[-1][0] or 1.0, (high - low) or 1.0
    sheet = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(sheet)
    smooth = [
        sum(y for _, y in points[max(0, at - 9) : at + 1]) / min(10, at + 1) for at in range(len(points))
    ]
    for values, colour in (([y for _, y in points], "#c8d6e5"), (smooth, "#1b4f8f")):
        line = [
            (edge + (width - 2 * edge) * x / span_x, height - edge - (height - 2 * edge) * (y - low) / span_y)
            for (x, _), y in zip(points, values, strict=True)
        ]
        pen.line(line, fill=colour, width=2)
    pen.text((edge, height - edge + 8), f"0 to {span_x:.1f} minutes", fill="black")
    pen.text((edge, 8), f"{key}: {points[0][1]:.4g} to {points[-1][1]:.4g}", fill="black")
    with write_file(path) as draft:
        sheet.save(draft)
