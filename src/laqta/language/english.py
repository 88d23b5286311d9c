"""English word forms by rule: plurals, the verb's third person and participle, a or an."""

from __future__ import annotations

import re


def plural_of(noun: str) -> str:
    """The regular plural of a noun or of a noun phrase's last word: box -> boxes, cherry -> cherries."""
    if noun.endswith(("s", "x", "z", "ch", "sh")):
        return noun + "es"
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    if noun.endswith(("tomato", "potato")):
        return noun + "es"
    return noun + "s"


def third_person(verb: str) -> str:
    """The form after "it" of a verb phrase, whose first word is the verb: fly away -> flies away."""
    head, _, rest = verb.partition(" ")
    if head == "be":
        return f"is {rest}".strip()
    form = head + "es" if head.endswith("o") else plural_of(head)
    return f"{form} {rest}".strip()


def participle(verb: str) -> str:
    """The -ing form of a verb phrase: run after -> running after, come closer -> coming closer."""
    head, _, rest = verb.partition(" ")
    if head == "lie":
        form = "lying"
    elif head.endswith("e") and not head.endswith(("ee", "oe", "be")):
        form = head[:-1] + "ing"
    elif _doubles(head):
        form = head + head[-1] + "ing"
    else:
        form = head + "ing"
    return f"{form} {rest}".strip()


def past(verb: str) -> str:
    """The regular -ed form of a verb phrase: walk away -> walked away, hop -> hopped."""
    head, _, rest = verb.partition(" ")
    if head.endswith("e"):
        form = head + "d"
    elif head.endswith("y") and head[-2] not in "aeiou":
        form = head[:-1] + "ied"
    elif _doubles(head):
        form = head + head[-1] + "ed"
    else:
        form = head + "ed"
    return f"{form} {rest}".strip()


def article(words: str) -> str:
    """The indefinite article with the words that it stands before."""
    vowel = words[0] in "aeiou" and not words.startswith(("unicorn", "ufo", "one"))
    return f"{'an' if vowel else 'a'} {words}"


def _doubles(verb: str) -> bool:
    """Whether the last letter doubles: one syllable that ends in consonant, vowel, consonant (run, hop, swim)."""
    vowels = [letter in "aeiou" for letter in verb]
    if verb in ("enter", "wander", "travel", "hover", "follow", "encounter", "flutter", "scamper", "amble"):
        return False
    return len(verb) <= 4 and vowels[-3:] == [False, True, False] and verb[-1] not in "wxy"


def verb_forms(phrase: str) -> tuple[str, ...]:
    """Every form of a verb phrase as the lexicon lists it.

    "go/went/gone away", or "go away/went/gone", gives go away, goes away, going away, went away, gone away.
    """
    irregular = re.findall(r"/([a-z]+)", phrase)
    base, _, rest = re.sub(r"/[a-z]+", "", phrase).partition(" ")
    if base in ("is", "does"):
        return (phrase,)
    if base == "be":
        heads = ["be", "is", "are", "being"]
    else:
        heads = [base, third_person(base), participle(base), *(irregular or [past(base)])]
    return tuple(f"{form} {rest}".strip() for form in heads)
