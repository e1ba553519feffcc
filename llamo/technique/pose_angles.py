"""Angles of a pose that say all of it: told at every pose, and with a way back to joints.

The angles of ``llamo.kinematics`` are read off a clip; some of them mean nothing in some poses
(the plane of a hanging arm). To compare courses, and to put one person's joint to another's course,
every angle must be there at every moment, and the joint must follow from its angles. So the
shoulder is told here by its elevation and by how far the arm points forwards, both as seen from the
trunk. The rest is as in ``llamo.kinematics.joint_angles``.
"""

from __future__ import annotations

import numpy as np

from llamo.kinematics.axes import across, between, dot, unit
from llamo.kinematics.course import JOINT

SIDES = ("left", "right")

ANGLES_OF: dict[str, tuple[str, ...]] = {
    "trunk": ("trunk_forward_lean", "trunk_left_lean", "trunk_left_turn"),
    **{
        f"{side}_{joint}": tuple(f"{side}_{angle}" for angle in angles)
        for joint, angles in (
            ("hip", ("hip_flexion", "hip_abduction")),
            ("knee", ("knee_flexion",)),
            ("shoulder", ("shoulder_elevation", "shoulder_forward", "shoulder_rotation")),
            ("elbow", ("elbow_flexion",)),
        )
        for side in SIDES
    },
}
"""Every joint with its angles. Degrees; flexion 0 = straight, hip flexion 0 = thigh in line with
the trunk, elevation 0 = arm along the trunk. ``shoulder_forward``: the arm points so far before the
trunk's plane. ``shoulder_rotation``: of the forearm about the upper arm, 0 = forearm before it,
positive inwards; 0 where the elbow is nearly straight. Leans are from the vertical, the turn is
of the shoulders over the hips."""

ANGLES: tuple[str, ...] = tuple(name for angles in ANGLES_OF.values() for name in angles)
"""All angles, in the order of the last axis of what ``pose_angles`` gives."""

BENT_DEG = 30.0
"""An elbow bent by less shows no rotation of the upper arm; up to twice that, it shows in part."""

UP = np.array([0.0, 1.0, 0.0])


def pose_angles(joints: np.ndarray) -> np.ndarray:
    """Every angle of every pose.

    Args:
        joints: (..., 22, 3) metres, SMPL-22, y up.

    Returns:
        (..., A) degrees, in the order of ``ANGLES``.
    """
    flat = joints.reshape(-1, *joints.shape[-2:])
    at = {name: flat[:, index] for name, index in JOINT.items()}
    hips = at["right_hip"] - at["left_hip"]
    right = unit(hips)
    trunk = unit(at["neck"] - (at["left_hip"] + at["right_hip"]) / 2)
    shoulders = at["right_shoulder"] - at["left_shoulder"]
    found: dict[str, np.ndarray] = dict(trunk_angles(hips, trunk, shoulders))
    for side in SIDES:
        for name, values in {
            **_leg(at, right, trunk, side), **_arm(at, shoulders, trunk, side),
        }.items():  # fmt: skip
            found[f"{side}_{name}"] = values
    table = np.stack([found[name] for name in ANGLES], axis=-1)
    return table.reshape(*joints.shape[:-2], len(ANGLES))


def trunk_angles(
    hips: np.ndarray, trunk: np.ndarray, shoulders: np.ndarray
) -> dict[str, np.ndarray]:
    """The trunk's angles, (F,) each.

    Args:
        hips, shoulders: (F, 3) metres, from the left to the right one.
        trunk: (F, 3) unit vector from between the hips to the neck.
    """
    up = np.broadcast_to(UP, trunk.shape)
    level_right = unit(across(hips + shoulders, up))
    forward, left = dot(trunk, np.cross(up, level_right)), -dot(trunk, level_right)
    below, over = across(hips, trunk), across(shoulders, trunk)
    turn = np.arctan2(dot(np.cross(below, over), trunk), dot(below, over))
    return {
        "trunk_forward_lean": np.degrees(np.arctan2(forward, trunk[:, 1])),
        "trunk_left_lean": np.degrees(np.arcsin(left.clip(-1, 1))),
        "trunk_left_turn": np.degrees(turn),
    }


def _leg(
    at: dict[str, np.ndarray], right: np.ndarray, trunk: np.ndarray, side: str
) -> dict[str, np.ndarray]:
    thigh = unit(at[f"{side}_knee"] - at[f"{side}_hip"])
    shank = unit(at[f"{side}_ankle"] - at[f"{side}_knee"])
    up = unit(across(trunk, right))
    out = right if side == "right" else -right
    flexion = np.degrees(np.arctan2(dot(thigh, np.cross(up, right)), -dot(thigh, up)))
    return {
        "hip_flexion": (flexion + 120) % 360 - 120,
        "hip_abduction": np.degrees(np.arcsin(dot(thigh, out).clip(-1, 1))),
        "knee_flexion": between(thigh, shank),
    }


def _arm(
    at: dict[str, np.ndarray], shoulders: np.ndarray, trunk: np.ndarray, side: str
) -> dict[str, np.ndarray]:
    upper = unit(at[f"{side}_elbow"] - at[f"{side}_shoulder"])
    lower = unit(at[f"{side}_wrist"] - at[f"{side}_elbow"])
    forward = np.cross(trunk, unit(across(shoulders, trunk)))
    bend = between(upper, lower)
    before = unit(across(forward, upper))
    inwards = np.cross(upper, before) * (1 if side == "left" else -1)
    aside = across(lower, upper)
    rotation = np.degrees(np.arctan2(dot(aside, inwards), dot(aside, before)))
    return {
        "shoulder_elevation": between(upper, -trunk),
        "shoulder_forward": np.degrees(np.arcsin(dot(upper, forward).clip(-1, 1))),
        "shoulder_rotation": rotation * (bend / BENT_DEG - 1).clip(0, 1),
        "elbow_flexion": bend,
    }
