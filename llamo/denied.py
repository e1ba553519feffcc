"""Whether an act that a question names happens: the encoder's word beside the language model's.

"What comes after the squat?" presumes a squat, and something that comes after it. A small language
model denies some acts that are there, answers of some that are not, and where nothing comes after
the squat it may say "squat"; the motion encoder's own classifier is surer of all three.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llamo.acts import NEVER, Acts
from llamo.answer import Answer, abstention_reason
from llamo.data.naming import acts_named
from llamo.data.question import REASONS
from llamo.earlier import claimed_order
from llamo.finding import find, meant
from llamo.person_words import say_person

if TYPE_CHECKING:
    from llamo.session import Session

_BEFORE = re.compile(
    r"\b(before|prior to|previous(ly)? to|ahead of|earlier than|in advance of|up until|"
    r"preced(es|ed|ing)|(leads?|leading|lead-|runs?|run-) ?up to)\b"
)
_AFTER = r"\b(after|once|following|follow(s|ed)|later than|in the wake of|next)\b"
_BESIDE = re.compile(rf"{_BEFORE.pattern}|{_AFTER}|\bbetween\b")

_RIGHT_BESIDE = re.compile(
    rf"({_BEFORE.pattern}|{_AFTER})( \w+){{0,2}}"
    r"( (stop(s|ped)?|stopping|finish(es|ed|ing)?|through|done|with|beg[ia]ns?|starts?|to))*"
    r"( (a|an|the|his|her|their|its|she|he|it|they))* $"
)
"""What stands before an act that something else comes before or after."""

_ONE_OF_SEVERAL = re.compile(
    r"\b(first|second|third|fourth|last|other|another|again|each|every|or|while|during|only)\b"
)
"""Where an act that is named once may be meant twice."""

_A_PART = re.compile(r"^ (starts?|begins?|ends?|is (half|not))\b")


def tell_absent(session: Session, question: str) -> Answer | None:
    """The abstention from what comes before or after an act that the encoder never sees.

    Args:
        session: The clip.
        question: A question that passed ``checked_question``.

    Returns:
        None where every act that is named may be there, and for any other question.
    """
    words = say_person(question).lower()
    acts = session.acts if _BESIDE.search(words) else None
    if acts is None:
        return None
    named = acts_named(words, acts.names)
    if claimed_order(words, named) is not None:
        return None  # yes or no can be said of what is not there
    for one in named:
        known = meant(one.act, acts)
        if known and acts.likeliest(known) < NEVER:
            return session.assistant.declined(question, REASONS["absent"], session.open_ms)
    return None


def is_wrongly_denied(session: Session, question: str, text: str) -> bool:
    """Whether a text says that an act does not happen which the encoder surely finds, once.

    Not where nothing else is found before it, or after it, where that is what is asked for: then
    there is nothing to tell whatever the reason.

    Args:
        session: The clip.
        question: In words.
        text: What the language model says to it.
    """
    if abstention_reason(text) != REASONS["absent"] or session.acts is None:
        return False
    words = say_person(question).lower()
    named = acts_named(words, session.acts.names)
    if len(named) != 1:
        return False
    found = find(words[named[0].start : named[0].end], session.acts, session.unseen)
    return len(found.spans) == 1 and (
        not _BESIDE.search(words) or _has_neighbour(session.acts, found.spans[0].start_s, words)
    )


def why_not_itself(session: Session, question: str, text: str) -> str | None:
    """Why a text does not tell what comes before or after an act: it names that act again.

    Args:
        session: The clip.
        question: In words.
        text: What the language model says to it.

    Returns:
        The reason to abstain instead; None where the text may be the answer.
    """
    acts = session.acts
    if acts is None:
        return None
    words = say_person(question).lower()
    asked, said = (acts_named(some, acts.names) for some in (words, text.lower()))
    if len(asked) != 1 or len(said) != 1 or said[0].end - said[0].start < len(text):
        return None
    same = meant(asked[0].act, acts)
    ahead, behind = words[: asked[0].start], words[asked[0].end :]
    right_beside = _RIGHT_BESIDE.search(ahead)
    if said[0].act not in same or not right_beside:
        return None
    if _ONE_OF_SEVERAL.search(words) or _A_PART.search(behind):
        return None
    way = "before" if _BEFORE.search(right_beside[0]) else "after"
    spans = acts.spans_of(same, presumed=True)
    others = [one for one in acts.all_spans() if one.act not in same]
    if len(spans) > 1 or (others and not spans):
        return None  # the other time may be meant; or who knows what lies beside it
    if others and _has_neighbour(acts, spans[0].start_s, right_beside[0]):
        return f"I recognise nothing else {way} it"
    return REASONS[f"nothing {way}"]


def _has_neighbour(acts: Acts, start_s: float, words: str) -> bool:
    others = [one for one in acts.all_spans() if abs(one.start_s - start_s) > 1e-6]
    if _BEFORE.search(words):
        return any(one.start_s < start_s for one in others)
    return any(one.start_s > start_s for one in others)
