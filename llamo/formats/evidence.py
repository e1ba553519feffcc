"""What a body tells about a file's axes and unit: the head is above the feet, people are 1.2-2.2 m.

Nothing here guesses: where the evidence is thin the answer is None and the reader asks.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from llamo.errors import InvalidMotion
from llamo.skeleton import SMPL22, Skeleton, conversion

AXES = ("y", "z", "x", "-y", "-z", "-x")

UNITS_M = {
    "m": 1.0,
    "cm": 0.01,
    "mm": 0.001,
    "in": 0.0254,
    "cmu": 0.0254 / 0.45,  # CMU mocap's length unit: 1/0.45 inch (mocap.cs.cmu.edu, ASF units)
    # KIT-ML's Master Motor Map (temos/info/joints.py of github.com/Mathux/TEMOS)
    "mmm": 0.75 / 480,
}
"""Metres of one unit."""

_HEIGHT_RANGE_M = (1.2, 2.2)
# Hip-knee-ankle plus pelvis-neck-head (joint to joint) over stature, as in body.py's template.
_CHAIN_SHARE = 0.82

_TO_Y_UP = {
    "y": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "-y": ((1, 0, 0), (0, -1, 0), (0, 0, -1)),
    "z": ((1, 0, 0), (0, 0, 1), (0, -1, 0)),
    "-z": ((1, 0, 0), (0, 0, -1), (0, 1, 0)),
    "x": ((0, -1, 0), (1, 0, 0), (0, 0, 1)),
    "-x": ((0, 1, 0), (-1, 0, 0), (0, 0, 1)),
}


class Finding(NamedTuple):
    """An axis or unit, None where the evidence does not settle it, and the evidence in words."""

    axis: str | None
    why: str


def turn_to_y_up(up: str) -> np.ndarray:
    """(3, 3) proper rotation that brings the axis ``up`` onto +y."""
    return np.array(_TO_Y_UP[up], np.float64)


def fill_gaps(joints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bridge unseen joints in a straight line over time, and say which were unseen.

    Args:
        joints: (T, J, 3), NaN or infinite where unseen.

    Returns:
        (T, J, 3) finite joints (0 where a joint is never seen), (T, J) confidence 1 or 0.
    """
    seen = np.isfinite(joints).all(-1)  # (T, J)
    filled = np.where(seen[..., None], joints, 0.0)
    frames = np.arange(len(joints))
    for joint in np.flatnonzero(~seen.all(0) & seen.any(0)):
        known = seen[:, joint]
        for axis in range(3):
            filled[~known, joint, axis] = np.interp(
                frames[~known], frames[known], joints[known, joint, axis]
            )
    return filled, seen.astype(np.float32)


def _landmarks(
    joints: np.ndarray, skeleton: Skeleton, confidence: np.ndarray | None
) -> np.ndarray | None:
    """(T, 22, 3) SMPL joints with NaN where unsure, None for a set that is no whole body."""
    try:
        weights = conversion(skeleton, SMPL22)
    except InvalidMotion:
        return None
    step = max(1, len(joints) // 2000)  # evidence needs no more frames than these
    with np.errstate(invalid="ignore"):  # a NaN may be a signalling one
        joints = np.asarray(joints[::step], np.float64)
    if confidence is not None:
        joints = np.where((confidence[::step] > 0)[..., None], joints, np.nan)
    used = weights != 0
    body = np.full((len(joints), len(SMPL22), 3), np.nan)
    for joint in range(len(SMPL22)):
        parts = used[joint]
        body[:, joint] = np.einsum("s,fsc->fc", weights[joint, parts], joints[:, parts])
    return body


def body_height(
    joints: np.ndarray, skeleton: Skeleton, confidence: np.ndarray | None = None
) -> float | None:
    """Stature from bone lengths, good to about 10 cm, in the unit of the joints; None if unknown.

    Args:
        joints: (T, J, 3).
        skeleton: Joint set of the joints.
        confidence: (T, J), joints at 0 are not looked at.
    """
    body = _landmarks(joints, skeleton, confidence)
    if body is None:
        return None

    def bone(a: str, b: str) -> float:
        lengths = np.linalg.norm(body[:, SMPL22.index(a)] - body[:, SMPL22.index(b)], axis=-1)
        lengths = lengths[np.isfinite(lengths)]
        return float(np.median(lengths)) if len(lengths) else float("nan")

    legs = [
        bone(f"{side}_hip", f"{side}_knee") + bone(f"{side}_knee", f"{side}_ankle")
        for side in ("left", "right")
    ]
    legs = [leg for leg in legs if np.isfinite(leg)]
    trunk = bone("pelvis", "neck") + bone("neck", "head")
    if not legs or not np.isfinite(trunk):
        return None
    return (float(np.mean(legs)) + trunk) / _CHAIN_SHARE


def find_unit(
    joints: np.ndarray,
    skeleton: Skeleton,
    confidence: np.ndarray | None = None,
    rig_units: tuple[str, ...] = (),
) -> Finding:
    """The one unit in which the body is of human size.

    Args:
        joints: (T, J, 3) in the file's unit.
        skeleton: Joint set of the joints.
        confidence: (T, J), joints at 0 are not looked at.
        rig_units: Units that only this rig uses (``cmu``).
    """
    height = body_height(joints, skeleton, confidence)
    if height is None:
        return Finding(None, "no whole body to measure a height from")
    low, high = _HEIGHT_RANGE_M
    fitting = [
        unit
        for unit in ("m", "cm", "mm", "in", *rig_units)
        if low <= height * UNITS_M[unit] <= high
    ]
    if len(fitting) == 1:
        unit = fitting[0]
        return Finding(unit, f"the body is {height * UNITS_M[unit]:.2f} m tall in this unit only")
    return Finding(None, f"the body is {height:.4g} units tall, no human height in any unit")


def find_up(
    joints: np.ndarray,
    skeleton: Skeleton,
    rest: np.ndarray | None = None,
    confidence: np.ndarray | None = None,
) -> Finding:
    """The axis along which the head is above the pelvis above the feet.

    Args:
        joints: (T, J, 3) in the file's axes.
        skeleton: Joint set of the joints.
        rest: (J, 3) rest pose, asked where the motion does not settle it (a lying person).
        confidence: (T, J), joints at 0 are not looked at.
    """
    shares = _upright_shares(joints, skeleton, confidence)
    if shares is None:
        return Finding(None, "no whole body to see head and feet of")
    axis = _clear_winner(shares)
    rest_axis = None if rest is None else rest_up(rest, skeleton)
    lies = axis is not None and _may_lie(axis, joints, skeleton, confidence)
    if axis is not None and rest_axis is None and lies:
        return Finding(None, f"the body stands along {axis}, or lies along it")
    if axis is not None and rest_axis not in (None, axis) and not lies:
        return Finding(
            None,
            f"the rest pose stands along {rest_axis} but the body along {axis} in "
            f"{shares[axis]:.0%} of the frames",
        )
    if axis is not None and rest_axis in (None, axis):
        return Finding(
            axis, f"head above pelvis above feet along {axis} in {shares[axis]:.0%} of the frames"
        )
    if rest_axis is not None:
        return Finding(rest_axis, f"the rest pose stands along {rest_axis}")
    best = max(shares, key=lambda name: shares[name])
    return Finding(
        None, f"head above pelvis above feet holds in at most {shares[best]:.0%} of the frames"
    )


def rest_up(rest: np.ndarray, skeleton: Skeleton) -> str | None:
    """The axis along which a rest pose (J, 3) stands, None where it does not stand."""
    shares = _upright_shares(rest[None], skeleton, None)
    return None if shares is None else _clear_winner(shares)


def toes_forward(
    joints: np.ndarray, skeleton: Skeleton, confidence: np.ndarray | None = None
) -> float | None:
    """Share of the frames in which the toes lie before the ankles, the hips telling what is before.

    Near 0 the body is in a mirror: its left is called right, or its coordinates are reflected.

    Args:
        joints: (T, J, 3), y up, in any unit.
        skeleton: Joint set of the joints.
        confidence: (T, J), joints at 0 are not looked at.

    Returns:
        0-1; None where the joints do not tell (no toes, nobody upright).
    """
    if not {"left_foot", "right_foot", "left_hip", "right_hip"} <= set(skeleton.joints):
        return None
    body = _landmarks(joints, skeleton, confidence)
    if body is None:
        return None

    def at(name: str) -> np.ndarray:
        return body[:, SMPL22.index(name)]

    across = at("left_hip") - at("right_hip") + at("left_shoulder") - at("right_shoulder")
    before = np.stack([-across[:, 2], across[:, 0]], axis=-1)  # across x up, in (x, z)
    toes = at("left_foot") - at("left_ankle") + at("right_foot") - at("right_ankle")
    said = (before * toes[:, [0, 2]]).sum(-1)
    with np.errstate(invalid="ignore"):
        upright = (at("neck") - at("pelvis"))[:, 1] > 0.7 * np.linalg.norm(
            at("neck") - at("pelvis"), axis=-1
        )
        known = np.isfinite(said) & upright & (said != 0)
    return float((said[known] > 0).mean()) if known.sum() >= 5 else None


def _upright_shares(
    joints: np.ndarray, skeleton: Skeleton, confidence: np.ndarray | None
) -> dict[str, float] | None:
    """For each axis the share of frames in which the body stands along it."""
    body = _landmarks(joints, skeleton, confidence)
    if body is None:
        return None
    trunk = body[:, SMPL22.index("neck")] - body[:, SMPL22.index("pelvis")]
    ankles = (body[:, SMPL22.index("left_ankle")] + body[:, SMPL22.index("right_ankle")]) / 2
    legs = body[:, SMPL22.index("pelvis")] - ankles
    with np.errstate(invalid="ignore", divide="ignore"):
        trunk = trunk / np.linalg.norm(trunk, axis=-1, keepdims=True)
        legs = legs / np.linalg.norm(legs, axis=-1, keepdims=True)
    known = np.isfinite(trunk).all(-1) & np.isfinite(legs).all(-1)
    if not known.any():
        return None
    trunk, legs = trunk[known], legs[known]
    shares = {}
    for name in AXES:
        sign, axis = (-1, name[1]) if name.startswith("-") else (1, name)
        column = "xyz".index(axis)
        upright = (sign * trunk[:, column] > 0.7) & (sign * legs[:, column] > 0.5)
        shares[name] = float(upright.mean())
    return shares


def _may_lie(
    axis: str, joints: np.ndarray, skeleton: Skeleton, confidence: np.ndarray | None
) -> bool:
    """Whether a body along ``axis`` may lie on a floor across it.

    No one lies for sure, but a body along x does more likely than stand (no program has x up); one
    along y or z may where it is flat upon the zero of the other and its feet are on no zero.
    """
    if "x" in axis:
        return True
    body = _landmarks(joints, skeleton, confidence)
    height = body_height(joints, skeleton, confidence)
    if body is None or height is None or "-" in axis:
        return False
    along = "xyz".index(axis)
    across = 3 - along  # y <-> z
    with np.errstate(all="ignore"):
        low, high = np.nanmin(body, (0, 1)), np.nanmax(body, (0, 1))
    near = 0.06 * height
    flat = high[across] - low[across] < 0.5 * height
    return bool(flat and abs(low[across]) < near and abs(low[along]) > near)


def _clear_winner(shares: dict[str, float]) -> str | None:
    first, second, *_ = sorted(shares, key=lambda name: -shares[name])
    return first if shares[first] >= 0.4 and shares[first] >= 2 * shares[second] else None
