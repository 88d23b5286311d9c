"""Laqta makes video by talking: `laqta.load("nano").film("a cat walks in the snow", seed=7).save("cat.mp4")`."""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"
__all__ = ["__version__", "load"]

if TYPE_CHECKING:
    from laqta.film import load


def __getattr__(name: str) -> object:
    """Import the films' room when it is first asked for (PEP 562): `import laqta` takes no torch with it."""
    if name == "load":
        from laqta.film import load

        return load
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
