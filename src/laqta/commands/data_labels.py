"""`laqta data labels`: clips out to vendors, their labels back in, and what they are worth."""

from __future__ import annotations

from argparse import SUPPRESS, ArgumentParser, Namespace
from collections.abc import Callable
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING

from laqta.commands import arguments, data_pages
from laqta.terminal import progress_bar, say, show

if TYPE_CHECKING:
    from laqta.data.people.standing import TaskStanding, VendorStanding
    from laqta.data.people.vendors import Quality
    from laqta.data.workspace import Workspace

FORMATS = "cvat, label-studio, coco or mot"
MOST_ITEMS = 10**6


def labels_arguments(parser: ArgumentParser) -> None:
    """Add what `laqta data labels` takes: a verb of its own each."""
    verbs = parser.add_subparsers(title="what to do", metavar="WHAT", required=True)
    for name, (sentence, add_own, act) in ACTIONS.items():
        verb = verbs.add_parser(name, help=sentence, description=sentence, allow_abbrev=False)
        add_own(verb)
        verb.add_argument(
            "--workspace", type=Path, default=SUPPRESS, metavar="DIR", help="the data engine's folder"
        )
        verb.set_defaults(labels_act=act)


def labels(workspace: Workspace, args: Namespace) -> None:
    """Do one of them."""
    args.labels_act(workspace, args)


def _task(parser: ArgumentParser, needed: bool = True) -> None:
    parser.add_argument(
        "--task",
        required=needed,
        metavar="NAME",
        help="the labelling task" + ("" if needed else " (the dataset's name)"),
    )


def _export_arguments(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("version", metavar="VERSION", help="name (its newest version) or name@hash")
    add("--format", required=True, metavar="F", help=f"what the vendor's tool reads: {FORMATS}")
    add("--out", type=Path, required=True, metavar="DIR", help="a new folder")
    _task(parser, needed=False)


def _export(workspace: Workspace, args: Namespace) -> None:
    from laqta.data.datasets import load_version
    from laqta.data.people.tasks import export_task

    version = load_version(workspace, args.version)
    task = args.task or version.manifest["name"]
    count = export_task(workspace, version, task, _format(args.format), args.out, _on_clip)
    show(f"{count} clips for the task {task}, in {args.out}")


def _on_clip(done: int, count: int) -> None:
    progress_bar(done, count, "clips")


def _import_arguments(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("file", type=Path, metavar="FILE", help="a file of labels, or a folder of them")
    _task(parser)
    add("--vendor", required=True, metavar="NAME", help="whose labels they are")
    add("--format", metavar="F", help=f"{FORMATS} (as the file looks)")
    add("--classes", default="", metavar="A,B", help="names of MOT's classes 1, 2 and so on")
    add("--cost-per-label", type=float, metavar="X", help="what one label cost, accepted or not")


def _import(workspace: Workspace, args: Namespace) -> None:
    from laqta.data.people.deliveries import Terms, import_labels

    if args.cost_per_label is not None and not 0 < args.cost_per_label < float("inf"):
        raise ValueError(f"--cost-per-label {args.cost_per_label} is no price; give a number above 0")
    terms = Terms(
        kind=args.format and _format(args.format),
        classes=tuple(name.strip() for name in args.classes.split(",") if name.strip()),
        price=args.cost_per_label,
    )
    taken = import_labels(workspace, args.task, args.vendor, args.file, terms)
    for loss in taken.losses:
        say(f"not kept: {loss}")
    show(f"{taken.answers} answers with {taken.tracks} tracks, {len(taken.known)} files known")


def _report_arguments(parser: ArgumentParser) -> None:
    add = parser.add_argument
    _task(parser)
    add("--gold", type=Path, metavar="FILE", help="labels that are true, a file or a folder, in any format")
    add(
        "--next",
        type=arguments.whole(1, MOST_ITEMS),
        default=100,
        metavar="N",
        help="labels of the next batch (100)",
    )
    add("--budget", type=float, metavar="X", help="the money for the next batch (enough for all of it)")
    add(
        "--floor",
        type=float,
        default=0.0,
        metavar="SHARE",
        help="accepted share below which one comes last (0)",
    )
    add(
        "--seed", type=arguments.whole(0, arguments.MAX_SEED), default=0, metavar="N", help="draws shares (0)"
    )
    data_pages.page_argument(parser)


def _report(workspace: Workspace, args: Namespace) -> None:
    from laqta.data.people.standing import Batch, task_standing

    batch = Batch(items=args.next, budget=args.budget, floor=args.floor, seed=args.seed)
    found = task_standing(workspace, args.task, args.gold, batch)
    _show(found)
    data_pages.write_labels(args.page, workspace, args.task, found)


def _show(found: TaskStanding) -> None:
    things = sum(len(one.clusters) for one in found.by_clip)
    accepted = sum(one.accepted for one in found.by_clip)
    show(f"{len(found.by_clip)} of {found.clips} clips, {found.answers} answers, judged by {found.judged_by}")
    show(f"{things} things, {accepted} agreed on")
    show(f"alpha of boxes {_known(found.boxes_alpha)}, of names {_known(found.names_alpha)}")
    for one in found.vendors:
        show(_vendor_line(one))
        if one.gold:
            show(_gold_line(one.gold))


def _vendor_line(one: VendorStanding) -> str:
    judged = one.right + one.wrong
    words = [f"{one.vendor}: {one.labels} labels on {one.clips} clips"]
    if judged:
        words.append(f"{one.right} of {judged} accepted ({one.rate.low:.3f} to {one.rate.high:.3f})")
    if one.cost is not None:
        words.append(f"{one.cost:.4g} an accepted label" if one.right else "none accepted")
    return ", ".join([*words, f"next batch {100 * one.share:.0f} %"])


def _gold_line(gold: Quality) -> str:
    estimates = {"names": gold.labels, "recall": gold.recall, "precision": gold.precision, "IoU": gold.iou}
    return "    on gold: " + ", ".join(
        f"{name} {_known(found.value)} ({found.low:.3f} to {found.high:.3f})"
        for name, found in estimates.items()
    )


def _known(value: float) -> str:
    return "not known" if isnan(value) else f"{value:.3f}"


def _format(name: str) -> str:
    """The format as the library calls it; it says which there are where there is none."""
    return name.replace("-", "_")


ACTIONS: dict[str, tuple[str, Callable[[ArgumentParser], None], Callable[[Workspace, Namespace], None]]] = {
    "export": ("Cut a version's clips into films for a vendor's tool.", _export_arguments, _export),
    "import": ("Take a vendor's labels in, every answer as it came.", _import_arguments, _import),
    "report": (
        "Say what vendors agree on, how good each is, what a label costs, and who gets the next ones.",
        _report_arguments,
        _report,
    ),
}
"""Name, sentence, arguments and act of each."""
