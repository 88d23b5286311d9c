"""The house rules that no linter knows: budgets, names, docstrings, and what must not stand in the tree."""

from __future__ import annotations

import ast
import os
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
SRC = ROOT / "src" / "laqta"
WEIGHTS = SRC / "weights"

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
MAX_RUN_LINES = 120
MAX_PARAMETERS = 8
MAX_TREE_BYTES = 75 * 2**20
MAX_WEIGHTS_BYTES = 64 * 2**20

BUILT = re.compile(
    r"^(\.git|\.venv|__pycache__|build|dist|out|.*\.egg-info|\..*_cache|\.hypothesis|\.coverage|node_modules|static)$"
)
WIDE = {
    "src/laqta/models/autoencoder.py:__init__",  # diffusers saves a network's config as these parameters
    "src/laqta/weights/nano/vae/autoencoder.py:__init__",  # the copy that travels with its weights
}
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "tools"}

# Built from parts, so that this file does not hold what it forbids.
FORBIDDEN_TEXT = {
    "a path of the machine that it was written on": re.compile(r"(^|[^\w./-])/(wo" + r"rk|fa" + r"rm)/"),
    "a package registry's host": re.compile(
        r"pypi" + r"\.org|pythonhosted" + r"\.org|npm" + r"js\.(org|com)|deb\.deb" + r"ian\.org"
    ),
}
UNFINISHED = re.compile(
    "TO" + "DO|FIX" + "ME|NotImplemented" + r"Error|mark\.(skip" + r"|xf" + r"ail)|pytest\.sk" + r"ip\("
)


def tree() -> Iterator[Path]:
    """Yield every file of the checkout that is not built."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if not BUILT.match(name)]
        yield from (Path(folder) / name for name in names if not BUILT.match(name))


def is_layout(path: Path) -> bool:
    """Whether a file is a step of the database's layout: rows of columns, written by Alembic."""
    return path.parent.name == "versions"


def python_files() -> list[Path]:
    """Return every Python file of ours."""
    return [path for path in tree() if path.suffix == ".py"]


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function of a file, methods and inner ones included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_files_are_chapters_not_books() -> None:
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in python_files()}
    assert {name: lines for name, lines in lengths.items() if lines > MAX_FILE_LINES} == {}


def test_functions_are_paragraphs() -> None:
    """A training run may be longer: it reads top to bottom (design, section 6)."""
    long = {}
    for path in python_files():
        for function in () if is_layout(path) else functions(path):
            is_run = path.parent.name == "train" and function.name.startswith("fit_")
            lines = (function.end_lineno or 0) - function.lineno + 1
            if lines > (MAX_RUN_LINES if is_run else MAX_FUNCTION_LINES):
                long[f"{name_of(path)}:{function.name}"] = lines
    assert long == {}


def test_functions_take_few_parameters() -> None:
    many = {}
    for path in SRC.rglob("*.py"):
        for function in functions(path):
            given = function.args
            names = [argument.arg for argument in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
            count = len([name for name in names if name not in ("self", "cls")])
            if count > MAX_PARAMETERS and f"{name_of(path)}:{function.name}" not in WIDE:
                many[f"{name_of(path)}:{function.name}"] = count
    assert many == {}


def test_packages_begin_empty() -> None:
    full = [name_of(path) for path in SRC.rglob("__init__.py") if path.parent != SRC and path.read_text()]
    assert full == []


def test_no_file_has_a_vague_name() -> None:
    assert [name_of(path) for path in tree() if {path.stem, path.parent.name} & VAGUE_NAMES] == []


def test_every_public_name_says_what_it_is() -> None:
    bare = []
    for path in SRC.rglob("*.py"):
        module = ast.parse(path.read_text(encoding="utf-8"))
        if path.name != "__init__.py" and not ast.get_docstring(module):
            bare.append(name_of(path))
        public = [node for node in module.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
        for node in list(public):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                public += [method for method in node.body if isinstance(method, ast.FunctionDef)]
        bare += [
            f"{name_of(path)}:{node.name}"
            for node in public
            if not node.name.startswith("_") and not ast.get_docstring(node) and not is_layout(path)
        ]
    assert bare == []


def test_code_and_comments_are_ascii() -> None:
    """Words of other scripts belong in strings and data."""
    foreign = []
    for path in python_files():
        with tokenize.open(path) as file:
            for token in tokenize.generate_tokens(file.readline):
                if token.type in (tokenize.COMMENT, tokenize.NAME) and not token.string.isascii():
                    foreign.append(f"{name_of(path)}:{token.start[0]}: {token.string}")
    assert foreign == []


def test_nothing_is_left_unfinished() -> None:
    found = [
        f"{name_of(path)}:{number}: {line.strip()}"
        for path in python_files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if UNFINISHED.search(line)
    ]
    assert found == []


def test_no_machine_and_no_registry_stands_in_the_tree() -> None:
    found = []
    for path in tree():
        data = path.read_bytes()
        if b"\0" in data[:8000]:
            continue
        text = data.decode("utf-8")
        found += [
            f"{name_of(path)}: {what}" for what, pattern in FORBIDDEN_TEXT.items() if pattern.search(text)
        ]
    assert found == []


def test_the_tree_stays_light() -> None:
    sizes = {path: path.stat().st_size for path in tree()}
    assert sum(sizes.values()) < MAX_TREE_BYTES
    assert sum(size for path, size in sizes.items() if WEIGHTS in path.parents) < MAX_WEIGHTS_BYTES
    large = [name_of(path) for path, size in sizes.items() if size > 2**20 and WEIGHTS not in path.parents]
    assert large == []
