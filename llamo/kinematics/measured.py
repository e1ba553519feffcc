"""A motion measured as a coach would: by exercise, by name, or everything."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from llamo.errors import InvalidData
from llamo.kinematics.exercise import Exercise, read_exercise
from llamo.kinematics.measure import measure
from llamo.kinematics.measurement import Measurement, names_side
from llamo.kinematics.performances import Performance
from llamo.kinematics.repeats import find_repetitions
from llamo.kinematics.signals import Signals
from llamo.kinematics.survey import survey
from llamo.kinematics.technique import Finding, judge, performances_of
from llamo.motion import Motion


@dataclass(frozen=True)
class Measured:
    """What was measured on a clip.

    Args:
        exercise: Its name, None where none was asked for.
        performances: Repetitions, swings, jumps or strides of the exercise, in time order.
        findings: The numbers, each with what is good where the exercise says so.
        beyond_anatomy: Share of the frames, 0-1, in which an angle came out as no body can have it
            and is not told; only angles with such frames.
    """

    exercise: str | None
    performances: tuple[Performance, ...]
    findings: tuple[Finding, ...]
    beyond_anatomy: dict[str, float]

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        """The numbers alone."""
        return tuple(finding.measurement for finding in self.findings)

    @property
    def to_work_on(self) -> tuple[Finding, ...]:
        """Findings that lie surely beyond what is good."""
        return tuple(one for one in self.findings if one.advice)

    def without_sides(self) -> Measured:
        """What does not hang on which side is left, for a clip in which that cannot be told."""
        told = tuple(one for one in self.findings if not one.sided)
        return replace(
            self,
            findings=told,
            performances=tuple(replace(one, roles={}) for one in self.performances),
            beyond_anatomy={n: v for n, v in self.beyond_anatomy.items() if not names_side(n)},
        )

    def only(self, names: Sequence[str]) -> Measured:
        """These numbers alone.

        Raises:
            InvalidData: One was not measured.
        """
        return replace(self, findings=_chosen(self.findings, names))

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "exercise": self.exercise,
            "performances": [one.to_dict() for one in self.performances],
            "findings": [one.to_dict() for one in self.findings],
            "beyond_anatomy": {name: round(v, 4) for name, v in self.beyond_anatomy.items()},
        }


def measure_motion(
    motion: Motion,
    names: Sequence[str] | None = None,
    exercise: str | Path | Exercise | None = None,
) -> Measured:
    """Measure a motion.

    Args:
        motion: Of one person.
        names: Which numbers to give, of those that would be given; None for all.
        exercise: Name of a shipped one, path of one's own ``.yaml``, or one that was read; None
            measures everything that needs no exercise.

    Raises:
        InvalidData: An unknown name, or an exercise file with a fault.
        UnreadableFile: No such exercise.
    """
    if exercise is not None and not isinstance(exercise, Exercise):
        exercise = read_exercise(exercise)
    signals = Signals.of(motion)
    performed: tuple[Performance, ...] = ()
    if exercise is None:
        plain = {one.name: one for one in measure(motion)}
        plain.update({one.name: one for one in survey(signals, find_repetitions(motion, signals))})
        findings = tuple(Finding(one, sided=one.names_side) for one in plain.values())
    else:
        performed = performances_of(signals, exercise)
        findings = judge(signals, exercise, performed)
    beyond = {name: float(np.mean(rows)) for name, rows in signals.beyond_anatomy.items()}
    measured = Measured(
        exercise.name if exercise else None,
        performed,
        findings,
        {name: share for name, share in beyond.items() if share > 0},
    )
    return measured if names is None else measured.only(names)


def _chosen(findings: tuple[Finding, ...], names: Sequence[str]) -> tuple[Finding, ...]:
    if isinstance(names, str):
        names = [names]
    by_name = {finding.measurement.name: finding for finding in findings}
    for name in names:
        if name not in by_name:
            near = difflib.get_close_matches(name, by_name, n=3, cutoff=0.5)
            hint = f"did you mean {' or '.join(near)}?" if near else "leave names out to see all."
            raise InvalidData(f"nothing was measured under the name {name!r}; {hint}")
    return tuple(by_name[name] for name in names)
