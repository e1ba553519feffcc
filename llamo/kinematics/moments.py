"""Moments and values between the frames: peaks, crossings, values and slopes of a course."""

from __future__ import annotations

import numpy as np

from llamo.kinematics.course import RATE_HZ


def slope(values: np.ndarray) -> np.ndarray:
    """(T, ...) per second: fourth-order differences, which keep a swing's top speed."""
    if len(values) < 2:
        return np.zeros_like(values)
    rate = np.gradient(values, axis=0) * RATE_HZ
    if len(values) >= 5:
        inner = 8 * (values[3:-1] - values[1:-3]) - (values[4:] - values[:-4])
        rate[2:-2] = inner * RATE_HZ / 12
    return rate


def peak(values: np.ndarray, first: int, last: int) -> tuple[float, float]:
    """Highest value of the frames ``first`` to ``last`` and its time, on a parabola through it.

    Returns:
        (seconds, value); NaN where nothing is known.
    """
    part = values[first : last + 1]
    if not np.isfinite(part).any():
        return float("nan"), float("nan")
    top = first + int(np.nanargmax(part))
    if 0 < top < len(values) - 1:
        before, here, after = values[top - 1 : top + 2]
        bend = before - 2 * here + after
        if np.isfinite(bend) and bend < 0 and here >= max(before, after):
            shift = 0.5 * (before - after) / bend
            return float((top + shift) / RATE_HZ), float(here - 0.25 * (before - after) * shift)
    return top / RATE_HZ, float(values[top])


def value_at(values: np.ndarray, time_s: float) -> float:
    """Value between frames, by the cubic through the four around; linear at the ends."""
    at = float(np.clip(time_s * RATE_HZ, 0, len(values) - 1))
    low = min(int(at), max(len(values) - 2, 0))
    share = at - low
    around = values[max(low - 1, 0) : low + 3]
    if len(around) == 4 and np.isfinite(around).all():
        a, b, c, d = around
        return float(
            b + 0.5 * share * (c - a + share * (2 * a - 5 * b + 4 * c - d
            + share * (3 * (b - c) + d - a)))
        )  # fmt: skip
    return float(values[low] + share * (values[min(low + 1, len(values) - 1)] - values[low]))


def crossing(values: np.ndarray, frame: int, level: float) -> float:
    """Seconds at which the straight line from ``frame`` to the next meets a level."""
    here, then = float(values[frame]), float(values[min(frame + 1, len(values) - 1)])
    share = (level - here) / (then - here) if then != here else 0.0
    return (frame + float(np.clip(share, 0, 1))) / RATE_HZ
