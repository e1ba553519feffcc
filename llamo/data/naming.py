"""Which acts a text names: the phrases of the training questions, read backwards."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from llamo.data.phrases import inflect, known_actions, phrase_for, plural

_VERB_FORMS = ("inf", "third", "ing", "past")
_STANDS_FOR = {
    "{their}": ("his", "her", "their", "its", "the", "both"),
    "{themself}": ("himself", "herself", "themselves", "themself", "itself"),
}
"""What may stand where a surface speaks of the person."""

_TOKEN = re.compile(r"\w+(?:[-/]\w+)*")
_SURFACE_WORD = re.compile(rf"{{\w+}}|{_TOKEN.pattern}")

_NOUN_AFTER = frozenset(
    {"the", "a", "an", "each", "every", "that", "this", "these", "those", "many", "of", "first",
     "second", "third", "last", "several", "more"}
)  # fmt: skip
"""Words after which "squat" is a thing and not something that one does."""

_JOINT = re.compile("(?:knee|elbow|wrist|hip|ankle|arm|leg)s?")


@dataclass(frozen=True)
class Named:
    """An act in a text.

    Args:
        act: As an answer says it.
        start, end: Where in the text.
        form: ``inf``, ``third``, ``ing`` or ``past`` of a verb, ``noun`` or ``plural``.
    """

    act: str
    start: int
    end: int
    form: str


def acts_named(text: str, also: tuple[str, ...] = ()) -> list[Named]:
    """The acts that a text names, in its order; the longest name wins.

    Args:
        text: A question or an answer.
        also: Acts beside ``known_actions()``, such as exercises.
    """
    surfaces = _surfaces(also)
    tokens = [(one[0].lower(), one.start(), one.end()) for one in _TOKEN.finditer(text)]
    words = [word for word, _, _ in tokens]
    found: list[Named] = []
    at = 0
    while at < len(words):
        known = surfaces.get(words[at], ())
        said = next((one for one in known if _says(words[at:], one[0])), None)
        if said is None or (words[at].startswith("ben") and at and _JOINT.fullmatch(words[at - 1])):
            at += 1  # a knee that bends is nobody who bends over
            continue
        surface, forms = said
        thing = at > 0 and words[at - 1] in _NOUN_AFTER
        wanted = [row for row in forms if (row[1] in ("noun", "plural")) == thing] or forms
        act, form = wanted[0]
        found.append(Named(act, tokens[at][1], tokens[at + len(surface) - 1][2], form))
        at += len(surface)
    return found


def say_act(act: str, form: str) -> str:
    """An act in one of the forms of ``Named``, in its plainest words."""
    phrase = phrase_for(act)
    if form in _VERB_FORMS:
        said = inflect(phrase.verbs[0], form)
    else:
        said = plural(phrase.nouns[0]) if form == "plural" else phrase.nouns[0]
    return said.replace("{their}", "their").replace("{themself}", "themselves")


_Forms = list[tuple[str, str]]
"""What a surface may stand for: act and form."""


@lru_cache(maxsize=8)
def _surfaces(also: tuple[str, ...]) -> dict[str, list[tuple[tuple[str, ...], _Forms]]]:
    """Surfaces by their first word, the longest first, each as its words."""
    meanings: dict[tuple[str, ...], _Forms] = {}

    def add(surface: str, act: str, form: str) -> None:
        words = tuple(_SURFACE_WORD.findall(surface.lower()))
        meanings.setdefault(words, []).append((act, form))

    for act in dict.fromkeys((*known_actions(), *also)):
        phrase = phrase_for(act)
        for form in _VERB_FORMS:
            for verb in (*phrase.verbs, *phrase.held_verbs):
                add(inflect(verb, form), act, form)
        for noun in (*phrase.nouns, *phrase.held_nouns, act):
            add(noun, act, "noun")
            add(plural(noun), act, "plural")
    by_first: dict[str, list[tuple[tuple[str, ...], _Forms]]] = {}
    for surface in sorted(meanings, key=lambda words: (-len(words), words)):
        by_first.setdefault(surface[0], []).append((surface, meanings[surface]))
    return by_first


def _says(words: list[str], surface: tuple[str, ...]) -> bool:
    """Whether a text begins with a surface, whoever's hand it is."""
    return len(words) >= len(surface) and all(
        word == part or word in _STANDS_FOR.get(part, ())
        for word, part in zip(words, surface, strict=False)
    )
