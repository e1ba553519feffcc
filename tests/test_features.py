"""SMPL-D135 and HumanML3D-263 against hand-computed figures, both ways, and on real motion."""

from __future__ import annotations

import numpy as np
import pytest

from llamo.body import (
    TEMPLATE_JOINTS,
    TEMPLATE_PELVIS_HEIGHT_M,
    forward_kinematics,
    rotations_from_joints,
)
from llamo.encoders.features import (
    D135_BODY_6D,
    D135_HEIGHT,
    D135_ROOT_6D,
    D135_VELOCITY_XZ,
    H263_BODY_6D,
    H263_CONTACTS,
    H263_HEIGHT,
    H263_POSITIONS,
    H263_TURN,
    H263_VELOCITIES,
    H263_VELOCITY_XZ,
    humanml3d_263,
    joints_from_humanml3d_263,
    mirror_humanml3d_263,
    mirror_smpl_d135,
    motion_from_smpl_d135,
    smpl_d135,
)
from llamo.errors import InvalidMotion
from llamo.motion import Motion
from llamo.rotations import about_y, matrix_from_axis_angle, matrix_to_6d
from llamo.skeleton import COCO17, SMPL22

FPS = 20
BOTH = pytest.mark.parametrize("compat", [None, "guo2022"])
IDENTITY_6D = [1, 0, 0, 0, 1, 0]


def figure(seconds=2.0, speed_m_s=(0.0, 0.0, 0.0), turn_deg_s=0.0, start=(0.0, 0.0, 0.0)):
    """The template moved steadily and turned about its pelvis (positive: to its left)."""
    times = np.arange(round(seconds * FPS)) / FPS
    body = TEMPLATE_JOINTS - TEMPLATE_JOINTS[0]
    joints = body @ np.swapaxes(about_y(np.deg2rad(turn_deg_s) * times), -1, -2)
    pelvis = np.array(start) + times[:, None] * speed_m_s + TEMPLATE_JOINTS[0]
    return Motion(joints + pelvis[:, None], fps=FPS)


def living(seed=0, frames=60):
    """A body whose joints and heading sway smoothly while it walks about."""
    rng = np.random.default_rng(seed)
    times = np.arange(frames)[:, None, None] / FPS
    phase, size = rng.uniform(0, 6, (22, 3)), rng.uniform(0, 0.35, (22, 3))
    rotations = matrix_from_axis_angle(size * np.sin(3 * times + phase))
    rotations[:, 0] = about_y(0.8 * times[:, 0, 0]) @ rotations[:, 0]
    pelvis = np.stack([np.sin(times[:, 0, 0]), 0.95 + 0.05 * np.cos(4 * times[:, 0, 0]),
                       0.7 * times[:, 0, 0]], axis=1)  # fmt: skip
    return Motion(forward_kinematics(rotations, pelvis), fps=FPS, rotations=rotations)


def canonical(motion):
    """On the floor, over the origin, facing +z in frame 0: as HumanML3D first places a motion."""
    joints = motion.face_forward().joints.copy()
    joints[..., 1] -= joints[..., 1].min()
    return joints


# HumanML3D-263 by hand


@BOTH
def test_figure_standing_still(compat):
    features = humanml3d_263(figure(start=(3, 0.5, -2)), compat)
    assert features.shape == (39, 263)
    assert features.dtype == np.float32
    np.testing.assert_allclose(features[:, H263_TURN], 0, atol=1e-6)
    np.testing.assert_allclose(features[:, H263_VELOCITY_XZ], 0, atol=1e-6)
    np.testing.assert_allclose(features[:, H263_VELOCITIES], 0, atol=1e-6)
    np.testing.assert_array_equal(features[:, H263_CONTACTS], 1)
    lowest = TEMPLATE_JOINTS[:, 1].min()  # the balls of the feet, put on the floor
    np.testing.assert_allclose(
        features[:, H263_HEIGHT], TEMPLATE_PELVIS_HEIGHT_M - lowest, atol=1e-5
    )
    expected = (TEMPLATE_JOINTS - [0, lowest, 0])[1:]
    np.testing.assert_allclose(features[0, H263_POSITIONS].reshape(21, 3), expected, atol=1e-5)


@BOTH
def test_walking_a_metre_a_second_along_z_is_five_centimetres_a_frame(compat):
    features = humanml3d_263(figure(speed_m_s=(0, 0, 1)), compat)
    np.testing.assert_allclose(features[:, 1:3], [[0, 0.05]] * 39, atol=1e-5)
    np.testing.assert_allclose(
        features[:, H263_VELOCITIES].reshape(-1, 22, 3), np.full((39, 22, 3), [0, 0, 0.05]),
        atol=1e-5,
    )  # fmt: skip
    np.testing.assert_array_equal(features[:, H263_CONTACTS], 0)  # 0.05**2 > 0.002


@BOTH
def test_slower_than_the_contact_threshold_counts_as_contact(compat):
    features = humanml3d_263(figure(speed_m_s=(0, 0, 0.8)), compat)  # 0.04**2 < 0.002
    np.testing.assert_array_equal(features[:, H263_CONTACTS], 1)


def test_turning_left_at_90_deg_a_second_is_minus_half_of_4_5_deg_a_frame():
    features = humanml3d_263(figure(turn_deg_s=90, seconds=6))  # over a full turn and more
    np.testing.assert_allclose(np.rad2deg(features[:, 0]), -2.25, atol=1e-3)
    expected = np.repeat(features[:1, 4:193], len(features), axis=0)  # in the body's own axes
    np.testing.assert_allclose(features[:, 4:193], expected, atol=1e-4)  # nothing moves


def test_walking_sideways_to_the_left_is_plus_x_whatever_the_heading():
    turned = figure(speed_m_s=(0, 0, -1))  # to be turned to face +x: its left is then -z
    joints = (turned.joints - turned.joints[:, :1]) @ about_y(np.array(np.pi / 2)).T
    features = humanml3d_263(Motion(joints + turned.joints[:, :1], fps=FPS))
    np.testing.assert_allclose(features[:, 1:3], [[0.05, 0]] * 39, atol=1e-5)


def test_bones_along_their_rest_axes_have_identity_rotations():
    joints = np.zeros((3, 22, 3))
    joints[:, SMPL22.index("left_shoulder")] = [0.2, 0, 0]  # gives a facing
    features = humanml3d_263(joints)
    rotations = features[0, H263_BODY_6D].reshape(21, 6)
    np.testing.assert_allclose(rotations[SMPL22.index("left_knee") - 1], IDENTITY_6D, atol=1e-6)
    standing = humanml3d_263(figure())[0, H263_BODY_6D].reshape(21, 6)
    np.testing.assert_allclose(standing[SMPL22.index("spine1") - 1], IDENTITY_6D, atol=1e-6)


# What guo2022 does differently


def test_guo2022_reads_hips_left_for_right():
    """Hips 0.17 m wide face +z, shoulders 0.34 m wide are turned 30 degrees to the left."""
    joints = np.repeat(TEMPLATE_JOINTS[None], 200, axis=0).copy()
    upper = [SMPL22.index(f"{s}_{j}") for s in ("left", "right")
             for j in ("collar", "shoulder", "elbow", "wrist")]  # fmt: skip
    joints[100:, upper] = joints[100:, upper] @ about_y(np.deg2rad(30.0)).T
    right, guo = humanml3d_263(joints), humanml3d_263(joints, "guo2022")
    side, front = 0.34 * np.sin(np.deg2rad(30)), 0.34 * np.cos(np.deg2rad(30))
    facing = -2 * np.rad2deg(right[:, 0].sum()), -2 * np.rad2deg(guo[:, 0].sum())
    assert facing[0] == pytest.approx(np.rad2deg(np.arctan2(side, front + 0.17)), abs=0.01)  # 20.1
    assert facing[1] == pytest.approx(np.rad2deg(np.arctan2(side, front - 0.17)), abs=0.2)  # 53.8


def test_guo2022_loses_the_sign_of_the_turn_that_passes_minus_z():
    turning = figure(turn_deg_s=90, seconds=4)
    guo = humanml3d_263(turning, "guo2022")
    assert (guo[:, 0] > 1e-3).sum() == 1  # one frame turns the wrong way
    true, recovered = canonical(turning), joints_from_humanml3d_263(guo, "guo2022")
    hand = SMPL22.index("left_wrist")
    np.testing.assert_allclose(recovered[:30], true[:30], atol=1e-4)
    assert np.linalg.norm(recovered[60, hand] - true[60, hand]) > 0.1
    right = joints_from_humanml3d_263(humanml3d_263(turning))
    np.testing.assert_allclose(right, true[:-1], atol=1e-4)


# HumanML3D-263 round trips and properties


@BOTH
def test_263_to_joints_gives_the_placed_motion_back(compat):
    motion = living()
    features = humanml3d_263(motion, compat)
    joints = joints_from_humanml3d_263(features, compat)
    np.testing.assert_allclose(joints, canonical(motion)[:-1], atol=1e-4)


def test_263_to_joints_to_263_keeps_positions_and_root():
    features = humanml3d_263(living(seed=1))
    again = humanml3d_263(joints_from_humanml3d_263(features))
    np.testing.assert_allclose(again, features[:-1], atol=1e-3)


def test_263_does_not_depend_on_place_and_heading():
    motion = living(seed=2)
    joints = motion.joints @ about_y(np.array(2.0)).T + [5, 1, -3]
    np.testing.assert_allclose(humanml3d_263(joints), humanml3d_263(motion), atol=1e-4)


@BOTH
def test_263_of_the_mirrored_motion_is_the_mirrored_263(compat):
    motion = living(seed=3)
    mirrored = humanml3d_263(motion.mirror(), compat)
    np.testing.assert_allclose(
        mirrored, mirror_humanml3d_263(humanml3d_263(motion, compat)), atol=1e-4
    )
    features = humanml3d_263(motion, compat)
    np.testing.assert_array_equal(mirror_humanml3d_263(mirror_humanml3d_263(features)), features)


def test_263_is_at_20_fps_whatever_the_motion_has():
    walk = figure(speed_m_s=(0, 0, 1), seconds=4)
    fast = Motion(walk.joints, fps=40)  # the same frames in half the time: 2 m/s
    features = humanml3d_263(fast)
    assert len(features) == 39
    np.testing.assert_allclose(features[:, 2], 0.1, atol=1e-5)


def test_facing_is_bridged_while_the_body_lies_on_its_side():
    lying = TEMPLATE_JOINTS @ matrix_from_axis_angle(np.array([0, 0, np.pi / 2])).T
    joints = np.repeat(TEMPLATE_JOINTS[None], 30, axis=0).copy()
    joints[10:20] = lying
    np.testing.assert_allclose(humanml3d_263(joints)[:, 0], 0, atol=1e-6)


# SMPL-D135


def test_d135_of_the_template_is_identity_rotations_and_its_height():
    features = smpl_d135(figure())
    assert features.shape == (40, 135)
    assert features.dtype == np.float32
    np.testing.assert_allclose(features[0, D135_ROOT_6D], IDENTITY_6D, atol=1e-5)
    np.testing.assert_allclose(features[0, D135_BODY_6D], IDENTITY_6D * 21, atol=1e-5)
    np.testing.assert_allclose(features[:, D135_VELOCITY_XZ], 0, atol=1e-5)
    np.testing.assert_allclose(features[:, D135_HEIGHT], TEMPLATE_PELVIS_HEIGHT_M, atol=1e-5)


def test_d135_velocity_is_in_metres_a_second_along_world_axes():
    features = smpl_d135(figure(speed_m_s=(0.5, 0, 1), turn_deg_s=90))
    np.testing.assert_allclose(features[:, D135_VELOCITY_XZ], [[0.5, 1]] * 40, atol=1e-4)


def test_d135_root_rotation_is_the_heading_in_columns():
    features = smpl_d135(figure(turn_deg_s=90))
    a = np.deg2rad(4.5)  # frame 1; R = [[c 0 s], [0 1 0], [-s 0 c]]
    np.testing.assert_allclose(
        features[1, D135_ROOT_6D], [np.cos(a), 0, -np.sin(a), 0, 1, 0], atol=1e-5
    )


def test_d135_to_motion_to_d135():
    features = smpl_d135(living(seed=4))
    motion = motion_from_smpl_d135(features, FPS)
    np.testing.assert_allclose(smpl_d135(motion), features, atol=1e-4)


def test_motion_to_d135_to_motion_but_for_the_place_of_the_start():
    motion = living(seed=5)
    again = motion_from_smpl_d135(smpl_d135(motion), FPS)
    start = motion.joints[0, 0] * [1, 0, 1]
    np.testing.assert_allclose(again.joints, motion.joints - start, atol=1e-4)
    np.testing.assert_allclose(again.rotations, motion.rotations, atol=1e-5)


def test_d135_of_joints_alone_repeats_their_bones():
    motion = living(seed=6)
    without = Motion(motion.joints, fps=FPS)
    again = motion_from_smpl_d135(smpl_d135(without), FPS)
    start = motion.joints[0, 0] * [1, 0, 1]
    np.testing.assert_allclose(again.joints, motion.joints - start, atol=1e-4)


def test_rotations_of_another_rest_pose_are_not_taken_for_smpl():
    motion = living(seed=7)
    strange = motion.rotations @ about_y(np.array(2.0))
    other = Motion(motion.joints, fps=FPS, rotations=strange)
    expected = matrix_to_6d(rotations_from_joints(motion.joints))[:, 1:].reshape(60, -1)
    np.testing.assert_allclose(smpl_d135(other)[:, D135_BODY_6D], expected, atol=1e-5)


def test_d135_of_the_mirrored_motion_is_the_mirrored_d135():
    motion = living(seed=8)
    mirrored = mirror_smpl_d135(smpl_d135(motion))
    np.testing.assert_allclose(smpl_d135(motion.mirror()), mirrored, atol=1e-4)
    np.testing.assert_array_equal(mirror_smpl_d135(mirrored), smpl_d135(motion))


def test_d135_takes_one_frame_and_other_joint_sets():
    assert smpl_d135(figure().trim(0, 0.05)).shape == (1, 135)
    assert smpl_d135(figure().to_skeleton(COCO17)).shape == (40, 135)


# Errors


def test_wrong_input_is_told():
    with pytest.raises(InvalidMotion, match="at least two frames"):
        humanml3d_263(TEMPLATE_JOINTS[None])
    with pytest.raises(InvalidMotion, match="compat must be"):
        humanml3d_263(figure(), "guo2021")
    with pytest.raises(InvalidMotion, match="compat must be"):
        joints_from_humanml3d_263(np.zeros((4, 263)), "guo2021")
    with pytest.raises(InvalidMotion, match="shape"):
        joints_from_humanml3d_263(np.zeros((4, 251)))
    with pytest.raises(InvalidMotion, match="no frames"):
        motion_from_smpl_d135(np.zeros((0, 135)), FPS)
    with pytest.raises(InvalidMotion, match="NaN"):
        motion_from_smpl_d135(np.full((2, 135), np.nan), FPS)


# Real motion


@pytest.fixture(params=["cmu", "hdm05", "utd_mhad"])
def real_clips(request, data_dir):
    path = data_dir / "motion" / f"{request.param}.npz"
    if not path.is_file():
        pytest.skip(f"{path.name} is not in the data folder")
    pack = np.load(path)
    spans = list(zip(pack["start"], pack["length"], strict=True))[:: len(pack["start"]) // 8]
    rel, root = pack["rel"].astype(np.float32), pack["root"]
    return [Motion(rel[s : s + n] + root[s : s + n, None], fps=FPS) for s, n in spans]


def test_real_motion_survives_263(real_clips):
    for clip in real_clips:
        joints = joints_from_humanml3d_263(humanml3d_263(clip))
        np.testing.assert_allclose(joints, canonical(clip)[:-1], atol=2e-3)


def test_real_limbs_keep_their_directions_in_d135(real_clips):
    limbs = [SMPL22.index(f"{s}_{j}") for s in ("left", "right")
             for j in ("knee", "ankle", "elbow", "wrist")]  # fmt: skip
    parents = [SMPL22.parents[joint] for joint in limbs]
    for clip in real_clips:
        again = motion_from_smpl_d135(smpl_d135(clip), FPS).joints
        seen, made = (j[:, limbs] - j[:, parents] for j in (clip.joints, again))
        length = np.linalg.norm(seen, axis=-1) * np.linalg.norm(made, axis=-1)
        bones = length > 1e-4
        np.testing.assert_allclose(((seen * made).sum(-1) / length.clip(1e-9))[bones], 1, atol=1e-4)
