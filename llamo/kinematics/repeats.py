"""Repetitions to the moment: when each starts, turns and ends.

Onset and end are where the speed of the course that repeats passes a twentieth of its peak, as is
usual in motor control.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from llamo.kinematics.course import RATE_HZ
from llamo.kinematics.joint_angles import PAIRED_ANGLES
from llamo.kinematics.measurement import without_side
from llamo.kinematics.moments import crossing, peak, slope, value_at
from llamo.kinematics.repetitions import count_repetitions
from llamo.kinematics.signals import Signals
from llamo.motion import Motion

ONSET_SHARE = 0.05
"""Of the peak speed on the way out (start) or back (end)."""

FOOT_SHARE = 0.15
"""The onset is looked for below this share of the way out, so that a halt on the way is none."""

SAME_SIZE = 0.4
"""A course's peaks below this share of its highest are no repetitions."""

COUNTED_ANGLES = (*PAIRED_ANGLES, "trunk_forward_lean", "trunk_left_lean")
"""Angles in which repetitions are looked for."""

BOTH_SHARE = 0.5
"""Both sides act if the lesser turns by this share of the greater."""


@dataclass(frozen=True)
class Repetition:
    """One repetition, in seconds since the clip's start.

    Args:
        start_s: Where it leaves its rest.
        turn_s: Its turning point.
        end_s: Where it is back.
        uncertainty_s: About one standard deviation of each moment.
    """

    start_s: float
    turn_s: float
    end_s: float
    uncertainty_s: float


@dataclass(frozen=True)
class Count:
    """How often a movement is repeated, and when.

    Args:
        count: How many repetitions.
        repetitions: Each of them, in time order.
        signal: The course in which start, turn and end were found, "" where there are none.
        confidence: 0-1, that the count is right.
    """

    count: int
    repetitions: tuple[Repetition, ...]
    signal: str
    confidence: float

    def without_sides(self) -> Count:
        """The same, of a course whose side has no name."""
        return replace(self, signal=without_side(self.signal))

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, times to the millisecond."""
        rounded = [
            {name: round(value, 3) for name, value in asdict(one).items()}
            for one in self.repetitions
        ]
        return {
            "count": self.count,
            "repetitions": rounded,
            "signal": self.signal,
            "confidence": round(self.confidence, 4),
        }


def find_repetitions(motion: Motion, signals: Signals | None = None) -> Count:
    """Count what a motion repeats, and find start, turn and end of each repetition.

    The count is that of ``count_repetitions``; the moments are found in the joint angle that
    turns most with it.
    """
    counted = count_repetitions(motion)
    signals = signals or Signals.of(motion)
    name, sign = _busiest_angle(signals, counted.spans_s)
    if not counted.count or not name:
        return Count(counted.count, tuple(_as_counted(counted.spans_s)), "", counted.confidence)
    values = sign * signals[name].values
    rows = []
    for i, (start, turn, end) in enumerate(counted.spans_s):
        before = counted.spans_s[i - 1][1] if i else 0.0
        after = counted.spans_s[i + 1][1] if i + 1 < counted.count else signals.course.times_s[-1]
        near = [round(t * RATE_HZ) for t in ((start + turn) / 2, (turn + end) / 2)]
        top = round(peak(values, *near)[0] * RATE_HZ) if _known(values, *near) else -1
        if top < 0:
            rows.append(Repetition(start, turn, end, 1 / 20))
        else:
            edges = round(before * RATE_HZ), round(after * RATE_HZ)
            rows.append(_around(values, top, *edges, signals.course.frame_s))
    return Count(counted.count, tuple(rows), name, counted.confidence)


def repetitions_of_signal(signals: Signals, name: str, at_least: float) -> tuple[Repetition, ...]:
    """Each rise and fall of one course by ``at_least``, in the course's own unit."""
    from scipy.signal import find_peaks

    values = _bridged(signals[name].values)
    if len(values) < 4:
        return ()
    # A course that ends high has risen but not come back; its end is no turning point.
    tops, about = find_peaks(values, prominence=at_least)
    if not len(tops):
        return ()
    enough = about["prominences"] >= max(at_least, SAME_SIZE * about["prominences"].max())
    tops = tops[enough]
    rows = []
    for i, top in enumerate(tops):
        before = int(tops[i - 1]) if i else 0
        after = int(tops[i + 1]) if i + 1 < len(tops) else len(values) - 1
        rows.append(_around(values, int(top), before, after, signals.course.frame_s))
    return tuple(rows)


def rise_under_way(signals: Signals, name: str, at_least: float, since_s: float) -> float | None:
    """When a course began to rise that has risen by ``at_least``, seconds; None where none has.

    Args:
        signals: Of the clip so far.
        name: The course, in its own unit.
        at_least: As ``repetitions_of_signal``, which finds the rise once it has fallen as much.
        since_s: Rises before this are over.
    """
    values = _bridged(signals[name].values)
    first = round(since_s * RATE_HZ)
    if len(values) - first < 4 or not np.isfinite(values).all():
        return None
    low = first + int(np.argmin(values[first:]))
    top = low + int(np.argmax(values[low:]))
    return None if values[top] - values[low] < at_least else _foot(values[: top + 1], first)


def _around(values: np.ndarray, top: int, before: int, after: int, frame_s: float) -> Repetition:
    """Start and end of the peak at ``top``, between the peaks before and after."""
    turn = peak(values, max(top - 1, 0), top + 1)[0]
    start = _foot(values[: top + 1], before)
    end = (len(values) - 1) / RATE_HZ - _foot(values[top:][::-1], len(values) - 1 - after)
    return Repetition(start, turn, end, frame_s / 2)


def _foot(values: np.ndarray, first: int) -> float:
    """Seconds at which the rise to the last of ``values`` began, not before frame ``first``."""
    top = len(values) - 1
    rise = slope(values[first:])
    if not np.isfinite(rise).all() or top - first < 2:
        return first / RATE_HZ
    low = first + int(np.argmin(values[first:]))
    level = values[low] + FOOT_SHARE * (values[top] - values[low])
    foot = low + int(np.flatnonzero(values[low:] <= level)[-1])
    slow = ONSET_SHARE * rise.max()
    still = np.flatnonzero(rise[: foot - first + 1] <= slow)
    if not len(still):
        return first / RATE_HZ
    last = int(still[-1])
    return first / RATE_HZ + crossing(rise, last, slow)


def _busiest_angle(
    signals: Signals, spans_s: tuple[tuple[float, float, float], ...]
) -> tuple[str, float]:
    """The angle that turns most from the repetitions' rests to their turns, and its sign."""
    turned: dict[str, float] = {}
    for name in COUNTED_ANGLES:
        for full in (name,) if name.startswith("trunk") else (f"left_{name}", f"right_{name}"):
            found = signals.find(full)
            if found is not None:
                turned[full] = _turned(found.values, spans_s)
    for name in COUNTED_ANGLES:
        left, right = turned.get(f"left_{name}", 0.0), turned.get(f"right_{name}", 0.0)
        if left * right > 0 and min(abs(left), abs(right)) >= BOTH_SHARE * max(
            abs(left), abs(right)
        ):
            # Above either side, so that a movement of both is timed by both.
            turned[name] = max(left, right, key=abs) * 1.001
    best = max(turned, key=lambda name: abs(turned[name]), default="")
    return best, float(np.sign(turned[best])) if best else 1.0


def _turned(values: np.ndarray, spans_s: tuple[tuple[float, float, float], ...]) -> float:
    ways = [
        value_at(values, turn) - (value_at(values, start) + value_at(values, end)) / 2
        for start, turn, end in spans_s
    ]
    known = [way for way in ways if np.isfinite(way)]
    return float(np.mean(known)) if known else 0.0


def _as_counted(spans_s: tuple[tuple[float, float, float], ...]) -> list[Repetition]:
    return [Repetition(*span, 1 / 20) for span in spans_s]


def _known(values: np.ndarray, first: int, last: int) -> bool:
    return bool(np.isfinite(values[first : last + 1]).any())


def _bridged(values: np.ndarray) -> np.ndarray:
    """A course with its unknown moments on straight lines."""
    known = np.isfinite(values)
    if known.all() or not known.any():
        return values
    frames = np.arange(len(values))
    return np.interp(frames, frames[known], values[known])
