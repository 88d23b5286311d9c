"""Whose footage it is, and what may be done with it. What nobody stated is unknown, and unknown is refused later.

A sidecar file beside a film, or `rights.toml` in its folder or one above it, states it:

    owner = "Amal Studios"
    licence = "CC-BY-4.0"
    consent = "people"            # whose consent is on file: "none needed", "people", "refused"
    expires = 2027-12-31          # the last day of use
"""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

CONSENTS = ("none needed", "people", "refused")
FOLDER_RIGHTS = "rights.toml"


@dataclass(frozen=True, kw_only=True)
class Rights:
    """What is known of a source's rights; `expires` is the last day of use, as `YYYY-MM-DD`."""

    owner: str | None = None
    licence: str | None = None
    consent: str | None = None
    expires: str | None = None

    def known(self) -> bool:
        """Whether somebody stated an owner and a licence, and consent was not refused."""
        return bool(self.owner and self.licence) and self.consent != "refused"

    def filled_from(self, other: Rights) -> Rights:
        """These rights, and what they leave open from others."""
        stated = {key: value for key, value in asdict(self).items() if value is not None}
        return replace(other, **stated)


def find_rights(path: Path) -> Rights:
    """The rights stated for a local film: its sidecar `film.mp4.toml`, then `rights.toml` up the folders.

    Raises:
        ValueError: such a file is no TOML, or states something else.
    """
    rights = Rights()
    sidecar = path.with_name(path.name + ".toml")
    for place in (sidecar, *(folder / FOLDER_RIGHTS for folder in path.parents)):
        if place.is_file():
            rights = rights.filled_from(read_rights(place))
    return rights


def read_rights(path: Path) -> Rights:
    """Read one file of rights; `ValueError` says what is wrong with it."""
    try:
        stated = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{str(path)!r} is not TOML: {error}") from error
    return make_rights(stated, str(path))


def make_rights(stated: dict[str, Any], where: str) -> Rights:
    """Check what somebody stated; `where` is named in the error."""
    allowed = tuple(asdict(Rights()))
    for key, value in stated.items():
        if key not in allowed:
            raise ValueError(f"{where}: {key!r} is no statement of rights; allowed are {', '.join(allowed)}")
        if key == "expires" and isinstance(value, date):
            stated = stated | {key: value.isoformat()}
        elif not isinstance(value, str) or not value.strip():
            raise ValueError(f"{where}: {key} = {value!r}; it takes a text")
    if (consent := stated.get("consent")) is not None and consent not in CONSENTS:
        raise ValueError(f"{where}: consent = {consent!r}; allowed are {', '.join(map(repr, CONSENTS))}")
    if (expires := stated.get("expires")) is not None:
        try:
            date.fromisoformat(expires)
        except ValueError as error:
            raise ValueError(f"{where}: expires = {expires!r}; it takes a day, as 2027-12-31") from error
    return Rights(**stated)
