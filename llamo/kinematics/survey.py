"""Everything worth a number in a clip whose exercise nobody named."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from llamo.kinematics.course import JOINT, RATE_HZ
from llamo.kinematics.joint_angles import PAIRED_ANGLES
from llamo.kinematics.measurement import Measurement
from llamo.kinematics.moments import peak, slope
from llamo.kinematics.performances import NUMBERS, Performance, performances
from llamo.kinematics.repeats import Count
from llamo.kinematics.signals import SPEED, Signals
from llamo.kinematics.smoothness import spectral_arc_length

_SPEEDS = ("left_wrist", "right_wrist", "left_ankle", "right_ankle", "hands", "centre_of_mass")

SMOOTHNESS_DOUBT = 0.2
"""What 5 mm of jitter make of one plain reach."""


def survey(signals: Signals, counted: Count) -> list[Measurement]:
    """Ranges and speeds of angles, asymmetry, sway, tempo, smoothness, steps and jumps.

    What hangs on joints that are not seen, or does not occur (steps, jumps), is left out.
    """
    return [
        *_extents(signals), *_speeds(signals), *_asymmetry(signals), *_sway(signals),
        *_tempo(counted), *_smoothness(signals, counted), *_steps(signals), *_jumps(signals),
    ]  # fmt: skip


def _extents(signals: Signals) -> list[Measurement]:
    found = []
    for name, one in signals.angles.items():
        if name not in signals:
            continue
        last = len(one.values) - 1
        doubt = float(np.nanmean(one.sigma))
        most_s, most = peak(one.values, 0, last)
        least_s, least = peak(-one.values, 0, last)
        ends = sorted((most_s, least_s))
        found += [
            Measurement(f"{name}_most", most, "deg", doubt, most_s, most_s),
            Measurement(f"{name}_least", -least, "deg", doubt, least_s, least_s),
            Measurement(f"{name}_range", most + least, "deg", 1.4 * doubt, *ends),
        ]
        rate = signals.find(name + SPEED)
        if rate is not None and np.isfinite(rate.values).any():
            fast_s, fast = peak(np.abs(rate.values), 0, last)
            doubt = float(np.nanmean(rate.sigma))
            found.append(Measurement(f"{name}_fastest", fast, rate.unit, doubt, fast_s, fast_s))
    return found


def _speeds(signals: Signals) -> list[Measurement]:
    found = []
    for name in _SPEEDS:
        one = signals.find(name + SPEED)
        if one is not None:
            fast_s, fast = peak(one.values, 0, len(one.values) - 1)
            doubt = float(np.nanmean(one.sigma))
            found.append(Measurement(f"{name}_fastest", fast, "m/s", doubt, fast_s, fast_s))
    return found


def _asymmetry(signals: Signals) -> list[Measurement]:
    """Left minus right of what each side reaches at most, whether at one time or not."""
    found = []
    for name in PAIRED_ANGLES:
        pair = [signals.find(f"{side}_{name}") for side in ("left", "right")]
        if pair[0] is None or pair[1] is None:
            continue
        (left_s, left), (right_s, right) = (
            peak(one.values, 0, len(one.values) - 1) for one in pair if one is not None
        )
        doubt = float(np.hypot(*(np.nanmean(one.sigma) for one in pair if one is not None)))
        ends = sorted((left_s, right_s))
        found.append(Measurement(f"{name}_left_minus_right", left - right, "deg", doubt, *ends))
    return found


def _sway(signals: Signals) -> list[Measurement]:
    """How the body's centre moves over the ground: spread to either side, and way a second."""
    centre = signals.centre_of_mass
    known = np.isfinite(centre).all(-1)
    end = float(signals.course.times_s[-1])
    if known.sum() < 4 or end <= 0:
        return []
    doubt = float(signals.course.sigma_m.mean() / np.sqrt(len(JOINT)))
    found = []
    for name in ("left", "forward"):
        one = signals.find(f"centre_of_mass_{name}")
        if one is not None:
            spread = float(np.nanstd(one.values))
            found.append(Measurement(f"sway_{name}", spread, "m", doubt, 0.0, end))
    flat = slope(centre)[:, [0, 2]]
    pace = float(np.nanmean(np.linalg.norm(flat, axis=-1)))
    found.append(Measurement("sway_pace", pace, "m/s", 3 * doubt, 0.0, end))
    return found


def _tempo(counted: Count) -> list[Measurement]:
    rows = counted.repetitions
    if not rows:
        return []
    out = np.array([one.turn_s - one.start_s for one in rows])
    back = np.array([one.end_s - one.turn_s for one in rows])
    start, end = rows[0].start_s, rows[-1].end_s
    frame = np.sqrt(2) * float(np.mean([one.uncertainty_s for one in rows]))
    found = [
        Measurement("out_time", float(out.mean()), "s", _doubt(out, frame), start, end),
        Measurement("back_time", float(back.mean()), "s", _doubt(back, frame), start, end),
    ]
    usable = (out > 0) & (back > 0)
    if usable.any():
        ratio = out[usable] / back[usable]
        own = float(frame * np.hypot(1 / out.mean(), 1 / back.mean()) * ratio.mean())
        doubt = _doubt(ratio, own)
        found.append(Measurement("tempo", float(ratio.mean()), "ratio", doubt, start, end))
    return found


def _smoothness(signals: Signals, counted: Count) -> list[Measurement]:
    """Of the hand or foot that moves most, on the ways out and back of each repetition."""
    moved = {
        name: float(np.nansum(one.values))
        for name in _SPEEDS[:4]
        if (one := signals.find(name + SPEED)) is not None
    }
    if not moved or not counted.repetitions:
        return []
    speed = signals[max(moved, key=lambda name: moved[name]) + SPEED].values
    values = [
        spectral_arc_length(speed[round(first_s * RATE_HZ) : round(last_s * RATE_HZ) + 1])
        for each in counted.repetitions
        for first_s, last_s in ((each.start_s, each.turn_s), (each.turn_s, each.end_s))
    ]
    known = np.array([value for value in values if np.isfinite(value)])
    if not len(known):
        return []
    start, end = counted.repetitions[0].start_s, counted.repetitions[-1].end_s
    doubt = _doubt(known, SMOOTHNESS_DOUBT)
    return [Measurement("spectral_arc_length", float(known.mean()), "1", doubt, start, end)]


def _steps(signals: Signals) -> list[Measurement]:
    made = performances(signals, "walk", "", 0.0, {})
    if {one.roles["acting"] for one in made} != {"left", "right"}:
        return []
    found = [*_means(made, "stride_time", None), *_numbers(made, "")]
    for side in ("left", "right"):
        own = [one for one in made if one.roles["acting"] == side]
        if own:
            found += _numbers(own, f"{side}_")
    return found


def _numbers(made: Sequence[Performance], prefix: str) -> list[Measurement]:
    names = ("step_length", "stance_share") if prefix else ("stride_length", "cadence")
    found = []
    for name in names:
        values = np.array([one.numbers[name][0] for one in made])
        doubt = _doubt(values, float(np.mean([one.numbers[name][1] for one in made])))
        start, end = made[0].start_s, max(one.end_s for one in made)
        found.append(
            Measurement(
                prefix + name, float(values.mean()), NUMBERS["walk"][name], doubt, start, end
            )
        )
    return found


def _means(made: Sequence[Performance], name: str, phase: str | None) -> list[Measurement]:
    times = np.array([last - first for first, last in (one.span_s(phase) for one in made)])
    doubt = _doubt(times, 1.4 * made[0].uncertainty_s)
    end = max(one.end_s for one in made)
    return [Measurement(name, float(times.mean()), "s", doubt, made[0].start_s, end)]


def _jumps(signals: Signals) -> list[Measurement]:
    made = performances(signals, "jump", "", 0.0, {})
    if not made:
        return []
    best = max(made, key=lambda one: one.numbers["jump_height"][0])
    (height, doubt), (start, end) = best.numbers["jump_height"], best.span_s("flight")
    return [
        Measurement("jump_height", height, "m", doubt, start, end),
        Measurement("flight_time", end - start, "s", 1.4 * best.uncertainty_s, start, end),
    ]


def _doubt(values: np.ndarray, own: float) -> float:
    """Of a mean: what each value's own error leaves, and how the values differ."""
    spread = float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0
    return float(np.hypot(own, spread))
