"""A conversation's storyboard as a value: shots in order, each with its takes, and every edit that changes it.

Nothing here films or reads: `apply` gives a new storyboard, `to_film` says which takes an edit asks for, and a
`History` holds what undo and redo go back to.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from laqta.shot import Shot


@dataclass(frozen=True, kw_only=True)
class Take:
    """One filming of one shot: what is asked, by which seed, and which take of the panel it was changed from.

    `loop` ends as it began; `first` and `last` name pictures that it begins and ends with.
    """

    shot: Shot
    seed: int
    loop: bool = False
    first: str | None = None
    last: str | None = None
    parent: int | None = None


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One place in the film, with all its takes, never none; `chosen` is the one that the film shows."""

    takes: tuple[Take, ...]
    chosen: int = 0

    @property
    def take(self) -> Take:
        """The chosen take."""
        return self.takes[self.chosen]


@dataclass(frozen=True, kw_only=True)
class Storyboard:
    """Panels in order; `current` is the one that is talked about (0 where there is none)."""

    panels: tuple[Panel, ...] = ()
    current: int = 0

    @property
    def take(self) -> Take | None:
        """The chosen take of the current panel."""
        return self.panels[self.current].take if self.panels else None

    @property
    def next_seed(self) -> int:
        """A seed that no take has had."""
        return 1 + max((take.seed for panel in self.panels for take in panel.takes), default=0)


@dataclass(frozen=True, kw_only=True)
class AddPanel:
    """A new shot at place `at`."""

    at: int
    take: Take


@dataclass(frozen=True, kw_only=True)
class AddTakes:
    """More takes of a panel: changed ones, or the same shot by other seeds. The first of them is chosen."""

    panel: int
    takes: tuple[Take, ...]


@dataclass(frozen=True, kw_only=True)
class Choose:
    """Another take of a panel is the one that is shown."""

    panel: int
    take: int


@dataclass(frozen=True, kw_only=True)
class RemovePanel:
    """A shot leaves the film."""

    panel: int


@dataclass(frozen=True, kw_only=True)
class MovePanel:
    """A shot goes to another place."""

    panel: int
    to: int


@dataclass(frozen=True, kw_only=True)
class CopyPanel:
    """A shot is shown twice: its copy stands right behind it."""

    panel: int


@dataclass(frozen=True, kw_only=True)
class Select:
    """Another shot is talked about."""

    panel: int


Edit = AddPanel | AddTakes | Choose | RemovePanel | MovePanel | CopyPanel | Select
"""Everything that can be done to a storyboard."""


def apply(board: Storyboard, edit: Edit) -> Storyboard:
    """The storyboard after an edit; the panel that the edit is about becomes the current one.

    Raises `IndexError` where the edit names a panel or a take that is not there.
    """
    panels = list(board.panels)
    if isinstance(edit, AddPanel):
        panels.insert(edit.at, Panel(takes=(edit.take,)))
        return Storyboard(panels=tuple(panels), current=edit.at)
    panel = panels[edit.panel]
    current = edit.panel
    if isinstance(edit, AddTakes):
        panels[edit.panel] = Panel(takes=panel.takes + edit.takes, chosen=len(panel.takes))
    elif isinstance(edit, Choose):
        panels[edit.panel] = replace(panel, chosen=range(len(panel.takes))[edit.take])
    elif isinstance(edit, CopyPanel):
        current = edit.panel + 1
        panels.insert(current, panel)
    elif isinstance(edit, RemovePanel):
        del panels[edit.panel]
        current = max(0, min(edit.panel, len(panels) - 1))
    elif isinstance(edit, MovePanel):
        current = range(len(panels))[edit.to]
        panels.insert(current, panels.pop(edit.panel))
    return Storyboard(panels=tuple(panels), current=current)


def to_film(edit: Edit) -> tuple[Take, ...]:
    """The takes that an edit asks to be filmed; all other edits cost nothing."""
    if isinstance(edit, AddPanel):
        return (edit.take,)
    return edit.takes if isinstance(edit, AddTakes) else ()


@dataclass(frozen=True, kw_only=True)
class History:
    """The storyboard as it is, as it was, and as it was before the last undo."""

    board: Storyboard = Storyboard()
    past: tuple[Storyboard, ...] = ()
    future: tuple[Storyboard, ...] = ()

    def after(self, edits: tuple[Edit, ...]) -> History:
        """The history after one message's edits, which one undo takes back together."""
        if not edits:
            return self
        board = self.board
        for edit in edits:
            board = apply(board, edit)
        return History(board=board, past=(*self.past, self.board))

    def undone(self) -> History | None:
        """One message back; None at the beginning."""
        if not self.past:
            return None
        return History(board=self.past[-1], past=self.past[:-1], future=(self.board, *self.future))

    def redone(self) -> History | None:
        """One undo taken back; None where there was none."""
        if not self.future:
            return None
        return History(board=self.future[0], past=(*self.past, self.board), future=self.future[1:])
