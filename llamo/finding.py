"""When something happens: a question in words -> spans of a clip, or why there are none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from llamo.acts import NEVER, Acts, ActSpan
from llamo.data.naming import Named, acts_named, say_act
from llamo.data.sides import ARM_ACTIONS, LEG_ACTIONS

_ALIKE = {
    "wave": ("wave both hands",),
    "raise a hand": ("raise an arm", "raise both hands"),
    "raise an arm": ("raise a hand", "raise both hands"),
    "sit": ("sit to stand",),
    "stand up": ("sit to stand",),
    "lunge": ("side lunge",),
}
"""Acts that a question means too when it names one: who raises both hands raises a hand."""

_TWO_HANDED = ("wave both hands", "raise both hands")

_SIDE = re.compile(r"\b(left|right)\b")
_ORDER = {"first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "last": -1}
_ORDINAL = re.compile(rf"\b({'|'.join(_ORDER)})\b")


@dataclass(frozen=True)
class Found:
    """When something happens.

    Args:
        question: What was asked for.
        spans: When, in time order.
        reason: Why there are none, None where there are.
    """

    question: str
    spans: tuple[ActSpan, ...]
    reason: str | None = None

    @property
    def abstained(self) -> bool:
        """Whether nothing was found."""
        return not self.spans

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "question": self.question,
            "spans": [span.to_dict() for span in self.spans],
            "reason": self.reason,
        }


def find(
    question: str, acts: Acts | None, unseen: Sequence[str] = (), presumed: bool = False
) -> Found:
    """When the act that a question names happens.

    A side, an order ("the second time", "last") and another act before or after which it happens
    are heeded.

    Args:
        question: That passed ``checked_question``.
        acts: Of the clip; None where the model's encoder has no words for them.
        unseen: Parts of the body that are never visible.
        presumed: As of ``Acts.spans_of``, of the wanted act.
    """

    def none(reason: str) -> Found:
        return Found(question, (), reason)

    if acts is None:
        return none("this model has no words for what it recognises")
    text = question.lower()
    named = acts_named(text, acts.names)
    if not named:
        return none("the question names no movement that I know")
    unknown = next((one for one in named[:2] if not _known(one.act, acts)), None)
    if unknown is not None:
        return none(f"this model was not taught what “{say_act(unknown.act, 'inf')}” looks like")
    for one in named[:2]:
        hidden = hidden_limbs(one.act, unseen)
        if hidden is not None:
            return none(f"the {hidden} are not visible")
    wanted, beside = named[0], _beside(text, named)
    doing = say_act(wanted.act, "ing")
    spans = acts.spans_of(meant(wanted.act, acts), presumed)
    if not spans:
        return none(_not_found(wanted.act, acts))
    if beside is not None:
        way, other = beside
        beside_which = acts.spans_of(meant(other.act, acts))
        if not beside_which:
            return none(_not_found(other.act, acts))
        side = _side(text[other.start :], other)
        anchors = _on(beside_which, side)
        if not anchors:
            return none(f"I see nobody {say_act(other.act, 'ing')} on the {side}")
        place = _place(text[wanted.end : other.start])
        if place is not None:
            if place >= len(anchors):
                return none(_only(anchors))
            anchors = [anchors[place]]
        if way == "after":
            spans = [one for one in spans if one.start_s >= anchors[0].end_s - _TOUCH_S]
        else:
            spans = [one for one in spans if one.end_s <= anchors[-1].start_s + _TOUCH_S]
        if not spans:
            return none(f"I see nobody {doing} {way} that")
    side = _side(text if beside is None else text[: beside[1].start], wanted)
    spans = _on(spans, side)
    if not spans:
        return none(f"I see nobody {doing} on the {side}")
    rest = text if beside is None else text[: wanted.end]
    place = _place(rest)
    if place is not None:
        if place >= len(spans):
            return none(_only(spans))
        spans = [spans[place]]
    return Found(question, tuple(spans))


_TOUCH_S = 0.3
"""Acts that follow each other may overlap so long."""


def hidden_limbs(act: str, unseen: Sequence[str]) -> str | None:
    """``legs`` or ``arms``, where an act cannot be told without them and they are not visible."""
    for limbs, done_with in (("legs", LEG_ACTIONS), ("arms", ARM_ACTIONS)):
        if limbs in unseen and act in done_with:
            return limbs
    return None


def _place(text: str) -> int | None:
    """Which one of several a text asks for, -1 for the last; None for all."""
    order = _ORDINAL.search(text)
    return None if order is None else _ORDER[order[1]]


def _only(spans: Sequence[ActSpan]) -> str:
    return f"I see it {'once' if len(spans) == 1 else f'{len(spans)} times'} only"


def _not_found(act: str, acts: Acts) -> str:
    """Why an act has no span."""
    doing = say_act(act, "ing")
    if acts.likeliest(meant(act, acts)) < NEVER:
        return f"I see nobody {doing}"
    return f"I may see somebody {doing}, but am too unsure"


def _known(act: str, acts: Acts) -> bool:
    return any(name in acts.names for name in meant(act, acts))


def meant(act: str, acts: Acts) -> Sequence[str]:
    """The acts of the encoder that an act stands for."""
    return [name for name in (act, *_ALIKE.get(act, ())) if name in acts.names]


def _side(text: str, wanted: Named) -> str | None:
    if wanted.act in _TWO_HANDED:
        return None
    sides = set(_SIDE.findall(text))
    return sides.pop() if len(sides) == 1 else None


def _on(spans: list[ActSpan], side: str | None) -> list[ActSpan]:
    """Those of a side; what is done with both, or whose side is not known, may be meant."""
    return [one for one in spans if side is None or one.side in (side, "both", None)]


def _beside(text: str, named: Sequence[Named]) -> tuple[str, Named] | None:
    """The act before or after which the wanted one is to happen."""
    if len(named) < 2:
        return None
    between = re.findall(r"\b(before|after)\b", text[named[0].end : named[1].start])
    return (between[-1], named[1]) if between else None
