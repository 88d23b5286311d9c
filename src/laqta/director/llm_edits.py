"""What a language model may answer, and the edits that come of it: places, seeds and parents are ours, never its own.

Its shots are `laqta.shot.Shot`: `None` means "not stated" in a change as everywhere, so what it leaves out stays.
"""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, TypeAdapter, WithJsonSchema
from pydantic_core import CoreSchema
from typing_extensions import TypeAliasType

from laqta.config import to_dict
from laqta.director.change import LONGEST
from laqta.director.kindness import is_only_kind, kindness
from laqta.director.refer import merged
from laqta.director.rules import MOST_TAKES, Turn, joined_edits
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
)
from laqta.language.read import read
from laqta.shot import MAX_CAST, MAX_COUNT, SIDED_VERBS, Actor, Relation, Shot
from laqta.world.props import PROPS

Scene = Literal["backdrop", "time", "weather", "camera", "seconds", "format"]
SCENE = get_args(Scene)


def _short(node: Any, defs: dict[str, Any]) -> Any:
    """A JSON schema as short as can be: no titles, no defaults, no null, for what is left out is not stated."""
    if isinstance(node, list):
        return [_short(item, defs) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get("$ref", "").rpartition("/")[2] in defs:
        return _short(defs[node["$ref"].rpartition("/")[2]], defs)
    choices = [choice for choice in node.get("anyOf", ()) if choice.get("type") != "null"]
    rest = {key: _short(item, defs) for key, item in node.items() if key not in ("anyOf", "title", "default")}
    return _short(choices[0], defs) | rest if choices else rest


def _shot_schema() -> dict[str, Any]:
    """The JSON schema of `Shot`, without what only a person draws: box tracks."""
    schema = TypeAdapter(Shot).json_schema()
    defs = {
        name: definition for name, definition in schema.pop("$defs").items() if definition.pop("description")
    }
    del defs["Actor"]["properties"]["track"]
    defs["Actor"]["properties"]["count"] |= {"minimum": 1, "maximum": MAX_COUNT}
    return dict(_short(schema, defs)) | {"description": "what is stated; leave out all that is not"}


StatedShot = TypeAliasType("StatedShot", Annotated[Shot, WithJsonSchema(_shot_schema())])
Place = Annotated[int, Field(ge=1)]
Count = Annotated[int, Field(ge=1, le=MOST_TAKES)]


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        schema = handler(core)
        own = handler.resolve_ref_schema(schema)
        own.update(_short(own, {}))
        del own["title"]
        return schema


class NewShot(_Wire):
    """Another shot is described."""

    do: Literal["new_shot"]
    shot: StatedShot
    at: Place | None = Field(None, description="its panel number; left out: behind the current one")
    versions: Count = 1
    loop: bool = False
    picture: Literal["first", "last", "unused"] = Field(
        "first", description="what a picture that came is for"
    )


class Change(_Wire):
    """Something of a shot becomes different; all else stays."""

    do: Literal["change"]
    panel: Place | None = None
    set: StatedShot = Field(Shot(), description="only what changes; a kind that is not on stage is added")
    replace: dict[str, str] = Field({}, description="kinds on stage and the kinds that take their places")
    remove: tuple[str, ...] = Field((), description="kinds that leave the stage")
    clear: tuple[Scene, ...] = Field((), description="fields that nobody states any more")
    loop: bool | None = None
    picture: Literal["first", "last", "unused"] = "first"
    versions: Count | None = Field(None, description="how many new takes of it, if several were asked for")


class Versions(_Wire):
    """The same shot is filmed again, otherwise."""

    do: Literal["versions"]
    panel: Place | None = None
    count: Count = 1


class ChooseTake(_Wire):
    """A take that is there is shown."""

    do: Literal["choose"]
    panel: Place | None = None
    take: Place


class Ordering(_Wire):
    """A shot is removed, shown twice, or talked about."""

    do: Literal["remove", "copy", "select"]
    panel: Place | None = None


class Move(_Wire):
    """A shot goes to another place."""

    do: Literal["move"]
    panel: Place | None = None
    to: Place


class Alone(_Wire):
    """The last message is taken back or done again, or the person asks what can be said; stands alone."""

    do: Literal["undo", "redo", "help"]


Wish = Annotated[
    NewShot | Change | Versions | ChooseTake | Ordering | Move | Alone, Field(discriminator="do")
]


class Wanted(_Wire):
    """The edits that one message asks for, in order."""

    edits: tuple[Wish, ...]
    left_out: tuple[str, ...] = Field((), description="the person's own words that cannot be filmed")
    say: str = Field("", description="one short sentence in the person's language")


def turn_of(wanted: Wanted, text: str, history: History, picture: str | None) -> Turn:
    """The turn that an answer comes to.

    Raises `ValueError`, in words that the model can act on, for what cannot be: a prop that does not exist, a panel
    or a take that is not there, too many things.
    """
    language = read(text).language
    ignored = tuple(words for words in wanted.left_out if words and words.casefold() in text.casefold())
    alone = next((wish for wish in wanted.edits if isinstance(wish, Alone)), None)
    if alone is not None:
        if len(wanted.edits) > 1:
            raise ValueError(f"{alone.do} stands alone: no other edit beside it")
        moved = {"undo": history.undone(), "redo": history.redone(), "help": None}[alone.do]
        problem = "" if moved else "help" if alone.do == "help" else f"nothing_to_{alone.do}"
        return Turn(history=moved or history, edits=(), language=language, problem=problem)
    board = history.board
    edits: list[Edit] = []
    for wish in wanted.edits:
        for edit in _edits(wish, board, picture):
            board = apply(board, edit)
            edits.append(edit)
    made = joined_edits(tuple(edits))
    kind = "" if edits or wanted.edits or not is_only_kind(text) else kindness(text)
    return Turn(
        history=history.after(made),
        edits=made,
        language=language,
        ignored=ignored,
        problem="" if edits or kind else "unchanged" if wanted.edits else "not_understood",
        kind=kind,
    )


def told(board: Storyboard) -> dict[str, Any]:
    """A storyboard as a model is told it: numbers from 1, chosen takes only, nothing that was not stated."""
    panels = []
    for number, panel in enumerate(board.panels, 1):
        shot = replace(
            panel.take.shot,
            cast=tuple(
                replace(actor, kind=label, track=None)
                for actor, label in zip(panel.take.shot.cast, _labels(panel.take.shot.cast), strict=True)
            ),
        )
        facts = {name: value for name, value in stated(to_dict(shot)).items() if value != []}
        row = {"panel": number, "take": panel.chosen + 1, "takes": len(panel.takes), "shot": facts}
        panels.append(row | ({"loop": True} if panel.take.loop else {}))
    return {"panels": panels, "current": board.current + 1} if panels else {"panels": []}


def stated(value: Any) -> Any:
    """JSON without its nulls."""
    if isinstance(value, dict):
        return {key: stated(item) for key, item in value.items() if item is not None}
    return [stated(item) for item in value] if isinstance(value, list) else value


def _labels(cast: tuple[Actor, ...]) -> list[str]:
    """What the things on stage are called: their kinds; the second car is `car#2`."""
    kinds = [actor.kind for actor in cast]
    return [
        kind if kinds.index(kind) == at else f"{kind}#{kinds[: at + 1].count(kind)}"
        for at, kind in enumerate(kinds)
    ]


def _edits(wish: Wish, board: Storyboard, picture: str | None) -> tuple[Edit, ...]:
    if isinstance(wish, NewShot):
        return _added(wish, board, picture)
    assert not isinstance(wish, Alone)
    at = board.current if wish.panel is None else wish.panel - 1
    if at >= len(board.panels):
        raise ValueError(f"there is no panel {at + 1}: the storyboard has {len(board.panels)}")
    panel = board.panels[at]
    if isinstance(wish, Change):
        new = _changed(wish, panel.take, picture)
        if wish.versions is None:
            again = replace(new, parent=panel.chosen)
            return () if new == panel.take else (AddTakes(panel=at, takes=(again,)),)
        return (AddTakes(panel=at, takes=_takes(new, board, wish.versions, panel.chosen)),)
    if isinstance(wish, Versions):
        return (AddTakes(panel=at, takes=_takes(panel.take, board, wish.count, panel.chosen)),)
    if isinstance(wish, ChooseTake):
        if wish.take > len(panel.takes):
            raise ValueError(f"panel {at + 1} has {len(panel.takes)} takes, not {wish.take}")
        return (Choose(panel=at, take=wish.take - 1),)
    if isinstance(wish, Move):
        return (MovePanel(panel=at, to=min(wish.to, len(board.panels)) - 1),)
    if wish.do == "remove":
        return (RemovePanel(panel=at),)
    return (CopyPanel(panel=at),) if wish.do == "copy" else (Select(panel=at),)


def _takes(take: Take, board: Storyboard, count: int, parent: int) -> tuple[Take, ...]:
    return tuple(
        replace(take, seed=seed, parent=parent) for seed in range(board.next_seed, board.next_seed + count)
    )


def _added(wish: NewShot, board: Storyboard, picture: str | None) -> tuple[Edit, ...]:
    shot = _possible(wish.shot)
    if shot == Shot() and picture is None:
        raise ValueError("a new shot must state something")
    for actor in shot.cast:
        _known(actor.kind)
    if len(shot.cast) > MAX_CAST:
        raise ValueError(f"a shot holds at most {MAX_CAST} kinds of things")
    at = len(board.panels) and board.current + 1
    if wish.at is not None:
        at = min(wish.at - 1, len(board.panels))
    take = _pictured(Take(shot=shot, seed=board.next_seed, loop=wish.loop), wish.picture, picture)
    more = tuple(replace(take, seed=take.seed + extra, parent=0) for extra in range(1, wish.versions))
    first = AddPanel(at=at, take=take)
    return (first, AddTakes(panel=at, takes=more)) if more else (first,)


def _pictured(take: Take, use: str, picture: str | None) -> Take:
    if picture is None or use == "unused":
        return take
    return replace(take, first=picture) if use == "first" else replace(take, last=picture)


def _changed(wish: Change, take: Take, picture: str | None) -> Take:
    said = _possible(wish.set)
    scene: dict[str, Any] = dict.fromkeys(wish.clear)
    scene |= {name: getattr(said, name) for name in SCENE if getattr(said, name) is not None}
    shot = replace(_recast(wish, said, take.shot), **scene)
    take = replace(take, shot=shot, loop=take.loop if wish.loop is None else wish.loop)
    return _pictured(take, wish.picture, picture)


def _recast(wish: Change, said: Shot, shot: Shot) -> Shot:
    """The cast with things exchanged, changed, added and taken out; relations follow their things."""
    cast = list(shot.cast)
    for old, new in wish.replace.items():
        at = _at(old, cast)
        cast[at] = replace(cast[at], kind=_known(new))
    places = []
    for actor in said.cast:
        labels = _labels(tuple(cast))
        if actor.kind not in labels:
            cast.append(replace(actor, kind=_known(actor.kind)))
        places.append(labels.index(actor.kind) if actor.kind in labels else len(cast) - 1)
        cast[places[-1]] = _merged(cast[places[-1]], actor)
    links = [
        replace(link, subject=places[link.subject], object=places[link.object]) for link in said.relations
    ]
    pairs = {frozenset((link.subject, link.object)) for link in links}
    links = [link for link in shot.relations if frozenset((link.subject, link.object)) not in pairs] + links
    gone = {_at(kind, cast) for kind in wish.remove}
    stay = [at for at in range(len(cast)) if at not in gone]
    if len(stay) > MAX_CAST:
        raise ValueError(f"a shot holds at most {MAX_CAST} kinds of things; remove one")
    kept = tuple(
        Relation(subject=stay.index(link.subject), link=link.link, object=stay.index(link.object))
        for link in links
        if link.subject in stay and link.object in stay
    )
    return replace(shot, cast=tuple(cast[at] for at in stay), relations=kept)


def _merged(actor: Actor, said: Actor) -> Actor:
    """An actor with what was stated of it; one that is sent the other way also looks there."""
    new = merged(actor, said)
    turned = said.facing is None and said.motion is not None and said.motion.toward is not None
    return replace(new, facing=None) if turned else new


def _at(kind: str, cast: list[Actor]) -> int:
    labels = _labels(tuple(cast))
    if kind not in labels:
        raise ValueError(f"{kind!r} is not on stage; there are: {', '.join(labels) or 'no things'}")
    return labels.index(kind)


def _known(kind: str) -> str:
    if kind not in PROPS:
        same = [actor.kind for actor in read(kind.replace("_", " ")).shot.cast]
        near = (
            ", ".join(dict.fromkeys(same + get_close_matches(kind, PROPS, 3))) or "none; put it in left_out"
        )
        raise ValueError(f"there is no kind {kind!r}; nearest: {near}")
    return kind


def _possible(shot: Shot) -> Shot:
    """A stated shot with what the schema cannot say: bounds, and sides only for what goes to a side."""
    for link in shot.relations:
        if not {link.subject, link.object} <= set(range(len(shot.cast))) or link.subject == link.object:
            raise ValueError(f"a relation is between two of the cast beside it, from 0 on: {to_dict(link)}")
    if shot.seconds is not None and not 0 < shot.seconds <= LONGEST:
        raise ValueError(f"seconds must be above 0 and at most {LONGEST:g}")
    for actor in shot.cast:
        if actor.count is not None and not 1 <= actor.count <= MAX_COUNT:
            raise ValueError(f"count is 1 to {MAX_COUNT}, not {actor.count}")
    return replace(shot, cast=tuple(_sided(replace(actor, track=None)) for actor in shot.cast))


def _sided(actor: Actor) -> Actor:
    if actor.motion is None or actor.motion.verb in SIDED_VERBS:
        return actor
    return replace(actor, motion=replace(actor.motion, toward=None))
