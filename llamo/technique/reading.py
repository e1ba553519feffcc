"""What the language model reads of a verdict, where a question asks how well something was done."""

from __future__ import annotations

from llamo.kinematics import Measurement
from llamo.motion import Motion
from llamo.technique.courses import Cutter, likeness
from llamo.technique.judge import judge_repetitions
from llamo.technique.reference import read_reference, reference_names
from llamo.technique.verdict import NOT_CORRECT, UNSURE

FORM = "form_not_correct"
"""Name of the measurement: the probability that an exercise was not done as asked."""


def read_form(motion: Motion, exercise: str | None = None) -> tuple[Measurement, ...]:
    """How probably an exercise was not done correctly, compared with other people's.

    Args:
        motion: One repetition or several.
        exercise: One of ``reference_names``; None takes the one whose correct repetitions the clip
            is most like.

    Returns:
        A ratio, 0 for surely correct; none where the movement is like no exercise that there are
        correct repetitions of, or too little of the body is seen.

    Raises:
        InvalidData: No reference of the exercise.
    """
    cutter = Cutter(motion)
    most, judged = -1.0, None
    for name in reference_names() if exercise is None else (exercise,):
        reference = read_reference(name)
        repetitions = cutter.like(reference.mean)
        alike = likeness(repetitions.angles.mean(0), reference.mean)
        if alike > most:
            most, judged = alike, (repetitions, reference, name)
    verdict = judge_repetitions(*judged) if judged is not None else None
    if verdict is None or verdict.verdict == UNSURE:
        return ()
    sure = verdict.confidence
    wrong = sure if verdict.verdict == NOT_CORRECT else 1 - sure
    doubt = (wrong * (1 - wrong)) ** 0.5
    return (Measurement(FORM, wrong, "ratio", doubt, 0.0, motion.duration_s),)
