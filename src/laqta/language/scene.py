"""The shot as far as a sentence has been read, with the little grammar that is needed to read on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from laqta.language.dictionary import Piece
from laqta.shot import (
    Actor,
    Backdrop,
    Camera,
    Format,
    Link,
    Motion,
    Place,
    Relation,
    Shot,
    Side,
    Size,
    Speed,
    TimeOfDay,
    Tint,
    Verb,
    Weather,
)


@dataclass(kw_only=True)
class Member:
    """An actor while the sentence is being read; `lent` while its motion is that of the thing before it, which a
    verb that came first may share with it ("there walk a cat and a dog")."""

    kind: str
    count: int | None = None
    size: str | None = None
    tint: str | None = None
    place: str | None = None
    facing: str | None = None
    verb: str | None = None
    toward: str | None = None
    speed: str | None = None
    lent: bool = False


@dataclass(kw_only=True)
class Waiting:
    """Words that still look for the word that they belong to; for a relation, whom it starts from or leads to."""

    described: list[tuple[str, Piece]] = field(default_factory=list)
    verb: Piece | None = None
    speed: Piece | None = None
    side: Piece | None = None
    course: Piece | None = None
    place: Piece | None = None
    facing: Piece | None = None
    link: Piece | None = None
    link_from: int | None = None
    link_to: int | None = None


@dataclass(kw_only=True)
class Scene:
    """The shot so far, and who the next word may be about.

    `chain`: the things that wait for a verb, each with what joined it to the one before ("and", "pause", "").
    `doers`: the things that the last verb was said of. `last`: the thing named last. `joint`: what stands
    between that thing and here. `aside`: the next thing is only beside the matter ("on a skateboard").
    `around`: the next verb goes round the thing named last. `patient`: who it is done to (Chinese 被). `place_of`:
    who a Chinese 在 has just been said of. `filming`: the camera is what the next verb is about.
    """

    backdrop: str | None = None
    time: str | None = None
    weather: str | None = None
    camera: str | None = None
    seconds: float | None = None
    format: str | None = None
    members: list[Member] = field(default_factory=list)
    relations: list[tuple[int, str, int]] = field(default_factory=list)
    unused: list[Piece] = field(default_factory=list)
    chain: list[tuple[int, str]] = field(default_factory=list)
    doers: list[int] = field(default_factory=list)
    last: int | None = None
    joint: str = ""
    aside: bool = False
    around: bool = False
    patient: int | None = None
    place_of: int | None = None
    filming: bool = False
    lender: int | None = None
    waiting: Waiting = field(default_factory=Waiting)

    def about(self) -> int | None:
        """The thing that the sentence is about here: it waits for a verb, or had the last one, or was just named."""
        if self.chain:
            return self.chain[-1][0]
        return self.doers[-1] if self.doers else self.last


def shot_of(scene: Scene) -> Shot:
    """The scene as a frozen shot."""
    return Shot(
        backdrop=cast("Backdrop | None", scene.backdrop),
        time=cast("TimeOfDay | None", scene.time),
        weather=cast("Weather | None", scene.weather),
        cast=tuple(_actor(member) for member in scene.members),
        relations=tuple(
            Relation(subject=subject, link=cast("Link", link), object=thing)
            for subject, link, thing in scene.relations
        ),
        camera=cast("Camera | None", scene.camera),
        seconds=scene.seconds,
        format=cast("Format | None", scene.format),
    )


def _actor(member: Member) -> Actor:
    motion = member.verb and Motion(
        verb=cast("Verb", member.verb),
        toward=cast("Side | None", member.toward),
        speed=cast("Speed | None", member.speed),
    )
    return Actor(
        kind=member.kind,
        count=member.count,
        size=cast("Size | None", member.size),
        tint=cast("Tint | None", member.tint),
        place=cast("Place | None", member.place),
        facing=cast("Side | None", member.facing),
        motion=motion or None,
    )
