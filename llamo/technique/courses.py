"""A clip cut into repetitions, each on one clock of phases from its start (0) to its end (1)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from llamo.kinematics.course import RATE_HZ, Course, read_course
from llamo.kinematics.joint_angles import PAIRED_ANGLES
from llamo.kinematics.repeats import Repetition, find_repetitions, repetitions_of_signal
from llamo.kinematics.signals import Signals
from llamo.motion import Motion
from llamo.skeleton import other_side
from llamo.technique.pose_angles import ANGLES, pose_angles

PHASES = 41
"""Moments of a repetition, evenly from its first frame to its last."""

NEARER = 0.7
"""A clip is cut into repetitions where that leaves so little of what made it unlike the reference
as one repetition: turning a forearm out and in again is one, though it looks like two."""

COUNTED = (*PAIRED_ANGLES, "trunk_forward_lean")
"""Angles in which repetitions are looked for: in the one that the reference moves most."""

LEAST_RISE = 0.35
"""A rise of that angle by this share of the reference's is a repetition."""

LEAST_S = 0.3
"""A shorter stretch is no repetition of an exercise."""

_MIRRORED = tuple(ANGLES.index(other_side(name)) for name in ANGLES)
_SIGNS = np.array([-1.0 if name.startswith("trunk_left_") else 1.0 for name in ANGLES])


@dataclass(frozen=True, eq=False)
class Repetitions:
    """The repetitions of a clip.

    Args:
        joints: (R, P, 22, 3) metres, at the phases of each repetition.
        spans_s: Start and end of each, seconds since the clip's start.
    """

    joints: np.ndarray
    spans_s: tuple[tuple[float, float], ...]

    @cached_property
    def angles(self) -> np.ndarray:
        """(R, P, A) degrees, as ``pose_angles`` gives them; NaN where a joint is not seen."""
        return pose_angles(self.joints)

    def time_s(self, repetition: int, phase: int) -> float:
        """Seconds since the clip's start of one phase of one repetition."""
        start, end = self.spans_s[repetition]
        return start + (end - start) * phase / (PHASES - 1)


def whole_clip(motion: Motion) -> Repetitions:
    """A clip that is one repetition from its first frame to its last."""
    course = read_course(motion)
    return _cut(course, ((0.0, float(course.times_s[-1])),))


def repetitions_like(motion: Motion, mean: np.ndarray) -> Repetitions:
    """A clip cut so that its repetitions are most like a reference.

    Args:
        motion: One repetition, or several, with or without standing still between them.
        mean: (P, A) degrees, a repetition as it usually goes.
    """
    return Cutter(motion).like(mean)


class Cutter:
    """A clip that is read once and cut after several references.

    Args:
        motion: As of ``repetitions_like``.
    """

    def __init__(self, motion: Motion) -> None:
        self._course = read_course(motion)
        self._signals = Signals(self._course)
        self._end_s = float(self._course.times_s[-1])
        self._whole = _cut(self._course, ((0.0, self._end_s),))
        self._counted = self._cut(find_repetitions(motion, self._signals).repetitions)

    def like(self, mean: np.ndarray) -> Repetitions:
        """``repetitions_like`` of the clip."""
        best = self._whole
        least = NEARER * (1 - likeness(best.angles.mean(0), mean))
        for cut in (self._counted, *self._of_reference(mean)):
            if cut is not None:
                unlike = 1 - likeness(cut.angles.mean(0), mean)
                if unlike < least:
                    best, least = cut, unlike
        return best

    def _of_reference(self, mean: np.ndarray) -> list[Repetitions | None]:
        """Repetitions of the angle that a reference moves most, of this side and of the other."""
        bare = {name: name.removeprefix("left_").removeprefix("right_") for name in ANGLES}
        rise = np.ptp(mean, axis=0) * [bare[name] in COUNTED for name in ANGLES]
        name, least = ANGLES[int(rise.argmax())], LEAST_RISE * float(rise.max())
        names = dict.fromkeys((name, other_side(name)))
        return [
            self._cut(repetitions_of_signal(self._signals, one, least))
            for one in names
            if one in self._signals
        ]

    def _cut(self, found: tuple[Repetition, ...]) -> Repetitions | None:
        spans = tuple(
            (one.start_s, min(one.end_s, self._end_s))
            for one in found
            if one.end_s - one.start_s >= LEAST_S
        )
        return _cut(self._course, spans) if spans else None


def mirrored(angles: np.ndarray) -> np.ndarray:
    """Angles (..., A) of the same pose in a mirror."""
    return angles[..., _MIRRORED] * _SIGNS


def excursions(angles: np.ndarray) -> np.ndarray:
    """(..., P, A) degrees, each angle less what it is where the repetition starts and ends."""
    return angles - rest_level(angles)[..., None, :]


def rest_level(angles: np.ndarray) -> np.ndarray:
    """(..., A) degrees at the first and last moments of a repetition."""
    return (angles[..., :3, :].mean(-2) + angles[..., -3:, :].mean(-2)) / 2


def likeness(angles: np.ndarray, mean: np.ndarray) -> float:
    """How alike two courses (P, A) move: the cosine of their excursions, 1 for the same movement.

    One that goes half as far is as alike. It may be in a mirror: the more alike of both counts.
    """
    wanted = excursions(mean)
    found = []
    for one in (angles, mirrored(angles)):
        away = np.nan_to_num(excursions(one))
        lengths = np.linalg.norm(away) * np.linalg.norm(wanted)
        found.append(float((away * wanted).sum() / max(lengths, 1e-9)))
    return max(found)


def _cut(course: Course, spans_s: tuple[tuple[float, float], ...]) -> Repetitions:
    last = len(course) - 1
    cut = []
    for start, end in spans_s:
        at = (np.linspace(start, end, PHASES) * RATE_HZ).clip(0, last)
        before = np.minimum(at.astype(int), max(last - 1, 0))
        share = (at - before)[:, None, None]
        after = np.minimum(before + 1, last)
        cut.append(course.joints[before] * (1 - share) + course.joints[after] * share)
    return Repetitions(np.stack(cut), spans_s)
