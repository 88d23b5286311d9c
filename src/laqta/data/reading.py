"""The stage that looks for text in the picture: subtitles, logos, titles. It needs the extra `ocr`."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from laqta.data.ingest import bytes_of
from laqta.data.stages import SOURCES, Row, Stage, Work, each_row
from laqta.data.text_area import TextFinder, measure_text


@dataclass(frozen=True, kw_only=True)
class TextStage(Stage):
    """How much of a source's picture is text: on average, and as an overlay that stays."""

    name = "text"
    version = 2
    reads = ("probe", SOURCES)
    needs = ("rapidocr", "ocr")
    memory_mb = 1500
    columns = pa.schema([("text_share", pa.float64()), ("overlay_share", pa.float64())])

    def open(self) -> Work:
        """Load the detector."""
        finder = TextFinder()

        def find(item: Row) -> Row:
            area = measure_text(bytes_of(dict(item)), finder)
            return {"text_share": area.mean_area, "overlay_share": area.overlay_area}

        return each_row(self.schema, find)
