"""What a measured verdict answers to a question of how well something was done.

The verdict is a measurement; which way a question turns it ("Is it correct?", "Are there any
errors?") is a matter of words. A small language model reads words that it has met often, and takes
others for their opposite.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from llamo.answerable import PLAIN_QUESTION_CHARACTERS
from llamo.kinematics import FORM, Measurement, asks_form

SURE = 0.9
"""Verdicts are right in so many of unseen people's repetitions (docs/technique.md)."""

Turned = Literal["good", "bad", "choice"]
"""Whether yes means that it was well done, or badly; or the answer is one of two words."""

_CHOICE = re.compile(
    r"\b(in)?correct(ly)?( execution)? or (to be )?(an? )?(in)?correct(ly)?\b"
    r"|\bcorrect or an? (\w+ )?incorrect\b"
)
_WITHOUT = re.compile(
    r"\b(without|free (of|from)|no) (any |an? )?(mistake|error|fault|flaw|slip|problem|defect)s?\b"
    r"|\b(flaw|fault)less\w*\b|\beverything (is |be |was )?(all )?right\b"
)
_BAD = re.compile(
    r"\b(mistakes?|errors?|faults?|faulty|flaws?|flawed|wrong\w*|incorrect\w*|improper\w*|bad|badly|"
    r"poor\w*|off|amiss|defects?|problems?|slips?|fix\w*|improve\w*|correction|correcting|corrected|"
    r"deviat\w*|critici[sz]e\w*|complain\w*|object to|work)\b"
    r"|\bnot (be |done |quite )?(right|correct\w*|proper\w*|as it should|in order)\b"
    r"|\b(would|should|must|could|to|physio\w*|coach|trainer|therapist|i|you)( \w+)? correct\b"
    r"(?!$|ly| or)"
    r"|\bto correct\b(?! form)"
)
_GOOD = re.compile(
    r"\b(correct|correctly|right|rightly|proper|properly|good|well|fine|ok|okay|sound|in order|"
    r"valid|clean|accept\w*|approve\w*|happy with|satisfied with|meets? the standard|"
    r"as (it|they|she|he|intended|prescribed|asked|meant)|should (be|look)|follows? the|WITHOUT)\b"
)
_WRONG_ALONE = re.compile(r"\bdeviat\w* from the (correct|right|proper)\b")
_OPEN = re.compile(r"\b(what|which|how|why|who|where|when|much|many)\b")
_FILLED = re.compile(
    r"\b(what|which) (i want to know|is the answer|would be|is yes|is the (verdict|answer))\b"
    r"|\b(is )?this how\b|\bthe way\b|,? (right|correct|yes) or no\b|\byes or no( for)?\b"
)


def turned(question: str) -> Turned | None:
    """Which way a question asks how well something was done; None where that is not plain."""
    if len(question) > PLAIN_QUESTION_CHARACTERS or not asks_form(question):
        return None
    words = " ".join(question.lower().replace("’", "'").split()).strip(" ?.!")
    if _CHOICE.search(words):
        return "choice"
    words = _FILLED.sub(" ", words)
    if _OPEN.search(words) or " or " in words:
        return None
    if _WRONG_ALONE.search(words):
        return "bad"
    words = _WITHOUT.sub("WITHOUT", words)
    bad = _BAD.search(words) is not None
    good = _GOOD.search(_BAD.sub(" ", words)) is not None
    return None if bad == good else "bad" if bad else "good"


def verdict_in_words(
    question: str, measurements: Iterable[Measurement]
) -> tuple[str, float] | None:
    """The answer that the measured verdict gives, and how sure it is.

    Args:
        question: In words.
        measurements: What was measured that bears on it.

    Returns:
        None where nothing was judged, or the question does not turn plainly one way.
    """
    wrong = next((one.value for one in measurements if one.name == FORM), None)
    way = turned(question) if wrong is not None else None
    if wrong is None or way is None:
        return None
    is_wrong = wrong >= 0.5
    sure = SURE * max(wrong, 1 - wrong)
    if way == "choice":
        return ("incorrect" if is_wrong else "correct"), sure
    return ("yes" if is_wrong == (way == "bad") else "no"), sure
