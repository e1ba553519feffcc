"""Every way of asking, by name: what the askers choose from.

The patterns stand in the YAML files beside this one, in the grammar of ``llamo.data.grammar``.
Queries and temporal clauses held out (``~``) were written by someone who had not seen the others;
a pattern that both came upon was kept for one side alone.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import yaml

from llamo.data.wordings.query import Query

_SPECIAL = ("WHEN", "ORDER_WHOLE", "IMPERATIVES", "NOMINALS")


def _read() -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    sections: dict[str, Any] = {}
    for path in sorted(files(__name__).iterdir(), key=lambda path: path.name):
        if path.name.endswith(".yaml"):
            sections |= yaml.load(path.read_text("utf-8"), Loader=loader)
    return sections


def _by_relation(section: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {relation: tuple(patterns) for relation, patterns in section.items()}


_SECTIONS = _read()
_QUERIES = {
    name: Query(**_by_relation(section))
    for name, section in _SECTIONS.items()
    if name not in _SPECIAL
}

ACTION = _QUERIES["ACTION"]
BODY_PART = _QUERIES["BODY_PART"]
CAMERA_SIDE = _QUERIES["CAMERA_SIDE"]
CORRECT = _QUERIES["CORRECT"]
CORRECT_OR_NOT = _QUERIES["CORRECT_OR_NOT"]
COUNT = _QUERIES["COUNT"]
COUNT_ANY = _QUERIES["COUNT_ANY"]
DESCRIBE = _QUERIES["DESCRIBE"]
DIRECTION = _QUERIES["DIRECTION"]
DIRECTION_ACT = _QUERIES["DIRECTION_ACT"]
DURATION = _QUERIES["DURATION"]
END_TIME = _QUERIES["END_TIME"]
EXERCISE = _QUERIES["EXERCISE"]
FASTER_REPETITION = _QUERIES["FASTER_REPETITION"]
GARMENT_COLOUR = _QUERIES["GARMENT_COLOUR"]
GARMENT_YES_NO = _QUERIES["GARMENT_YES_NO"]
HELD = _QUERIES["HELD"]
HELD_IN = _QUERIES["HELD_IN"]
HOLDING_HAND = _QUERIES["HOLDING_HAND"]
HOLDING_YES_NO = _QUERIES["HOLDING_YES_NO"]
LEFT_RIGHT = _QUERIES["LEFT_RIGHT"]
MIRROR_DIRECTION = _QUERIES["MIRROR_DIRECTION"]
MIRROR_SIDE = _QUERIES["MIRROR_SIDE"]
MISTAKE = _QUERIES["MISTAKE"]
PEOPLE = _QUERIES["PEOPLE"]
RAISE = _QUERIES["RAISE"]
SIDE = _QUERIES["SIDE"]
SIDE_ACT = _QUERIES["SIDE_ACT"]
SIDE_OR_BOTH = _QUERIES["SIDE_OR_BOTH"]
START_TIME = _QUERIES["START_TIME"]
THING_COLOUR = _QUERIES["THING_COLOUR"]
UNSEEN = _QUERIES["UNSEEN"]
WHICH_FIRST = _QUERIES["WHICH_FIRST"]
WHICH_LAST = _QUERIES["WHICH_LAST"]
WHICH_LONGER = _QUERIES["WHICH_LONGER"]
WHICH_SHORTER = _QUERIES["WHICH_SHORTER"]
YES_NO_ACT = _QUERIES["YES_NO_ACT"]
YES_NO_DIRECTION = _QUERIES["YES_NO_DIRECTION"]
YES_NO_ORDER = _QUERIES["YES_NO_ORDER"]
YES_NO_RAISE = _QUERIES["YES_NO_RAISE"]
YES_NO_SIDE = _QUERIES["YES_NO_SIDE"]
YES_NO_SIDE_ACT = _QUERIES["YES_NO_SIDE_ACT"]

WHEN = _by_relation(_SECTIONS["WHEN"])
"""Temporal clauses by relation; X and Y are the acts they name."""

ORDER_WHOLE = _by_relation(_SECTIONS["ORDER_WHOLE"])
"""Whole patterns that ask for an action by its place in time."""

IMPERATIVES = tuple(_SECTIONS["IMPERATIVES"])
"""What an embedded query is put into: "tell me ..."."""

NOMINALS = tuple(_SECTIONS["NOMINALS"])
"""What a nominal query is put into: "name ..."."""
