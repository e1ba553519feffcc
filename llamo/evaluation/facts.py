"""A description, checked fact by fact: which acts in which order, side, way, count, measurement.

Sentences that say the same in other words get the same score, and a fluent sentence about another
motion gets none: the words between the facts do not count.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher

from llamo.evaluation.vocab import normalise

_SIDE = re.compile(
    r"\b(?:with |the |his |her |their |its )*\b(left|right|both) (hand|arm|leg|foot|feet)s?\b"
)
_WAY = re.compile(r"\b(?:to the )?(forwards?|backwards?|left|right)\b")
_COUNT = re.compile(r"\b(\w+) times\b|\b(once|twice)\b")
_MEASURED = re.compile(r"(\d+(?:\.\d+)?) (degrees|cm/s|cm|seconds)\b")
_MEASUREMENT = re.compile(
    r"(?:over|(?:going down|leaning) by|the (?:left|right) (?:arm|knee) (?:raised|bent) to) \d"
)
"""What is measured of the act before it, behind a comma (``llamo.data.measured_clause``)."""
_TOLERANCE = {"degrees": 10.0, "cm": 10.0, "cm/s": 20.0, "seconds": 0.5}


@dataclass(frozen=True)
class Clause:
    """One act of a description, with what is said of it.

    Args:
        act: Its words, normalised, without what follows here.
        side: "left", "right" or "both", of the limb that acts.
        way: "forward", "backward", "left" or "right".
        count: How often.
        measured: A number and its unit.
    """

    act: tuple[str, ...]
    side: str | None = None
    way: str | None = None
    count: str | None = None
    measured: tuple[float, str] | None = None


@dataclass(frozen=True)
class FactCheck:
    """How many facts the description and the truth have, and how many are the same."""

    right: int
    said: int
    true: int

    @property
    def f1(self) -> float:
        """Harmonic mean of the share of what is said that is true, and of the truth said."""
        return 2 * self.right / max(self.said + self.true, 1)


def read_clauses(text: str) -> list[Clause]:
    """The acts of a description, in order.

    Args:
        text: ``The person waves with the left hand, then squats 3 times.``
    """
    body = re.sub(r"^\s*(the|a) (person|figure|man|woman)\b", "", text.strip().lower())
    clauses: list[Clause] = []
    for part in re.split(r",? (?:and )?then |, (?:and )?|; ", body.rstrip(". ")):
        clause = _read_clause(part)
        if clause.act:
            clauses.append(clause)
        elif clauses:  # more of the act before: how often, which way, how far
            known = {name: value for name, value in asdict(clauses[-1]).items() if value}
            clauses[-1] = Clause(**{**asdict(clause), **known})
    return clauses


def _read_clause(text: str) -> Clause:
    measured = _MEASURED.search(text)
    number = (float(measured[1]), measured[2]) if measured else None
    if _MEASUREMENT.match(text):
        return Clause(act=(), measured=number)
    count, side = _COUNT.search(text), _SIDE.search(text)
    text = _SIDE.sub(" ", _COUNT.sub(" ", text))
    way = _WAY.search(text)
    return Clause(
        act=normalise(_WAY.sub(" ", text)),
        side=side[1] if side else None,
        way=way[1].rstrip("s") if way else None,
        count=" ".join(normalise(count[1] or count[2])) if count else None,
        measured=number,
    )


def check_facts(text: str, truth: str) -> FactCheck:
    """Compare a description with a true one.

    Acts are matched in their order; side, way, count and measurement count where their act does.
    A measurement is right within 10 degrees, 10 cm, 20 cm/s or half a second.
    """
    said, true = read_clauses(text), read_clauses(truth)
    blocks = SequenceMatcher(
        None, [one.act for one in said], [one.act for one in true], autojunk=False
    ).get_matching_blocks()
    pairs = [(said[block.a + i], true[block.b + i]) for block in blocks for i in range(block.size)]
    right = sum(1 + _same_details(one, other) for one, other in pairs)
    return FactCheck(right, sum(map(_count, said)), sum(map(_count, true)))


def _count(clause: Clause) -> int:
    details = (clause.side, clause.way, clause.count, clause.measured)
    return 1 + sum(detail is not None for detail in details)


def _same_details(one: Clause, other: Clause) -> int:
    same = sum(
        mine is not None and mine == theirs
        for mine, theirs in (
            (one.side, other.side), (one.way, other.way), (one.count, other.count),
        )
    )  # fmt: skip
    if one.measured and other.measured and one.measured[1] == other.measured[1]:
        value, unit = other.measured
        same += abs(one.measured[0] - value) <= _TOLERANCE[unit]
    return same
