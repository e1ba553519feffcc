"""Answer: what a question gets back, with the moments and measurements behind it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from llamo.kinematics import Measurement

SCHEMA = 1
"""Version of ``Answer.to_dict()`` and of the JSON lines that the command line writes."""

_CANNOT_TELL = re.compile(
    r"^\s*i\s+can\s*(?:['’]\s*t|not)\s+tell\b\s*[:,.-]?\s*(?P<reason>.*?)[\s.]*$",
    re.IGNORECASE | re.DOTALL,
)

_COUNTED = re.compile(r"\breps (\d+)")
_QUANTITY = re.compile(r"\b(\d+(?:\.\d+)?) (?:degrees|cm/s|cm)(?![\w/])")


@dataclass(frozen=True)
class Viewpoint:
    """A moment that the question selected.

    Args:
        time_s: Seconds from the clip's start.
        frame: Index of the nearest frame in the file as given, before any resampling.
        score: Relevance to the question, 0-1.
    """

    time_s: float
    frame: int
    score: float

    def to_dict(self) -> dict[str, Any]:
        return {
            "time_s": round(self.time_s, 3),
            "frame": self.frame,
            "score": round(self.score, 4),
        }


@dataclass(frozen=True, eq=False)
class FrameScores:
    """How much each frame of a clip bears on a question, chosen or not.

    Args:
        time_s: (T,) seconds from the clip's start.
        score: (T,) in 0-1, as of the viewpoints; over a clip they sum to about 1.
    """

    time_s: np.ndarray
    score: np.ndarray


@dataclass(frozen=True)
class Answer:
    """What the assistant said, and why.

    Args:
        answer: The text, "I can't tell: ..." where the motion does not settle the question.
        confidence: Calibrated probability of being right, 0-1.
        abstained: True where the assistant says that it cannot tell.
        reason: Why it cannot tell, None where it answered.
        viewpoints: The moments that the question selected, in time order.
        measurements: The measured numbers that stood beside the question.
        model: Name of the model that answered.
        timing_ms: Milliseconds to open the clip (``open``) and to answer (``answer``).
        token_probabilities: Probability of each generated token, which ``confidence`` is made
            from; not part of the schema.
        heard: What the motion encoder alone gives to the act that the answer names, which
            ``confidence`` is made from, too; None for no such act; not part of the schema.
        shown: Likewise the video encoder, to what is seen that the answer names.
        question: What was asked, as the model read it; not part of the schema.
        scores: Of all frames, None where no frame was looked at; not part of the schema.
    """

    answer: str
    confidence: float
    abstained: bool
    reason: str | None
    viewpoints: tuple[Viewpoint, ...]
    measurements: tuple[Measurement, ...]
    model: str
    timing_ms: dict[str, float]
    token_probabilities: tuple[float, ...] = field(default=(), repr=False)
    heard: float | None = field(default=None, repr=False)
    shown: float | None = field(default=None, repr=False)
    question: str = field(default="", repr=False)
    scores: FrameScores | None = field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        return self.answer

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, schema 1."""
        return {
            "schema": SCHEMA,
            "answer": self.answer,
            "confidence": round(self.confidence, 4),
            "abstained": self.abstained,
            "reason": self.reason,
            "viewpoints": [viewpoint.to_dict() for viewpoint in self.viewpoints],
            "measurements": [measurement.to_dict() for measurement in self.measurements],
            "model": self.model,
            "timing_ms": {name: round(value, 2) for name, value in self.timing_ms.items()},
        }


def cannot_tell(reason: str) -> str:
    """The one form in which an answer says that it cannot tell."""
    return f"I can't tell: {reason.rstrip('.')}."


def declined(question: str, reason: str, model: str, open_ms: float) -> Answer:
    """An answer that abstains without asking the model.

    Args:
        question: As asked.
        reason: Why nothing can be told.
        model: Who would have been asked.
        open_ms: What opening the clip took.
    """
    return Answer(
        answer=cannot_tell(reason),
        confidence=1.0,
        abstained=True,
        reason=reason,
        viewpoints=(),
        measurements=(),
        model=model,
        timing_ms={"open": open_ms, "answer": 0.0},
        question=question,
    )


def known(
    question: str,
    text: str,
    confidence: float,
    viewpoints: tuple[Viewpoint, ...],
    model: str,
    open_ms: float,
    measurements: tuple[Measurement, ...] = (),
) -> Answer:
    """An answer that was measured or counted, without asking the model.

    Args:
        question, model, open_ms: As of ``declined``.
        text: The answer.
        confidence: Probability of being right, 0-1.
        viewpoints: Moments that show it.
        measurements: Numbers that it says.
    """
    return Answer(
        answer=text,
        confidence=confidence,
        abstained=False,
        reason=None,
        viewpoints=viewpoints,
        measurements=measurements,
        model=model,
        timing_ms={"open": open_ms, "answer": 0.0},
        question=question,
    )


def abstention_reason(text: str) -> str | None:
    """Why a generated text abstains, None where it answers.

    ``"I can't tell: both hands move."`` gives ``"both hands move"``; an abstention without a
    reason gives ``"the motion does not settle it"``.
    """
    match = _CANNOT_TELL.match(text)
    if match is None:
        return None
    return match["reason"] or "the motion does not settle it"


def invented_number(text: str, measured: str) -> str | None:
    """The first count, angle, length or speed of an answer that the kinematic text does not hold.

    These come from geometry alone, so that a number which was not measured is a guess.

    Args:
        text: The answer.
        measured: The kinematic text that it was given.

    Returns:
        ``"122 cm"``; None where every such number was measured.
    """
    counted = _COUNTED.search(measured)
    if text.isdecimal() and counted is not None and text != counted[1]:
        return text
    known = set(re.findall(r"\d+(?:\.\d+)?", measured))
    said = _QUANTITY.finditer(text)
    return next((one[0] for one in said if one[1] not in known), None)
