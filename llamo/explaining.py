"""Questions on technique that a comparison with correct repetitions answers: why, and what to fix.

"Why is it not correct?" and "What should I fix?" are answered with measured differences; the
language model only says which exercise it is where the question does not.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from llamo.answer import Answer, Viewpoint, cannot_tell
from llamo.technique import Fault, Technique, named_exercise

if TYPE_CHECKING:
    from llamo.session import Session

WHICH_EXERCISE = "Which exercise does the person do?"
"""How the model is asked where the question does not name it."""

NO_REFERENCE = "there are no correct repetitions of this exercise to compare with"

_WRONG = r"(wrong|incorrect|not (correct|right|good|ok|done (right|well|correctly))|a mistake|bad)"
_WHY = re.compile(
    rf"\bwhy\b.*\b{_WRONG}|\bwhy (isn't|wasn't|aren't)\b.*\b(correct|right|good|ok)\b"
    rf"|\bwhat('s| is| was| went| goes| am i doing| did i do| makes it| made it)\b.*\b{_WRONG}"
    r"|\b(what|which|where)\b.*\b(mistakes?|errors?|faults?)\b"
    r"|\b(what|how|where|which)\b.*\b(fix|improve|do better|do differently|work on)\b"
)
_WHETHER = re.compile(r"\b(correct|right|good|proper) or (an? |is it )?(in|im|wrong|bad|not)")
"""A choice between two verdicts asks for no reason."""


def asks_what_is_wrong(question: str) -> bool:
    """Whether a question asks for the reason of a verdict, or for what to do better.

    ``Why is it not correct?``, ``What should I fix?``; not ``Is it correct?``, nor ``What is it,
    correct or incorrect?``.
    """
    words = question.lower().replace("’", "'")
    return _WHY.search(words) is not None and _WHETHER.search(words) is None


def explain(session: Session, question: str) -> Answer | None:
    """The answer that a comparison with correct repetitions gives.

    Args:
        session: The clip.
        question: A question that passed ``checked_question``.

    Returns:
        None for any question that is not one of these. An abstention where there is no reference
        of the exercise, or the comparison cannot be made.
    """
    if not asks_what_is_wrong(question):
        return None
    start = time.perf_counter()
    technique = session.technique(named_exercise(question))
    reason = NO_REFERENCE if technique is None else technique.reason or None
    faults: tuple[Fault, ...] = ()
    if technique is None or reason is not None:
        text, confidence = cannot_tell(reason or NO_REFERENCE), 1.0
    else:
        text, confidence, faults = sentence(technique), technique.confidence, technique.faults
    moments = sorted({fault.time_s for fault in faults})
    return Answer(
        answer=text,
        confidence=confidence,
        abstained=reason is not None,
        reason=reason,
        viewpoints=tuple(
            Viewpoint(time_s, session.motion.frame_at(time_s), 1 / len(moments))
            for time_s in moments
        ),
        measurements=tuple(fault.measurement for fault in faults),
        model=session.assistant.name,
        timing_ms={"open": session.open_ms, "answer": (time.perf_counter() - start) * 1e3},
        question=question,
    )


def sentence(technique: Technique) -> str:
    """What a coach would say: the verdict, its reason, and what to do."""
    said = f"The {technique.exercise} is {technique.text}."
    if not technique.faults:
        return said
    return f"{said} Next time {technique.faults[0].advice}."
