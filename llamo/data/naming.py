"""Which acts a text names: the phrases of the training questions, read backwards."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from llamo.data.phrases import inflect, known_actions, phrase_for, plural

_VERB_FORMS = ("inf", "third", "ing", "past")
_OWN = "(?:his|her|their|its|the|both)"
_SELF = "(?:himself|herself|themselves|themself|itself)"

_NOUN_AFTER = frozenset(
    {"the", "a", "an", "each", "every", "that", "this", "these", "those", "many", "of", "first",
     "second", "third", "last", "several", "more"}
)  # fmt: skip
"""Words after which "squat" is a thing and not something that one does."""

_OF_A_JOINT = re.compile(r"\b(?:knee|elbow|wrist|hip|ankle|arm|leg)s?\s+$")


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
    pattern, names = _surfaces(also)
    found = []
    for match in pattern.finditer(text.lower()):
        forms = names[next(key for key, value in match.groupdict().items() if value is not None)]
        if match[0].startswith("ben") and _OF_A_JOINT.search(text[: match.start()].lower()):
            continue  # a knee that bends is nobody who bends over
        words_before = re.findall(r"[a-z]+", text[: match.start()].lower())
        thing = bool(words_before) and words_before[-1] in _NOUN_AFTER
        wanted = [row for row in forms if (row[1] in ("noun", "plural")) == thing] or forms
        act, form = wanted[0]
        found.append(Named(act, match.start(), match.end(), form))
    return found


def say_act(act: str, form: str) -> str:
    """An act in one of the forms of ``Named``, in its plainest words."""
    phrase = phrase_for(act)
    if form in _VERB_FORMS:
        said = inflect(phrase.verbs[0], form)
    else:
        said = plural(phrase.nouns[0]) if form == "plural" else phrase.nouns[0]
    return said.replace("{their}", "their").replace("{themself}", "themselves")


@lru_cache(maxsize=8)
def _surfaces(
    also: tuple[str, ...],
) -> tuple[re.Pattern[str], dict[str, list[tuple[str, str]]]]:
    """One pattern of all surfaces, longest first; and what each of its groups may stand for."""
    meanings: dict[str, list[tuple[str, str]]] = {}
    for act in dict.fromkeys((*known_actions(), *also)):
        phrase = phrase_for(act)
        for form in _VERB_FORMS:
            for verb in (*phrase.verbs, *phrase.held_verbs):
                meanings.setdefault(inflect(verb, form).lower(), []).append((act, form))
        for noun in (*phrase.nouns, *phrase.held_nouns, act):
            meanings.setdefault(noun.lower(), []).append((act, "noun"))
            meanings.setdefault(plural(noun).lower(), []).append((act, "plural"))
    surfaces = sorted(meanings, key=lambda surface: (-len(surface), surface))
    groups, names = [], {}
    for number, surface in enumerate(surfaces):
        words = re.escape(surface).replace(r"\{their\}", _OWN).replace(r"\{themself\}", _SELF)
        groups.append(f"(?P<g{number}>{words})")
        names[f"g{number}"] = meanings[surface]
    return re.compile(rf"\b(?:{'|'.join(groups)})\b"), names
