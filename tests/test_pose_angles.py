"""Pose angles: by hand, as they are measured, in a mirror, and the way back to joints."""

from __future__ import annotations

import re

import numpy as np
import pytest
from exercise_clips import column, poses_of
from tiny import standing_joints

from llamo.kinematics.course import JOINT, Course
from llamo.kinematics.joint_angles import joint_angle_courses
from llamo.skeleton import SMPL22
from llamo.technique.courses import mirrored
from llamo.technique.joints import with_course
from llamo.technique.pose_angles import ANGLES, ANGLES_OF, pose_angles


def random_poses(count: int = 30, seed: int = 0) -> np.ndarray:
    """(count, 22, 3): someone who bends every joint somehow."""
    rng = np.random.default_rng(seed)
    low = {"knee_flexion": 12, "elbow_flexion": 12, "shoulder_elevation": 40}
    angles = np.zeros((count, len(ANGLES)))
    for i, name in enumerate(ANGLES):
        base = low.get(re.sub("^(left|right)_", "", name), -15)
        angles[:, i] = base + rng.uniform(0, 50, count)
    return poses_of(angles)


def test_a_t_pose_has_its_arms_out_and_nothing_bent():
    told = dict(zip(ANGLES, pose_angles(standing_joints()[None].astype(float))[0], strict=True))
    assert told["left_shoulder_elevation"] == pytest.approx(told["right_shoulder_elevation"])
    assert told["left_knee_flexion"] == pytest.approx(0, abs=0.1)
    assert told["right_elbow_flexion"] == pytest.approx(0, abs=0.1)
    assert told["trunk_forward_lean"] == pytest.approx(0, abs=0.1)


def test_an_arm_that_points_ahead_and_a_forearm_that_points_up():
    joints = standing_joints()[None].astype(float)
    shoulder = joints[0, JOINT["left_shoulder"]]
    joints[0, JOINT["left_elbow"]] = shoulder + np.array([0, 0, 0.3])
    joints[0, JOINT["left_wrist"]] = shoulder + np.array([0, 0.25, 0.3])
    told = dict(zip(ANGLES, pose_angles(joints)[0], strict=True))
    assert told["left_shoulder_forward"] == pytest.approx(90, abs=1)
    assert told["left_shoulder_elevation"] == pytest.approx(90, abs=1)
    assert told["left_elbow_flexion"] == pytest.approx(90, abs=0.1)


def test_angles_are_those_of_the_measurements():
    joints = random_poses()
    count = len(joints)
    course = Course(np.arange(count) / 60, joints, np.zeros((count, 22)), None, 1 / 60)
    measured = joint_angle_courses(course)
    for name in (*(f"{side}_{one}" for side in ("left", "right") for one in (
        "knee_flexion", "hip_flexion", "hip_abduction", "elbow_flexion", "shoulder_elevation",
    )), "trunk_forward_lean", "trunk_left_lean"):  # fmt: skip
        np.testing.assert_allclose(pose_angles(joints)[:, column(name)], measured[name], atol=1e-4)


def test_a_mirror_changes_sides_and_twice_changes_nothing():
    joints = random_poses()
    image = joints[:, list(SMPL22.mirror)] * [-1, 1, 1]
    angles = pose_angles(joints)
    np.testing.assert_allclose(pose_angles(image), mirrored(angles), atol=1e-6)
    np.testing.assert_array_equal(mirrored(mirrored(angles)), angles)


@pytest.mark.parametrize("joint", ANGLES_OF)
def test_a_joint_takes_another_course_and_the_others_keep_theirs(joint):
    joints, other = random_poses(seed=1), pose_angles(random_poses(seed=2))
    turned = with_course(joints, joint, other)
    before, after = pose_angles(joints), pose_angles(turned)
    own = [column(name) for name in ANGLES_OF[joint] if not name.endswith("_rotation")]
    np.testing.assert_allclose(after[:, own], other[:, own], atol=0.6)
    follows = ("hip_flexion", "hip_abduction") if joint == "trunk" else ("_rotation",)
    kept = [
        i for i, name in enumerate(ANGLES) if i not in own and not name.endswith(follows)
    ]  # fmt: skip
    np.testing.assert_allclose(after[:, kept], before[:, kept], atol=1e-4)
    limbs = [(JOINT[f"{s}_{a}"], JOINT[f"{s}_{b}"]) for s in ("left", "right")
             for a, b in (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"),
                          ("elbow", "wrist"))]  # fmt: skip
    for a, b in limbs:
        lengths = [np.linalg.norm(one[:, a] - one[:, b], axis=-1) for one in (joints, turned)]
        np.testing.assert_allclose(*lengths, atol=1e-9)
