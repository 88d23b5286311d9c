"""What a person sets once: flags win over `LAQTA_*` variables, those win over the file `config.toml`.

The file lies in `LAQTA_HOME` (`~/.laqta`), or where `LAQTA_CONFIG` says. Its keys are the fields of `Settings`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from laqta.config import from_dict


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the command line falls back on where a flag is not given; `None` leaves it to the model's card."""

    model: str | None = None
    device: str | None = None
    steps: int | None = None
    guidance: float | None = None


VARIABLES = (
    "LAQTA_HOME",
    "LAQTA_CONFIG",
    "LAQTA_DEBUG",
    "LAQTA_KEY",
    "LAQTA_DATABASE",
    "LAQTA_QUOTA",
    "LAQTA_DATA",
    "LAQTA_BRAIN",
    "LAQTA_BRAIN_URL",
    "LAQTA_BRAIN_MODEL",
    "LAQTA_BRAIN_KEY",
    "LAQTA_VISION_URL",
    "LAQTA_VISION_KEY",
    "LAQTA_CHECK_URL",
    "LAQTA_CHECK_KEY",
    "LAQTA_WEBHOOK_URL",
    "LAQTA_WEBHOOK_SECRET",
    *(f"LAQTA_{field.name.upper()}" for field in fields(Settings)),
)
"""Every environment variable that Laqta reads."""


def home(environ: Mapping[str, str]) -> Path:
    """Return the folder of state: fetched props, runs, weights, `config.toml`. It may not exist yet."""
    return Path(environ.get("LAQTA_HOME") or "~/.laqta").expanduser()


def config_file(environ: Mapping[str, str]) -> Path:
    """Return where the settings file is, or would be."""
    named = environ.get("LAQTA_CONFIG")
    return Path(named).expanduser() if named else home(environ) / "config.toml"


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Read the file, then the variables over it.

    Raises `ValueError` for an unknown key, a wrong type, text that is not TOML, or a `LAQTA_CONFIG` that names
    no file.
    """
    settings = _read_file(config_file(environ), named="LAQTA_CONFIG" in environ)
    for field in fields(Settings):
        variable = f"LAQTA_{field.name.upper()}"
        text = environ.get(variable)
        if text:
            settings = replace(settings, **{field.name: _parse(field.name, text, variable)})
    return settings


def _read_file(path: Path, *, named: bool) -> Settings:
    if not path.is_file():
        if named:
            raise ValueError(
                f"LAQTA_CONFIG names {str(path)!r}, which is not a file; unset it or write one there"
            )
        return Settings()
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path}: this is not TOML ({error})") from error
    return from_dict(Settings, data, where=str(path))


def _parse(name: str, text: str, variable: str) -> Any:
    kinds = {"steps": (int, "a whole number"), "guidance": (float, "a number")}
    kind, spelled = kinds.get(name, (str, "text"))
    try:
        return kind(text)
    except ValueError as error:
        raise ValueError(f"{variable}: {text!r} is not {spelled}") from error
