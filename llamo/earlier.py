"""Which of two acts is earlier: settled by the spans that the motion encoder finds.

"Does he bow before he waves?" and the same the other way round look at the same moments and name
the same acts; where both are found, their times tell more than a small language model does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from llamo.answer import Answer, Viewpoint, known
from llamo.data.naming import Named, acts_named
from llamo.finding import find
from llamo.person_words import say_person

if TYPE_CHECKING:
    from llamo.acts import ActSpan
    from llamo.session import Session

SURE = 0.95
"""All 58 such answers about training people were right; kept a little lower, for they are few."""

Order = Literal["first", "second"]
"""Which of the two that a question names, in its order, is said to be earlier."""

_SECOND_EARLIER = re.compile(
    r"\b(after|later than|preceded( later)? by|subsequent to|"
    r"(follow|succeed)(s|ed|ing)?(?! \w* ?by\b))\b"
)
_FIRST_EARLIER = re.compile(
    r"\b(before|earlier than|(prior|previous) to|ahead of|preced(e|es|ed|ing)(?! by)|"
    r"follow(ed|ing) (\w+ )?by|and then|then|and (later|afterwards))\b"
)
_FIRST, _LATER = r"\bfirst\b(?! of| act)", r"\b(later|afterwards|after|second|then)\b"
_OTHER_QUESTION = re.compile(
    r"\b(what|which|who|when|where|why|how|many|between|or|describe|once|after|following)\b"
)
_AFTER = re.compile(r"\b(after|following)\b")
_FILLED = re.compile(
    r"\b(yes or no|otherwise no|(what|which) (i want to know is|is the answer to|would be))\b"
)
_POLAR = re.compile(
    r"(^|[,:.] )\W*(do|does|did|is|was|are|were|has|have|had|would)\b"
    r"|\b(whether|if|true|truth|right|correct|yes)\b|\b(can|could|do) (we|you|i) (see|say)\b"
)
_BESIDE = re.compile(f"{_FIRST_EARLIER.pattern}|{_SECOND_EARLIER.pattern}|{_FIRST}")


def tell_earlier(session: Session, question: str) -> Answer | None:
    """The answer to whether one act comes before another.

    Args:
        session: The clip.
        question: A question that passed ``checked_question``.

    Returns:
        None for any other question, and where the acts are not both found, apart in time.
    """
    words = say_person(question).lower()
    acts = session.acts if _BESIDE.search(words) else None
    if acts is None:
        return None
    named = acts_named(words, acts.names)
    claimed = claimed_order(words, named)
    if claimed is None:
        return None
    one, other = (find(words[act.start : act.end], acts, session.unseen) for act in named)
    earlier = _earlier(one.spans, other.spans)
    if earlier is None:
        return None
    spans = sorted((one.spans[0], other.spans[0]), key=lambda span: span.start_s)
    moments = tuple(
        Viewpoint(time_s, session.motion.frame_at(time_s), span.score)
        for span in spans
        for time_s in (span.start_s, span.end_s)
    )
    return known(
        question,
        "yes" if earlier == claimed else "no",
        SURE * min(span.score for span in spans),
        moments,
        session.assistant.name,
        session.open_ms,
    )


def claimed_order(words: str, named: Sequence[Named]) -> Order | None:
    """Which of the two acts that it names a yes/no question takes for the earlier one.

    Args:
        words: The question in lower case.
        named: The acts that it names.

    Returns:
        None for any other question.
    """
    if len(named) != 2 or named[0].act == named[1].act or not _POLAR.search(words):
        return None
    one, other = named
    before, between, behind = (
        _FILLED.sub(" yes ", part)
        for part in (words[: one.start], words[one.end : other.start], words[other.end :])
    )
    if _OTHER_QUESTION.search(before) or _OTHER_QUESTION.search(_AFTER.sub("", between + behind)):
        return None
    first, second = _FIRST_EARLIER.search(between), _SECOND_EARLIER.search(between)
    if first or second:
        return None if first and second else "first" if first else "second"
    said_first = re.search(_FIRST, before + between)
    if said_first and re.search(r"\band\b|,", between) and re.search(_LATER, between + behind):
        return "first"
    return None


def _earlier(one: Sequence[ActSpan], other: Sequence[ActSpan]) -> Order | None:
    """Which happens earlier, None where either does not happen or they take turns."""
    if not one or not other:
        return None
    if _middle(one[-1]) < _middle(other[0]):
        return "first"
    return "second" if _middle(other[-1]) < _middle(one[0]) else None


def _middle(span: ActSpan) -> float:
    return (span.start_s + span.end_s) / 2
