"""Two performances beside each other: time-warped, phase by phase, in degrees and seconds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from llamo.errors import InvalidData
from llamo.kinematics.course import RATE_HZ
from llamo.kinematics.exercise import Exercise, read_exercise
from llamo.kinematics.joint_angles import PAIRED_ANGLES
from llamo.kinematics.measurement import names_side
from llamo.kinematics.repeats import find_repetitions
from llamo.kinematics.signals import Signals
from llamo.kinematics.technique import performances_of
from llamo.kinematics.warp import warp
from llamo.motion import Motion

LEAST_POINTS, MOST_POINTS, POINTS_HZ = 61, 601, 60.0
"""Moments of a phase at which courses are compared: more in a long one, so that none is coarse."""

MIDDLE_ANGLES = (
    "trunk_forward_lean", "trunk_left_lean", "hip_shoulder_separation_projected",
)  # fmt: skip
"""Angles of the body that are compared beside those of each side."""

SURE = 2.0
"""A difference is clear from so many of its uncertainties on."""

Named = Callable[[str], str]


@dataclass(frozen=True)
class Difference:
    """How one angle differs in one phase: this clip minus the other.

    Args:
        name: Which angle.
        phase: In which phase.
        mean: Over the phase, in ``unit``.
        largest: Where it differs most, with its sign.
        unit: ``deg``.
        uncertainty: About one standard deviation, in ``unit``.
        at_s: The moment of the largest difference, in the first performance of this clip.
        other_at_s: The moment that belongs to it in the other clip.
    """

    name: str
    phase: str
    mean: float
    largest: float
    unit: str
    uncertainty: float
    at_s: float
    other_at_s: float

    @property
    def clear(self) -> bool:
        """Whether it is more than the measurement's own error."""
        return abs(self.largest) > SURE * self.uncertainty

    def __str__(self) -> str:
        """``lowering: left knee flexion 25 ± 1.4 deg more, at 2.0 s``, for people."""
        name = self.name.removesuffix("_projected").replace("_", " ")
        way = "more" if self.largest > 0 else "less"
        size = f"{abs(self.largest):.3g} ± {self.uncertainty:.2g} {self.unit}"
        return f"{self.phase.replace('_', ' ')}: {name} {size} {way}, at {self.at_s:.1f} s"


@dataclass(frozen=True)
class PhaseTimes:
    """How long a phase takes in each clip, in seconds, the mean over its performances."""

    phase: str
    time_s: float
    other_time_s: float
    uncertainty_s: float


@dataclass(frozen=True)
class Comparison:
    """Two clips compared.

    Args:
        exercise: Its name, None where none was asked for.
        phases: Times of each phase, in order.
        differences: By phase, in each the largest mean first.
    """

    exercise: str | None
    phases: tuple[PhaseTimes, ...]
    differences: tuple[Difference, ...]

    def without_sides(self) -> Comparison:
        """What does not hang on which side is left."""
        told = tuple(one for one in self.differences if not names_side(one.name))
        return replace(self, differences=told)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "exercise": self.exercise,
            "phases": [_rounded(asdict(one)) for one in self.phases],
            "differences": [
                {**_rounded(asdict(one)), "clear": one.clear} for one in self.differences
            ],
        }


@dataclass(frozen=True, eq=False)
class _Side:
    """One clip's phases: spans in seconds, and how each span's side-words are read."""

    signals: Signals
    spans_s: dict[str, list[tuple[float, float]]]
    named: list[Named]
    roles: tuple[str, str]
    middle: str


def compare_motions(
    motion: Motion, other: Motion, exercise: str | Path | Exercise | None = None
) -> Comparison:
    """Compare how two clips are performed.

    Each phase of each performance is brought to one length and averaged over the performances;
    the averages are time-warped onto each other by all joint angles together, so that differences
    of form are apart from those of tempo. Without an exercise, the way out and back of what the
    clips repeat are the phases, or the whole clip where they do not repeat the same.

    Raises:
        InvalidData: A clip shows no performance of the exercise, or no angle in both.
        UnreadableFile: No such exercise.
    """
    if exercise is not None and not isinstance(exercise, Exercise):
        exercise = read_exercise(exercise)
    if exercise is None:
        sides = _free(motion, other)
    else:
        sides = _side(motion, exercise, "the first"), _side(other, exercise, "the other")
    times, differences = [], []
    for phase in sides[0].spans_s:
        times.append(_times(phase, *sides))
        rows = _differences(phase, *sides)
        differences += sorted(rows, key=lambda row: -abs(row.mean))
    if not differences:
        raise InvalidData("the two clips show no joint angle in common; nothing can be compared.")
    return Comparison(exercise.name if exercise else None, tuple(times), tuple(differences))


def _side(motion: Motion, exercise: Exercise, which: str) -> _Side:
    signals = Signals.of(motion)
    performed = performances_of(signals, exercise)
    if not performed:
        raise InvalidData(f"{which} clip shows no {exercise.title.lower()}; nothing to compare.")
    spans = {phase: [one.span_s(phase) for one in performed] for phase in performed[0].phases}
    roles = tuple(performed[0].roles) or ("left", "right")
    middle = next(iter(performed[0].roles.values()), "")
    return _Side(signals, spans, [one.signal for one in performed], (roles[0], roles[1]), middle)


def _free(motion: Motion, other: Motion) -> tuple[_Side, _Side]:
    both = [(Signals.of(one), one) for one in (motion, other)]
    counts = [find_repetitions(one, signals) for signals, one in both]
    # Of what is no repetition, chance finds one here and two there, each in another joint.
    alike = all(one.count for one in counts) and counts[0].signal == counts[1].signal
    sides = []
    for (signals, _), counted in zip(both, counts, strict=True):
        if alike:
            rows = counted.repetitions
            spans = {
                "out": [(one.start_s, one.turn_s) for one in rows],
                "back": [(one.turn_s, one.end_s) for one in rows],
            }
        else:
            spans = {"whole": [(0.0, float(signals.course.times_s[-1]))]}
        sides.append(
            _Side(signals, spans, [str] * (counted.count if alike else 1), ("left", "right"), "")
        )
    return sides[0], sides[1]


def _times(phase: str, this: _Side, other: _Side) -> PhaseTimes:
    mine, theirs = (float(np.mean([b - a for a, b in one.spans_s[phase]])) for one in (this, other))
    doubt = np.hypot(this.signals.course.frame_s, other.signals.course.frame_s) / np.sqrt(2)
    return PhaseTimes(phase, mine, theirs, float(doubt))


def _differences(phase: str, this: _Side, other: _Side) -> list[Difference]:
    names = [f"{role}_{name}" for name in PAIRED_ANGLES for role in this.roles]
    if this.middle == other.middle:  # left and right of the body mean the same in both
        names += MIDDLE_ANGLES
    known = [name for name in names if _has(this, name) and _has(other, name)]
    if not known:
        return []
    points = _points(phase, this, other)
    mine, mine_sigma = _mean_courses(phase, this, known, points)
    theirs, theirs_sigma = _mean_courses(phase, other, known, points)
    # By how they move, not where: a joint that is set off throughout must not bend time. Another
    # tempo leaves the middle of a course's range where it is, and not its mean.
    middles = [(np.nanmax(one, axis=0) + np.nanmin(one, axis=0)) / 2 for one in (mine, theirs)]
    at, other_at = warp(mine - middles[0], theirs - middles[1])
    apart = mine[at] - theirs[other_at]  # (P, D)
    rows = []
    for column, name in enumerate(known):
        one = apart[:, column]
        if not np.isfinite(one).any():
            continue
        place = int(np.nanargmax(np.abs(one)))
        moments = [
            start + index / (points - 1) * (end - start)
            for (start, end), index in (
                (this.spans_s[phase][0], at[place]), (other.spans_s[phase][0], other_at[place]),
            )
        ]  # fmt: skip
        doubt = float(np.hypot(mine_sigma[column], theirs_sigma[column]))
        rows.append(
            Difference(
                name, phase, float(np.nanmean(one)), float(one[place]), "deg", doubt, *moments
            )
        )
    return rows


def _has(side: _Side, name: str) -> bool:
    return all(named(name) in side.signals for named in side.named)


def _points(phase: str, *sides: _Side) -> int:
    longest_s = max(end - start for side in sides for start, end in side.spans_s[phase])
    return int(np.clip(round(longest_s * POINTS_HZ) + 1, LEAST_POINTS, MOST_POINTS))


def _mean_courses(
    phase: str, side: _Side, names: list[str], points: int
) -> tuple[np.ndarray, np.ndarray]:
    """(points, D) mean over the performances, and (D,) uncertainty."""
    share = np.linspace(0, 1, points)
    courses, sigmas = [], []
    for (start, end), named in zip(side.spans_s[phase], side.named, strict=True):
        found = [side.signals[named(name)] for name in names]
        at = (start + share * (end - start)) * RATE_HZ
        frames = np.arange(len(found[0].values))
        courses.append(np.stack([np.interp(at, frames, one.values) for one in found], axis=1))
        sigmas.append([float(np.nanmean(one.sigma)) for one in found])
    stacked = np.stack(courses)  # (N, points, D)
    known = np.isfinite(stacked)
    total = np.where(known, stacked, 0).sum(0)
    mean = np.where(known.any(0), total / np.maximum(known.sum(0), 1), np.nan)
    return mean, np.mean(sigmas, axis=0)


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    return {key: round(v, 4) if isinstance(v, float) else v for key, v in row.items()}
