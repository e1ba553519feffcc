"""What is told of an exercise: the verdict, its faults, and a sentence of both."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from llamo.answerable import SIDES_UNTOLD
from llamo.technique.fault import Fault

CORRECT, NOT_CORRECT, UNSURE = "correct", "not correct", "unsure"
VERDICTS = (CORRECT, NOT_CORRECT, UNSURE)


@dataclass(frozen=True)
class JudgedRepetition:
    """One repetition.

    Args:
        start_s, end_s: Seconds since the clip's start.
        verdict: One of ``VERDICTS``.
        confidence: Probability of the verdict.
    """

    start_s: float
    end_s: float
    verdict: str
    confidence: float


@dataclass(frozen=True)
class Technique:
    """How an exercise was done.

    Args:
        exercise: Its name.
        verdict: ``correct``, ``not correct``, or ``unsure`` where it cannot be told.
        confidence: Probability of the verdict, 0 for ``unsure``.
        faults: What differs, the most telling first; none where it is correct.
        repetitions: The verdict of each; that of the whole is of their mean course.
        acting_side: The side that does it, "" where both do or it cannot be told.
        compared_with: With whose correct repetitions.
        reason: Why it cannot be told, "" otherwise.
        striking: One joint moves so unusually that it alone decides, whatever else is known.
    """

    exercise: str
    verdict: str
    confidence: float
    faults: tuple[Fault, ...] = ()
    repetitions: tuple[JudgedRepetition, ...] = ()
    acting_side: str = ""
    compared_with: str = ""
    reason: str = ""
    striking: bool = False

    def sides_untold(self) -> Technique:
        """The same of a clip whose left and right are in doubt: ``unsure`` where a fault names one.

        What a mirrored body would show too stays as it is.
        """
        if any(fault.names_side for fault in self.faults):
            return Technique(self.exercise, UNSURE, 0.0, reason=SIDES_UNTOLD)
        return replace(self, acting_side="")

    @property
    def text(self) -> str:
        """The verdict with its reason, as a sentence without its full stop.

        ``not correct, the left knee bends 14 deg less than in correct repetitions (± 6 deg, at
        1.2 s)``
        """
        if self.verdict == UNSURE:
            return f"unsure, {self.reason}"
        if not self.faults:
            return self.verdict
        told = [f"{one.words}{_place(one)}" for one in self.faults]
        told[0] = f"{self.faults[0].words} than in {self.compared_with}{_place(self.faults[0])}"
        return f"{self.verdict}, {'; '.join(told)}"

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "exercise": self.exercise,
            "verdict": self.verdict,
            "confidence": round(self.confidence, 4),
            "faults": [fault.to_dict() for fault in self.faults],
            "repetitions": [
                {
                    "start_s": round(one.start_s, 3), "end_s": round(one.end_s, 3),
                    "verdict": one.verdict, "confidence": round(one.confidence, 4),
                }
                for one in self.repetitions
            ],
            "acting_side": self.acting_side,
            "compared_with": self.compared_with,
            "reason": self.reason,
            "text": self.text,
        }  # fmt: skip


def _place(fault: Fault) -> str:
    when = "from the start" if fault.posture else f"at {fault.time_s:.1f} s"
    return f" (± {fault.uncertainty_deg:.0f} deg, {when})"
