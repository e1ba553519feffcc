"""What of a generated text may be said: the checks that stand between the model and an answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from llamo.answer import abstention_reason, cannot_tell, invented_number

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=\S)")
_PIECE = re.compile(r"\s*\S+")


class Said(NamedTuple):
    """What an answer says.

    Args:
        text: The answer, "I can't tell: ..." where it abstains.
        reason: Why it abstains, None where it answers.
    """

    text: str
    reason: str | None


def settle(text: str, measured: str | None, confidence: float, least_sure: float) -> Said:
    """What is said of a generated text.

    An answer ends before the first sentence with a number that was not measured. It abstains where
    that is the first sentence, where the text abstains by itself, and where it is too unsure.

    Args:
        text: What the model generated.
        measured: The kinematic text that the model was given, None where it was hidden: then its
            numbers are not checked.
        confidence: Calibrated, 0-1.
        least_sure: Confidence under which no answer is given.
    """
    reason = abstention_reason(text)
    if reason is None:
        kept, invented = _measured_part(text, measured)
        if invented is not None and not kept:
            reason = f"{invented!r} came to mind, but was not measured"
        elif confidence < least_sure:
            reason = f"{kept!r} is likeliest, but too unsure"
        else:
            return Said(kept, None)
    return Said(cannot_tell(reason), reason)


def sure_beginning(so_far: str, measured: str | None) -> str:
    """The whole sentences of a growing text that ``settle`` will keep whatever follows them.

    For a model that is never too unsure (``least_sure`` of 0); how sure another one is of its
    answer shows with the last token.

    Args:
        so_far: The text's beginning.
        measured: As of ``settle``.
    """
    ends = list(_SENTENCE_END.finditer(so_far))
    if not ends:
        return ""
    whole = so_far[: ends[-1].start()]
    return "" if abstention_reason(whole) is not None else _measured_part(whole, measured)[0]


def pieces(text: str) -> Iterator[str]:
    """Words with the space before them; joined they are the text."""
    return (found[0] for found in _PIECE.finditer(text))


def _measured_part(text: str, measured: str | None) -> tuple[str, str | None]:
    """The text before the first sentence with an invented number, and that number."""
    if measured is None:
        return text, None
    start = 0
    for end in [*(found.start() for found in _SENTENCE_END.finditer(text)), len(text)]:
        invented = invented_number(text[start:end].strip(), measured)
        if invented is not None:
            return text[:start].rstrip(), invented
        start = end
    return text, None
