"""Where a studio keeps everything: its database and its media, under `LAQTA_HOME` unless told otherwise."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from laqta.settings import home
from laqta.studio import media
from laqta.studio.media import Media
from laqta.studio.store import Store

USUAL_QUOTA = 20 * 10**9
SPARE = 200 * 10**6
"""Bytes that are left free on the disk, so that the database can still be written to."""


class QuotaError(ValueError):
    """No more may be filmed until something is deleted."""


@dataclass(frozen=True, kw_only=True)
class Workplace:
    """One studio's rows and files; all its processes open the same."""

    store: Store
    media: Media
    quota: int

    @classmethod
    def open(cls, environ: Mapping[str, str], database: str | None = None) -> Workplace:
        """Open the studio under `LAQTA_HOME`, or with another database (its media stay under `LAQTA_HOME`)."""
        folder = home(environ) / "studio"
        folder.mkdir(parents=True, exist_ok=True)
        url = database or environ.get("LAQTA_DATABASE") or f"sqlite:///{folder.absolute() / 'studio.db'}"
        quota = environ.get("LAQTA_QUOTA") or str(USUAL_QUOTA)
        if not quota.isdigit():
            raise ValueError(f"LAQTA_QUOTA: {quota!r} is not a whole number of bytes")
        return cls(store=Store(url), media=Media(folder / "media"), quota=int(quota))

    def check_room(self, db: Connection) -> None:
        """Raise `QuotaError` where the quota is used up or the disk is full."""
        used = media.used(db)
        if used >= self.quota:
            raise QuotaError(
                f"the films take {used / 1e9:.1f} GB, and {self.quota / 1e9:.1f} GB are allowed: delete some, or raise "
                "LAQTA_QUOTA"
            )
        if shutil.disk_usage(self.media.folder.parent).free < SPARE:
            raise QuotaError("the disk is full: delete some films, or make room on it")
