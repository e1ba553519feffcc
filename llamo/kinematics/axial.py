"""Axial rotation, which positions do not settle: told only where a file gives rotations."""

from __future__ import annotations

import numpy as np

from llamo.kinematics.axes import unit
from llamo.kinematics.course import JOINT, Course
from llamo.skeleton import SMPL22

# ISB axes in the rest pose (facing +z, left towards +x): columns X forward, Y up, Z right.
_REST_AXES = np.array([[0.0, 0.0, -1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])

REST_WITHIN_DEG = 25.0
"""Files whose rest pose stands otherwise than upright, facing +z, by more tell nothing."""


def axial_courses(course: Course) -> dict[str, np.ndarray]:
    """Axial rotations by the sequence Z X Y (Grood & Suntay), 0 in the file's rest pose.

    Returns:
        ``left_hip_internal_rotation``, ``right_hip_internal_rotation`` and
        ``trunk_axial_rotation_left`` (chest against pelvis), (T,) degrees; nothing where there are
        no rotations or their rest pose is not the usual one.
    """
    if course.rotations is None or not _rests_as_usual(course):
        return {}
    turns = {
        "left_hip_internal_rotation": (-1.0, ("left_hip",)),
        "right_hip_internal_rotation": (1.0, ("right_hip",)),
        "trunk_axial_rotation_left": (1.0, ("spine1", "spine2", "spine3")),
    }
    found = {}
    for name, (sign, chain) in turns.items():
        matrix = np.broadcast_to(np.eye(3), (len(course), 3, 3))
        for joint in chain:
            matrix = matrix @ course.rotations[:, JOINT[joint]]
        found[name] = sign * _about_y(_REST_AXES.T @ matrix @ _REST_AXES)
    return found


def _about_y(matrices: np.ndarray) -> np.ndarray:
    """(T,) degrees: the third angle of intrinsic Z X Y, from rotations (T, 3, 3).

    With R = Rz Rx Ry the last row is (-cos x sin y, sin x, cos x cos y).
    """
    return np.degrees(np.arctan2(-matrices[:, 2, 0], matrices[:, 2, 2]))


def _rests_as_usual(course: Course) -> bool:
    """Whether bones, turned back by the rotations given, stand as in the usual rest pose."""
    assert course.rotations is not None
    world = course.rotations.copy()
    for parent, child in SMPL22.bones:
        world[:, child] = world[:, parent] @ course.rotations[:, child]
    down, left = np.array([0.0, -1.0, 0.0]), np.array([1.0, 0.0, 0.0])
    bones = (
        ("left_hip", course.at("left_knee") - course.at("left_hip"), down),
        ("right_hip", course.at("right_knee") - course.at("right_hip"), down),
        ("pelvis", course.at("left_hip") - course.at("right_hip"), left),
    )
    for joint, bone, axis in bones:
        rest = unit(np.einsum("tji,tj->ti", world[:, JOINT[joint]], bone))
        cosine = rest @ axis
        if not np.nanmedian(cosine) > np.cos(np.radians(REST_WITHIN_DEG)):
            return False
    return True
