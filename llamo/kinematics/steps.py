"""Steps of walking and running: where each foot meets and leaves the ground.

Zeni, Richards & Higginson, Gait & Posture 27 (2008) 710-714: a foot lands where it is farthest
before the pelvis and leaves where it is farthest behind. It needs no floor and works on a
treadmill; it holds for going forwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from llamo.kinematics.course import RATE_HZ, Course
from llamo.kinematics.joint_angles import SIDES
from llamo.kinematics.moments import peak, value_at
from llamo.kinematics.signals import Signals

LEAST_SWING_M = 0.2
"""A foot that moves less to and fro beside the pelvis does not step."""

OPPOSITE = -0.3
"""The feet go to and fro against each other: their courses correlate by less than this. In a squat
both go along."""

SAME_SIZE = 0.4
"""Steps shorter than this share of the longest are shuffles."""


@dataclass(frozen=True)
class Stride:
    """From one contact of a foot to its next, in seconds since the clip's start.

    Args:
        side: Whose foot, the person's own.
        contact_s: It meets the ground.
        toe_off_s: It leaves the ground.
        end_s: It meets the ground again.
        length_m: From contact to contact, over the ground; about 0 on a treadmill.
        step_length_m: How far before the other foot it lands.
    """

    side: str
    contact_s: float
    toe_off_s: float
    end_s: float
    length_m: float
    step_length_m: float

    @property
    def time_s(self) -> float:
        """Seconds from contact to contact."""
        return self.end_s - self.contact_s

    @property
    def stance_share(self) -> float:
        """Part of the stride that the foot is on the ground, 0-1."""
        return (self.toe_off_s - self.contact_s) / self.time_s


def strides(signals: Signals) -> tuple[Stride, ...]:
    """All strides of both feet, by the time of their contact."""
    found: list[Stride] = []
    for side in SIDES:
        ahead, other = (signals.find(f"{one}_ankle_ahead") for one in (side, _other(side)))
        if ahead is None or other is None:
            continue
        contacts, leaves = _peaks(ahead.values), _peaks(-ahead.values)
        for start, end in pairwise(contacts):
            inside = [time_s for time_s in leaves if start < time_s < end]
            if inside and _against(ahead.values, other.values, start, end):
                apart = value_at(ahead.values, start) - value_at(other.values, start)
                length = _over_ground(signals.course, side, start, end)
                found.append(Stride(side, start, inside[-1], end, length, apart))
    return tuple(sorted(found, key=lambda stride: stride.contact_s))


def _peaks(values: np.ndarray) -> list[float]:
    from scipy.signal import find_peaks

    if not np.isfinite(values).all():
        return []
    tops, about = find_peaks(values, prominence=LEAST_SWING_M)
    if not len(tops):
        return []
    tops = tops[about["prominences"] >= SAME_SIZE * about["prominences"].max()]
    return [peak(values, int(top) - 1, int(top) + 1)[0] for top in tops]


def _against(own: np.ndarray, other: np.ndarray, start_s: float, end_s: float) -> bool:
    """Whether two feet move against each other in a stride."""
    span = slice(round(start_s * RATE_HZ), round(end_s * RATE_HZ) + 1)
    if np.ptp(other[span]) < LEAST_SWING_M / 2 or not np.isfinite(other[span]).all():
        return False
    return bool(np.corrcoef(own[span], other[span])[0, 1] < OPPOSITE)


def _over_ground(course: Course, side: str, start_s: float, end_s: float) -> float:
    ankle = course.at(f"{side}_ankle")
    first, last = round(start_s * RATE_HZ), min(round(end_s * RATE_HZ), len(ankle) - 1)
    return float(np.hypot(*(ankle[last] - ankle[first])[[0, 2]]))


def _other(side: str) -> str:
    return "right" if side == "left" else "left"
