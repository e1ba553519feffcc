"""Events of a jump: deepest, toe-off, top, landing; its height by the time in the air."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from llamo.kinematics.course import RATE_HZ
from llamo.kinematics.moments import crossing, peak
from llamo.kinematics.signals import Signals

GRAVITY_M_S2 = 9.81

CLEAR_M = 0.02
"""Feet this far above where they stand are in the air; below it lie jitter and the low-pass."""

LEAST_FLIGHT_S = 0.12
"""Shorter flights are steps of a run or jitter: they lift the body by less than 2 cm."""

LEAST_RISE_M = 0.03
"""The body's centre rises by this much in a jump; feet that are pulled up do not jump."""

DIP_S = 1.5
"""The dip before a jump begins at most this long before toe-off."""


@dataclass(frozen=True)
class Jump:
    """One jump, in seconds since the clip's start.

    Args:
        start_s: The body is last upright before it dips.
        deepest_s: It is lowest before toe-off.
        toe_off_s: The last foot leaves the ground.
        top_s: The body's centre is highest.
        landing_s: The first foot is back.
        rise_m: From toe-off to the top, of the body's centre.
    """

    start_s: float
    deepest_s: float
    toe_off_s: float
    top_s: float
    landing_s: float
    rise_m: float

    @property
    def flight_s(self) -> float:
        """Seconds in the air."""
        return self.landing_s - self.toe_off_s

    @property
    def height_m(self) -> float:
        """g t^2 / 8 of the time in the air (Bosco et al., Eur J Appl Physiol 50 (1983) 273-282)."""
        return GRAVITY_M_S2 * self.flight_s**2 / 8


def jumps(signals: Signals) -> tuple[Jump, ...]:
    """All jumps, in time order."""
    clearance, body = signals.find("foot_clearance"), signals.find("centre_of_mass_height")
    if clearance is None or body is None:
        return ()
    airborne = np.nan_to_num(clearance.values, nan=-1.0) > CLEAR_M
    edges = np.flatnonzero(np.diff(airborne.astype(int)))
    rises, falls = edges[airborne[edges + 1]], edges[~airborne[edges + 1]]
    found: list[Jump] = []
    for rise in rises:
        later = falls[falls > rise]
        if not len(later):
            break
        jump = _flight(clearance.values, body.values, int(rise), int(later[0]))
        if jump.flight_s >= LEAST_FLIGHT_S and jump.rise_m >= LEAST_RISE_M:
            found.append(jump)
    return tuple(found)


def _flight(clearance: np.ndarray, body: np.ndarray, rise: int, fall: int) -> Jump:
    toe_off, landing = crossing(clearance, rise, CLEAR_M), crossing(clearance, fall, CLEAR_M)
    top, highest = peak(body, rise, fall + 1)
    first = max(0, rise - round(DIP_S * RATE_HZ))
    deepest = peak(-body, first, rise)[0]
    dip = round(deepest * RATE_HZ)
    start = peak(body, first, dip)[0] if dip > first else deepest
    return Jump(start, deepest, toe_off, top, landing, highest - float(body[rise]))
