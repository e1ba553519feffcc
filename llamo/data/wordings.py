"""Every way of asking, by name: what the askers choose from."""

from __future__ import annotations

from llamo.data.wording_number import COUNT, COUNT_ANY, DURATION, END_TIME, START_TIME
from llamo.data.wording_query import Query
from llamo.data.wording_reason import (
    DESCRIBE,
    FASTER_REPETITION,
    MIRROR_DIRECTION,
    MIRROR_SIDE,
    UNSEEN,
    WHICH_FIRST,
    WHICH_LAST,
    WHICH_LONGER,
    WHICH_SHORTER,
)
from llamo.data.wording_side import (
    BODY_PART,
    DIRECTION,
    DIRECTION_ACT,
    LEFT_RIGHT,
    RAISE,
    SIDE,
    SIDE_ACT,
    SIDE_OR_BOTH,
)
from llamo.data.wording_what import ACTION, EXERCISE
from llamo.data.wording_when import IMPERATIVES, NOMINALS, ORDER_WHOLE, WHEN
from llamo.data.wording_yes_no import (
    CORRECT,
    CORRECT_OR_NOT,
    MISTAKE,
    YES_NO_ACT,
    YES_NO_DIRECTION,
    YES_NO_ORDER,
    YES_NO_RAISE,
    YES_NO_SIDE,
    YES_NO_SIDE_ACT,
)

__all__ = [
    "ACTION", "BODY_PART", "CORRECT", "CORRECT_OR_NOT", "COUNT", "COUNT_ANY", "DESCRIBE",
    "DIRECTION", "DIRECTION_ACT", "DURATION", "END_TIME", "EXERCISE", "FASTER_REPETITION",
    "IMPERATIVES", "LEFT_RIGHT", "MIRROR_DIRECTION", "MIRROR_SIDE", "MISTAKE", "NOMINALS",
    "ORDER_WHOLE", "RAISE", "SIDE", "SIDE_ACT", "SIDE_OR_BOTH", "START_TIME", "UNSEEN", "WHEN",
    "WHICH_FIRST", "WHICH_LAST", "WHICH_LONGER", "WHICH_SHORTER", "YES_NO_ACT",
    "YES_NO_DIRECTION", "YES_NO_ORDER", "YES_NO_RAISE", "YES_NO_SIDE", "YES_NO_SIDE_ACT", "Query",
]  # fmt: skip
