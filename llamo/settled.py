"""From what the model told to the answer that is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llamo.answer import Answer, abstention_reason, cannot_tell
from llamo.calibration import Calibration, Evidence
from llamo.denied import why_not_itself
from llamo.saying import settle
from llamo.verdict import verdict_in_words

if TYPE_CHECKING:
    from llamo.batch import Asked, Told

NOTHING_BESIDE = 0.9
"""All 14 such answers about training people were right; kept lower, for they are few."""


def settled(
    row: Asked, told: Told, calibration: Calibration, model: str, answer_ms: float
) -> Answer:
    """What was told, after the checks of what may be said.

    Whether something was done well is said as it was measured, whichever way the question turns it.

    Args:
        row: The question.
        told: What the model says to it.
        calibration: Of the model.
        model: Its name.
        answer_ms: What answering took.
    """
    session = row.session
    evidence = Evidence(told.token_probabilities, told.heard, session.motion.estimated, told.shown)
    text, confidence = told.text, calibration.confidence(evidence)
    judged = verdict_in_words(row.question, row.measurements)
    if judged is not None and abstention_reason(text) is None:
        text, confidence = judged
    itself = why_not_itself(session, row.question, text)
    if itself is not None:
        text, confidence = cannot_tell(itself), NOTHING_BESIDE
    said = settle(
        text, row.text, confidence, calibration.least_sure, session.sides_told, told.heard
    )
    return Answer(
        answer=said.text,
        confidence=confidence,
        abstained=said.reason is not None,
        reason=said.reason,
        viewpoints=told.viewpoints,
        measurements=row.measurements,
        model=model,
        timing_ms={"open": session.open_ms, "answer": answer_ms},
        token_probabilities=told.token_probabilities,
        heard=told.heard,
        shown=told.shown,
        question=row.question,
        scores=told.scores,
    )
