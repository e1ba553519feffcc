"""What a judge is asked, and how its reply is read."""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from llamo.errors import InvalidData

_PLACES = ("question", "answer", "prediction")
_PLACE = re.compile(r"\{(question|answer|prediction)\}")

BEST = 5
"""Scores are whole numbers from 0 to this."""

Verdict = Mapping[str, float]
"""Values by name; the first is what runs are compared by."""


@dataclass(frozen=True)
class Case:
    """What is judged: a prediction beside the right answer."""

    question: str
    answer: str
    prediction: str


@dataclass(frozen=True)
class Rubric:
    """A prompt and the values that a reply to it gives.

    Args:
        system: What the judge is.
        user: What it is asked, with ``{question}``, ``{answer}`` and ``{prediction}``.
        scores: Keys of the reply that hold a whole number, 0 to 5.
        decides: Whether the reply also says ``'pred': 'yes'`` or ``'no'``.
    """

    system: str
    user: str
    scores: Sequence[str]
    decides: bool

    @property
    def values(self) -> tuple[str, ...]:
        """Names of a verdict's values, the one to compare runs by first."""
        return ("correct", *self.scores) if self.decides else ("all", *self.scores)

    @property
    def sha256(self) -> str:
        """Of the prompt: figures under two prompts are not to be compared."""
        return hashlib.sha256(f"{self.system}\0{self.user}".encode()).hexdigest()

    def ask(self, case: Case) -> list[dict[str, str]]:
        """The messages for one case."""
        # in one pass: texts may hold braces, and even the names of other places
        filled = _PLACE.sub(lambda place: getattr(case, place[1]), self.user)
        return [{"role": "system", "content": self.system}, {"role": "user", "content": filled}]

    def read(self, reply: str) -> Verdict | None:
        """The verdict in a reply, None where it does not follow the form that was asked for."""
        held = _dictionary(reply)
        scores = {name: _score(held.get(name)) for name in self.scores}
        known = {name: score for name, score in scores.items() if score is not None}
        if len(known) < len(scores):
            return None
        if not self.decides:
            return {"all": sum(known.values()) / len(known), **known}
        decided = str(held.get("pred")).strip().lower()
        if decided not in ("yes", "no"):
            return None
        return {"correct": float(decided == "yes"), **known}

    def reply(self, right: bool) -> str | None:
        """What a rule replies; None where the scores are no matter of right or wrong."""
        if not right and not self.decides:
            return None
        held: dict[str, Any] = {"pred": "yes" if right else "no"} if self.decides else {}
        return str({**held, **dict.fromkeys(self.scores, BEST if right else 0)})

    def with_user(self, user: str) -> Rubric:
        """The same values asked for in other words.

        Raises:
            InvalidData: The prompt does not show the judge all it needs.
        """
        missing = [name for name in _PLACES if f"{{{name}}}" not in user]
        if missing:
            raise InvalidData(
                f"a judge's prompt needs {', '.join(f'{{{name}}}' for name in missing)}, which "
                "stand for the texts to be judged."
            )
        return replace(self, user=user)


def _dictionary(reply: str) -> dict[str, Any]:
    """The outermost ``{...}`` of a reply, as JSON or as Python has it; empty where none is."""
    start, end = reply.find("{"), reply.rfind("}")
    for read in (json.loads, ast.literal_eval):
        try:
            held = read(reply[start : end + 1])
        except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
            continue
        if isinstance(held, dict):
            return held
    return {}


def _score(value: object) -> float | None:
    """A score cut to a whole number, as the published scripts do; None outside 0-5."""
    try:
        score = int(float(value))  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return float(score) if 0 <= score <= BEST and not isinstance(value, bool) else None


_ASKED = "Question: {question}\nCorrect answer: {answer}\nPredicted answer: {prediction}\n\n"

CORRECTNESS = Rubric(
    system=(
        "You compare a predicted answer to a question about a human motion with the correct "
        "answer. What counts is whether they mean the same: synonyms and paraphrases match, "
        "contradictions and missing facts do not."
    ),
    user=_ASKED + (
        "Does the predicted answer match the correct one? Reply with a Python dictionary and "
        "nothing else: 'pred' is 'yes' or 'no', 'score' is an integer from 0 (no match) to 5 "
        "(the same meaning). Example: {'pred': 'yes', 'score': 4}"
    ),
    scores=("score",),
    decides=True,
)  # fmt: skip
"""The contract of Video-ChatGPT's evaluation on ActivityNet-QA, in words of our own."""

COACHING_CRITERIA = ("reasonableness", "coherence", "pertinence", "adaptability")

COACHING = Rubric(
    system=(
        "You compare a model's answer to a question about a sports swing with the answer of a "
        "professional coach."
    ),
    user=_ASKED + (
        "Give four integers from 0 (worst) to 5 (as good as the coach): 'reasonableness': is the "
        "answer logically sound and plausible? 'coherence': is it consistent, and does it flow? "
        "'pertinence': does it keep to the question? 'adaptability': does it suit the athlete's "
        "stage? Reply with a Python dictionary and nothing else. Example: {'reasonableness': 3, "
        "'coherence': 4, 'pertinence': 2, 'adaptability': 1}"
    ),
    scores=COACHING_CRITERIA,
    decides=False,
)  # fmt: skip
"""The four criteria of LLaMo's profession-swing, in words of our own: its prompt is unpublished."""
