"""Measures labels from several vendors: formats that swap, consensus, and vendors found out.

    .venv/bin/python runs/labels_measure.py --save

Three simulated vendors at known error rates label the made-up world (`tests/data/people/simulate.py`); nothing is
rendered. Coverage is how often a 95 % interval holds the rate that the vendor was made with.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from statistics import mean
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "data" / "people"))

import simulate  # noqa: E402  # it stands beside the tests that share it

from laqta.data.people.formats.table import FORMATS  # noqa: E402
from laqta.data.people.track import ExactBox, FrameSize, Track, boxes_of  # noqa: E402
from laqta.data.people.vendors import (  # noqa: E402
    Check,
    Estimate,
    Record,
    cost_per_accepted,
    quality,
    route,
    wilson,
)
from laqta.terminal import show  # noqa: E402

ROUND = ("cvat", "label_studio", "coco")
SIZES = (
    FrameSize(width=853, height=479),
    FrameSize(width=1919, height=1079),
    FrameSize(width=640, height=360),
)
RELIABILITY = {"careful": 0.95, "usual": 0.85, "hasty": 0.7}
PRICES = {"careful": 1.2, "usual": 0.8, "hasty": 0.5}


def main() -> None:
    """Measure everything and show it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--save", action="store_true", help="write benchmarks/DATE-labels.json")
    parser.add_argument("--clips", type=int, default=640)
    parser.add_argument("--gold", type=int, default=32, help="gold clips that an interval is made from")
    parser.add_argument("--block", type=int, default=64, help="clips that consensus and EM are made from")
    args = parser.parse_args()
    started = time.perf_counter()
    pool = simulate.work(range(args.clips))
    found: dict[str, Any] = {"formats": _formats(pool[:100]), "clips": len(pool)}
    found["vendors"] = {
        vendor.name: {
            "made": asdict(vendor) | {"follows": _round(simulate.known_rates(pool, at))},
            "by_all_clips": _round(asdict(quality([one.checks[at] for one in pool], seed=1))),
            "cost_per_accepted": round(_cost(pool, at), 3),
        }
        for at, vendor in enumerate(simulate.VENDORS)
    }
    blocks = args.clips // args.gold
    found["coverage_of_95_intervals"] = {
        "gold_clips": args.gold,
        "intervals_a_measure": 3 * blocks,
        **_round(simulate.covered(pool, args.gold)),
    }
    found |= _consensus(pool, args.block) | {"routing": _routing(pool)}
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=ROOT)
    found |= {"seconds": round(time.perf_counter() - started)}
    found |= {"hardware": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores"}
    found |= {"commit": commit.stdout.strip(), "command": " ".join(["runs/labels_measure.py", *sys.argv[1:]])}
    show(json.dumps(found, indent=2))
    if args.save:
        text = json.dumps(found, indent=2) + "\n"
        (ROOT / "benchmarks" / f"{date.today()}-labels.json").write_text(text, encoding="utf-8")


def _round(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _round(item) for name, item in value.items()}
    return round(value, 4) if isinstance(value, float) else value


def _formats(works: Sequence[simulate.Work]) -> dict[str, Any]:
    """The largest error of a side in pixels and the frames on which a box is there or not, after ways round."""
    ways = {" -> ".join(ROUND): ROUND, **{name: (name,) for name in FORMATS}}
    worst = {way: {"px": 0.0, "frames": 0, "keyframes": 0} for way in ways}
    tracks = 0
    for at, one in enumerate(works):
        size = SIZES[at % len(SIZES)]
        given = (
            one.votes[0].tracks if at % 2 else tuple(_as_cvat(track, size) for track in one.votes[0].tracks)
        )
        tracks += len(given)
        for way, names in ways.items():
            back = given
            for name in names:
                form = FORMATS[name]
                back = form.read(
                    form.write(back, one.clip.timeline, size).text, one.clip.timeline, size
                ).tracks
            _compare(given, back, one, size, worst[way])
    return {"clips": len(works), "tracks": tracks, "variable_frame_rate": True, "worst_error": worst}


def _as_cvat(track: Track, size: FrameSize) -> Track:
    """The track with its boxes on hundredths of a pixel, as CVAT exports them; the others lie on our own grid."""
    keys = [
        replace(key, box=ExactBox.from_pixels([round(side, 2) for side in key.box.pixels(size)], size))
        if key.box is not None
        else key
        for key in track.keyframes
    ]
    return replace(track, keyframes=tuple(keys))


def _compare(
    given: Sequence[Track], back: Sequence[Track], one: simulate.Work, size: FrameSize, worst: dict[str, Any]
) -> None:
    assert len(given) == len(back)
    for track, again in zip(given, back, strict=True):
        worst["keyframes"] = max(worst["keyframes"], abs(len(track.keyframes) - len(again.keyframes)))
        for was, now in zip(
            boxes_of(track, one.clip.timeline), boxes_of(again, one.clip.timeline), strict=True
        ):
            if was is None or now is None:
                worst["frames"] += (was is None) != (now is None)
                continue
            off = max(abs(a - b) for a, b in zip(was.pixels(size), now.pixels(size), strict=True))
            worst["px"] = max(worst["px"], float(off))


def _cost(pool: Sequence[simulate.Work], at: int) -> float:
    """The price of every label handed in, shared by those found and rightly named."""
    checks = [one.checks[at] for one in pool]
    handed = sum(len(one.ious) + one.invented for one in checks)
    return cost_per_accepted(
        PRICES[simulate.VENDORS[at].name] * handed, sum(one.right_labels for one in checks)
    )


def _consensus(pool: Sequence[simulate.Work], size: int) -> dict[str, Any]:
    """Consensus and EM over blocks of clips: what they reach, and how often their intervals hold what is known."""
    due, recall_held, labels_held = simulate.found_by_two(), [], []
    checks: list[Check] = []
    alphas: list[float] = []
    for at in range(0, len(pool) - size + 1, size):
        block = pool[at : at + size]
        clusters, own = simulate.consensus(block, RELIABILITY)
        checks += own
        recall_held.append(_holds(quality(own, seed=at).recall, due))
        by_em = simulate.right_by_dawid_skene(simulate.label_table(block, clusters))
        labels_held += [
            _holds(estimate, 1 - vendor.mislabel)
            for estimate, vendor in zip(by_em, simulate.VENDORS, strict=True)
        ]
        alphas.append(simulate.drawn_alpha(block[:40], clusters[:40]))
    return {
        "consensus": {
            "blocks": len(recall_held),
            "clips_a_block": size,
            "recall_due": round(due, 4),
            "recall_coverage": _round(mean(recall_held)),
            "quality": _round(asdict(quality(checks, seed=1))),
        },
        "dawid_skene_without_gold": {
            "intervals": len(labels_held),
            "coverage": _round(mean(labels_held)),
            "note": "Wilson intervals of EM's estimates; they do not count that EM may be wrong about the truth",
        },
        "alpha_of_tracks": _round(mean(alphas)),
    }


def _holds(estimate: Estimate, value: float) -> bool:
    return estimate.low <= value <= estimate.high


def _routing(pool: Sequence[simulate.Work], batches: int = 20, items: int = 100) -> dict[str, Any]:
    """Batches one after another, each by what the ones before it showed; a label is accepted if it is rightly named."""
    rights = {
        vendor.name: [right for one in pool for right in _accepted(one.checks[at])]
        for at, vendor in enumerate(simulate.VENDORS)
    }
    records = {name: Record(accepted=0, rejected=0, price=1.0) for name in PRICES}
    given = dict.fromkeys(PRICES, 0)
    for batch in range(batches):
        for name in filter(None, route(records, items, budget=1e6, seed=batch).vendors):
            right = rights[name][given[name] % len(rights[name])]
            old = records[name]
            records[name] = Record(
                accepted=old.accepted + right, rejected=old.rejected + (not right), price=old.price
            )
            given[name] += 1
    accepted = sum(record.accepted for record in records.values())
    best = max(mean(right) for right in rights.values())
    return {
        "batches": batches,
        "items_a_batch": items,
        "explore": 0.1,
        "items_by_vendor": given,
        "accepted": _round(asdict(wilson(accepted, batches * items))),
        "accepted_by_the_best_vendor_alone": _round(best),
        "accepted_in_equal_shares": _round(mean(mean(right) for right in rights.values())),
    }


def _accepted(check: Check) -> list[bool]:
    handed = len(check.ious) + check.invented
    return [at < check.right_labels for at in range(handed)]


if __name__ == "__main__":
    main()
