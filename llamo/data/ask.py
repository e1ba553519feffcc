"""From a query to a finished sentence: shape, temporal clause, politeness, small noise."""

from __future__ import annotations

import random
from functools import cache

from llamo.data.grammar import Wording
from llamo.data.phrases import Phrase
from llamo.data.wordings import IMPERATIVES, NOMINALS, ORDER_WHOLE, WHEN, Query

_PREFIXES = (
    "In this clip, ", "In the clip, ", "In this motion, ", "Looking at the motion, ",
    "Based on the movement, ", "From the motion: ", "Question: ", "Watch the clip. ",
    "In this recording, ", "Please answer: ", "Hi, ", "Quick question: ",
    "Considering the motion, ", "In the sequence, ", "Here, ",
)  # fmt: skip
_HELD_PREFIXES = ("Judging from the skeleton, ", "Take a look: ", "Now, ", "Given this footage, ")
_SUFFIXES = (
    " Answer briefly.", " Be brief.", " Short answer please.", " Just the answer.", " Thanks.",
    " Answer in a few words.",
)  # fmt: skip
_HELD_SUFFIXES = (" Keep it short.", " One short answer, please.")
_CONTRACTIONS = (
    ("what is ", "what's "), ("who is ", "who's "), ("where is ", "where's "),
    ("I would ", "I'd "), ("when is ", "when's "), ("that is ", "that's "),
)  # fmt: skip
_NO_TYPO = {"left", "right", "first", "last", "before", "after", "both"}


@cache
def _choices(patterns: tuple[str, ...], held: bool) -> tuple[tuple[int, str], ...]:
    chosen = tuple(
        (number, pattern.lstrip("~"))
        for number, pattern in enumerate(patterns)
        if pattern.startswith("~") == held
    )
    return chosen or _choices(patterns, not held)


def word(
    name: str,
    query: Query,
    r: random.Random,
    held_out: bool = False,
    relation: str | None = None,
    whole: bool = False,
    **phrases: Phrase | str,
) -> tuple[str, str]:
    """Word one question.

    Args:
        name: Name of the query, for the wording's id.
        query: What is asked.
        r: Source of every choice.
        held_out: Use queries and temporal clauses that training never uses; frames of politeness
            ("tell me ..."), names of people and acts, prefixes and suffixes in part.
        relation: A key of ``WHEN``; None asks about the whole clip.
        whole: The relation's whole patterns (``ORDER_WHOLE``) fit this query as well.
        phrases: What the slots X, Y, limb, ... say.

    Returns:
        The question, and the id of its wording (patterns, not synonyms).
    """
    wording = Wording(r, held_out, **phrases)
    if whole and relation in ORDER_WHOLE and r.random() < 0.35:
        number, pattern = r.choice(_choices(ORDER_WHOLE[relation], held_out))
        text = wording.render(pattern)
        imperative = pattern.startswith("name ")
        return polish(text + ("." if imperative else "?"), r, held_out), f"{relation}.whole{number}"
    shapes = query.shapes[held_out]
    weights = {"direct": 0.68, "embedded": 0.2, "nominal": 0.12}
    shape, patterns = r.choices(shapes, [weights[shape] for shape, _ in shapes])[0]
    number, pattern = r.choice(patterns)
    wording_id = f"{name}.{shape}{number}"
    if shape == "direct":
        text, end = wording.render(pattern), "?"
        if pattern.startswith(_COMMANDS):
            end = "."
    else:
        frames = IMPERATIVES if shape == "embedded" else NOMINALS
        outer, frame = r.choice(_choices(frames, held_out and r.random() < 0.5))
        text = wording.render(frame.replace("{E}", pattern))
        end = "?" if frame.startswith(("do you", "[can", "[what")) else r.choice(".?.")
        wording_id += f"/{outer}"
    if relation:
        position, clause = r.choice(_choices(WHEN[relation], held_out))
        when = wording.render(clause)
        wording_id += f"+{relation}{position}"
        if ". " in text:  # two sentences: the clause goes in front
            text = f"{when}, {text}"
        else:
            text = f"{when}, {text}" if r.random() < 0.25 else f"{text} {when}"
    return polish(text + end, r, held_out), wording_id


_COMMANDS = ("describe", "give", "[give", "summarise", "tell", "[caption", "put ", "sum ",
             "narrate", "report", "judge", "write", "classify", "label", "recognise", "guess",
             "count", "grade", "answer")  # fmt: skip


def polish(text: str, r: random.Random, held_out: bool = False) -> str:
    """Capital, politeness, contraction, and now and then the slips of hurried typing."""
    text = " ".join(text.split()).replace(" ,", ",").replace(" ?", "?").replace("??", "?")
    if r.random() < 0.25:
        for plain, short in _CONTRACTIONS:
            text = text.replace(plain, short)
    sentences = text.split(". ")
    text = ". ".join(part[:1].upper() + part[1:] for part in sentences)
    if r.random() < 0.15:
        prefix = r.choice(_HELD_PREFIXES if held_out and r.random() < 0.5 else _PREFIXES)
        keep = text.startswith(("I ", "I'")) or prefix[-2] in ".:"
        text = prefix + (text if keep else text[:1].lower() + text[1:])
    if r.random() < 0.06:
        text += r.choice(_HELD_SUFFIXES if held_out and r.random() < 0.5 else _SUFFIXES)
    luck = r.random()
    if luck < 0.05:
        text = text.lower()
    elif luck < 0.08:
        text = text.rstrip("?.")
    elif luck < 0.11:
        text = text.lower().rstrip("?.")
    elif luck < 0.12:
        text = text.upper()
    elif luck < 0.14:
        text = _typo(text, r)
    return text


def _typo(text: str, r: random.Random) -> str:
    """Two neighbouring letters of one longer word swapped, or one left out."""
    words = text.split(" ")
    long = [i for i, w in enumerate(words) if len(w) > 4 and w.isalpha() and w not in _NO_TYPO]
    if not long:
        return text
    where = r.choice(long)
    letters = words[where]
    at = r.randrange(1, len(letters) - 2)
    if r.random() < 0.5:
        words[where] = letters[:at] + letters[at + 1] + letters[at] + letters[at + 2 :]
    else:
        words[where] = letters[:at] + letters[at + 1 :]
    return " ".join(words)
