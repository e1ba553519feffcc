"""From the camera's axes to y-up, over a floor: what stands tells where up is."""

from __future__ import annotations

import numpy as np

from llamo.encoders.estimator.landmarks import INDEX
from llamo.rotations import swing

_Y_UP = np.array([1.0, -1.0, -1.0])
"""The camera has y down and z away; y-up and right-handed has z towards the camera."""

_STRAIGHT_DEG = 155.0
"""Knees and hips that are at least so stretched on both sides belong to a standing body."""

_STANDING_S = 0.4
"""A body must stand for so long in all to tell where up is."""

_MOST_DEG = 25.0
"""Cameras are tilted by less, and who seems to lean by more does not stand."""


def to_y_up(joints_m: np.ndarray) -> np.ndarray:
    """(..., 3) camera's axes (x right, y down, z away) -> x right, y up, z towards the camera."""
    return joints_m * _Y_UP


def camera_tilt(joints_m: np.ndarray, seen: np.ndarray, fps: float) -> np.ndarray:
    """The turn that makes standing bodies stand upright: (3, 3), the identity where none stands.

    Telephones are held tilted, and landmarks are given along the camera's axes. A standing body's
    line from the ankles to the neck is upright but for a few degrees.

    Args:
        joints_m: (T, 33, 3) metres, y-up but for the tilt.
        seen: (T,) whether the person was seen.
        fps: Frames a second.
    """
    at = {name: joints_m[:, place] for name, place in INDEX.items()}
    stands = seen.copy()
    for side in ("left", "right"):
        hip, knee = at[f"{side}_hip"], at[f"{side}_knee"]
        stands &= _angle_deg(hip - knee, at[f"{side}_ankle"] - knee) > _STRAIGHT_DEG
        stands &= _angle_deg(at[f"{side}_shoulder"] - hip, knee - hip) > _STRAIGHT_DEG
    ankles = (at["left_ankle"] + at["right_ankle"]) / 2
    line = (at["left_shoulder"] + at["right_shoulder"]) / 2 - ankles
    up = np.array([0.0, 1.0, 0.0])
    stands &= _angle_deg(line, up[None]) < _MOST_DEG
    if stands.sum() < _STANDING_S * fps:
        return np.eye(3)
    leans = line[stands] / np.linalg.norm(line[stands], axis=-1, keepdims=True)
    return swing(np.median(leans, axis=0), up[None])[0]


def on_the_floor(joints_m: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Move a clip so that its feet come down to y = 0, and its first seen frame stands over 0."""
    hips = (joints_m[:, INDEX["left_hip"]] + joints_m[:, INDEX["right_hip"]]) / 2
    lowest = joints_m[seen][..., 1].min(1)  # (frames seen,)
    start = hips[seen][0]
    return joints_m - np.array([start[0], np.percentile(lowest, 5), start[2]])


def _angle_deg(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(T,) between vectors (T, 3)."""
    lengths = np.maximum(np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1), 1e-9)
    return np.degrees(np.arccos(((a * b).sum(-1) / lengths).clip(-1, 1)))
