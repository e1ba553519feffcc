"""What happens in a clip, told in order, and each part with the numbers behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from llamo.acts import ActSpan
from llamo.data.naming import say_act
from llamo.data.sides import LIMB_OF_ACTION, TWO_HANDED
from llamo.kinematics import find_repetitions
from llamo.motion import Motion

_SURE = 0.8
"""A count of less confidence is not told."""

_AROUND_S = 0.3
"""Seconds of rest before and after an act that it is counted with."""

_UNCOUNTED = frozenset({"walk", "run", "jog", "sneak", "dance"})
"""Acts whose repetitions are steps, not times that one does them."""


@dataclass(frozen=True)
class Happening:
    """One act of a description.

    Args:
        span: What and when.
        repetitions: How often, None where it was not counted.
    """

    span: ActSpan
    repetitions: int | None

    @property
    def text(self) -> str:
        """``squats 3 times``, ``waves with the right hand``."""
        return self.text_of()

    def text_of(self, counted: bool = True) -> str:
        """The same, on wish without the count; a side only where one limb acts."""
        said = say_act(self.span.act, "third")
        limb = LIMB_OF_ACTION.get(self.span.act)
        if limb and self.span.side in ("left", "right") and self.span.act not in TWO_HANDED:
            said += f" with the {self.span.side} {limb}"
        if counted and self.repetitions is not None and self.repetitions > 1:
            said += f" {self.repetitions} times"
        return said


@dataclass(frozen=True)
class Description:
    """What happens in a clip.

    Args:
        text: In one or two sentences.
        happenings: Each act, in time order.
        duration_s: Of the clip.
        reason: Why nothing is told, None where something is.
    """

    text: str
    happenings: tuple[Happening, ...]
    duration_s: float
    reason: str | None = None

    def __str__(self) -> str:
        return self.text

    @property
    def abstained(self) -> bool:
        """Whether nothing is told."""
        return self.reason is not None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "text": self.text,
            "happenings": [
                {**one.span.to_dict(), "text": one.text, "repetitions": one.repetitions}
                for one in self.happenings
            ],
            "duration_s": round(self.duration_s, 2),
            "reason": self.reason,
        }


def happenings_of(spans: Sequence[ActSpan], motion: Motion) -> tuple[Happening, ...]:
    """Acts, each with its own repetitions where those are surely counted."""
    return tuple(Happening(span, _repetitions(span, motion)) for span in spans)


def _repetitions(span: ActSpan, motion: Motion) -> int | None:
    if span.act in _UNCOUNTED:
        return None
    start_s = max(span.start_s - _AROUND_S, 0.0)
    count = find_repetitions(motion.trim(start_s, min(span.end_s + _AROUND_S, motion.duration_s)))
    return count.count if count.confidence >= _SURE and count.count else None


def sentence(happenings: Sequence[Happening]) -> str:
    """``The person waves with the right hand (1.0 to 4.1 s), then squats 3 times (...).``"""
    parts = [f"{one.text} ({one.span.start_s:.1f} to {one.span.end_s:.1f} s)" for one in happenings]
    said = f"The person {parts[0]}"
    for number, part in enumerate(parts[1:], 2):
        link = " and finally " if number == len(parts) and number > 2 else ", then "
        said += f"{',' if link.startswith(' and') else ''}{link}{part}"
    return said + "."
