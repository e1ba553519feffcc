"""One performance of an exercise: its events, its phases, and which side does what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from llamo.kinematics.jumps import GRAVITY_M_S2, Jump, jumps
from llamo.kinematics.moments import value_at
from llamo.kinematics.repeats import Repetition, repetitions_of_signal
from llamo.kinematics.signals import Signals
from llamo.kinematics.steps import Stride, strides
from llamo.kinematics.swing import Swing, swings
from llamo.skeleton import other_side

KINDS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "repetition": (("out", "start", "turn"), ("back", "turn", "end")),
    "swing": (
        ("backswing", "start", "top"), ("downswing", "top", "impact"),
        ("follow_through", "impact", "finish"),
    ),
    "jump": (
        ("dip", "start", "deepest"), ("push", "deepest", "toe_off"),
        ("flight", "toe_off", "landing"),
    ),
    "walk": (("stance", "contact", "toe_off"), ("swing", "toe_off", "end")),
}  # fmt: skip
"""Kinds of exercise: their phases, each with the events that it lies between."""

NUMBERS: dict[str, dict[str, str]] = {
    "repetition": {},
    "swing": {},
    "jump": {"jump_height": "m", "rise": "m"},
    "walk": {"stride_length": "m", "step_length": "m", "stance_share": "ratio", "cadence": "1/min"},
}
"""What a kind measures beside its events, and the unit."""

ROLES: dict[str, tuple[str, ...]] = {
    "repetition": ("acting", "other"),
    "swing": ("lead", "trail"),
    "jump": (),
    "walk": ("acting", "other"),
}
"""Words that may stand for a side in the names of a kind's courses."""


@dataclass(frozen=True)
class Performance:
    """One repetition, swing, jump or stride.

    Args:
        events_s: Seconds since the clip's start by event, in time order.
        phases: Phase to the names of its first and last event.
        uncertainty_s: About one standard deviation of each event.
        roles: Role to side: which one acts, or leads.
        numbers: What the kind measures beside its events: value and uncertainty.
    """

    events_s: Mapping[str, float]
    phases: Mapping[str, tuple[str, str]]
    uncertainty_s: float
    roles: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def start_s(self) -> float:
        """Its first event."""
        return next(iter(self.events_s.values()))

    @property
    def end_s(self) -> float:
        """Its last event."""
        return max(self.events_s.values())

    def span_s(self, phase: str | None) -> tuple[float, float]:
        """First and last second of a phase, or of the whole."""
        if phase is None:
            return self.start_s, self.end_s
        first, last = self.phases[phase]
        return self.events_s[first], self.events_s[last]

    def signal(self, name: str) -> str:
        """A course's name with the side in place of its role."""
        role, _, rest = name.partition("_")
        return f"{self.roles[role]}_{rest}" if role in self.roles else name

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, times to the millisecond."""
        return {
            "events_s": {name: round(time_s, 3) for name, time_s in self.events_s.items()},
            "phases": {name: list(ends) for name, ends in self.phases.items()},
            "uncertainty_s": round(self.uncertainty_s, 4),
            "roles": dict(self.roles),
        }


def performances(
    signals: Signals, kind: str, signal: str, at_least: float, words: Mapping[str, str]
) -> tuple[Performance, ...]:
    """All performances of one kind, in time order.

    Args:
        signals: Of the clip.
        kind: One of ``KINDS``.
        signal: The course that rises and falls once a repetition; other kinds need none.
        at_least: By how much it rises at least; the least speed of a swing's hands in m/s.
        words: Names of the exercise's own for events and phases.
    """
    found: list[Performance] = []
    if kind == "repetition":
        for side, one in _repetitions(signals, signal, at_least):
            roles = {"acting": side, "other": other_side(f"{side}_")[:-1]} if side else {}
            found.append(_named(kind, one, words, roles, {}, one.uncertainty_s))
    elif kind == "swing":
        for swing in swings(signals, at_least):
            roles = {"lead": swing.lead, "trail": other_side(f"{swing.lead}_")[:-1]}
            found.append(_named(kind, swing, words, roles, {}, signals.course.frame_s / 2))
    elif kind == "jump":
        for jump in jumps(signals):
            numbers = _jump_numbers(jump, signals)
            found.append(_named(kind, jump, words, {}, numbers, signals.course.frame_s / 2))
    else:
        for stride in strides(signals):
            roles = {"acting": stride.side, "other": other_side(f"{stride.side}_")[:-1]}
            numbers = _stride_numbers(stride, signals)
            found.append(_named(kind, stride, words, roles, numbers, signals.course.frame_s / 2))
    return tuple(found)


def _named(
    kind: str,
    one: Repetition | Swing | Jump | Stride,
    words: Mapping[str, str],
    roles: Mapping[str, str],
    numbers: Mapping[str, tuple[float, float]],
    uncertainty_s: float,
) -> Performance:
    events = list(dict.fromkeys(event for _, *ends in KINDS[kind] for event in ends))
    if kind == "jump":
        events.insert(events.index("landing"), "top")
    return Performance(
        {words.get(event, event): float(getattr(one, f"{event}_s")) for event in events},
        {
            words.get(phase, phase): (words.get(first, first), words.get(last, last))
            for phase, first, last in KINDS[kind]
        },
        uncertainty_s,
        roles,
        numbers,
    )


def _repetitions(signals: Signals, signal: str, at_least: float) -> list[tuple[str, Repetition]]:
    """Repetitions and the side that acts in each, "" where the course has no side."""
    if not signal.startswith("acting_"):
        return [("", one) for one in repetitions_of_signal(signals, signal, at_least)]
    rest = signal.removeprefix("acting_")
    found = []
    for side in ("left", "right"):
        name = f"{side}_{rest}"
        if name in signals:
            values = signals[name].values
            for one in repetitions_of_signal(signals, name, at_least):
                low = min(value_at(values, one.start_s), value_at(values, one.end_s))
                found.append((value_at(values, one.turn_s) - low, side, one))
    kept: list[tuple[str, Repetition]] = []
    for _, side, one in sorted(found, key=lambda row: -row[0]):
        # The other side moves along a little: the side that moves more at that time acts.
        if all(one.turn_s >= other.end_s or one.turn_s <= other.start_s for _, other in kept):
            kept.append((side, one))
    return sorted(kept, key=lambda row: row[1].start_s)


def _jump_numbers(jump: Jump, signals: Signals) -> dict[str, tuple[float, float]]:
    # Either end of the flight is known to half a frame: d(g t^2 / 8) = g t / 4 dt.
    doubt_s = signals.course.frame_s / 2 * np.sqrt(2)
    height = float(GRAVITY_M_S2 * jump.flight_s / 4 * doubt_s)
    sigma = float(np.nanmean(signals["centre_of_mass_height"].sigma))
    return {"jump_height": (jump.height_m, height), "rise": (jump.rise_m, sigma + 0.01)}


def _stride_numbers(stride: Stride, signals: Signals) -> dict[str, tuple[float, float]]:
    sigma = float(np.nanmean(signals["centre_of_mass_height"].sigma)) * np.sqrt(2)
    doubt_s = signals.course.frame_s / 2 * np.sqrt(2)
    cadence = 120 / stride.time_s  # two steps a stride
    return {
        "stride_length": (stride.length_m, float(sigma)),
        "step_length": (stride.step_length_m, float(sigma)),
        "stance_share": (stride.stance_share, float(doubt_s / stride.time_s)),
        "cadence": (cadence, float(cadence * doubt_s / stride.time_s)),
    }
