"""Events of a swing (golf, bat, racket): address, top, impact, finish; and whose hand leads."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from llamo.kinematics.axes import dot, level_axes
from llamo.kinematics.course import RATE_HZ
from llamo.kinematics.moments import crossing, peak, slope
from llamo.kinematics.signals import Signals

LEAST_SPEED_M_S = 2.0
"""Hands that stay slower do not swing."""

SWING_SHARE = 0.6
"""Hands are this fast beside the fastest moment of the clip, in every swing of it."""

APART_S = 1.0
"""Two swings are at least this far apart."""

TURN_SHARE, REST_SHARE = 0.35, 0.05
"""Hands slow to the first share of their top speed at the top of the backswing, and to the second
before it starts and when it is finished."""


@dataclass(frozen=True)
class Swing:
    """One swing, in seconds since the clip's start.

    Args:
        start_s: The hands leave the address.
        top_s: They turn round.
        impact_s: They are fastest. No ball or club is seen: the moment stands for the impact.
        finish_s: They come to rest.
        lead: The side that faces the target; the backswing goes to the other.
    """

    start_s: float
    top_s: float
    impact_s: float
    finish_s: float
    lead: str


def swings(signals: Signals, at_least_m_s: float = LEAST_SPEED_M_S) -> tuple[Swing, ...]:
    """All swings of both hands, in time order."""
    from scipy.signal import find_peaks

    found = signals.find("hands_speed")
    if found is None or len(found.values) < 8:
        return ()
    speed = np.nan_to_num(found.values)
    height = max(at_least_m_s, SWING_SHARE * speed.max())
    fastest, _ = find_peaks(speed, height=height, distance=round(APART_S * RATE_HZ))
    edges = [0, *((a + b) // 2 for a, b in pairwise(fastest)), len(speed) - 1]
    return tuple(
        _around(signals, speed, int(top), int(edges[i]), int(edges[i + 1]))
        for i, top in enumerate(fastest)
    )


def _around(signals: Signals, speed: np.ndarray, fastest: int, first: int, last: int) -> Swing:
    impact, highest = peak(speed, max(fastest - 1, 0), fastest + 1)
    turn = fastest
    while turn > first and (speed[turn] > TURN_SHARE * highest or speed[turn - 1] < speed[turn]):
        turn -= 1
    top = peak(-speed, max(turn - 1, first), turn + 1)[0]
    back = first + int(np.argmax(speed[first : turn + 1])) if turn > first else first
    start = _rest_before(speed, back, first, REST_SHARE * highest)
    finish = (len(speed) - 1) / RATE_HZ - _rest_before(
        speed[::-1], len(speed) - 1 - fastest, len(speed) - 1 - last, REST_SHARE * highest
    )
    return Swing(start, top, impact, finish, _lead(signals, fastest))


def _rest_before(speed: np.ndarray, frame: int, first: int, slow: float) -> float:
    """Seconds of the last moment before ``frame`` at which the hands are slow."""
    still = np.flatnonzero(speed[first : frame + 1] <= slow)
    if not len(still):
        return first / RATE_HZ
    return crossing(speed, first + int(still[-1]), slow)


def _lead(signals: Signals, fastest: int) -> str:
    """The side towards which the hands move when they are fastest."""
    right = level_axes(signals.course).right
    velocity = slope(signals.course.middle("wrist"))
    return "right" if dot(velocity[[fastest]], right[[fastest]])[0] > 0 else "left"
