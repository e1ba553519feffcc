"""The template body, forward and inverse kinematics, and SMPL models."""

from __future__ import annotations

import numpy as np
import pytest

from llamo.body import (
    TEMPLATE_JOINTS,
    TEMPLATE_OFFSETS,
    TEMPLATE_PELVIS_HEIGHT_M,
    bone_lengths,
    fitted_offsets,
    forward_kinematics,
    rotations_from_joints,
    smplx_joints,
)
from llamo.errors import InvalidMotion, UnreadableFile
from llamo.motion import Motion
from llamo.rotations import (
    about_y,
    axis_angle_from_matrix,
    matrix_from_6d,
    matrix_from_axis_angle,
    matrix_to_6d,
    swing,
)
from llamo.skeleton import SMPL22, Skeleton


def rest_rotations(frames=1):
    return np.broadcast_to(np.eye(3), (frames, 22, 3, 3)).copy()


def random_rotations(rng, frames, size_rad=0.7):
    return matrix_from_axis_angle(rng.normal(0, size_rad, (frames, 22, 3)))


def directions(joints):
    parents, children = np.array(SMPL22.bones).T
    bones = joints[:, children] - joints[:, parents]
    return bones / np.linalg.norm(bones, axis=-1, keepdims=True)


# By hand


def test_identity_rotations_give_the_template():
    joints = forward_kinematics(rest_rotations(), [[0, TEMPLATE_PELVIS_HEIGHT_M, 0]])
    np.testing.assert_allclose(joints[0], TEMPLATE_JOINTS, atol=1e-12)


def test_template_is_a_t_pose_of_an_adult_that_faces_z():
    index = SMPL22.index
    assert TEMPLATE_JOINTS[index("left_wrist"), 0] > 0.6  # the person's left is +x
    assert TEMPLATE_JOINTS[index("left_foot"), 2] > 0.1  # toes point to +z
    assert 0 < TEMPLATE_JOINTS[:, 1].min() < 0.03  # stands on the floor
    assert 1.5 < TEMPLATE_JOINTS[index("head"), 1] < 1.6
    mirrored = TEMPLATE_JOINTS[list(SMPL22.mirror)] * [-1, 1, 1]
    np.testing.assert_allclose(mirrored, TEMPLATE_JOINTS, atol=1e-12)
    assert Motion(TEMPLATE_JOINTS[None], fps=20).headings()[0] == pytest.approx(0)


def test_left_elbow_bent_forward_by_a_right_angle():
    rotations = rest_rotations()
    elbow, wrist = SMPL22.index("left_elbow"), SMPL22.index("left_wrist")
    rotations[0, elbow] = about_y(np.array(-np.pi / 2))  # +x turns to +z
    joints = forward_kinematics(rotations, np.zeros((1, 3)))
    forearm = joints[0, wrist] - joints[0, elbow]
    np.testing.assert_allclose(forearm, [0, 0, 0.146 * 1.70], atol=1e-9)


def test_turned_root_turns_everything_about_the_pelvis():
    rotations = rest_rotations()
    rotations[0, 0] = about_y(np.array(np.pi / 2))  # faces +x: the left hand points to -z
    joints = forward_kinematics(rotations, [[1.0, 2.0, 3.0]])
    assert joints[0, SMPL22.index("left_wrist"), 2] < 2.4
    assert Motion(joints, fps=20).headings()[0] == pytest.approx(np.pi / 2, abs=1e-6)


def test_an_arm_alone_faces_nowhere():
    arm = Skeleton("arm", ("left_shoulder", "left_elbow", "left_wrist"), (-1, 0, 1))
    with pytest.raises(InvalidMotion, match="arm has no left_hip, right_hip, right_shoulder"):
        Motion(np.zeros((2, 3, 3)), fps=20, skeleton=arm).headings()


def test_squat_of_known_knee_angle_is_read_back():
    rotations = rest_rotations()
    bend = matrix_from_axis_angle(np.array([np.deg2rad(80), 0, 0]))
    rotations[0, SMPL22.index("left_knee")] = bend
    found = rotations_from_joints(forward_kinematics(rotations, np.zeros((1, 3))))
    np.testing.assert_allclose(found, rotations, atol=1e-9)


# Properties


def test_inverse_kinematics_repeats_every_bone_of_a_possible_body():
    rng = np.random.default_rng(0)
    joints = forward_kinematics(random_rotations(rng, 50), rng.normal(0, 1, (50, 3)))
    again = forward_kinematics(rotations_from_joints(joints), joints[:, 0])
    np.testing.assert_allclose(again, joints, atol=1e-9)


def test_found_rotations_are_rotations():
    rng = np.random.default_rng(1)
    found = rotations_from_joints(rng.normal(0, 1, (30, 22, 3)))
    np.testing.assert_allclose(
        found @ np.swapaxes(found, -1, -2), np.broadcast_to(np.eye(3), found.shape), atol=1e-9
    )
    np.testing.assert_allclose(np.linalg.det(found), 1, atol=1e-9)


def test_mirrored_joints_give_mirrored_rotations():
    rng = np.random.default_rng(2)
    joints = forward_kinematics(random_rotations(rng, 20, 0.4), np.zeros((20, 3)))
    motion = Motion(joints, fps=20, rotations=rotations_from_joints(joints)).mirror()
    np.testing.assert_allclose(rotations_from_joints(motion.joints), motion.rotations, atol=1e-4)


def test_bone_lengths_and_a_body_of_another_size():
    joints = forward_kinematics(rest_rotations(3), np.zeros((3, 3)), TEMPLATE_OFFSETS * 1.1)
    lengths = bone_lengths(joints)
    assert lengths.shape == (3, 21)
    thigh = SMPL22.bones.index((SMPL22.index("left_hip"), SMPL22.index("left_knee")))
    assert lengths[0, thigh] == pytest.approx(1.1 * 0.245 * 1.70)
    np.testing.assert_allclose(fitted_offsets(joints), TEMPLATE_OFFSETS * 1.1, atol=1e-12)


def test_limbs_without_length_are_left_unturned():
    found = rotations_from_joints(np.zeros((2, 22, 3)))
    np.testing.assert_allclose(found, rest_rotations(2), atol=1e-12)


# Rotations


def test_6d_orders_by_hand():
    turn = about_y(np.array(np.pi / 2))  # [[0 0 1], [0 1 0], [-1 0 0]]
    np.testing.assert_allclose(matrix_to_6d(turn), [0, 0, -1, 0, 1, 0], atol=1e-12)
    np.testing.assert_allclose(matrix_to_6d(turn, "rows"), [0, 0, 1, 0, 1, 0], atol=1e-12)


@pytest.mark.parametrize("order", ["columns", "rows"])
def test_6d_comes_back_and_scaled_vectors_are_repaired(order):
    turns = random_rotations(np.random.default_rng(3), 10)
    values = matrix_to_6d(turns, order)
    np.testing.assert_allclose(matrix_from_6d(values, order), turns, atol=1e-9)
    np.testing.assert_allclose(matrix_from_6d(3 * values, order), turns, atol=1e-9)


def test_6d_in_the_wrong_order_is_the_inverse():
    turns = random_rotations(np.random.default_rng(4), 10)
    wrong = matrix_from_6d(matrix_to_6d(turns, "columns"), "rows")
    np.testing.assert_allclose(wrong, np.swapaxes(turns, -1, -2), atol=1e-9)


def test_axis_angle_there_and_back():
    vectors = np.random.default_rng(5).normal(0, 0.8, (7, 4, 3))
    np.testing.assert_allclose(
        axis_angle_from_matrix(matrix_from_axis_angle(vectors)), vectors, atol=1e-9
    )


def test_swing_turns_one_direction_into_the_other_even_backwards():
    rng = np.random.default_rng(6)
    start, end = rng.normal(size=(2, 50, 3))
    end[0] = -start[0]
    turned = (swing(start, end) @ start[..., None])[..., 0]
    cosine = (turned * end).sum(-1) / np.linalg.norm(turned, axis=-1) / np.linalg.norm(end, axis=-1)
    np.testing.assert_allclose(cosine, 1, atol=1e-9)


# Errors


def test_wrong_shapes_are_told():
    with pytest.raises(InvalidMotion, match="rotations must be"):
        forward_kinematics(np.zeros((2, 24, 3, 3)), np.zeros((2, 3)))
    with pytest.raises(InvalidMotion, match="root_translation"):
        forward_kinematics(rest_rotations(2), np.zeros((3, 3)))
    with pytest.raises(InvalidMotion, match="to_skeleton"):
        rotations_from_joints(np.zeros((2, 17, 3)))


# SMPL models


def write_body_model(path, rng, shapes=10, **changes):
    vertices, joints = 60, 24
    parents = [*SMPL22.parents, 20, 21]
    regressor = rng.random((joints, vertices))
    arrays = {
        "v_template": rng.normal(0, 0.5, (vertices, 3)),
        "shapedirs": rng.normal(0, 0.05, (vertices, 3, shapes)),
        "J_regressor": regressor / regressor.sum(1, keepdims=True),
        "kintree_table": np.array([parents, range(joints)]),
        "posedirs": rng.normal(0, 0.01, (vertices, 3, 9 * (joints - 1))),
        "weights": rng.random((vertices, joints)),
        "f": np.array([[0, 1, 2]]),
    }
    np.savez(path, **{**arrays, **changes})
    return arrays


def test_rest_pose_of_a_body_model_is_its_regressed_joints(tmp_path):
    pytest.importorskip("smplx", reason="needs the extra `body`")
    arrays = write_body_model(tmp_path / "body.npz", np.random.default_rng(7))
    joints = smplx_joints(np.zeros((1, 72)), np.zeros(10), [[1, 2, 3]], tmp_path / "body.npz")
    rest = (arrays["J_regressor"] @ arrays["v_template"])[:22]
    np.testing.assert_allclose(joints[0], rest + np.array([1, 2, 3]), atol=1e-9)


def test_joints_equal_those_of_the_smplx_package(tmp_path):
    smplx = pytest.importorskip("smplx", reason="needs the extra `body`")
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(8)
    arrays = write_body_model(tmp_path / "body.npz", rng)
    poses, betas = rng.normal(0, 0.5, (4, 72)), rng.normal(0, 1, 10)
    trans = rng.normal(0, 1, (4, 3))
    found = smplx_joints(poses, betas, trans, tmp_path / "body.npz")

    def tensor(array):
        return torch.tensor(array, dtype=torch.float64)

    _, joints = smplx.lbs.lbs(
        tensor(betas)[None].expand(4, -1), tensor(poses), tensor(arrays["v_template"]),
        tensor(arrays["shapedirs"]), tensor(arrays["posedirs"].reshape(60 * 3, -1).T),
        tensor(arrays["J_regressor"]), torch.tensor([*SMPL22.parents, 20, 21]),
        tensor(arrays["weights"]),
    )  # fmt: skip
    np.testing.assert_allclose(found, joints[:, :22].numpy() + trans[:, None], atol=1e-9)


def test_body_model_that_is_none_is_refused(tmp_path):
    pytest.importorskip("smplx", reason="needs the extra `body`")
    path, rng = tmp_path / "body.npz", np.random.default_rng(9)
    ask = (np.zeros((1, 72)), np.zeros(10), np.zeros((1, 3)), path)
    with pytest.raises(UnreadableFile, match="does not exist"):
        smplx_joints(*ask)
    path.write_text("not a model")
    with pytest.raises(UnreadableFile, match=r"must be an \.npz"):
        smplx_joints(*ask)
    write_body_model(path, rng, v_template=np.array([{"run": "me"}], dtype=object))
    with pytest.raises(UnreadableFile, match=r"must be an \.npz"):
        smplx_joints(*ask)
    write_body_model(path, rng, shapes=5)
    with pytest.raises(InvalidMotion, match="5 shape directions"):
        smplx_joints(*ask)
