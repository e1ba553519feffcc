"""LiveUpdate: what is known of a live session after a frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from llamo.kinematics import Moment


@dataclass(frozen=True)
class LiveUpdate:
    """What is known after a frame.

    Args:
        time_s: Of the newest frame that was looked at, None before the first.
        count: Repetitions that were seen to turn and come back, up to now.
        events: What has happened since the update before: ``start``, ``turn`` and ``end`` of each
            repetition (or as the exercise calls them), ``person lost``, ``person back``.
        cue: What to tell the person now, None where all is well.
        confidence: How surely each joint was seen in that frame, 0-1.
        sides_sure: Whether the person's left and right can be told; None while nobody is seen.
        is_kept: Whether the frame just pushed is looked at; one that comes while another is being
            looked at is dropped.
        latency_ms: From the frame's coming until the person in it was known.
    """

    time_s: float | None
    count: int
    events: tuple[Moment, ...]
    cue: str | None
    confidence: Mapping[str, float]
    sides_sure: bool | None
    is_kept: bool
    latency_ms: float | None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, times to the millisecond."""
        events = [
            {"name": one.name, "time_s": round(one.time_s, 3), "number": one.number}
            for one in self.events
        ]
        confidence = {name: round(value, 3) for name, value in self.confidence.items()}
        return {**asdict(self), "events": events, "confidence": confidence}
