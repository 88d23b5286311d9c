"""Arabic word forms by rule: gender and number of adjectives and verbs, duals, the article."""

from __future__ import annotations

from typing import Literal

from laqta.language.lexicon import Noun

Gender = Literal["m", "f"]


def feminine(adjective: str) -> str:
    """The feminine singular of an adjective, given alone ("كبير") or with its irregular forms ("أحمر/حمراء/...")."""
    forms = adjective.split("/")
    if len(forms) > 1:
        return forms[1]
    head, rest = _headed(adjective)
    return f"{head}ة{rest}"


def agreed(adjective: str, gender: str, count: int) -> str:
    """An adjective (masculine singular, or all its forms) as it stands after `count` things of one gender.

    Three things that are no people are spoken of in the feminine singular. A phrase such as "متوسط الحجم" bends
    in its first word, which loses the dual's last letter.
    """
    forms = adjective.split("/")
    if count == 2:
        if gender == "m":
            return dual(forms[0])
        return forms[2] if len(forms) > 2 else dual(feminine(adjective))
    return feminine(adjective) if count > 2 or gender == "f" else forms[0]


def dual(word: str) -> str:
    """The nominative dual of a word, or of a phrase in its first word, as it stands before a noun that owns it."""
    head, rest = _headed(word)
    stem = head[:-1] + "ت" if head.endswith("ة") else head
    return f"{stem}ا{rest}" if rest else f"{stem}ان"


def oblique(dual_word: str) -> str:
    """A dual after a verb or a preposition: قطتان -> قطتين, سيارتا شرطة -> سيارتي شرطة."""
    head, rest = _headed(dual_word)
    if not head.endswith("ان"):
        return head[:-1] + "ي" + rest
    return " ".join(word[:-2] + "ين" for word in dual_word.split(" "))


def noun_dual(noun: Noun) -> str:
    """The nominative dual of a prop's noun, with its adjective if it has one."""
    if noun.dual:
        return noun.dual
    if noun.build == "adj":
        head, adjective = noun.name.split(" ")
        return f"{dual(head)} {dual(adjective)}"
    return dual(noun.name)


def definite(phrase: str, build: str) -> str:
    """A noun phrase with the article: on every word (noun + adjective) or on its last (noun + noun)."""
    words = phrase.split(" ")
    if build == "idafa":
        return " ".join([*words[:-1], _with_article(words[-1])])
    return " ".join(_with_article(word) for word in words)


def conjugated(verb: str, gender: str, count: int) -> str:
    """A verb phrase (given as "يمشي ...", he walks) after `count` things of one gender."""
    head, rest = _headed(verb)
    if count > 2:
        gender = "f"
    if gender == "f":
        head = "ت" + head[1:]
    if count == 2:
        head = (head[:-1] + "يان") if head.endswith("ى") else head + "ان"
        rest = rest.replace("نفسه", "نفسيهما")
    return head + (rest.replace("نفسه", "نفسها") if gender == "f" and count != 2 else rest)


def numeral(count: int, gender: str) -> str:
    """Three before its plural noun: the form that looks feminine goes with masculine nouns."""
    assert count == 3, "one and two are said by the noun itself"
    return "ثلاثة" if gender == "m" else "ثلاث"


def joined(word: str) -> str:
    """A word or sentence with "and" before it."""
    return "و" + word


def _headed(phrase: str) -> tuple[str, str]:
    head, space, rest = phrase.partition(" ")
    return head, space + rest


def _with_article(word: str) -> str:
    return word if word.startswith("ال") else "ال" + word


def verb_forms(phrase: str) -> tuple[str, ...]:
    """Every form of a verb phrase listed as "he walks"; a participle or another phrase bends as adjectives do."""
    negation, verb = ("لا ", phrase[3:]) if phrase.startswith("لا ") else ("", phrase)
    head, rest = _headed(verb)
    if not head.startswith("ي") or len(head) < 3:
        return described_forms(phrase)
    stem = head[:-1] if head.endswith(("ي", "ى", "و")) else head
    heads = [head, head + "ان", head + "ا", stem + "ون", stem + "وا", head + "ن"]
    heads += ["ت" + form[1:] for form in heads]
    return tuple(f"{negation}{form}{own}" for form in heads for own in _owns(rest))


def object_forms(phrase: str) -> tuple[str, ...]:
    """A verb with the pronoun of its object written onto it: يطارد -> يطارده, تطاردها, ..."""
    if " " in phrase or not phrase.startswith("ي"):
        return ()
    heads = (phrase, "ت" + phrase[1:])
    return tuple(head + pronoun for head in heads for pronoun in ("ه", "ها", "هما", "هم"))


def described_forms(phrase: str) -> tuple[str, ...]:
    """Every gender, number and case of an adjective, given alone or as أحمر/حمراء/..., bent in its first word."""
    masculine = phrase.split("/")[0]
    singles = [*phrase.split("/"), feminine(phrase)]
    duals = [dual(masculine), agreed(phrase, "f", 2)]
    return tuple(dict.fromkeys([*singles, *duals, *(oblique(form) for form in duals)]))


def _owns(rest: str) -> tuple[str, ...]:
    """The end of a phrase with "itself" for him, her, the two and the many."""
    if "نفسه" not in rest:
        return (rest,)
    return tuple(
        rest.replace("نفسه", own) for own in ("نفسه", "نفسها", "نفسيهما", "نفسهما", "أنفسهم", "أنفسها")
    )
