"""Which takes may be filmed in one batch: those that ask the same of the model beside their shot."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import RowMapping


def form_of(row: RowMapping) -> str:
    """A word that is the same for takes of one batch: model, length, format, pictures and settings alike."""
    shot: dict[str, Any] = row["shot"]
    parts = [
        row["model"],
        shot["seconds"],
        shot["format"],
        row["loop"],
        row["first"],
        row["last"],
        row["source"],
    ]
    return "" if row["source"] else json.dumps([*parts, row["settings"]], sort_keys=True)
