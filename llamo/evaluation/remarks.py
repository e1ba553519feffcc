"""What a coach's remark asks for: a part of the body, its side, and which way to change it.

Rules on clauses, for remarks on boxing in English. Sides are those of a stance (``lead``, ``rear``)
or of the body. A remark may ask for several things; praise and talk of power ask for none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

PARTS: dict[str, str] = {
    "foot": r"foot|feet|heels?|toes|footing|footwork",
    "stance": r"stance",
    "knee": r"knees?|legs?|half-squat",
    "hip": r"hips?|waist",
    "shoulder": r"shoulders?",
    "hand": r"hands?|fists?|guard|backhand",
    "arm": r"arms?|elbows?",
    "head": r"head|chin",
    "weight": r"weight|gravity|balanced?",
    "trunk": r"body|torso|trunk|core|back",
    "punch": r"punch(?:es|ing)?|jab|strikes?|striking|impact|target",
}
"""Parts and their words; of several in one clause the one that stands first is meant, but a punch
only where nothing else is."""

SIDES: dict[str, str] = {
    "rear": r"(?:rear|back|other) (?=foot|feet|hand|heel|knee|leg|shoulder|toes)|backhand",
    "lead": r"(?:lead|front) (?=foot|feet|hand|heel|knee|leg|shoulder|toes)",
    "left": r"left (?=foot|hand|heel|knee|leg|shoulder|arm|elbow)",
    "right": r"right (?=foot|hand|heel|knee|leg|shoulder|arm|elbow)",
}

DIRECTIONS: dict[str, str] = {
    "relax": r"stiff|tense|\btight\b|rigid|relax|shrug|hunch it",
    "turn less": r"over-?rotat|rotat\w* too much|angle is too|rotate \w+ \w+ less"
    r"|n't (?:rotate|twist|turn) your head|not rotate your head",
    "turn more": r"rotat|square|face-on|turning|sideways|pivot|engage|angle",
    "bend more": r"too straight|lock|straighten|bend|bent|squat",
    "lower": r"too high|tuck|chin down|lower|shoulders down",
    "raise": r"lift|elevat|rais|too low|higher|\bup\b|on the (?:ball|toes)|hands too low",
    "protect": r"protect|guard|defen",
    "wider": r"too narrow|wider|shoulder-width",
    "inwards": r"inward|inside|elbows in",
    "less forward": r"too far forward|forward lean|(?:n't|not|avoid)(?: \w+){0,4} forward",
    "steady": r"stable|stability|steady|center|balanced?|planted|firmly|\bstill\b|drift|flat",
    "straight": r"straight|extend",
}
"""Which way, and the words that tell; read from the top."""

_CLAUSES = re.compile(
    r"[.;:!,]|\b(?:and|but|which|causing|because|so that|instead of|without|also)\b|(?=\bwhen )"
)
_SETTING = re.compile(
    r"^(?:when|if|as|after|once)\b.*\b(?:punch\w*|throw\w*|rotating|lead hand|jab)\b"
)
_NOTHING = re.compile(
    r"\b(?:good|great|nice|well|power|strength|prevent\w*|using|utilizing|relying|precis\w*|accura\w*)\b"
)


@dataclass(frozen=True)
class Correction:
    """One thing that a remark asks for.

    Args:
        part: A key of ``PARTS``.
        side: A key of ``SIDES``, "" where none is said.
        direction: A key of ``DIRECTIONS``, "" where none is told.
    """

    part: str
    side: str
    direction: str

    @property
    def place(self) -> tuple[str, str]:
        """Part and side."""
        return self.part, self.side


def corrections(remark: str) -> tuple[Correction, ...]:
    """All that a remark asks for, in its order, each once.

    ``Raise your rear heel, and let the arms relax.`` gives the rear foot to raise and the arms to
    relax.
    """
    found: dict[Correction, None] = {}
    for clause in _CLAUSES.split(remark.lower().replace("’", "'")):
        text = clause.strip()
        told = _direction(text)
        place = _place(text)
        if place is None or (_NOTHING.search(text) and not told):
            continue
        if _SETTING.match(text) and not told:
            continue  # says when, not what
        found[Correction(*place, told)] = None
    return tuple(found)


def facts_agree(text: str, remarks: Iterable[str]) -> dict[str, float] | None:
    """Whether a text asks for what one of several coaches asks for.

    Args:
        text: Judged; of its corrections, each counts alike.
        remarks: One of each coach.

    Returns:
        Shares in 0-1 of its corrections: ``part``, ``place`` (part and side) and ``correction``
        (direction, too) that some coach agrees with; None for a text that asks for nothing.
    """
    said = corrections(text)
    asked = {one for remark in remarks for one in corrections(remark)}
    if not said:
        return None
    parts, places = {one.part for one in asked}, {one.place for one in asked}
    return {
        "part": sum(one.part in parts for one in said) / len(said),
        "place": sum(one.place in places for one in said) / len(said),
        "correction": sum(one in asked for one in said) / len(said),
    }


def _direction(text: str) -> str:
    return next((way for way, words in DIRECTIONS.items() if re.search(words, text)), "")


def _place(text: str) -> tuple[str, str] | None:
    """The part named first and its side; None where no part is named."""
    bare = text
    sides = {}
    for side, words in SIDES.items():
        for match in re.finditer(rf"\b(?:{words})", text):
            sides[match.end()] = side
            if "backhand" not in match[0]:  # the back foot is no back
                blank = " " * (match.end() - match.start())
                bare = bare[: match.start()] + blank + bare[match.end() :]
    at = {
        part: found
        for part, words in PARTS.items()
        if (found := [(one.start(), one.end()) for one in re.finditer(rf"\b(?:{words})\b", bare)])
    }
    if len(at) > 1:
        at.pop("punch", None)
    if not at:
        return None
    part = min(at, key=lambda one: at[one])
    told = (sides[place] for span in at[part] for place in span if place in sides)
    return part, next(told, "")
