"""`laqta data`: raw footage in, dataset versions out."""

from __future__ import annotations

import json
import os
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from laqta.commands import arguments, data_encode, data_labels, data_pages, data_review
from laqta.settings import home
from laqta.terminal import say, show

if TYPE_CHECKING:
    from laqta.data.gates import Gate
    from laqta.data.run import Executor, Tables
    from laqta.data.workspace import Workspace

SUMMARY = "Raw footage in, a dataset you can trust out: ingest, run, report, freeze, export, trace, withdraw."
MAX_WORKERS = 1024
SHOWN = 20


def add_arguments(parser: ArgumentParser) -> None:
    """Add what `laqta data` takes: a verb of its own each."""
    verbs = parser.add_subparsers(title="what to do", metavar="WHAT", required=True)
    for name, (sentence, add_own, act) in ACTIONS.items():
        verb = verbs.add_parser(name, help=sentence, description=sentence, allow_abbrev=False)
        add_own(verb)
        verb.add_argument(
            "--workspace", type=Path, metavar="DIR", help="the data engine's folder (data in LAQTA_HOME)"
        )
        verb.set_defaults(act=act)


def run(args: Namespace) -> None:
    """Do one of them."""
    try:
        import duckdb  # noqa: F401
        import pyarrow  # noqa: F401
    except ImportError as error:
        raise OSError(
            f"laqta data needs {error.name}, which is not installed: pip install 'laqta[data]'"
        ) from error
    args.act(args)


# ---------------------------------------------------------------- footage in


def _ingest_arguments(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("footage", nargs="+", metavar="FOOTAGE", help="files, folders, globs in quotes, or fsspec URLs")
    add("--owner", metavar="NAME", help="whose footage it is (else what sidecar files say)")
    add("--licence", metavar="NAME", help="under which licence, as CC-BY-4.0")
    add("--consent", metavar="WHAT", help="'none needed', 'people' or 'refused'")
    add("--expires", metavar="DAY", help="the last day of use, as 2027-12-31")
    add("--copy", action="store_true", help="copy the bytes into the workspace; URLs always are")


def _ingest(args: Namespace) -> None:
    from laqta.data.ingest import ingest
    from laqta.data.rights import make_rights
    from laqta.data.workspace import open_workspace

    stated = {name: getattr(args, name) for name in ("owner", "licence", "consent", "expires")}
    rights = make_rights({name: value for name, value in stated.items() if value is not None}, "the flags")
    workspace = open_workspace(_root(args), create=True)
    taken = ingest(workspace, args.footage, rights, args.copy)
    for name, why in taken.refused.items():
        say(f"refused {name}: {why}")
    show(f"{len(taken.new)} new, {len(taken.known)} known, {len(taken.refused)} refused, in {workspace.root}")


def _executor_arguments(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("--executor", choices=("local", "ray"), default="local", help="local or ray (local)")
    add("--address", metavar="A", help="a Ray cluster's address (Ray on this machine)")
    add("--workers", type=arguments.whole(1, MAX_WORKERS), metavar="N", help="how many (one a core)")


def _run_arguments(parser: ArgumentParser) -> None:
    _executor_arguments(parser)
    parser.add_argument(
        "--without", action="append", default=[], metavar="STAGE", help="leave a stage out; may be repeated"
    )


def _run(args: Namespace) -> None:
    from laqta.data.run import run_pipeline

    tables = _tables(args)
    done = run_pipeline(tables.workspace, tables.pipeline, _executor(args), data_encode.progress_bar_of)
    for stage in done:
        show(
            f"{stage.stage}: {stage.items} items, {stage.calls} calls, {stage.found} found, {stage.failed} failed"
        )
    if any(stage.failed for stage in done):
        say("laqta data status says what failed, and why")


def _executor(args: Namespace) -> Executor:
    workers = args.workers or os.cpu_count() or 1
    if args.executor == "local":
        from laqta.data.local import LocalExecutor

        return LocalExecutor(workers)
    try:
        from laqta.data.cluster import RayExecutor

        return RayExecutor(workers, args.address)
    except ImportError as error:
        raise OSError(
            "--executor ray needs Ray, which is not installed: pip install 'laqta[cluster]'"
        ) from error


def _status(args: Namespace) -> None:
    from laqta.data.clips import clip_table
    from laqta.data.status import problems, progress

    tables = _tables(args)
    for line in progress(tables):
        show(line)
    for name, why in problems(tables):
        show(f"failed: {name}: {why}")
    _show_copied(tables, clip_table(tables))
    data_pages.write_status(args.page, tables)


# ---------------------------------------------------------------- versions


def _gate_arguments(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--gate",
        action="append",
        default=[],
        metavar="G",
        help="'name: SQL' sets a gate, 'name:' takes it out",
    )
    add("--on", default=None, metavar="DAY", help="the day that rights are asked for (today)")
    add("--without", action="append", default=[], metavar="STAGE", help="do as if a stage were not there")


def _report_arguments(parser: ArgumentParser) -> None:
    _gate_arguments(parser)
    parser.add_argument(
        "--what-if", action="append", default=[], metavar="G", help="a gate to try; its effect stands beside"
    )
    data_pages.page_argument(parser)


def _report(args: Namespace) -> None:
    from laqta.data.clips import clip_table
    from laqta.data.gates import survival, with_changes

    gates, day, tables = _gates(args), _day(args), _tables(args)
    clips, tried = clip_table(tables), with_changes(gates, args.what_if)
    show(f"{len(clips)} clips on {day}")
    _show_survival(survival(clips, gates, day))
    if args.what_if:
        show("what if")
        _show_survival(survival(clips, tried, day))
    _show_copied(tables, clips)
    data_pages.write_report(args.page, tables, gates, tried, day)


def _show_copied(tables: Tables, clips: Any) -> None:
    """Say which sources are copies of others: the first, and how many more."""
    from laqta.data.status import copied

    lines = copied(tables.workspace, clips)
    for line in lines[:SHOWN]:
        show(line)
    if len(lines) > SHOWN:
        show(
            f"and {len(lines) - SHOWN} more: laqta data query 'select distinct source, source_copy_of from clips'"
        )


def _show_survival(report: list[Any]) -> None:
    for step in report:
        share = 100 * step.kept / max(step.before, 1)
        show(
            f"  {step.kept:>8} {share:5.1f} %  {step.gate.name}: {step.gate.keeps}  (alone {step.kept_alone})"
        )


def _query_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("sql", metavar="SQL", help="DuckDB SQL over the table clips")
    parser.add_argument(
        "--without", action="append", default=[], metavar="STAGE", help="do as if it were not there"
    )


def _query(args: Namespace) -> None:
    from laqta.data.clips import clip_table
    from laqta.data.gates import query

    for row in query(clip_table(_tables(args)), args.sql).to_pylist():
        show(json.dumps(row, ensure_ascii=False, default=str))


def _freeze_arguments(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("name", metavar="NAME", help="the dataset's name")
    _gate_arguments(parser)
    add(
        "--seed",
        type=arguments.whole(0, arguments.MAX_SEED),
        default=0,
        metavar="N",
        help="draws and splits (0)",
    )
    add("--held-out", type=float, default=0.05, metavar="SHARE", help="share kept from training (0.05)")
    add(
        "--limit",
        type=arguments.whole(1, 10**9),
        metavar="N",
        help="at most so many clips, drawn by the seed",
    )
    data_pages.page_argument(parser)


def _freeze(args: Namespace) -> None:
    from laqta.data.datasets import Wish, freeze

    if not 0 <= args.held_out < 1:
        raise ValueError(f"--held-out {args.held_out} is no share; it goes from 0 up to, not including, 1")
    wish = Wish(
        name=args.name,
        gates=_gates(args),
        on=_day(args),
        seed=args.seed,
        held_out=args.held_out,
        limit=args.limit,
    )
    version = freeze(_tables(args), wish)
    show(f"{args.name}@{version.id}: {len(version.rows)} clips, {version.manifest['seconds']:.1f} s")
    data_pages.write_version(args.page, _workspace(args), version)


def _review(args: Namespace) -> None:
    data_review.review(_tables(args), args)


def _refit(args: Namespace) -> None:
    data_review.refit(_tables(args), args)


def _labels(args: Namespace) -> None:
    data_labels.labels(_workspace(args), args)


def _encode_arguments(parser: ArgumentParser) -> None:
    data_encode.encode_arguments(parser)
    _executor_arguments(parser)


def _encode(args: Namespace) -> None:
    data_encode.encode(_workspace(args), _executor(args), args)


def _diff_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("before", metavar="BEFORE", help="a version, as name@hash")
    parser.add_argument("after", metavar="AFTER", help="another one")
    data_pages.page_argument(parser)


def _diff(args: Namespace) -> None:
    from laqta.data.datasets import difference, load_version

    workspace = _workspace(args)
    before, after = load_version(workspace, args.before), load_version(workspace, args.after)
    found = difference(before, after)
    for sign, clips in (("+", found.came), ("-", found.went), ("~", found.changed)):
        show(f"{sign} {len(clips)} clips")
        for clip in clips[:SHOWN]:
            show(f"    {clip}")
    data_pages.write_difference(args.page, workspace, before, after)


def _export_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("version", metavar="VERSION", help="name (its newest version) or name@hash")
    parser.add_argument(
        "--format", default="folder", metavar="F", help="folder, webdataset or huggingface (folder)"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new folder")


def _export(args: Namespace) -> None:
    from laqta.data.datasets import load_version
    from laqta.data.exports.formats import export

    workspace = _workspace(args)
    version = load_version(workspace, args.version)
    export(workspace, version, args.format, args.out)
    show(str(args.out))


# ---------------------------------------------------------------- where it came from


def _trace_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("sample", metavar="SAMPLE", help="a clip's id, or how it begins")


def _trace(args: Namespace) -> None:
    from laqta.data.trace import trace

    show(json.dumps(trace(_workspace(args), args.sample), indent=2, ensure_ascii=False))


def _withdraw_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "whose", metavar="OWNER|SOURCE", help="an owner's name, or a source's id or how it begins"
    )


def _withdraw(args: Namespace) -> None:
    from laqta.data.trace import withdraw

    gone = withdraw(_workspace(args), args.whose)
    show(f"withdrew {len(gone.sources)} sources and {gone.clips} clips")
    for version in gone.versions:
        show(f"used by the dataset version {version}")
    for model in gone.models:
        show(f"used by the model {model}")
    for path in gone.left:
        show(f"left where it is, for it is not in the workspace: {path}")


ACTIONS: dict[str, tuple[str, Callable[[ArgumentParser], None], Callable[[Namespace], None]]] = {
    "ingest": ("Take footage in: hash its bytes, note its rights.", _ingest_arguments, _ingest),
    "run": ("Bring every stage up to date; what is known is not computed again.", _run_arguments, _run),
    "status": ("Say how far every stage is, and what failed and why.", data_pages.page_argument, _status),
    "report": ("Show what each gate keeps, and what another one would.", _report_arguments, _report),
    "query": ("Ask anything of the table of clips, in SQL.", _query_arguments, _query),
    "freeze": ("Freeze what passes the gates as a dataset version.", _freeze_arguments, _freeze),
    "review": (
        "Show what waits for a person's look and why, and how good each reviewer is.",
        data_review.review_arguments,
        _review,
    ),
    "labels": ("Clips out to vendors, their labels back in.", data_labels.labels_arguments, _labels),
    "refit": ("Fit the gates' thresholds to what reviewers said.", data_review.refit_arguments, _refit),
    "encode": ("Make a version ready for training by a model.", _encode_arguments, _encode),
    "diff": ("Compare two versions.", _diff_arguments, _diff),
    "export": ("Cut a version's clips into files.", _export_arguments, _export),
    "trace": ("Say where a clip comes from, and everything behind it.", _trace_arguments, _trace),
    "withdraw": ("Take an owner's footage, or one source, back.", _withdraw_arguments, _withdraw),
}
"""Name, sentence, arguments and act of each."""


def _root(args: Namespace) -> Path:
    return args.workspace or home(os.environ) / "data"


def _workspace(args: Namespace) -> Workspace:
    from laqta.data.workspace import open_workspace

    return open_workspace(_root(args))


def _tables(args: Namespace) -> Tables:
    from laqta.data.pipeline import load_pipeline
    from laqta.data.run import Tables

    workspace = _workspace(args)
    return Tables(workspace, load_pipeline(workspace, frozenset(getattr(args, "without", ()))))


def _gates(args: Namespace) -> tuple[Gate, ...]:
    from laqta.data.gates import GATES, with_changes

    return with_changes(GATES, args.gate)


def _day(args: Namespace) -> str:
    try:
        return date.fromisoformat(args.on).isoformat() if args.on else date.today().isoformat()
    except ValueError as error:
        raise ValueError(f"--on {args.on!r} is no day; write it as 2026-11-26") from error
