"""Frozen dataclasses as JSON and back. A key that no field has is an error that names it and those allowed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from laqta.files import write_file

T = TypeVar("T")


def to_dict(value: Any) -> Any:
    """Turn a dataclass, or anything made of dataclasses, tuples and dicts, into what JSON can say."""
    if is_dataclass(value):
        return {field.name: to_dict(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {key: to_dict(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_dict(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    return value


def from_dict(cls: type[T], data: Any, where: str = "") -> T:
    """Build the dataclass `cls` from parsed JSON or TOML.

    `where` names the file in messages. Raises `ValueError` for an unknown or missing key, a wrong type, or a
    value that a `Literal` does not allow, saying where it stands (`cast[0].motion.verb`) and what is allowed.
    """
    name = cls.__name__
    where = where or name
    if not isinstance(data, dict):
        raise ValueError(f"{where}: expected an object with the keys of {name}, got {data!r}")
    types = _field_types(cls)  # type: ignore[arg-type]  # a cache asks for Hashable, and mypy doubts classes
    for key in data:
        if key not in types:
            raise ValueError(f"{where}: unknown key {key!r}; allowed: {', '.join(types)}")
    for field in fields(cls):  # type: ignore[arg-type]
        required = field.default is MISSING and field.default_factory is MISSING
        if required and field.name not in data:
            raise ValueError(f"{where}: the key {field.name!r} is missing")
    return cls(**{key: _read(types[key], item, f"{where}.{key}") for key, item in data.items()})


def save_json(path: str | Path, value: Any, indent: int | None = 2) -> None:
    """Write a dataclass or plain value as JSON, whole or not at all; on one line where `indent` is None."""
    text = json.dumps(to_dict(value), ensure_ascii=False, indent=indent, allow_nan=False)
    with write_file(path) as draft:
        draft.write_text(text + "\n", encoding="utf-8")


def load_json(cls: type[T], path: str | Path) -> T:
    """Read the dataclass `cls` from a JSON file. `ValueError` names the file and what is wrong in it."""
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path}: this is not JSON ({error})") from error
    return from_dict(cls, data, where=str(path))


@cache
def _field_types(cls: type[Any]) -> dict[str, Any]:
    hints = get_type_hints(cls)
    return {field.name: hints[field.name] for field in fields(cls)}


def _read(kind: Any, data: Any, where: str) -> Any:
    """Read `data` as the type `kind`, or raise a `ValueError` that says where it stands."""
    if kind is Any:
        return data
    if is_dataclass(kind):
        return from_dict(kind, data, where)  # type: ignore[arg-type]
    origin = get_origin(kind)
    if origin is not None:
        return _GENERICS[origin](kind, data, where)
    if kind is float and type(data) is int:  # JSON writes 2.0 as 2
        return float(data)
    if kind is Path and isinstance(data, str):
        return Path(data)
    if type(data) is not kind:  # exact: True is no int
        raise ValueError(f"{where}: expected {_spell(kind)}, got {data!r}")
    return data


def _read_literal(kind: Any, data: Any, where: str) -> Any:
    for choice in get_args(kind):
        if data == choice and type(data) is type(choice):  # True == 1, but is not it
            return data
    raise ValueError(f"{where}: expected {_spell(kind)}, got {data!r}")


def _read_tuple(kind: Any, data: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(data, (list, tuple)):
        raise ValueError(f"{where}: expected {_spell(kind)}, got {data!r}")
    kinds = get_args(kind)
    if kinds[-1:] == (Ellipsis,):
        kinds = (kinds[0],) * len(data)
    if len(data) != len(kinds):
        raise ValueError(f"{where}: expected {len(kinds)} items, got {len(data)}: {data!r}")
    return tuple(
        _read(kind, item, f"{where}[{at}]") for at, (kind, item) in enumerate(zip(kinds, data, strict=True))
    )


def _read_list(kind: Any, data: Any, where: str) -> list[Any]:
    if not isinstance(data, list):
        raise ValueError(f"{where}: expected {_spell(kind)}, got {data!r}")
    return [_read(get_args(kind)[0], item, f"{where}[{at}]") for at, item in enumerate(data)]


def _read_map(kind: Any, data: Any, where: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise ValueError(f"{where}: expected {_spell(kind)}, got {data!r}")
    return {key: _read(get_args(kind)[1], item, f"{where}[{key!r}]") for key, item in data.items()}


def _read_union(kind: Any, data: Any, where: str) -> Any:
    """Read the first member that fits. With one member beside `None`, its own message says what is wrong."""
    members = [member for member in get_args(kind) if member is not NoneType]
    if data is None and NoneType in get_args(kind):
        return None
    if len(members) == 1:
        return _read(members[0], data, where)
    for member in members:
        try:
            return _read(member, data, where)
        except ValueError:
            continue
    raise ValueError(f"{where}: expected {_spell(kind)}, got {data!r}")


_GENERICS: dict[Any, Callable[[Any, Any, str], Any]] = {
    Literal: _read_literal,
    tuple: _read_tuple,
    list: _read_list,
    dict: _read_map,
    UnionType: _read_union,
    Union: _read_union,
}


def _spell(kind: Any) -> str:
    """Say a type as a person would read it in a message: `'left' or 'right'`, `int or None`."""
    if get_origin(kind) is Literal:
        return " or ".join(repr(choice) for choice in get_args(kind))
    if get_origin(kind) in (Union, UnionType):
        return " or ".join(_spell(member) for member in get_args(kind))
    if kind is NoneType:
        return "None"
    return kind.__name__ if isinstance(kind, type) and not get_args(kind) else str(kind)
