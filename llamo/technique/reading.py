"""What the language model reads of a verdict, where a question asks how well something was done."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from llamo.kinematics import FORM, Measurement
from llamo.motion import Motion
from llamo.technique.courses import Cutter, Repetitions, likeness
from llamo.technique.judge import judge_repetitions, oriented
from llamo.technique.reference import Reference, read_reference, reference_names
from llamo.technique.standard import SUREST
from llamo.technique.verdict import NOT_CORRECT, UNSURE

VERDICTS_HEARD = ("wrong", "correct")
"""What the encoder's classifier of judged exercises tells apart."""


def heard_wrong(log_odds: np.ndarray, concept_words: Sequence[Sequence[str]]) -> float:
    """Log-odds that an exercise is wrong, by the motion encoder's own classifier.

    Args:
        log_odds: Of its concepts at each frame, (T, V).
        concept_words: Of the encoder's settings; 0 where no classifier tells it.
    """
    first = 0
    for words in concept_words:
        if tuple(words) == VERDICTS_HEARD:
            wrong, correct = log_odds[:, first : first + 2].mean(0)
            return float(wrong - correct)
        first += len(words)
    return 0.0


class FormReader:
    """How probably an exercise was not done correctly, in one clip.

    Three witnesses are heard: angles compared with other people's correct repetitions, how the
    repetitions go as a whole, and the motion encoder. Their log-odds are added, as of witnesses who
    know nothing of each other. How they go was learnt from recordings and from usual mistakes: it
    is not asked of estimates, nor where one joint moves so unusually that it alone decides.

    Args:
        motion: One repetition or several.
        heard: What the encoder says, from ``heard_wrong``.
        sides_told: Whether the person's left and right are known; else no verdict rests on a fault
            of one side.
    """

    def __init__(self, motion: Motion, heard: float = 0.0, sides_told: bool = True) -> None:
        self._motion, self._heard, self._sides_told = motion, heard, sides_told
        self._cut: dict[str, tuple[Repetitions, float]] = {}
        self._known: dict[str | None, Measurement | None] = {}

    def of(self, exercise: str | None = None) -> tuple[Measurement, ...]:
        """The verdict as a measurement.

        Args:
            exercise: One of ``reference_names``; None takes the one whose correct repetitions the
                clip is most like.

        Returns:
            A ratio, 0 for surely correct; none where the movement is not like the exercise, or too
            little of the body is seen.

        Raises:
            InvalidData: No reference of the exercise.
        """
        if exercise not in self._known:
            self._known[exercise] = self._judge(exercise or self._closest())
        found = self._known[exercise]
        return () if found is None else (found,)

    def all(self) -> dict[str, Measurement]:
        """Every verdict that there is, by the exercise; that of the closest one under ""."""
        found = {name: self.of(name) for name in reference_names()} | {"": self.of()}
        return {name: one for name, verdict in found.items() for one in verdict}

    def _closest(self) -> str:
        return max(reference_names(), key=lambda name: self._likeness(name)[1])

    def _likeness(self, exercise: str) -> tuple[Repetitions, float]:
        if exercise not in self._cut:
            mean = read_reference(exercise).mean
            repetitions = self._cutter.like(mean)
            self._cut[exercise] = repetitions, likeness(repetitions.angles.mean(0), mean)
        return self._cut[exercise]

    @cached_property
    def _cutter(self) -> Cutter:
        return Cutter(self._motion)

    def _judge(self, exercise: str) -> Measurement | None:
        repetitions, _ = self._likeness(exercise)
        reference = read_reference(exercise)
        judged = judge_repetitions(repetitions, reference, exercise)
        judged = judged if self._sides_told else judged.sides_untold()
        if judged.verdict == UNSURE:
            return None
        sure = judged.confidence
        alone = sure if judged.verdict == NOT_CORRECT else 1 - sure
        odds = np.log(alone / (1 - alone)) + self._heard
        if not judged.striking:
            odds += self._as_a_whole(repetitions, reference)
        wrong = float(np.clip(1 / (1 + np.exp(-odds)), 1 - SUREST, SUREST))
        doubt = (wrong * (1 - wrong)) ** 0.5
        return Measurement(FORM, wrong, "ratio", doubt, 0.0, self._motion.duration_s)

    def _as_a_whole(self, repetitions: Repetitions, reference: Reference) -> float:
        """Log-odds of how the repetitions go, no surer than others are; 0 where it is not asked."""
        if reference.manner is None or self._motion.estimated:
            return 0.0
        angles, _ = oriented(repetitions.angles, reference)
        odds = float(reference.manner.log_odds(angles).mean())
        surest = float(np.log(SUREST / (1 - SUREST)))
        return 0.0 if np.isnan(odds) else float(np.clip(odds, -surest, surest))
