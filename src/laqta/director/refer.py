"""What a message refers to: the thing that a pronoun stands for, the shot and the take that a change is about."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

from laqta.director.commands import MANY, PAUSE, SINGLE, Message
from laqta.director.past import brought_last, is_tried, talked_about
from laqta.director.phrases import JOINTS, measures, number_in
from laqta.director.storyboard import Panel, Storyboard
from laqta.language.dictionary import Piece, pieces
from laqta.language.lexicon import LANGUAGES, Language, listed_rows, nouns
from laqta.language.read import Reading, read
from laqta.language.tokens import Token, spoken_key, tokens
from laqta.shot import MAX_COUNT, SIDED_VERBS, Actor, Motion, Shot

MARKERS = ("one", "ones", "那", "的", "اللي")
"""Words that stand for a thing that is told by its colour, size or place: the red one, 红色的那只."""


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What a message states; `named` where it names its things itself rather than by a pronoun or not at all;
    `is_bare` where it says nothing about a shot."""

    reading: Reading
    named: bool
    is_bare: bool = False

    @property
    def shot(self) -> Shot:
        """What is stated, as a shot."""
        return self.reading.shot


def about(message: Message, panel: Panel | None) -> Heard:
    """What a message states of the shot that is talked about.

    A pronoun, or nothing at all, may stand for the thing on stage that was talked about last. A word that only makes
    sense beside the thing that is named elsewhere in the message ("the fish should turn yellow") is read beside it.
    """
    rest = message.rest
    whole, split = read(rest.replace(PAUSE.text, "")), read(rest)
    plain = whole if len(whole.ignored) < len(split.ignored) else split
    if PAUSE.text in rest and not plain.shot.cast and plain.ignored:
        plain = _last_said(rest, plain)
    whole_thing = _said_of_one(plain, panel)
    if whole_thing is not None:
        return whole_thing
    bare = not facts(plain.shot) and not plain.ignored
    if panel is None or not panel.take.shot.cast:
        return Heard(reading=plain, named=True, is_bare=bare)
    if plain.shot.cast and message.pronoun == "it":
        plain = _with_name(rest, meant(message, panel)[0], plain)
    kinds = {actor.kind for actor in panel.take.shot.cast}
    if plain.shot.cast and (kinds & {actor.kind for actor in plain.shot.cast} or _has_article(rest)):
        return Heard(reading=plain, named=True)
    named = _of_the_stage(message, panel, plain.language)
    if plain.shot.cast:  # a colour that is also a thing: make it orange
        is_look = {actor.kind for actor in named.shot.cast} <= kinds
        is_look = is_look and not message.asks("add")
        return Heard(reading=named if is_look else plain, named=not is_look)
    points = message.pronoun or message.asks("other") or message.number("one") is not None
    points = points or (number_in(rest) is not None and bare)
    points = points or (message.asks("add") and message.asks("another"))
    only_counts = facts(named.shot) == 2 * len(named.shot.cast) and all(
        actor.count for actor in named.shot.cast
    )
    if message.asks("another") and bare and _has_room(message, panel):
        return Heard(reading=named, named=False)
    if named.ignored and only_counts:  # 30 fps
        return Heard(reading=plain, named=True)
    if len(named.ignored) < len(plain.ignored) or (points and len(named.ignored) == len(plain.ignored)):
        return Heard(reading=named, named=False, is_bare=bare)
    return Heard(reading=plain, named=True, is_bare=bare)


def _said_of_one(plain: Reading, panel: Panel | None) -> Heard | None:
    """The reading with the words that were left over read beside the one thing that is named; None where some stay."""
    if len(plain.shot.cast) != 1 or not plain.ignored:
        return None
    actor = plain.shot.cast[0]
    there = panel.take.shot.cast if panel is not None else ()
    onstage = next((one for one in there if one.kind == actor.kind), actor)
    beside = _beside(_gap(plain.language).join(plain.ignored), onstage, plain.language)
    if beside.ignored or len(beside.shot.cast) != 1:
        return None
    cast = (merged(actor, beside.shot.cast[0]),)
    return Heard(reading=replace(plain, shot=replace(plain.shot, cast=cast), ignored=()), named=True)


def _with_name(rest: str, kind: str, plain: Reading) -> Reading:
    """The reading with a name in the place of its pronoun, where that says more: "a tree behind it"."""
    name = {"en": "the ", "ar": "ال", "zh": ""}[plain.language] + nouns(plain.language)[kind].name
    words = [
        name if token.forms and token.forms[0].word in SINGLE - {"们"} else f"{token.article} {token.text}"
        for token in tokens(rest)
    ]
    named = read(_gap(plain.language).join(words))
    more = len(named.shot.relations) > len(plain.shot.relations)
    return named if more and len(named.ignored) <= len(plain.ignored) else plain


def _of_the_stage(message: Message, panel: Panel, language: Language) -> Reading:
    """A message without names read beside the names of the things on stage that it is about."""
    cast = panel.take.shot.cast
    told = _told(message.rest, cast, language) if len(cast) > 1 else None
    wanted = [told[0]] if told else meant(message, panel)
    bare = told[1] if told else _bare(message.rest, language)
    steers = not message.asks("move", "put") and any(
        piece.has("toward", "from") for piece in pieces(tokens(bare))
    )
    members = [actor for actor in cast if actor.kind in wanted]
    each = [_beside(bare, actor, language, steers) for actor in members]
    if message.asks("replace") and each[0].ignored:  # the colour to green: what the sentence ends with
        ends = (_beside(end, members[0], language) for end in _ends(bare))
        each = [next((end for end in ends if not end.ignored and facts(end.shot) > 1), each[0])]
    return replace(
        each[0],
        shot=replace(each[0].shot, cast=tuple(actor for reading in each for actor in reading.shot.cast)),
    )


def _gap(language: Language) -> str:
    return "" if language == "zh" else " "


def _bare(rest: str, language: Language) -> str:
    """The words without their pronouns and articles."""
    words: list[str] = []
    for token in tokens(rest):
        if not token.forms or token.script == "pause":
            continue
        if {form.word for form in token.forms} & (SINGLE | MANY):
            del words[len(words) - (words[-1:] == ["of"]) :]  # two of them
        else:
            words.append(token.text)
    return _gap(language).join(words)


def _has_article(rest: str) -> bool:
    return any(token.article for token in tokens(rest))


def _told(rest: str, cast: tuple[Actor, ...], language: Language) -> tuple[str, str] | None:
    """The thing that is told by what it looks like, or where it stands ("the blue one"), and the other words."""
    typed = tokens(rest)
    cut = pieces(typed)
    marked = any(token.forms and token.forms[0].word in MARKERS for token in typed)
    for at, piece in enumerate(cut):
        if not (marked or (language == "ar" and piece.definite)):
            continue
        kinds = [actor.kind for actor in cast if _looks(actor, piece)]
        others = [word.text for word in (*cut[:at], *cut[at + 1 :]) if word.text not in MARKERS]
        if len(kinds) == 1 and others:
            return kinds[0], _gap(language).join(others)
        if len(kinds) == 1:
            return kinds[0], ""
    return None


def _looks(actor: Actor, piece: Piece) -> bool:
    looks = {"tint": actor.tint, "size": actor.size, "place": actor.place}
    return any(value is not None and piece.value(slot) == value for slot, value in looks.items())


def meant(message: Message, panel: Panel) -> list[str]:
    """The things on stage that a message without names is about: all, the second one, or the one talked about last."""
    cast = panel.take.shot.cast
    kinds = [actor.kind for actor in cast]
    if message.pronoun == "them" and len(kinds) > 1:
        return kinds
    last = talked_about(panel)
    number = message.number("one")
    if number is not None and len(kinds) > 1 and not is_tried(panel) and -1 <= number <= len(kinds):
        return [kinds[number - 1 if number > 0 else -1]]
    if message.asks("other") and len(kinds) == 2:
        return [kind for kind in kinds if kind != last]
    gender = {"him": "m", "her": "f"}.get(message.pronoun)
    fitting = [actor.kind for actor in cast if _gender(actor) == gender]
    fits = not fitting or any(actor.kind == last and gender in _genders(actor) for actor in cast)
    return [last if fits else fitting[0]]


def _gender(actor: Actor) -> str:
    """Arabic speaks of several things as of one that is female."""
    return "f" if (actor.count or 1) > 1 else nouns("ar")[actor.kind].gender


def _genders(actor: Actor) -> set[str]:
    """The gender of a thing's name, and of another name that is no form of it: شطيرة همبرغر is also برغر."""
    noun = nouns("ar")[actor.kind]
    also = {name.partition("/")[0].split(" ")[0] for name in noun.also if name[:2] != noun.name[:2]}
    also -= {
        name[:-1] for name in also if name.endswith("ة")
    }  # a name with its feminine beside it: one animal
    return {_gender(actor), *("f" if name.endswith(("ة", "ه", "ا")) else "m" for name in also)}


def _has_room(message: Message, panel: Panel) -> bool:
    """Whether "one more" is one of the thing that was brought last; "three more", where three cannot be, are takes."""
    kind, more = brought_last(panel), number_in(message.rest) or 1
    counts = {actor.kind: actor.count or 1 for actor in panel.take.shot.cast}
    return kind is not None and (more == 1 or counts[kind] + more <= MAX_COUNT)


def looks_of(actor: Actor, message: Message, heard: Heard, board: Storyboard) -> Actor:
    """An actor of a new shot: "the cat" and "it" look as they did in the shots before, "a cat" is any."""
    known = [
        there
        for panel in (*board.panels[board.current :], *board.panels[: board.current])
        for there in panel.take.shot.cast
        if there.kind == actor.kind
    ]
    if not known or (heard.named and not _is_definite(message.rest)):
        return actor
    before = known[0]
    return replace(
        actor,
        count=actor.count or before.count,
        size=actor.size or before.size,
        tint=actor.tint or before.tint,
    )


def _is_definite(rest: str) -> bool:
    """Whether a thing is spoken of as known: "the cat", القطة, 那只猫; a 猫 that a Chinese sentence begins with."""
    typed = tokens(rest)
    cut = [piece for piece in pieces(typed) if piece.value("word") != "pause"]
    said = [piece for piece in cut if piece.has("prop")]
    if cut and cut[0].language == "zh" and cut[0].has("prop") and len(cut) > 1:
        return True
    return any(
        piece.article == "the" or (piece.language == "ar" and piece.definite) for piece in said
    ) or any(token.text in "那这" for token in typed)


def paints_scenery(message: Message, heard: Heard) -> bool:
    """Whether a colour or a size is asked of what is no thing on stage: the sky, the background."""
    looks = any(actor.tint or actor.size for actor in heard.shot.cast) and not heard.named
    return (looks or bool(heard.reading.ignored)) and "scenery" in hints(message.rest)


def hints(text: str) -> list[str]:
    """What the words of a text come near to of which we know what can be done instead: colours, sound, people."""
    typed = tokens(text)
    found = []
    for row in listed_rows("nearest.tsv", "laqta.director"):
        keys = [spoken_key(phrase) for language in LANGUAGES for phrase in row[language].split(",")]
        if any(_holds(typed, key) for key in keys if key):
            found.append(row["id"])
    return found


def _holds(typed: list[Token], key: tuple[str, ...]) -> bool:
    return any(
        all(
            any(form.word == word for form in token.forms) or token.text == word
            for token, word in zip(typed[at : at + len(key)], key, strict=True)
        )
        for at in range(len(typed) - len(key) + 1)
    )


def _last_said(rest: str, plain: Reading) -> Reading:
    """One place, time or weather put for another ("the garden with a beach"): what the sentence ends with."""
    ends = map(read, _ends(rest))
    return next((end for end in ends if not end.ignored and facts(end.shot)), plain)


def _ends(rest: str) -> list[str]:
    """All ends of a sentence, the longest first."""
    words = rest.split() if " " in rest.strip() else list(rest)
    gap = " " if " " in rest.strip() else ""
    return [gap.join(words[at:]) for at in range(1, len(words))]


def _beside(bare: str, actor: Actor, language: Language, steers: bool = False) -> Reading:
    """Words read beside the name of a thing, before or behind it, or of a film, whichever leaves fewer of them over;
    as how it moves where it `steers` a thing that goes to a side, or where nothing else fits."""
    name = nouns(language)[actor.kind].name
    clip = {"en": f"{bare} video", "ar": f"فيديو {bare}", "zh": f"{bare}视频"}[language]
    orders = [f"{bare} {name}", f"{name} {bare}", *([f"{bare}的{name}"] if language == "zh" else []), clip]
    best = min(map(read, orders), key=lambda reading: _misfit(reading, actor.kind))
    words = bare.split()
    if best.ignored and len(words) > 1 and language != "zh":
        best = _word_by_word(words, actor, language, steers) or best
    turns = steers and actor.motion is not None and actor.motion.verb in SIDED_VERBS
    states_motion = any(stated.motion for stated in best.shot.cast)
    if actor.motion is None or not (best.ignored or turns) or states_motion:
        return best
    moves = read(
        {"en": f"{name} moves {bare}", "ar": f"{name} يتحرك {bare}", "zh": f"{name}{bare}移动"}[language]
    )
    if moves.ignored or len(moves.shot.cast) != 1 or moves.shot.cast[0].motion is None:
        return best
    how = moves.shot.cast[0].motion
    if how.verb in SIDED_VERBS:
        how = replace(how, verb=actor.motion.verb)
    return replace(moves, shot=replace(moves.shot, cast=(replace(moves.shot.cast[0], motion=how),)))


def _word_by_word(words: list[str], actor: Actor, language: Language, steers: bool) -> Reading | None:
    """Words that say different things of one thing ("slow and pink"), each read by itself; None where one says none."""
    whole: Reading | None = None
    for word in words:
        if word in JOINTS:
            continue
        each = _beside(word.removeprefix("و") if language == "ar" else word, actor, language, steers)
        if each.ignored or [stated.kind for stated in each.shot.cast] != [actor.kind]:
            return None
        cast = each.shot.cast if whole is None else (merged(whole.shot.cast[0], each.shot.cast[0]),)
        whole = replace(each, shot=replace(each.shot, cast=cast))
    return whole


def _misfit(reading: Reading, kind: str) -> tuple[int, int, int]:
    strangers = sum(actor.kind != kind for actor in reading.shot.cast)
    return strangers, len(reading.ignored), -facts(reading.shot)


def facts(shot: Shot) -> int:
    """How much a shot states."""
    scene = (shot.backdrop, shot.time, shot.weather, shot.camera, shot.seconds, shot.format)
    of_actors = sum(
        value is not None
        for actor in shot.cast
        for value in (actor.count, actor.size, actor.tint, actor.place, actor.facing, actor.motion)
    )
    return sum(value is not None for value in scene) + of_actors + len(shot.cast) + len(shot.relations)


def introduced(rest: str) -> bool:
    """Whether a thing is brought in as new: "a cat", 一只猫; Arabic tells by the missing article."""
    words = tokens(rest)
    articles = _articles(words)
    if articles:
        return "the" not in articles
    if any(token.article == "the" for token in words):
        return False
    if any(token.article == "a" for token in words):
        return True
    arabic = [piece for piece in pieces(words) if piece.language == "ar" and piece.has("prop")]
    if arabic:
        return not any(piece.definite for piece in arabic)
    return any(one.text in "一两二三" and two.text in measures() for one, two in pairwise(words))


def _articles(words: list[Token]) -> list[str]:
    """The English articles of the things that are named, not those of places: a burger on the left."""
    found, last = [], ""
    for piece in pieces(words):
        last = "" if piece.has("place", "backdrop", "word") else piece.article or last
        if piece.has("prop") and last:
            found.append(last)
            last = ""
    return found


def panel_of(stated: Shot, board: Storyboard) -> int:
    """The panel that a change is about: the current one, unless the things named stand in another one alone."""
    named = {actor.kind for actor in stated.cast}
    order = sorted(range(len(board.panels)), key=lambda at: abs(at - board.current))
    there = [at for at in order if named <= {actor.kind for actor in board.panels[at].take.shot.cast}]
    current = {actor.kind for actor in board.panels[board.current].take.shot.cast}
    return there[0] if named and there and not named & current else board.current


def merged(actor: Actor, stated: Actor) -> Actor:
    """An actor with what was newly stated of it; a new verb keeps the speed, and the side where it has one."""
    said = {
        name: value
        for name in ("count", "size", "tint", "place", "facing")
        if (value := getattr(stated, name)) is not None
    }
    motion = actor.motion
    if stated.motion is not None:
        old = actor.motion or stated.motion
        toward = stated.motion.toward or (old.toward if stated.motion.verb in SIDED_VERBS else None)
        speed = stated.motion.speed or (old.speed if stated.motion.verb != "still" else None)
        motion = Motion(verb=stated.motion.verb, toward=toward, speed=speed)
    return replace(actor, **said, motion=motion)
