"""The HTTP server, which ends open event streams when it is asked to stop: they would hold it up otherwise."""

from __future__ import annotations

from types import FrameType

import uvicorn

from laqta.studio.desk import Desk


class StudioServer(uvicorn.Server):
    """uvicorn that tells the desk that it is closing."""

    def __init__(self, config: uvicorn.Config, desk: Desk) -> None:
        super().__init__(config)
        self._desk = desk

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Note the signal; the streams end at their next look."""
        self._desk.closing = True
        super().handle_exit(sig, frame)
