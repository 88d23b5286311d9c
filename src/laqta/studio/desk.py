"""What every route of the studio works with: rows and files, the models there are, and the brain that answers."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Annotated, Any, Protocol

from fastapi import Depends, Request
from sqlalchemy import Connection

from laqta.director.chat import reply
from laqta.director.rules import answer
from laqta.director.storyboard import AddTakes, Edit, History
from laqta.language.lexicon import Language
from laqta.models.card import Card, find_model, installed_models, load_card
from laqta.settings import home
from laqta.studio import conversations
from laqta.studio.conversations import MovedOnError, Place, Said
from laqta.studio.review import ReviewRoom
from laqta.studio.workplace import Workplace

Talk = Sequence[tuple[str, str]]
"""What was said and answered before, oldest first."""


WARMING = ("a cat walks in the snow", "قطة تمشي في الثلج", "一只猫在雪地里走")


class Brain(Protocol):
    """What turns a message into edits."""

    name: str

    def answer(self, text: str, history: History, picture: str | None, talk: Talk) -> Said:
        """The turn that a message comes to, and the words of the answer."""
        ...


class OfflineBrain:
    """The rules of `director`, in a millisecond and without any network."""

    name = "offline"

    def answer(self, text: str, history: History, picture: str | None, talk: Talk) -> Said:  # noqa: ARG002
        """As `director.rules.answer`."""
        turn = answer(text, history, picture)
        return Said(turn=turn, reply=reply(turn))


@dataclass(kw_only=True)
class Desk:
    """One running studio. `closing` ends its event streams."""

    workplace: Workplace
    model: str
    brain: Brain = field(default_factory=OfflineBrain)
    key: str | None = None
    closing: bool = False
    review: ReviewRoom = field(default_factory=ReviewRoom)
    cards: dict[str, Card] = field(default_factory=dict)

    def warm_up(self) -> None:
        """Build the dictionaries that the first message would otherwise wait for, a third of a second."""
        for wish in WARMING:
            OfflineBrain().answer(wish, History(), None, ())

    def card(self, model: str) -> Card:
        """What an installed model says of itself. Raises `ValueError` that names those there are."""
        if model not in self.cards:
            self.cards[model] = load_card(find_model(model, home(os.environ)))
        return self.cards[model]

    def models(self) -> list[str]:
        """The names of all installed models, the usual one first."""
        return sorted(installed_models(home(os.environ)), key=lambda name: (name != self.model, name))

    def say(
        self, conversation: str, text: str, picture: str | None, parent: str | None, *, at_head: bool
    ) -> dict[str, Any]:
        """Answer a message and put in the queue what it asks for; returns the conversation's new state."""
        store = self.workplace.store
        for _ in range(5):  # another tab may have said something while a slow brain was thinking
            where = store.read(
                partial(conversations.place, conversation=conversation, parent=parent, at_head=at_head)
            )
            said = self._answer(where, text, picture, self.brain)
            write = partial(
                conversations.say, where=where, said=said, text=text, picture=picture, at_head=at_head
            )
            try:
                return self._written(write, conversation, bool(said.turn.edits))
            except MovedOnError:
                continue
        raise MovedOnError("the conversation is being written to from several places; send the message again")

    def draft(self, conversation: str, text: str, picture: str | None) -> Said:
        """What a message would come to, by rule; nothing is written."""
        place = partial(conversations.place, conversation=conversation, parent=None, at_head=True)
        return self._answer(self.workplace.store.read(place), text, picture, OfflineBrain())

    def click(self, conversation: str, edits_of: Any, language: Language) -> dict[str, Any]:
        """Apply a click's edits at the head; returns the conversation's new state."""

        def write(db: Connection) -> str:
            conversations.get(db, conversation)  # nobody else moves the head meanwhile
            where = conversations.place(db, conversation, None, at_head=True)
            said = conversations.click(edits_of, where, language)
            return conversations.say(db, where, said, text="", by="click")

        return self._written(write, conversation, True)

    def _answer(self, where: Place, text: str, picture: str | None, brain: Brain) -> Said:
        said = brain.answer(text, where.history, picture, where.talk)
        return conversations.within_model(said, where.history, self.card(where.model).props)

    def _written(self, write: Any, conversation: str, films: bool) -> dict[str, Any]:
        def work(db: Connection) -> dict[str, Any]:
            if films:
                self.workplace.check_room(db)
            write(db)
            return conversations.state(db, conversation)

        return self.workplace.store.write(work)


def desk_of(request: Request) -> Desk:
    """The desk of the running studio."""
    desk: Desk = request.app.state.desk
    return desk


AtDesk = Annotated[Desk, Depends(desk_of)]
"""What a route writes to be given the desk."""


def edits_again(panel: int, count: int, history: History) -> tuple[Edit, ...]:
    """More takes of a panel's chosen shot, by new seeds."""
    board = history.board
    take, parent = board.panels[panel].take, board.panels[panel].chosen
    seeds = range(board.next_seed, board.next_seed + count)
    return (AddTakes(panel=panel, takes=tuple(replace(take, seed=seed, parent=parent) for seed in seeds)),)
