"""Questions that what was measured or counted answers, without the language model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llamo.answer import Answer
from llamo.answerable import PLAIN_QUESTION_CHARACTERS
from llamo.counting_people import tell_people
from llamo.denied import tell_absent
from llamo.earlier import tell_earlier
from llamo.explaining import explain
from llamo.timing import tell_time

if TYPE_CHECKING:
    from llamo.session import Session


def known_answer(session: Session, question: str, use_acts: bool = True) -> Answer | None:
    """The answer to a question of technique, of people, or of when an act happens.

    So are questions of what comes beside an act that is not there.

    Args:
        session: The clip.
        question: A question that passed ``checked_question``.
        use_acts: False leaves out what the motion encoder recognises, for whoever asks what the
            model does without it.

    Returns:
        None for any other question, which is for the model.
    """
    told = explain(session, question) or tell_people(session, question)
    if told is not None or not use_acts or len(question) > PLAIN_QUESTION_CHARACTERS:
        return told
    return (
        tell_time(session, question)
        or tell_earlier(session, question)
        or tell_absent(session, question)
    )
