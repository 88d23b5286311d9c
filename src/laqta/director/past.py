"""What the takes of a shot tell of how it came to be: versions of it, and what was changed or brought last."""

from __future__ import annotations

from dataclasses import replace

from laqta.director.storyboard import Panel


def is_tried(panel: Panel) -> bool:
    """Whether a shot was filmed by more than one seed, so that its takes are versions to choose from."""
    return len({take.seed for take in panel.takes}) > 1


def newest(panel: Panel) -> range:
    """The places of the takes that were asked for together last, as versions of one shot; empty where none were."""
    last = len(panel.takes)
    for end in range(last, 1, -1):
        tried = panel.takes[end - 1]
        start = end
        while start and (panel.takes[start - 1].shot, panel.takes[start - 1].parent) == (
            tried.shot,
            tried.parent,
        ):
            start -= 1
        if end - start > 1:
            return range(start, end)
    return range(0)


def talked_about(panel: Panel) -> str:
    """The thing on stage that was changed or added last, by itself; the leading one where there is none."""
    take = panel.take
    stage = {actor.kind for actor in take.shot.cast}
    while take.parent is not None:
        before = panel.takes[take.parent]
        touched = [actor.kind for actor in take.shot.cast if actor not in before.shot.cast]
        if len(touched) == 1 and touched[0] in stage:
            return touched[0]
        take = before
    return panel.take.shot.cast[0].kind


def brought_last(panel: Panel) -> str | None:
    """The thing that the last change brought, alone or one more of; None where it changed anything else."""
    take = panel.take
    if take.parent is None or panel.takes[take.parent].seed != take.seed:
        return None
    before = panel.takes[take.parent].shot
    if replace(before, cast=take.shot.cast, relations=take.shot.relations) != take.shot:
        return None
    counts = {actor.kind: actor.count or 1 for actor in before.cast}
    grown = [actor.kind for actor in take.shot.cast if (actor.count or 1) > counts.get(actor.kind, 0)]
    return grown[0] if len(grown) == 1 else None
