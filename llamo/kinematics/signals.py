"""Whatever can be measured of a body over time, by name: angles, lengths, speeds, differences."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from llamo.body import TEMPLATE_JOINTS
from llamo.errors import InvalidData
from llamo.kinematics.anatomy import beyond
from llamo.kinematics.axes import dot, level_axes, pelvis_axes
from llamo.kinematics.axial import axial_courses
from llamo.kinematics.course import JOINT, RATE_HZ, Course, read_course
from llamo.kinematics.joint_angles import SIDES, angle_sigma, joint_angle_courses
from llamo.kinematics.mass import centre_of_mass
from llamo.kinematics.moments import slope
from llamo.motion import Motion

AXIAL_SIGMA_DEG = 5.0
"""Rotations about a long axis are known about this well (skin moves over bone)."""

TOLD_SHARE = 0.2
"""A course that is known in fewer frames than this share is not told."""

WANDER_PER_S = 10.0
"""An error of a joint's place becomes one of its speed so many times a second: it wanders with the
movement, at 1.6 Hz or so (times 2 pi)."""

SPEED = "_speed"
"""Ends the name of a rate of change: ``left_knee_flexion_speed`` is in deg/s."""

_FEET = ("foot", "ankle")

_SIGNED_DIFFERENCE = "left_minus_right_"


@dataclass(frozen=True, eq=False)
class Signal:
    """A measured course.

    Args:
        name: What it is of.
        values: (T,) in ``unit``; NaN where it is not known.
        unit: ``deg``, ``m``, ``ratio``, ``deg/s``, ``m/s`` or ``1/s``.
        sigma: (T,) one standard deviation, in ``unit``.
    """

    name: str
    values: np.ndarray
    unit: str
    sigma: np.ndarray


class Signals:
    """The courses of one clip, each made once.

    Args:
        course: From ``read_course``.
    """

    def __init__(self, course: Course) -> None:
        self.course = course
        self._made: dict[str, Signal] = {}

    @classmethod
    def of(cls, motion: Motion) -> Signals:
        """The courses of a motion."""
        return cls(read_course(motion))

    def __contains__(self, name: str) -> bool:
        return self.find(name) is not None

    def __getitem__(self, name: str) -> Signal:
        """A course by name.

        Raises:
            InvalidData: No course has this name, or what it hangs on is not seen.
        """
        found = self.find(name)
        if found is None:
            check_signal(name)
            raise InvalidData(f"{name!r} cannot be measured here: the joints are not seen.")
        return found

    def find(self, name: str) -> Signal | None:
        """A course by name, None where it is unknown or not seen.

        A name with two sides gives their mean where no side is said; ``left_minus_right_`` their
        difference.
        """
        if name not in self._made:
            made = self._make(name)
            if made is None or np.isfinite(made.values).mean() < TOLD_SHARE:
                return None
            self._made[name] = made
        return self._made[name]

    def _make(self, name: str) -> Signal | None:
        if name in self._plain:
            return self._plain[name]
        if name.endswith(SPEED):
            return self._rate(name)
        if name.startswith(_SIGNED_DIFFERENCE):
            pair = self._pair(name.removeprefix(_SIGNED_DIFFERENCE))
            if pair is None:
                return None
            left, right = pair
            sigma = np.hypot(left.sigma, right.sigma)
            return Signal(name, left.values - right.values, left.unit, sigma)
        pair = self._pair(name)
        if pair is None:
            return None
        left, right = pair
        sigma = np.hypot(left.sigma, right.sigma) / 2
        return Signal(name, (left.values + right.values) / 2, left.unit, sigma)

    def _pair(self, name: str) -> tuple[Signal, Signal] | None:
        if name.startswith(("left_", "right_")):
            return None
        left, right = self.find(f"left_{name}"), self.find(f"right_{name}")
        return None if left is None or right is None else (left, right)

    def _rate(self, name: str) -> Signal | None:
        place = self._places.get(name.removesuffix(SPEED))
        if place is not None:
            values, sigma = np.linalg.norm(slope(place[0]), axis=-1), place[1]
            unit = "m/s"
        else:
            source = self.find(name.removesuffix(SPEED))
            if source is None or source.name.endswith(SPEED):
                return None
            values, sigma = slope(source.values), source.sigma
            unit = "1/s" if source.unit == "ratio" else f"{source.unit}/s"
        return Signal(name, values, unit, sigma * WANDER_PER_S)

    @property
    def angles(self) -> dict[str, Signal]:
        """All angles, by name."""
        return {name: one for name, one in self._plain.items() if one.unit == "deg"}

    @cached_property
    def beyond_anatomy(self) -> dict[str, np.ndarray]:
        """Angles that no body reaches, (T,) each; there the course is not told."""
        return self._angles_and_faults[1]

    @cached_property
    def _angles_and_faults(self) -> tuple[dict[str, Signal], dict[str, np.ndarray]]:
        angles, faults = {}, {}
        for name, values in joint_angle_courses(self.course).items():
            sigma = angle_sigma(self.course, name)
            faults[name] = beyond(name, values, sigma)
            angles[name] = Signal(name, np.where(faults[name], np.nan, values), "deg", sigma)
        for name, values in axial_courses(self.course).items():
            sigma = np.full(len(values), AXIAL_SIGMA_DEG)
            angles[name] = Signal(name, values, "deg", sigma)
        return angles, faults

    @cached_property
    def _plain(self) -> dict[str, Signal]:
        return {**self._angles_and_faults[0], **self._lengths}

    @cached_property
    def _places(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """(T, 3) metres and (T,) sigma of what moves through the room."""
        course = self.course
        places = {name: (course.at(name), course.sigma_m[:, i]) for name, i in JOINT.items()}
        hands = course.sigma_m[:, [JOINT["left_wrist"], JOINT["right_wrist"]]].max(1)
        places["hands"] = (course.middle("wrist"), hands)
        places["centre_of_mass"] = (self.centre_of_mass, course.sigma_m.mean(1))
        return places

    @cached_property
    def centre_of_mass(self) -> np.ndarray:
        """(T, 3) metres."""
        return centre_of_mass(self.course)

    @cached_property
    def ground_m(self) -> float:
        """Height of the lowest foot where it stands: what is found below 95 % of the frames."""
        lowest = self.lowest_foot_m
        seen = lowest[np.isfinite(lowest)]
        return float(np.percentile(seen, 5)) if len(seen) else float("nan")

    @cached_property
    def lowest_foot_m(self) -> np.ndarray:
        """(T,) height of the lowest of feet and ankles' ends, in the room."""
        feet = [self.course.at(f"{side}_{part}")[:, 1] for side in SIDES for part in _FEET]
        return np.fmin.reduce(feet)

    @cached_property
    def _lengths(self) -> dict[str, Signal]:
        course, level, pelvis = self.course, level_axes(self.course), pelvis_axes(self.course)
        made: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        for name, (place, sigma) in self._places.items():
            made[f"{name}_height"] = (place[:, 1] - self.ground_m, sigma)
            moved = place - place[_first_known(place)]
            made[f"{name}_left"] = (-dot(moved, level.right), sigma)
            made[f"{name}_forward"] = (dot(moved, level.forward), sigma)
        clearance = self.lowest_foot_m - self.ground_m
        made["foot_clearance"] = (clearance, course.sigma_m[:, JOINT["left_foot"]])
        for side in SIDES:
            for tip, root in (("wrist", "shoulder"), ("ankle", "hip")):
                away = course.at(f"{side}_{tip}") - course.at(f"{side}_{root}")
                sigma = course.sigma_m[:, JOINT[f"{side}_{tip}"]]
                made[f"{side}_{tip}_reach"] = (np.linalg.norm(away, axis=-1), sigma)
            ahead = dot(course.at(f"{side}_ankle") - course.middle("hip"), level.forward)
            made[f"{side}_ankle_ahead"] = (ahead, course.sigma_m[:, JOINT[f"{side}_ankle"]])
        signals = {name: Signal(name, values, "m", s) for name, (values, s) in made.items()}
        wide = {
            part: dot(course.at(f"right_{part}") - course.at(f"left_{part}"), pelvis.right)
            for part in ("hip", "knee", "ankle", "shoulder")
        }
        for part, beside in (("knee", "hip"), ("knee", "ankle"), ("ankle", "hip")):
            name = f"{part}_to_{beside}_width"
            below = np.where(np.abs(wide[beside]) > 0.05, wide[beside], np.nan)
            noise = np.sqrt(2) * course.sigma_m[:, JOINT[f"left_{part}"]] / np.abs(below)
            signals[name] = Signal(name, wide[part] / below, "ratio", noise)
        return signals


def _first_known(place: np.ndarray) -> int:
    known = np.isfinite(place).all(-1)
    return int(known.argmax())


@cache
def signal_names() -> tuple[str, ...]:
    """All names, without side and ``_speed``: those of the template's body in its rest pose."""
    joints = np.repeat(TEMPLATE_JOINTS[None], 4, axis=0)
    rotations = np.broadcast_to(np.eye(3), (4, len(JOINT), 3, 3))
    signals = Signals.of(Motion(joints, RATE_HZ, rotations=rotations))
    names = {*signals._plain, *(f"{place}{SPEED}" for place in signals._places)}
    return tuple(sorted({re.sub("^(left|right)_", "", name) for name in names}))


def check_signal(name: str, prefixes: tuple[str, ...] = SIDES) -> None:
    """Refuse a name that no clip could have.

    Args:
        name: With or without ``left_minus_right_``, a prefix, ``_speed``.
        prefixes: Words that may stand for a side.

    Raises:
        InvalidData: With the names nearest to it.
    """
    bare = re.sub(rf"^({_SIGNED_DIFFERENCE}|(?:{'|'.join(prefixes)})_)", "", name)
    known = signal_names()
    if bare in known or bare.removesuffix(SPEED) in known:
        return
    near = difflib.get_close_matches(bare, known, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"known are {', '.join(known)}."
    raise InvalidData(f"nothing is measured under the name {name!r}; {hint}")
