"""What needs no model to decide: questions and clips that cannot be answered."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

from llamo.errors import InvalidQuestion
from llamo.motion import Motion

MAX_QUESTION_CHARACTERS = 2_000
"""Longer questions are refused: no question about a clip needs a page."""

PLAIN_QUESTION_CHARACTERS = 400
"""Longer ones are not read by rule: they hold more than one plain question."""

MIN_DURATION_S = 0.3
"""Shorter clips hold no movement to speak of: three frames of the encoder's 10 Hz clock."""


def checked_question(question: object) -> str:
    """The question without surrounding or control characters.

    Raises:
        InvalidQuestion: Not text, empty, or longer than ``MAX_QUESTION_CHARACTERS``.
    """
    if not isinstance(question, str):
        raise InvalidQuestion(f"a question must be text, got {type(question).__name__}.")
    if len(question) > MAX_QUESTION_CHARACTERS:
        raise InvalidQuestion(
            f"the question has {len(question):,} characters, more than "
            f"{MAX_QUESTION_CHARACTERS:,}; ask one thing at a time."
        )
    printable = "".join(
        " " if unicodedata.category(character) in ("Cc", "Cs", "Cn") else character
        for character in question
    )
    text = re.sub(r"\s+", " ", printable).strip()
    if not text:
        raise InvalidQuestion("the question is empty; ask something about the motion.")
    return text


_WORDS_OF_PARTS = {
    "leg": "leg|knee|foot|feet|ankle|thigh|shin|toe|heel",
    "arm": "arm|hand|wrist|elbow|forearm|finger|fist",
    "trunk": "trunk|torso|spine|upper body",
    "head": "head|chin|gaze",
}
"""Words with which a question asks about a part of the body; plurals too."""

SIDES_UNTOLD = "left and right cannot be told in this video"
"""The reason to decline what names a side."""

_LIMBS = "hand|arm|leg|foot|knee|elbow|wrist|ankle|shoulder|hip|side"
_SIDED = re.compile(
    rf"\b(left|right ({_LIMBS})s?|on (the|his|her|their) right|which (of the )?({_LIMBS})s?"
    r"|one-sided)\b"
)
"""Words with which a question asks about left or right."""


def reason_not_to_try(
    motion: Motion,
    question: str,
    unseen: Iterable[str],
    knows_script: Callable[[str], bool],
    sides_told: bool = True,
) -> str | None:
    """Why this question about this motion needs no model to be declined, None to go on.

    Args:
        motion: The clip as given.
        question: A question that passed ``checked_question``.
        unseen: Parts of the body that are not seen, from ``llamo.kinematics.unseen_parts``.
        knows_script: Tells whether the tokenizer has tokens for a text in another script.
        sides_told: Whether the person's left and right are known.
    """
    letters = "".join(character for character in question if character.isalpha())
    if not letters:
        return "the question holds no words"
    foreign = "".join(character for character in letters if not _is_latin(character))
    if len(foreign) * 2 > len(letters) and not knows_script(foreign):
        return "I only understand English questions"
    if motion.duration_s < MIN_DURATION_S:
        return f"the clip is too short ({motion.duration_s:.2f} s)"
    if set(unseen) >= {"legs", "arms", "trunk", "head"}:
        return "nobody is visible"
    hidden = next((part for part in unseen if _asks_about(part, question)), None)
    if hidden is not None:
        return f"the {hidden} {'are' if hidden.endswith('s') else 'is'} not visible"
    if not sides_told and _SIDED.search(question.lower()):
        return SIDES_UNTOLD
    return None


def _asks_about(part: str, question: str) -> bool:
    """Whether a question names a part (``legs``) or one side of it (``left leg``)."""
    side, _, limb = part.rpartition(" ")
    words = f"(?:{_WORDS_OF_PARTS[limb.removesuffix('s')]})s?"
    return re.search(rf"\b{side + ' ' if side else ''}{words}\b", question.lower()) is not None


def _is_latin(letter: str) -> bool:
    return letter.isascii() or unicodedata.name(letter, "").startswith("LATIN")
