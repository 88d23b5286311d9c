"""Results on disk: JSON for machines, dated Markdown for people, both naming what was measured on what."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from laqta.config import save_json
from laqta.files import write_file
from laqta.models.card import Card, model_hash
from laqta.train.device import hardware_name


@dataclass(frozen=True, kw_only=True)
class About:
    """What a result was measured with: enough to measure it again."""

    bench: str
    date: str
    model: str
    model_hash: str
    hardware: str
    commit: str
    command: str


def about(bench: str, card: Card, device: str, clips: int) -> About:
    """Describe a measurement that begins now."""
    return About(
        bench=bench,
        date=datetime.now(UTC).strftime("%Y-%m-%d"),
        model=card.name,
        model_hash=model_hash(card),
        hardware=hardware_name(device),
        commit=_commit(),
        command=f"laqta bench {bench} --model {card.name} --clips {clips}",
    )


def write_results(out: Path, about: About, result: Any, body: str) -> list[Path]:
    """Write `result` (a dataclass) as JSON and `body` as Markdown under its header; returns both paths."""
    out.mkdir(parents=True, exist_ok=True)
    stem = f"{about.date}-{about.bench}-{about.model}-{about.model_hash[:8]}"
    save_json(
        out / f"{stem}.json", result, indent=None
    )  # every wish is listed: indented it is over a megabyte
    header = (
        f"# {about.bench}: {about.model}, {about.date}\n\n"
        f"Model {about.model} (hash {about.model_hash}), on {about.hardware}, commit {about.commit}.\n"
        f"Measured by `{about.command}`.\n\n"
    )
    with write_file(out / f"{stem}.md") as draft:
        draft.write_text(header + body.strip() + "\n", encoding="utf-8")
    return [out / f"{stem}.json", out / f"{stem}.md"]


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first column is text, the others are numbers."""
    rule = ["---", *("---:" for _ in heads[1:])]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (heads, rule, *rows)) + "\n"


def _commit() -> str:
    """The commit of the code, with a `+` where files were changed since; `unknown` outside a checkout."""
    answer = subprocess.run(
        ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty=+", "--exclude=*"],
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.stdout.strip() or "unknown"
