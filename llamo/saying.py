"""What of a generated text may be said: the checks that stand between the model and an answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from llamo.answer import abstention_reason, cannot_tell, invented_number
from llamo.answerable import SIDES_UNTOLD

_SIDE = re.compile(r"\bleft\b|\bright\b(?! (?:after|before|away|now|at)\b)", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=\S)")
_PIECE = re.compile(r"\s*\S+")


UNHEARD = 0.5
"""An act to which the encoder gives less is like none that has a name."""


class Said(NamedTuple):
    """What an answer says.

    Args:
        text: The answer, "I can't tell: ..." where it abstains.
        reason: Why it abstains, None where it answers.
    """

    text: str
    reason: str | None


def settle(
    text: str,
    measured: str | None,
    confidence: float,
    least_sure: float,
    sides_told: bool = True,
    heard: float | None = None,
) -> Said:
    """What is said of a generated text.

    An answer ends before the first sentence with a number that was not measured, or with a side
    that is in doubt. It abstains where that is the first sentence, where the text abstains by
    itself, and where it is too unsure.

    Args:
        text: What the model generated.
        measured: The kinematic text that the model was given, None where it was hidden: then its
            numbers are not checked.
        confidence: Calibrated, 0-1.
        least_sure: Confidence under which no answer is given.
        sides_told: Whether the person's left and right are known.
        heard: What the motion encoder gives to the act that the text names, None for none.
    """
    reason = abstention_reason(text)
    if reason is None:
        kept, unsaid = _known_part(text, measured, sides_told)
        if unsaid is not None and not kept:
            reason = unsaid
        elif confidence < least_sure:
            reason = f"{kept!r} is likeliest, but too unsure"
            if heard is not None and heard < UNHEARD:
                reason = f"I know no name for this movement; {reason}"
        else:
            return Said(kept, None)
    return Said(cannot_tell(reason), reason)


def sure_beginning(so_far: str, measured: str | None, sides_told: bool = True) -> str:
    """The whole sentences of a growing text that ``settle`` will keep whatever follows them.

    For a model that is never too unsure (``least_sure`` of 0); how sure another one is of its
    answer shows with the last token.

    Args:
        so_far: The text's beginning.
        measured, sides_told: As of ``settle``.
    """
    ends = list(_SENTENCE_END.finditer(so_far))
    if not ends:
        return ""
    whole = so_far[: ends[-1].start()]
    if abstention_reason(whole) is not None:
        return ""
    return _known_part(whole, measured, sides_told)[0]


def pieces(text: str) -> Iterator[str]:
    """Words with the space before them; joined they are the text."""
    return (found[0] for found in _PIECE.finditer(text))


def _known_part(text: str, measured: str | None, sides_told: bool) -> tuple[str, str | None]:
    """The text before the first sentence that may not be said, and why not."""
    start = 0
    for end in [*(found.start() for found in _SENTENCE_END.finditer(text)), len(text)]:
        reason = _reason_not_to_say(text[start:end].strip(), measured, sides_told)
        if reason is not None:
            return text[:start].rstrip(), reason
        start = end
    return text, None


def _reason_not_to_say(sentence: str, measured: str | None, sides_told: bool) -> str | None:
    if not sides_told and _SIDE.search(sentence):
        return SIDES_UNTOLD
    invented = None if measured is None else invented_number(sentence, measured)
    return None if invented is None else f"{invented!r} came to mind, but was not measured"
