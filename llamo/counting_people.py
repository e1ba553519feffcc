"""How many people a video shows: what the estimator counted.

It learnt from photographs; a model's own video encoder may have learnt from drawings.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llamo.answer import Answer, Viewpoint, known

if TYPE_CHECKING:
    from llamo.session import Session

ALONE_SURE, NOT_ALONE_SURE = 0.7, 0.97
"""Of 46 drawn films in which one person was counted 32 showed no other; of 32 in which several were
counted none showed fewer (Laplace's rule), and 26 showed more (``benchmarks/count_people.py``)."""

UNSEEN = "motion alone does not show it"
"""Why nothing is said of a recording: it holds one person, whoever else was there."""

_PEOPLE = r"(people|persons|humans|individuals|men|women|bodies|figures)"
_SEEN = r"(there|here|in|on|visible|present|seen|shown|you see|be seen|appear|together)"
_HOW_MANY = re.compile(rf"\bhow many {_PEOPLE}( (are|is|do|can|were|was|could|did))? ?\b{_SEEN}\b"
                       rf"|\b(number of|count the|count all) {_PEOPLE}\b")  # fmt: skip
_MORE = re.compile(
    r"\b(more than one|a second|another|two or more|several) (person|people)\b"
    r"|\b(anyone|anybody|someone|somebody) else\b"
)
_ALONE = re.compile(r"\b(is|was) (the person|he|she|it|somebody|someone) (all )?alone\b")


def tell_people(session: Session, question: str) -> Answer | None:
    """The answer to a question of how many people are seen.

    Whoever is hidden or half out of the picture is not counted, so several are "at least" so many.

    Args:
        session: The clip.
        question: A question that passed ``checked_question``.

    Returns:
        None for any other question, and where nobody was counted and the model can look itself.
    """
    words = question.lower()
    asked = next((one for one in (_HOW_MANY, _MORE, _ALONE) if one.search(words)), None)
    if asked is None:
        return None
    people = None if session.footage is None else session.footage.estimate.people
    if session.footage is None or people is None:
        if session.assistant.model.video_encoder is not None:
            return None
        return session.assistant.declined(question, UNSEEN, session.open_ms)
    time_s = session.footage.estimate.people_s
    if asked is _HOW_MANY:
        text = "1 person" if people == 1 else f"at least {people} people"
    else:
        text = "yes" if (people > 1) == (asked is _MORE) else "no"
    sure = ALONE_SURE if people == 1 else NOT_ALONE_SURE
    moment = Viewpoint(time_s, session.motion.frame_at(time_s), 1.0)
    return known(question, text, sure, (moment,), session.assistant.name, session.open_ms)
