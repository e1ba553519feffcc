"""One line of an exercise: which number to take from each performance, and what is good."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from llamo.errors import InvalidData
from llamo.kinematics.performances import KINDS, NUMBERS, ROLES
from llamo.kinematics.signals import check_signal

_KEYS = {"of", "take", "good", "low", "high", "source"}

_FORMS = (
    ("value", r"at (?P<event>\w+)"),
    ("change", r"from (?P<event>\w+) to (?P<then>\w+)"),
    ("extent", r"(?P<what>most|least|range|mean)(?: during (?P<phase>\w+))?"),
    ("time", r"time(?: of (?P<phase>\w+))?"),
    ("ratio", r"ratio of (?P<phase>\w+) to (?P<other>\w+)"),
    ("number", r"(?P<number>\w+)"),
)
_OF_A_COURSE = ("value", "change", "extent")

TAKES = (
    "at EVENT", "from EVENT to EVENT", "most, least, range or mean [during PHASE]",
    "time [of PHASE]", "ratio of PHASE to PHASE",
)  # fmt: skip
"""Forms of ``take``; a kind's own numbers (``jump_height``) are named as they are."""


@dataclass(frozen=True)
class Take:
    """One number to take from each performance.

    Args:
        name: What it is called.
        of: Name of the course, "" for times and a kind's own numbers.
        form: "value", "change", "extent", "time", "ratio" or "number".
        parts: The words of ``take``, such as ``{"event": "deepest"}``.
        good: Smallest and largest good value, None for an open end.
        low: What to say below it.
        high: What to say above it.
        source: Who says what is good.
    """

    name: str
    of: str
    form: str
    parts: Mapping[str, str]
    good: tuple[float | None, float | None]
    low: str
    high: str
    source: str


def parse_take(place: str, name: Any, content: Any, kind: str, words: Mapping[str, str]) -> Take:
    """Check one measurement of an exercise.

    Args:
        place: How errors call it.
        name: Its key in the file.
        content: What stands there.
        kind: Of the exercise.
        words: The exercise's own names for events and phases.

    Raises:
        InvalidData: Says what is expected.
    """
    if not isinstance(name, str) or not re.fullmatch(r"\w+", name):
        raise InvalidData(f"{place}: a measurement's name has letters, digits and _ only.")
    fields = fields_of(place, content, _KEYS, ("take",))
    of = fields.get("of", "")
    if of:
        check_course(f"{place}: of", of, kind)
    form, parts = _parsed(place, fields["take"], kind, words)
    if (form in _OF_A_COURSE) != bool(of):
        needed = "needs of, the course to take it from" if not of else "has no of"
        raise InvalidData(f"{place}: take {fields['take']!r} {needed}.")
    good = _range(place, fields.get("good"))
    texts = {key: fields.get(key, "") for key in ("low", "high", "source")}
    if not all(isinstance(text, str) for text in texts.values()):
        raise InvalidData(f"{place}: low, high and source must be text.")
    if good != (None, None) and not texts["source"]:
        raise InvalidData(
            f"{place}: say who calls it good: source, a publication or 'coaching convention'."
        )
    for end, key in zip(good, ("low", "high"), strict=True):
        if end is not None and not texts[key]:
            raise InvalidData(f"{place}: say what to do beyond that end of good: {key}.")
    return Take(name, of, form, parts, good, **texts)


def fields_of(place: str, content: Any, known: set[str], needed: tuple[str, ...]) -> dict[str, Any]:
    """A mapping that has the needed keys and no strange ones.

    Raises:
        InvalidData: It is none, or has others.
    """
    if not isinstance(content, dict):
        raise InvalidData(f"{place} must be a mapping with {', '.join(sorted(known))}.")
    if strange := [str(key) for key in content if key not in known]:
        raise InvalidData(
            f"{place}: {', '.join(strange)} is not known; expected {', '.join(sorted(known))}."
        )
    if missing := [key for key in needed if key not in content]:
        raise InvalidData(f"{place}: {' and '.join(missing)} must be given.")
    return content


def check_course(place: str, course: Any, kind: str) -> None:
    """Refuse what names no course.

    Raises:
        InvalidData: With the names nearest to it.
    """
    if not isinstance(course, str):
        raise InvalidData(f"{place} must name a course, got {course!r}.")
    try:
        check_signal(course, ("left", "right", *ROLES[kind]))
    except InvalidData as error:
        raise InvalidData(f"{place}: {error}") from None


def events_and_phases(kind: str) -> list[str]:
    """All names that a kind has for them."""
    names = [one for phase in KINDS[kind] for one in phase]
    return list(dict.fromkeys([*names, *(["top"] if kind == "jump" else [])]))


def _parsed(
    place: str, take: Any, kind: str, words: Mapping[str, str]
) -> tuple[str, dict[str, str]]:
    phases = {words.get(phase, phase) for phase, _, _ in KINDS[kind]}
    events = {words.get(one, one) for one in events_and_phases(kind)} - phases
    known = {
        "event": events, "then": events, "phase": phases, "other": phases,
        "number": set(NUMBERS[kind]),
    }  # fmt: skip
    for form, pattern in _FORMS:
        match = re.fullmatch(pattern, take) if isinstance(take, str) else None
        if match is None:
            continue
        parts = {key: word for key, word in match.groupdict().items() if word is not None}
        for key, word in parts.items():
            if key in known and word not in known[key]:
                listed = ", ".join(sorted(known[key]))
                raise InvalidData(
                    f"{place}: kind {kind} has no {word!r}"
                    + (f" but {listed} there" if listed else "")
                    + f"; take is one of: {'; '.join(TAKES)}."
                )
        return form, parts
    raise InvalidData(f"{place}: take must be one of: {'; '.join(TAKES)}; got {take!r}.")


def _range(place: str, good: Any) -> tuple[float | None, float | None]:
    if good is None:
        return None, None
    fits = (
        isinstance(good, list)
        and len(good) == 2
        and all(end is None or type(end) in (int, float) for end in good)
    )
    if not fits or (None not in good and not good[0] < good[1]):
        raise InvalidData(
            f"{place}: good must be [smallest, largest], null for an open end, got {good!r}."
        )
    low, high = (None if end is None else float(end) for end in good)
    return low, high
