"""What every judge is, and the one that needs no model: a rule."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from llamo.evaluation.judge.rubric import Case, Rubric
from llamo.evaluation.vocab import normalise

UNDECIDED = "undecided"


@dataclass(frozen=True)
class Reply:
    """What a judge said.

    Args:
        text: Raw.
        served: The model that the endpoint says has replied, None where nobody says.
        tokens_in: Tokens read, None where they were not counted.
        tokens_out: Tokens written.
    """

    text: str
    served: str | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None


class Judge(Protocol):
    """Who replies to a rubric's prompt."""

    @property
    def id(self) -> str:
        """As it stands in the protocol's name, ``judge:ID``."""

    @property
    def at_once(self) -> int:
        """Cases to hand over together; they are kept, or lost, together."""

    @property
    def free(self) -> bool:
        """Whether a reply costs neither money nor noticeable time."""

    def replies(self, rubric: Rubric, cases: Sequence[Case]) -> list[Reply]:
        """One reply for each case, in order."""


class RuleJudge:
    """Decides what words alone decide, and says ``undecided`` of all else.

    A prediction equal to the answer (in protocol ``vocab``'s normal form) is right; an empty one
    is wrong; so is a yes where the answer begins with no, or a no where it begins with yes, or
    another number where the answer is a number. Where the answer is just yes, no or a number, the
    same yes, no or number is right.
    """

    id = "rule-1"
    at_once = 4096
    free = True

    def replies(self, rubric: Rubric, cases: Sequence[Case]) -> list[Reply]:
        decided = (decide(case.answer, case.prediction) for case in cases)
        return [
            Reply(UNDECIDED if right is None else rubric.reply(right) or UNDECIDED)
            for right in decided
        ]


def decide(answer: str, prediction: str) -> bool | None:
    """Whether a prediction is right, None where words alone do not tell."""
    right, said = normalise(answer), normalise(prediction)
    if right == said:
        return True
    if not said:
        return False
    if right and right[0] in ("yes", "no") and said[0] in ("yes", "no"):
        if right[0] != said[0]:
            return False
        return True if len(right) == 1 else None
    if len(right) == 1 and _is_number(right[0]):
        numbers = {word for word in said if _is_number(word)}
        return right[0] in numbers if len(numbers) == 1 else None
    return None


def _is_number(word: str) -> bool:
    return re.fullmatch(r"-?\d+(?:\.\d+)?", word) is not None
