"""Kinematics: angles, travel, sides and repetitions that can be computed by hand."""

from __future__ import annotations

import time

import numpy as np
import pytest

from llamo.kinematics import (
    Measurement,
    count_repetitions,
    kinematic_text,
    measure,
    relevant,
    unseen_parts,
)
from llamo.motion import Motion, rotation_about_y
from llamo.skeleton import SMPL22, other_side

J = {name: index for index, name in enumerate(SMPL22.joints)}

STANDING = {
    "pelvis": (0, 0.95, 0), "left_hip": (0.1, 0.9, 0), "right_hip": (-0.1, 0.9, 0),
    "spine1": (0, 1.05, 0), "left_knee": (0.1, 0.5, 0), "right_knee": (-0.1, 0.5, 0),
    "spine2": (0, 1.2, 0), "left_ankle": (0.1, 0.1, 0), "right_ankle": (-0.1, 0.1, 0),
    "spine3": (0, 1.3, 0), "left_foot": (0.1, 0, 0.1), "right_foot": (-0.1, 0, 0.1),
    "neck": (0, 1.5, 0), "left_collar": (0.08, 1.45, 0), "right_collar": (-0.08, 1.45, 0),
    "head": (0, 1.65, 0), "left_shoulder": (0.2, 1.45, 0), "right_shoulder": (-0.2, 1.45, 0),
    "left_elbow": (0.2, 1.15, 0), "right_elbow": (-0.2, 1.15, 0),
    "left_wrist": (0.2, 0.9, 0), "right_wrist": (-0.2, 0.9, 0),
}  # fmt: skip


def standing(frames: int) -> np.ndarray:
    """(T, 22, 3): upright, arms hanging, facing +z."""
    pose = np.array([STANDING[name] for name in SMPL22.joints])
    return np.repeat(pose[None], frames, axis=0)


def raise_arm(joints: np.ndarray, side: str, angle_rad: np.ndarray) -> np.ndarray:
    """Turn a straight arm sideways by (T,) radians: 0 hangs down, pi points up."""
    joints = joints.copy()
    out = 1.0 if side == "left" else -1.0
    shoulder = joints[:, J[f"{side}_shoulder"]]
    for part, length in (("elbow", 0.3), ("wrist", 0.55)):
        away = np.stack(
            [out * np.sin(angle_rad), -np.cos(angle_rad), np.zeros_like(angle_rad)], axis=-1
        )
        joints[:, J[f"{side}_{part}"]] = shoulder + length * away
    return joints


def values(motion: Motion) -> dict[str, float]:
    return {measurement.name: measurement.value for measurement in measure(motion)}


def test_a_sinusoid_that_repeats_seven_times():
    time_s = np.arange(280) / 20.0
    angle = 0.7 * (1 - np.cos(2 * np.pi * 7 * time_s / 14.0))
    found = count_repetitions(Motion(raise_arm(standing(280), "left", angle), 20.0))
    assert found.count == 7
    assert found.joint == "left_wrist"
    turns = [turn for _, turn, _ in found.spans_s]
    np.testing.assert_allclose(turns, 1.0 + 2.0 * np.arange(7), atol=0.1)


def test_a_clip_moved_at_one_metre_a_second():
    joints = standing(101)
    joints[..., 2] += np.arange(101)[:, None] / 20.0  # 5 s forward
    found = values(Motion(joints, 20.0))
    assert found["forward_travel"] == pytest.approx(5.0, abs=1e-3)
    assert found["left_travel"] == pytest.approx(0.0, abs=1e-3)
    assert found["travel_speed"] == pytest.approx(1.0, abs=1e-3)
    assert found["left_ankle_speed_max"] == pytest.approx(1.0, abs=1e-3)
    assert found["repetitions"] == 0


def test_a_known_knee_angle():
    joints = standing(30)
    for part, place in (("ankle", (0.1, 0.5, -0.4)), ("foot", (0.1, 0.4, -0.4))):
        joints[:, J[f"left_{part}"]] = place  # the shank points straight back
    found = values(Motion(joints, 20.0))
    assert found["left_knee_flexion_max"] == pytest.approx(90, abs=0.01)
    assert found["right_knee_flexion_max"] == pytest.approx(0, abs=0.2)


def mirrored_name(name: str) -> tuple[str, float]:
    signs = {"left_travel": -1.0, "turn_left": -1.0}
    if name in signs:
        return name, signs[name]
    return name, 1.0


@pytest.mark.parametrize("seed", range(4))
def test_a_mirrored_motion_gives_mirrored_measurements(seed):
    rng = np.random.default_rng(seed)
    time_s = np.arange(200) / 20.0
    joints = raise_arm(standing(200), "left", 1 + np.sin(2 * time_s))
    joints = joints + np.cumsum(rng.normal(0, 0.01, (200, 1, 3)), axis=0)
    joints = np.einsum(
        "tij,tkj->tki", np.stack([rotation_about_y(a) for a in np.linspace(0, 2, 200)]), joints
    )
    joints = joints + rng.normal(0, 0.004, joints.shape)
    motion = Motion(joints, 20.0)
    plain, mirrored = values(motion), values(motion.mirror())
    for name, value in plain.items():
        if name.startswith("left_") and name.endswith("_share"):
            expected = {name: 1 - value}
        elif name in ("left_travel", "turn_left"):
            expected = {name: -value}
        else:
            expected = {other_side(name): value}
        for other, number in expected.items():
            assert mirrored[other] == pytest.approx(number, abs=1e-4), name
