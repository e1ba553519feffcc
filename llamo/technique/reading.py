"""What the language model reads of a verdict, where a question asks how well something was done."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from llamo.kinematics import Measurement
from llamo.motion import Motion
from llamo.technique.courses import Cutter, likeness
from llamo.technique.judge import judge_repetitions
from llamo.technique.reference import read_reference, reference_names
from llamo.technique.standard import SUREST
from llamo.technique.verdict import NOT_CORRECT, UNSURE

FORM = "form_not_correct"
"""Name of the measurement: the probability that an exercise was not done as asked."""

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


def read_form(
    motion: Motion, exercise: str | None = None, heard: float = 0.0
) -> tuple[Measurement, ...]:
    """How probably an exercise was not done correctly.

    Two witnesses are heard: angles compared with other people's correct repetitions, and the motion
    encoder. Their log-odds are added, as of witnesses who know nothing of each other.

    Args:
        motion: One repetition or several.
        exercise: One of ``reference_names``; None takes the one whose correct repetitions the clip
            is most like.
        heard: What the encoder says, from ``heard_wrong``.

    Returns:
        A ratio, 0 for surely correct; none where the movement is like no exercise that there are
        correct repetitions of, or too little of the body is seen.

    Raises:
        InvalidData: No reference of the exercise.
    """
    cutter = Cutter(motion)
    most, closest = -1.0, None
    for name in reference_names() if exercise is None else (exercise,):
        reference = read_reference(name)
        repetitions = cutter.like(reference.mean)
        alike = likeness(repetitions.angles.mean(0), reference.mean)
        if alike > most:
            most, closest = alike, (repetitions, reference, name)
    judged = judge_repetitions(*closest) if closest is not None else None
    if judged is None or judged.verdict == UNSURE:
        return ()
    sure = judged.confidence
    wrong = sure if judged.verdict == NOT_CORRECT else 1 - sure
    both = 1 / (1 + np.exp(-np.log(wrong / (1 - wrong)) - heard))
    wrong = float(np.clip(both, 1 - SUREST, SUREST))
    doubt = (wrong * (1 - wrong)) ** 0.5
    return (Measurement(FORM, wrong, "ratio", doubt, 0.0, motion.duration_s),)
