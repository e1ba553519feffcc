"""Joint angles over time in the ISB's convention, as far as 22 joint positions allow.

A bone's direction settles two of the three angles of a joint. The third, axial rotation, is told
only where rotations are given (``axial.py``). An angle that is seen in a plane of the body, and is
not a rotation of a joint, has ``_projected`` in its name.

Each angle is cut where no body can reach, so that its course never jumps by a whole turn, and not
told (NaN) near its pole, where it means nothing.
"""

from __future__ import annotations

import numpy as np

from llamo.kinematics.axes import (
    UP,
    Axes,
    across,
    between,
    dot,
    level_axes,
    pelvis_axes,
    thorax_axes,
    unit,
)
from llamo.kinematics.course import JOINT, Course

SIDES = ("left", "right")

PAIRED_ANGLES = (
    "knee_flexion", "hip_flexion", "hip_abduction", "elbow_flexion", "shoulder_elevation",
)  # fmt: skip
"""Angles of each side that are told at any pose, so that sides and clips can be compared."""

POLE_DEG = 15.0
"""Within this of a pole, an angle about the pole's axis is not told."""

SPREAD_DEG = 55.0
"""The same for a thigh spread this far: its flexion turns about an axis it nearly lies on, and in
deep squats with the knees out it came out anywhere."""

SEGMENTS: dict[str, tuple[tuple[str, str], ...]] = {
    "knee_flexion": (("hip", "knee"), ("knee", "ankle")),
    "elbow_flexion": (("shoulder", "elbow"), ("elbow", "wrist")),
    "hip_flexion": (("hip", "knee"), ("pelvis", "neck")),
    "hip_abduction": (("hip", "knee"), ("left_hip", "right_hip")),
    "shoulder_elevation": (("shoulder", "elbow"), ("pelvis", "neck")),
    "shoulder_plane": (("shoulder", "elbow"), ("left_shoulder", "right_shoulder")),
    "knee_valgus_projected": (("hip", "knee"), ("knee", "ankle")),
    "trunk_lean": (("pelvis", "neck"),),
    "trunk_forward_lean": (("pelvis", "neck"),),
    "trunk_left_lean": (("pelvis", "neck"),),
    "body_bend_projected": (("pelvis", "neck"), ("pelvis", "left_ankle")),
    "pelvis_turn_left": (("left_hip", "right_hip"),),
    "shoulder_turn_left": (("left_shoulder", "right_shoulder"),),
    "hip_shoulder_separation_projected": (
        ("left_hip", "right_hip"), ("left_shoulder", "right_shoulder"),
    ),
}  # fmt: skip
"""The bones each angle hangs on; a bare name is that of the angle's own side."""


def joint_angle_courses(course: Course) -> dict[str, np.ndarray]:
    """Every angle that can be told.

    Returns:
        Names to (T,) degrees, NaN where not told. Of each side: ``knee_flexion`` and
        ``elbow_flexion`` (0 = straight), ``hip_flexion`` (thigh before the trunk's line, behind it
        negative), ``hip_abduction`` (away from the mid-line), ``shoulder_elevation`` (0 = arm
        along the trunk), ``shoulder_plane`` (of elevation: 0 = sideways, 90 = forwards) and
        ``knee_valgus_projected`` (seen from the front: knee inwards). Of the body:
        ``trunk_lean`` (from the vertical), its parts ``trunk_forward_lean`` and
        ``trunk_left_lean``, ``body_bend_projected`` (neck, hips, ankles: 0 = one line, piked
        positive), ``pelvis_turn_left`` and ``shoulder_turn_left`` (about the vertical, since the
        start), and ``hip_shoulder_separation_projected`` (about the trunk: shoulders further left
        than hips).
    """
    pelvis, thorax, level = pelvis_axes(course), thorax_axes(course), level_axes(course)
    angles: dict[str, np.ndarray] = {}
    for side in SIDES:
        for name, values in {
            **_leg(course, pelvis, level, side), **_arm(course, thorax, side),
        }.items():  # fmt: skip
            angles[f"{side}_{name}"] = values
    angles.update(_trunk(course, pelvis, thorax, level))
    return {name: values for name, values in angles.items() if np.isfinite(values).any()}


def angle_sigma(course: Course, name: str) -> np.ndarray:
    """(T,) degrees, one standard deviation: the joints' own, seen along the bones' lengths."""
    side, _, rest = name.partition("_")
    own = side in SIDES and rest in SEGMENTS
    total = np.zeros(len(course))
    for ends in SEGMENTS[rest if own else name]:
        a, b = (f"{side}_{end}" if own and f"{side}_{end}" in JOINT else end for end in ends)
        length = np.linalg.norm(course.at(a) - course.at(b), axis=-1)
        length = max(float(np.nanmedian(length)) if np.isfinite(length).any() else 0.0, 0.05)
        noise = np.hypot(course.sigma_m[:, JOINT[a]], course.sigma_m[:, JOINT[b]])
        total = np.hypot(total, np.degrees(noise / length))
    return total


def _leg(course: Course, pelvis: Axes, level: Axes, side: str) -> dict[str, np.ndarray]:
    hip, knee, ankle = (course.at(f"{side}_{joint}") for joint in ("hip", "knee", "ankle"))
    thigh, shank = unit(knee - hip), unit(ankle - knee)
    out = 1.0 if side == "right" else -1.0
    # Grood & Suntay's sequence Z X Y on the thigh's own Y axis, which points up, to the hip.
    up = -thigh
    abduction = np.degrees(np.arcsin((-out * dot(up, pelvis.right)).clip(-1, 1)))
    flexion = np.degrees(np.arctan2(-dot(up, pelvis.forward), dot(up, pelvis.up)))
    flexion = _cut(flexion, 60.0)
    flexion[np.abs(abduction) > SPREAD_DEG] = np.nan
    return {
        "knee_flexion": between(thigh, shank),
        "hip_flexion": flexion,
        "hip_abduction": abduction,
        "knee_valgus_projected": _valgus(thigh, shank, level, out),
    }


def _valgus(thigh: np.ndarray, shank: np.ndarray, level: Axes, out: float) -> np.ndarray:
    """Frontal plane projection angle (Willson & Davis, J Orthop Sports Phys Ther 38 (2008) 606).

    Not told where less than half of a bone shows in that plane, as in a deep squat.
    """
    flat_thigh, flat_shank = across(thigh, level.forward), across(shank, level.forward)
    turn = dot(np.cross(flat_thigh, flat_shank), level.forward)
    angle = -out * np.degrees(np.arctan2(turn, dot(flat_thigh, flat_shank)))
    short = np.minimum(np.linalg.norm(flat_thigh, axis=-1), np.linalg.norm(flat_shank, axis=-1))
    return np.where(short > 0.5, angle, np.nan)


def _arm(course: Course, thorax: Axes, side: str) -> dict[str, np.ndarray]:
    shoulder, elbow, wrist = (
        course.at(f"{side}_{joint}") for joint in ("shoulder", "elbow", "wrist")
    )
    upper, lower = unit(elbow - shoulder), unit(wrist - elbow)
    out = thorax.right if side == "right" else -thorax.right
    elevation = between(upper, -thorax.up)
    plane = _cut(np.degrees(np.arctan2(dot(upper, thorax.forward), dot(upper, out))), 30.0)
    plane[np.minimum(elevation, 180 - elevation) < 2 * POLE_DEG] = np.nan
    return {
        "elbow_flexion": between(upper, lower),
        "shoulder_elevation": elevation,
        "shoulder_plane": plane,
    }


def _trunk(course: Course, pelvis: Axes, thorax: Axes, level: Axes) -> dict[str, np.ndarray]:
    trunk = unit(course.at("neck") - course.middle("hip"))
    forward, left = dot(trunk, level.forward), -dot(trunk, level.right)
    shoulders = unit(course.at("right_shoulder") - course.at("left_shoulder"))
    hips = across(pelvis.right, thorax.up)
    apart = np.degrees(
        np.arctan2(dot(np.cross(hips, thorax.right), thorax.up), dot(hips, thorax.right))
    )
    legs = unit(course.middle("ankle") - course.middle("hip"))
    bend = np.degrees(np.arctan2(dot(legs, pelvis.forward), -dot(legs, pelvis.up)))
    lean = _cut(np.degrees(np.arctan2(forward, trunk[:, 1])), 45.0)
    lean[np.abs(left) > np.cos(np.radians(POLE_DEG))] = np.nan
    return {
        "trunk_lean": between(trunk, np.broadcast_to(UP, trunk.shape)),
        "trunk_forward_lean": lean,
        "trunk_left_lean": np.degrees(np.arcsin(left.clip(-1, 1))),
        "body_bend_projected": _cut(bend, 60.0),
        "pelvis_turn_left": _turned(pelvis.right),
        "shoulder_turn_left": _turned(shoulders),
        "hip_shoulder_separation_projected": apart,
    }


def _turned(right: np.ndarray) -> np.ndarray:
    """(T,) degrees that a line turned to the left about the vertical since it was first seen."""
    heading = np.arctan2(right[:, 2], -right[:, 0])
    heading[np.hypot(right[:, 0], right[:, 2]) < np.sin(np.radians(POLE_DEG))] = np.nan
    seen = np.isfinite(heading)
    heading[seen] = np.unwrap(heading[seen])
    return np.degrees(heading - heading[seen][0]) if seen.any() else heading


def _cut(angle: np.ndarray, middle: float) -> np.ndarray:
    """Degrees brought within half a turn of the middle of what a joint can do."""
    return (angle - middle + 180) % 360 - 180 + middle
