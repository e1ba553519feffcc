"""Plots as shapes in a field of 1000 by 100, which a page stretches to any width.

Lines keep their width and letters stand beside the field as text, so that a plot is as readable on
a phone as on paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from llamo.answer import FrameScores, Viewpoint
from llamo.kinematics.course import RATE_HZ
from llamo.kinematics.signals import Signal
from llamo.kinematics.technique import Finding
from llamo.report.handout.wording import unit_sign

WIDE, HIGH = 1000.0, 100.0

MOST_POINTS = 1200
"""A line of a long clip is thinned to about so many."""

MOST_VALUES = 5
"""Labels beside a field."""

_VALUE_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 45.0, 90.0, 180.0)
_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600)


@dataclass(frozen=True)
class Line:
    """One course.

    Args:
        name: In words.
        style: ``left``, ``right`` or ``middle``.
        path: SVG path of the values.
        band: SVG path around them, one uncertainty up and down.
    """

    name: str
    style: str
    path: str
    band: str


@dataclass(frozen=True)
class Plot:
    """Courses over a clip's time.

    Args:
        lines: At most two.
        x_ticks: Per cent from the left, and what is written there.
        y_ticks: Per cent from the top, and what is written there.
    """

    lines: tuple[Line, ...]
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class Gauge:
    """A finding beside what is good; places in per cent from the left.

    Args:
        good: Where what is good begins and ends.
        mean: The mean.
        doubt: From where to where its uncertainty reaches.
        each: The performances.
    """

    good: tuple[float, float] | None
    mean: float
    doubt: tuple[float, float]
    each: tuple[float, ...]


def time_ticks(duration_s: float, most: int = 8) -> tuple[tuple[float, str], ...]:
    """Seconds along a clip: per cent from the left, and the label."""
    if duration_s <= 0:
        return ((0.0, "0 s"),)
    step = next((one for one in _STEPS if duration_s / one <= most), duration_s)
    places = 2 if step < 0.1 else 1 if step < 1 else 0
    ticks = np.arange(0, duration_s * (1 + 1e-9), step)
    return tuple((100 * t / duration_s, f"{t:.{places}f} s") for t in ticks.tolist())


def course_plot(courses: Sequence[tuple[str, str, Signal]], duration_s: float) -> Plot:
    """Courses of one unit.

    Args:
        courses: Name in words, style, and values of each.
        duration_s: Of the clip.
    """
    known = np.concatenate([one.values[np.isfinite(one.values)] for _, _, one in courses])
    low, high = float(known.min()), float(known.max())
    unit = courses[0][2].unit
    least = {"deg": 10.0, "m": 0.05}.get(unit, 0.1)  # noise is no movement
    spare = max(0.08 * (high - low), (least - (high - low)) / 2)
    low, high = low - spare, high + spare
    lines = []
    for name, style, one in courses:
        times = np.arange(len(one.values)) / RATE_HZ
        step = max(1, len(times) // MOST_POINTS)
        x = WIDE * times[::step] / max(duration_s, 1e-9)
        values, sigma = one.values[::step], one.sigma[::step]
        rows = [HIGH * (1 - (v - low) / (high - low)) for v in (values, values + sigma,
                                                                values - sigma)]  # fmt: skip
        lines.append(Line(name, style, _path(x, rows[0]), _band(x, rows[1], rows[2])))
    return Plot(tuple(lines), time_ticks(duration_s), _value_ticks(low, high, unit))


def gauge(finding: Finding) -> Gauge | None:
    """A finding beside what is good; an open end of the range reaches to the field's edge.

    None where there is nothing to stand beside: no range, and performances that are all alike.
    """
    mean, doubt = finding.measurement.value, finding.measurement.uncertainty
    values = [one.value for one in finding.each] or [mean]
    if finding.good == (None, None) and max(values) - min(values) <= doubt:
        return None
    ends = [end for end in finding.good if end is not None]
    low, high = (f([*values, *ends, mean - doubt, mean + doubt]) for f in (min, max))
    spare = 0.12 * (high - low) or abs(high) or 1.0
    low, high = low - spare, high + spare

    def place(value: float) -> float:
        return 100 * (value - low) / (high - low)

    good = None
    if ends:
        first, last = finding.good
        good = (0.0 if first is None else place(first), 100.0 if last is None else place(last))
    return Gauge(
        good, place(mean), (place(mean - doubt), place(mean + doubt)),
        tuple(place(value) for value in values) if len(values) > 1 else (),
    )  # fmt: skip


def score_strip(scores: FrameScores | None, duration_s: float) -> str:
    """SVG path of the scores of all frames, "" without."""
    if scores is None or not len(scores.score) or duration_s <= 0:
        return ""
    x = np.clip(WIDE * scores.time_s.astype(float) / duration_s, 0, WIDE)
    y = HIGH * (1 - 0.92 * scores.score / max(float(scores.score.max()), 1e-9))
    body = " ".join(f"L{a:.1f} {b:.1f}" for a, b in zip(x, y, strict=True))
    return f"M{x[0]:.1f} {HIGH:.0f} {body} L{x[-1]:.1f} {HIGH:.0f} Z"


def places_of(viewpoints: Sequence[Viewpoint], duration_s: float) -> list[float]:
    """Per cent from the left of each viewpoint."""
    return [100 * min(one.time_s / max(duration_s, 1e-9), 1) for one in viewpoints]


def _value_ticks(low: float, high: float, unit: str) -> tuple[tuple[float, str], ...]:
    """Values beside a field: per cent from the top, and the label."""
    fits = (one for one in _VALUE_STEPS if (high - low) / one <= MOST_VALUES)
    step = next(fits, (high - low) / (MOST_VALUES - 1))
    places = 0 if step >= 1 else 1 if step >= 0.1 else 2
    ticks = np.arange(np.ceil(low / step) * step, high + 1e-9, step)
    return tuple(
        (
            100 * (1 - (value - low) / (high - low)),
            f"{value + 0.0:.{places}f}".replace("-", "−") + unit_sign(unit),
        )
        for value in ticks.tolist()
    )


def _path(x: np.ndarray, y: np.ndarray) -> str:
    parts, pen = [], "M"
    for a, b in zip(x.tolist(), y.tolist(), strict=True):
        if not np.isfinite(b):
            pen = "M"
            continue
        parts.append(f"{pen}{a:.1f} {b:.2f}")
        pen = "L"
    return " ".join(parts)


def _band(x: np.ndarray, upper: np.ndarray, lower: np.ndarray) -> str:
    """One closed shape for each stretch without gaps."""
    known = np.isfinite(upper) & np.isfinite(lower)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], known.astype(int), [0]])))
    shapes = []
    for first, last in edges.reshape(-1, 2).tolist():
        there = [f"{a:.1f} {b:.2f}" for a, b in zip(x[first:last], upper[first:last], strict=True)]
        back = [f"{a:.1f} {b:.2f}" for a, b in zip(x[first:last], lower[first:last], strict=True)]
        shapes.append("M" + " L".join([*there, *back[::-1]]) + "Z")
    return " ".join(shapes)
