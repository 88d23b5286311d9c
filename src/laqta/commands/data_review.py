"""`laqta data review` and `refit`: what people said of clips, and what thresholds follow from it."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from laqta.commands import arguments
from laqta.terminal import say, show

if TYPE_CHECKING:
    from laqta.data.people.vendors import Estimate
    from laqta.data.review.refit import Refit
    from laqta.data.run import Tables

MOST_SHOWN = 10_000
SHOWN = 20
DECISIONS = ("accept", "reject")


def review_arguments(parser: ArgumentParser) -> None:
    """Add what `laqta data review` takes."""
    add = parser.add_argument
    add("--reviewer", metavar="NAME", help="whose queue; without it only how far the review is")
    add(
        "--limit",
        type=arguments.whole(1, MOST_SHOWN),
        default=SHOWN,
        metavar="N",
        help="how many items of the queue (20)",
    )
    add(
        "--gold",
        action="append",
        default=[],
        metavar="CLIP=DECISION",
        help="note a clip's known answer, accept or reject; it is hidden in the queues of all; may be repeated",
    )


def review(tables: Tables, args: Namespace) -> None:
    """Say how far the review is and how good each reviewer, and what comes next."""
    from laqta.data.review.material import gather
    from laqta.data.review.queue import choose, waiting
    from laqta.data.review.verdict import reviewers
    from laqta.data.review.votes import Ballots, check_reviewer

    material, ballots = gather(tables), Ballots(tables.workspace)
    for wish in args.gold:
        _note_gold(tables, list(material.clips), wish)
    votes, gold, plan = ballots.standing(), ballots.gold(), material.plan
    supply = material.supply(gold)
    if args.reviewer is not None:
        for item in choose(supply, votes, plan, check_reviewer(args.reviewer), args.limit):
            show(
                f"{item.id[:12]}  {item.reason.value:.2f}  {item.reason.words()}{'  (gold)' if item.gold else ''}"
            )
    for lane, count in waiting(supply, votes, plan):
        if count:
            show(f"{lane}: {count} wait")
    show(f"{len(votes)} votes on {len({vote.clip for vote in votes})} items, {len(gold)} gold clips")
    for name, right in reviewers(votes, gold).items():
        show(f"{name}: {sum(vote.reviewer == name for vote in votes)} votes, right on gold {_share(right)}")


def refit_arguments(parser: ArgumentParser) -> None:
    """Add what `laqta data refit` takes."""
    add = parser.add_argument
    add("--precision", type=float, default=0.95, metavar="P", help="share of kept clips that are good (0.95)")
    add(
        "--gate",
        action="append",
        default=[],
        metavar="G",
        help="'name: SQL' sets a gate, 'name:' takes it out",
    )


def refit(tables: Tables, args: Namespace) -> None:
    """Fit every numeric gate's threshold to the reviews, and report both on clips held out."""
    from laqta.data.clips import clip_table
    from laqta.data.gates import GATES, with_changes
    from laqta.data.review import refit as fitting
    from laqta.data.review.lanes import numeric_gates
    from laqta.data.review.queue import load_plan
    from laqta.data.review.votes import Ballots

    clips, ballots = clip_table(tables), Ballots(tables.workspace)
    votes, gold = ballots.standing(), frozenset(ballots.gold())
    seed = load_plan(tables.workspace).seed
    done = 0
    for gate in numeric_gates(with_changes(GATES, args.gate), clips.schema.names):
        try:
            _show_refit(fitting.refit(gate, clips, votes, args.precision, gold, seed), args.precision)
            done += 1
        except fitting.TooFewError as error:
            say(str(error))
    if not done:
        raise ValueError(
            "no gate has enough reviews to be refitted; go on with the review (laqta studio, then /review)"
        )


def _show_refit(found: Refit, wanted: float) -> None:
    gate = found.gate
    show(f"{gate.name}: fitted on {found.fitted_on} clips, counted on {found.held_out} others drawn by lot")
    for limit, scores in ((gate.limit, found.before), (found.limit, found.after)):
        precision, recall = _share(scores.precision), _share(scores.recall)
        show(f"  {gate.column} {gate.sign} {limit:g}: precision {precision}, recall {recall}")
    if not found.met:
        show(f"  no threshold is expected to reach a precision of {wanted:g}; this one balances both best")
    show(f"  --gate '{found.change}'")


def _share(found: Estimate) -> str:
    if not found.count:
        return "unknown"
    return f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f}, {found.count})"


def _note_gold(tables: Tables, clips: list[str], wish: str) -> None:
    from laqta.data.review.votes import Vote, cast

    start, _, decision = wish.partition("=")
    found = [clip for clip in clips if start and clip.startswith(start)]
    if decision not in DECISIONS or len(found) != 1:
        raise ValueError(
            f"--gold {wish!r} is no known answer: {len(found)} clips begin so; write CLIP=accept or CLIP=reject"
        )
    cast(
        tables.workspace,
        Vote(
            clip=found[0],
            reviewer="owner",
            at=time.time(),
            decision="accept" if decision == "accept" else "reject",
        ),
        task="gold",
    )
