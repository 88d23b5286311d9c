"""What `pipeline.toml` names: a row of a table (`judge`, `open:FOLDER`), or anybody's own as `module:name[:given]`.

Tables hold `module:name` as text, imported late: so the data engine uses what it may not import.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


def named(stated: str, table: dict[str, str], what: str) -> tuple[Any, str]:
    """What a name stands for, and what stands behind it, to be handed to that.

    Raises:
        ValueError: there is none of that name.
        OSError: its module is not there.
    """
    module, name, given = place_of(stated, table, what)
    try:
        return getattr(import_module(module), name), given
    except ImportError as error:
        raise lacks(what, stated, error) from error
    except AttributeError as error:
        raise ValueError(f"the {what} {stated!r}: the module {module!r} has no {name!r}") from error


def place_of(stated: str, table: dict[str, str], what: str) -> tuple[str, str, str]:
    """Module, name in it, and what is given to it; `ValueError` for what is no name of either kind."""
    first, _, rest = stated.partition(":")
    if first in table:
        module, _, name = table[first].partition(":")
        return module, name, rest
    name, _, given = rest.partition(":")
    if not name.isidentifier() or not all(part.isidentifier() for part in first.split(".")):
        raise ValueError(
            f"there is no {what} {stated!r}; there are {', '.join(table)}, and your own as 'module:name'"
        )
    return first, name, given


def lacks(what: str, stated: str, error: ImportError) -> OSError:
    """The error that says which module is not installed."""
    return OSError(
        f"the {what} {stated!r} needs the module {error.name!r}, which is not installed: install it, or put its "
        f"folder on PYTHONPATH"
    )
