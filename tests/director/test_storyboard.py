from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from laqta.director.storyboard import (
    AddPanel,
    AddTakes,
    Choose,
    CopyPanel,
    Edit,
    History,
    MovePanel,
    RemovePanel,
    Select,
    Storyboard,
    Take,
    apply,
    to_film,
)
from laqta.shot import Shot


def take(seed: int) -> Take:
    return Take(shot=Shot(backdrop="snow"), seed=seed)


def board(*seeds: int) -> Storyboard:
    made = Storyboard()
    for at, seed in enumerate(seeds):
        made = apply(made, AddPanel(at=at, take=take(seed)))
    return made


def shown(made: Storyboard) -> list[int]:
    return [panel.take.seed for panel in made.panels]


@pytest.mark.parametrize(
    ("edit", "seeds", "current"),
    [
        (AddPanel(at=1, take=take(9)), [1, 9, 2, 3], 1),
        (AddTakes(panel=0, takes=(take(7), take(8))), [7, 2, 3], 0),
        (RemovePanel(panel=2), [1, 2], 1),
        (RemovePanel(panel=0), [2, 3], 0),
        (MovePanel(panel=0, to=2), [2, 3, 1], 2),
        (MovePanel(panel=2, to=0), [3, 1, 2], 0),
        (CopyPanel(panel=1), [1, 2, 2, 3], 2),
        (Select(panel=1), [1, 2, 3], 1),
    ],
)
def test_what_an_edit_does(edit: Edit, seeds: list[int], current: int) -> None:
    made = apply(board(1, 2, 3), edit)
    assert (shown(made), made.current) == (seeds, current)


def test_a_take_that_was_there_is_chosen_again() -> None:
    made = apply(board(1), AddTakes(panel=0, takes=(take(5), take(6))))
    assert shown(made) == [5]
    assert shown(apply(made, Choose(panel=0, take=2))) == [6]
    assert shown(apply(made, Choose(panel=0, take=0))) == [1]
    assert made.next_seed == 7


@pytest.mark.parametrize("edit", [Choose(panel=0, take=4), Select(panel=3), MovePanel(panel=0, to=5)])
def test_an_edit_of_what_is_not_there_is_refused(edit: Edit) -> None:
    with pytest.raises(IndexError):
        apply(board(1, 2), edit)


def test_only_new_takes_are_filmed() -> None:
    assert to_film(AddPanel(at=0, take=take(1))) == (take(1),)
    assert to_film(AddTakes(panel=0, takes=(take(2), take(3)))) == (take(2), take(3))
    assert not any(map(to_film, (RemovePanel(panel=0), CopyPanel(panel=0), Select(panel=0))))


@st.composite
def histories(draw: st.DrawFn) -> History:
    """A history of edits that fit, each a message of its own."""
    history = History()
    for number in range(draw(st.integers(1, 8))):
        count = len(history.board.panels)
        places = st.integers(0, max(0, count - 1))
        kinds: list[Any] = [st.builds(AddPanel, at=st.integers(0, count), take=st.just(take(number)))]
        if count:
            kinds += [
                st.builds(RemovePanel, panel=places),
                st.builds(MovePanel, panel=places, to=places),
                st.builds(CopyPanel, panel=places),
                st.builds(AddTakes, panel=places, takes=st.just((take(number),))),
            ]
        history = history.after((draw(st.one_of(kinds)),))
    return history


@given(histories())
def test_undo_and_redo_go_all_the_way_and_back(history: History) -> None:
    states = [history.board]
    back: History | None = history
    while back is not None and back.past:
        back = back.undone()
        assert back is not None
        states.append(back.board)
    assert states[-1] == Storyboard() and back is not None and back.undone() is None
    for state in reversed(states[:-1]):
        back = back.redone() if back else None
        assert back is not None and back.board == state
    assert back is not None and back.redone() is None


@given(histories())
def test_the_current_panel_is_always_there(history: History) -> None:
    for made in (*history.past, history.board):
        assert made.take is None if not made.panels else 0 <= made.current < len(made.panels)


def test_a_new_edit_forgets_what_was_undone() -> None:
    history = History().after((AddPanel(at=0, take=take(1)),)).after((AddPanel(at=1, take=take(2)),))
    back = history.undone()
    assert back is not None
    again = back.after((AddPanel(at=1, take=take(3)),))
    assert again.redone() is None and shown(again.board) == [1, 3]
