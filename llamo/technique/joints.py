"""One joint of a body put to another course, everything beyond it carried along.

The other joints keep their angles, except that a hip's flexion is seen from the trunk and so moves
with it.
"""

from __future__ import annotations

import numpy as np

from llamo.kinematics.axes import across, between, dot, unit
from llamo.kinematics.course import JOINT
from llamo.rotations import matrix_from_axis_angle, swing
from llamo.skeleton import SMPL22
from llamo.technique.pose_angles import ANGLES, BENT_DEG, UP, pose_angles, trunk_angles

STRAIGHT_DEG = 8.0
"""A limb bent by less shows no plane that it bends in."""

_ROUNDS = 3
"""The axes that a trunk's lean is told in turn a little with it: the lean is set again."""


def with_course(joints: np.ndarray, joint: str, angles: np.ndarray) -> np.ndarray:
    """Poses with one joint at other angles.

    Args:
        joints: (..., 22, 3) metres, SMPL-22.
        joint: A key of ``ANGLES_OF``.
        angles: (..., A) degrees; those of other joints are not looked at.

    Returns:
        (..., 22, 3) metres.
    """
    flat = np.array(joints, np.float64).reshape(-1, len(JOINT), 3)
    wanted = {name: angles.reshape(-1, len(ANGLES))[:, i] for i, name in enumerate(ANGLES)}
    side, _, part = joint.rpartition("_")
    if part == "trunk":
        _set_trunk(flat, wanted)
    elif part == "hip":
        _set_hip(flat, side, wanted)
    elif part == "shoulder":
        _set_shoulder(flat, side, wanted)
    else:
        _set_hinge(flat, side, part, wanted[f"{joint}_flexion"])
    return flat.reshape(joints.shape)


def _set_hinge(flat: np.ndarray, side: str, part: str, flexion: np.ndarray) -> None:
    upper_end, lower_end = {"knee": ("hip", "ankle"), "elbow": ("shoulder", "wrist")}[part]
    upper = unit(_at(flat, side, part) - _at(flat, side, upper_end))
    lower = unit(_at(flat, side, lower_end) - _at(flat, side, part))
    right, trunk = _pelvis(flat)
    ahead = np.cross(trunk, right)
    usual = np.cross(upper, -ahead if part == "knee" else ahead)
    seen = between(upper, lower) > STRAIGHT_DEG
    axis = unit(np.where(seen[:, None], np.cross(upper, lower), usual))
    turn = np.radians(flexion)[:, None]
    wanted = np.cos(turn) * upper + np.sin(turn) * np.cross(axis, upper)
    _turn(flat, f"{side}_{part}", swing(lower, wanted))


def _set_hip(flat: np.ndarray, side: str, wanted: dict[str, np.ndarray]) -> None:
    right, trunk = _pelvis(flat)
    up = unit(across(trunk, right))
    out = right if side == "right" else -right
    flexion, aside = (
        np.radians(wanted[f"{side}_{name}"])[:, None] for name in ("hip_flexion", "hip_abduction")
    )
    down = np.sin(flexion) * np.cross(up, right) - np.cos(flexion) * up
    thigh = np.cos(aside) * down + np.sin(aside) * out
    now = unit(_at(flat, side, "knee") - _at(flat, side, "hip"))
    _turn(flat, f"{side}_hip", swing(now, thigh))


def _set_shoulder(flat: np.ndarray, side: str, wanted: dict[str, np.ndarray]) -> None:
    _, trunk = _pelvis(flat)
    across_trunk = unit(
        across(_at(flat, "right", "shoulder") - _at(flat, "left", "shoulder"), trunk)
    )
    out = across_trunk if side == "right" else -across_trunk
    before = np.cross(trunk, across_trunk)
    now = unit(_at(flat, side, "elbow") - _at(flat, side, "shoulder"))
    ahead = np.sin(np.radians(wanted[f"{side}_shoulder_forward"]))
    raised = -np.cos(np.radians(wanted[f"{side}_shoulder_elevation"]))
    aside = np.sqrt((1 - ahead**2 - raised**2).clip(0)) * np.where(dot(now, out) < 0, -1, 1)
    arm = ahead[:, None] * before + raised[:, None] * trunk + aside[:, None] * out
    _turn(flat, f"{side}_shoulder", swing(now, unit(arm)))
    told = pose_angles(flat)
    bend = told[:, ANGLES.index(f"{side}_elbow_flexion")]
    shown = (bend / BENT_DEG - 1).clip(0, 1)
    name = f"{side}_shoulder_rotation"
    missing = wanted[name] - told[:, ANGLES.index(name)]
    turn = np.where(shown > 0.2, missing / shown.clip(0.2), 0.0) * (1 if side == "left" else -1)
    upper = unit(_at(flat, side, "elbow") - _at(flat, side, "shoulder"))
    _turn(flat, f"{side}_elbow", matrix_from_axis_angle(np.radians(turn)[:, None] * upper))


def _set_trunk(flat: np.ndarray, wanted: dict[str, np.ndarray]) -> None:
    middle = (_at(flat, "left", "hip") + _at(flat, "right", "hip")) / 2
    forward, left = (
        np.radians(wanted[name])[:, None] for name in ("trunk_forward_lean", "trunk_left_lean")
    )
    for _ in range(_ROUNDS):
        hips, trunk, shoulders = _trunk(flat)
        up = np.broadcast_to(UP, trunk.shape)
        level = unit(across(hips + shoulders, up))
        upright = np.sin(forward) * np.cross(up, level) + np.cos(forward) * up
        leaning = np.cos(left) * upright - np.sin(left) * level
        _turn(flat, "trunk", swing(trunk, leaning), middle)
        hips, trunk, shoulders = _trunk(flat)
        now = trunk_angles(hips, trunk, shoulders)["trunk_left_turn"]
        missing = np.radians((wanted["trunk_left_turn"] - now + 180) % 360 - 180)
        _turn(flat, "trunk", matrix_from_axis_angle(missing[:, None] * trunk), middle)


def _trunk(flat: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hips and shoulders from left to right in metres, and the trunk's direction, (N, 3) each."""
    hips, shoulders = (
        _at(flat, "right", part) - _at(flat, "left", part) for part in ("hip", "shoulder")
    )
    return hips, _pelvis(flat)[1], shoulders


def _pelvis(flat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors to the right through the hips and along the trunk, (N, 3) each."""
    left, right = _at(flat, "left", "hip"), _at(flat, "right", "hip")
    return unit(right - left), unit(flat[:, JOINT["neck"]] - (left + right) / 2)


def _at(flat: np.ndarray, side: str, part: str) -> np.ndarray:
    return flat[:, JOINT[f"{side}_{part}"]]


def _beyond(joint: str) -> list[int]:
    """Joints that a joint carries; the trunk carries all above the pelvis."""
    carried = [JOINT["pelvis" if joint == "trunk" else joint]]
    for parent, child in SMPL22.bones:  # parents come first
        legs = joint == "trunk" and SMPL22.joints[child].endswith("_hip")
        if parent in carried and not legs:
            carried.append(child)
    return carried[1:]


def _turn(
    flat: np.ndarray, joint: str, rotation: np.ndarray, about: np.ndarray | None = None
) -> None:
    """Turn what a joint carries, about it or about another point (N, 3)."""
    beyond = _beyond(joint)
    centre = flat[:, JOINT[joint]] if about is None else about
    reach = flat[:, beyond] - centre[:, None]
    flat[:, beyond] = centre[:, None] + np.einsum("nij,nbj->nbi", rotation, reach)
