"""An exercise measured on a motion: numbers of every performance, beside what is good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from llamo.kinematics.course import RATE_HZ
from llamo.kinematics.exercise import Exercise
from llamo.kinematics.measurement import Measurement, names_side
from llamo.kinematics.moments import peak, slope, value_at
from llamo.kinematics.performances import NUMBERS, Performance, performances
from llamo.kinematics.signals import Signals
from llamo.kinematics.takes import Take

VERDICTS = ("good", "low", "high", "unsure", "")
"""``unsure`` where the end of what is good lies within the uncertainty, "" without a range."""


@dataclass(frozen=True)
class Finding:
    """One measurement of an exercise and what is to be said about it.

    Args:
        measurement: Mean over the performances.
        each: The number of each performance, at its place in the clip.
        good: Smallest and largest good value, None for an open end.
        verdict: One of ``VERDICTS``.
        advice: What to work on; "" where nothing is.
        source: Who says what is good.
        sided: What it measures hangs on which side is left, whatever it is called.
    """

    measurement: Measurement
    each: tuple[Measurement, ...] = ()
    good: tuple[float | None, float | None] = (None, None)
    verdict: str = ""
    advice: str = ""
    source: str = ""
    sided: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            **self.measurement.to_dict(),
            "each": [one.to_dict() for one in self.each],
            "good": list(self.good) if self.good != (None, None) else None,
            "verdict": self.verdict,
            "advice": self.advice,
            "source": self.source,
        }


def performances_of(signals: Signals, exercise: Exercise) -> tuple[Performance, ...]:
    """Each performance of an exercise in a clip."""
    return performances(signals, exercise.kind, exercise.signal, exercise.at_least, exercise.words)


def judge(
    signals: Signals, exercise: Exercise, performed: Sequence[Performance]
) -> tuple[Finding, ...]:
    """What an exercise measures, in its order; what is not seen is left out."""
    found = []
    for take in exercise.takes:
        each = [_taken(signals, exercise.kind, take, one) for one in performed]
        known = tuple(one for one in each if one is not None)
        if known:
            found.append(_finding(take, known))
    return tuple(found)


def _finding(take: Take, each: tuple[Measurement, ...]) -> Finding:
    values = np.array([one.value for one in each])
    # Errors of joint centres are the same in every repetition, so that a mean does not lessen them.
    own = float(np.mean([one.uncertainty for one in each]))
    spread = float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0
    mean = Measurement(
        take.name, float(values.mean()), each[0].unit, float(np.hypot(own, spread)),
        each[0].start_s, each[-1].end_s,
    )  # fmt: skip
    verdict = verdict_of(mean, take.good)
    advice = {"low": take.low, "high": take.high}.get(verdict, "")
    sided = names_side(take.name) or names_side(take.of)
    return Finding(mean, each, take.good, verdict, advice, take.source, sided)


def verdict_of(measurement: Measurement, good: tuple[float | None, float | None]) -> str:
    """Where a value stands beside a range, as far as its uncertainty lets one say."""
    low, high = good
    if good == (None, None):
        return ""
    value, doubt = measurement.value, measurement.uncertainty
    if low is not None and value < low:
        return "low" if value + doubt < low else "unsure"
    if high is not None and value > high:
        return "high" if value - doubt > high else "unsure"
    return "good"


def _taken(signals: Signals, kind: str, take: Take, one: Performance) -> Measurement | None:
    parts = take.parts
    start, end = one.span_s(parts.get("phase"))
    if take.form == "time":
        doubt = float(np.sqrt(2) * one.uncertainty_s)
        return Measurement(take.name, end - start, "s", doubt, start, end)
    if take.form == "ratio":
        return _ratio(take, one)
    if take.form == "number":
        value, doubt = one.numbers[parts["number"]]
        unit = NUMBERS[kind][parts["number"]]
        return Measurement(take.name, value, unit, doubt, one.start_s, one.end_s)
    course = signals.find(one.signal(take.of))
    if course is None:
        return None
    if take.form == "extent":
        return _extent(take, course.values, course.unit, course.sigma, start, end)
    moments = [one.events_s[parts["event"]]]
    if take.form == "change":
        moments.insert(0, one.events_s[parts["then"]])
    values = [value_at(course.values, moment) for moment in moments]
    rate = slope(course.values)
    doubts = [
        np.hypot(value_at(course.sigma, moment), value_at(rate, moment) * one.uncertainty_s)
        for moment in moments
    ]
    value = values[0] if take.form == "value" else values[0] - values[1]
    doubt = float(np.linalg.norm(doubts))
    if not np.isfinite([value, doubt]).all():
        return None
    return Measurement(take.name, value, course.unit, doubt, min(moments), max(moments))


def _ratio(take: Take, one: Performance) -> Measurement | None:
    first, last = one.span_s(take.parts["phase"])
    other_first, other_last = one.span_s(take.parts["other"])
    time, other = last - first, other_last - other_first
    if time <= 0 or other <= 0:
        return None
    doubt = np.sqrt(2) * one.uncertainty_s * np.hypot(1 / time, 1 / other) * time / other
    return Measurement(
        take.name, time / other, "ratio", float(doubt), min(first, other_first),
        max(last, other_last),
    )  # fmt: skip


def _extent(
    take: Take, values: np.ndarray, unit: str, sigma: np.ndarray, start: float, end: float
) -> Measurement | None:
    first = int(np.ceil(start * RATE_HZ - 1e-6))
    last = min(int(end * RATE_HZ + 1e-6), len(values) - 1)
    part = values[first : last + 1]
    if not np.isfinite(part).any():
        return None
    doubt = float(np.nanmean(sigma[first : last + 1]))
    what = take.parts["what"]
    top_s, top = peak(values, first, last)
    low_s, low = peak(-values, first, last)
    if what == "most":
        return Measurement(take.name, top, unit, doubt, top_s, top_s)
    if what == "least":
        return Measurement(take.name, -low, unit, doubt, low_s, low_s)
    if what == "range":
        ends = sorted((top_s, low_s))
        return Measurement(take.name, top + low, unit, float(np.sqrt(2) * doubt), *ends)
    return Measurement(take.name, float(np.nanmean(part)), unit, doubt, start, end)
