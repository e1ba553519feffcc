"""Arrays: the own npz to the bit, SMPL parameters, and npy of joints and features."""

from __future__ import annotations

from pathlib import Path

import motion_files as made
import numpy as np
import pytest
from motion_files import error_m

from llamo.body import TEMPLATE_JOINTS, forward_kinematics
from llamo.encoders.features import humanml3d_263
from llamo.errors import MissingInformation
from llamo.formats import describe, read_motion, write_motion
from llamo.motion import Motion
from llamo.skeleton import MEDIAPIPE33, SMPL22, Skeleton

# The own format


def test_own_npz_comes_back_to_the_bit(tmp_path: Path) -> None:
    motion = made.figure()
    confidence = np.full((12, 22), 0.5, np.float32)
    time_s = np.cumsum(np.linspace(0.01, 0.05, 12))
    motion = Motion(motion.joints, 29.97, SMPL22, confidence, motion.rotations, time_s)
    write_motion(motion, tmp_path / "a.npz")
    read = read_motion(tmp_path / "a.npz")
    for name in ("joints", "confidence", "rotations", "time_s"):
        assert np.array_equal(getattr(read, name), getattr(motion, name)), name
    assert read.fps == motion.fps
    assert read.skeleton is SMPL22


def test_own_npz_holds_plain_arrays_only(tmp_path: Path) -> None:
    write_motion(made.figure(), tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz", allow_pickle=False) as arrays:
        assert arrays["joints"].dtype == np.float32
        assert arrays["schema"] == 1
        assert str(arrays["skeleton"]) == "smpl22"
        assert arrays["fps"] == 30


def test_a_joint_set_without_a_name_here_travels_with_the_file(tmp_path: Path) -> None:
    arm = Skeleton("arm", ("left_shoulder", "left_elbow", "left_wrist"), (-1, 0, 1))
    motion = Motion(np.random.default_rng(0).normal(size=(5, 3, 3)), 10, arm)
    write_motion(motion, tmp_path / "arm.npz")
    assert read_motion(tmp_path / "arm.npz").skeleton == arm


def test_foreign_npz_with_joints_is_held_to_the_evidence(tmp_path: Path) -> None:
    joints = 100 * made.figure().joints @ made.Z_UP.T
    np.savez(tmp_path / "a.npz", joints=joints, fps=30.0)
    facts = describe(tmp_path / "a.npz")
    assert (facts["up"], facts["unit"]) == ("z", "cm")
    assert error_m(read_motion(tmp_path / "a.npz").joints, made.figure().joints) < 1e-5


def test_own_npz_that_is_plainly_z_up_is_questioned(tmp_path: Path) -> None:
    standing = made.figure()
    joints = (standing.joints - [0, standing.joints[..., 1].min(), 0]) @ made.Z_UP.T
    joints[..., 1] += 2.0  # it stands two metres beside the origin
    write_motion(Motion(joints, 30), tmp_path / "z.npz")
    with pytest.raises(MissingInformation, match="--up z"):
        read_motion(tmp_path / "z.npz")
    turned = read_motion(tmp_path / "z.npz", up="z").joints
    assert (turned[:, 15, 1] > turned[:, 0, 1]).all()
    assert np.array_equal(read_motion(tmp_path / "z.npz", up="y").joints, joints.astype("f4"))


# SMPL parameters


def test_amass_is_turned_from_z_up_and_keeps_its_rate(tmp_path: Path) -> None:
    path = made.write_amass(tmp_path / "amass.npz")
    motion, facts = read_motion(path), describe(path)
    assert motion.fps == 120
    assert facts["up"] == "z"
    assert facts["rotations"]
    assert motion.joints[:, 0] == pytest.approx(np.tile([0, 0.95, 0], (12, 1)), abs=1e-6)
    assert (motion.joints[:, 15, 1] > motion.joints[:, 0, 1] + 0.4).all()
    assert motion.joints[0] == pytest.approx(
        TEMPLATE_JOINTS - TEMPLATE_JOINTS[0] + [0, 0.95, 0], abs=1e-5
    )


def test_amass_rotations_pose_the_joints_in_the_turned_world(tmp_path: Path) -> None:
    motion = read_motion(made.write_amass(tmp_path / "a.npz"))
    assert motion.rotations is not None
    posed = forward_kinematics(motion.rotations, motion.joints[:, 0])
    assert error_m(posed, motion.joints) < 1e-5


def test_smplx_names_and_smpl_without_rate(tmp_path: Path) -> None:
    angles = made.axis_angles().reshape(12, -1)
    parts = {"root_orient": angles[:, :3], "pose_body": angles[:, 3:66], "trans": np.zeros((12, 3))}
    np.savez(tmp_path / "x.npz", mocap_frame_rate=60, **parts)
    assert read_motion(tmp_path / "x.npz", up="y").fps == 60
    np.savez(tmp_path / "smpl.npz", poses=np.pad(angles, ((0, 0), (0, 6))), trans=np.zeros((12, 3)))
    with pytest.raises(MissingInformation, match="--fps"):
        read_motion(tmp_path / "smpl.npz")
    facts = describe(tmp_path / "smpl.npz")
    assert facts["fps"] is None
    assert facts["up"] == "y"
    assert "pass --fps" in facts["fps_from"]


def test_smpl_with_a_body_model_is_exact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The body model gets the file's own poses, betas and translation (test_body tests it)."""
    asked = {}

    def model(poses, betas, trans, body_model):  # type: ignore[no-untyped-def]
        asked.update(poses=poses, betas=betas, trans=trans, body_model=body_model)
        return TEMPLATE_JOINTS + trans[:, None]

    monkeypatch.setattr("llamo.body.smplx_joints", model)
    betas = np.array([1.0, -2.0])
    path = made.write_amass(tmp_path / "a.npz", betas=betas)
    motion = read_motion(path, body_model="SMPLH.npz", up="y")
    assert np.array_equal(asked["betas"], betas)
    assert asked["poses"].shape == (12, 66)
    assert asked["body_model"] == "SMPLH.npz"
    assert error_m(motion.joints, TEMPLATE_JOINTS + np.array([0, 0, 0.95])) < 1e-5
    assert "exact" in describe(path, body_model="SMPLH.npz")["notes"][0]


# npy


def test_humanml3d_features_come_back_as_joints_at_20_fps(tmp_path: Path) -> None:
    motion = made.figure(fps=20)
    features = humanml3d_263(motion)
    np.save(tmp_path / "000001.npy", features)
    read = read_motion(tmp_path / "000001.npy")
    assert read.fps == 20
    assert read.skeleton is SMPL22
    true = motion.face_forward().joints[: len(read)]
    true = true - [0, motion.joints[..., 1].min(), 0]
    assert error_m(read.joints, true) < 0.02


def test_joints_npy_asks_for_fps_and_finds_the_axis(tmp_path: Path) -> None:
    joints = made.figure().joints
    np.save(tmp_path / "y.npy", joints)
    np.save(tmp_path / "z.npy", joints @ made.Z_UP.T.astype("f4"))
    np.save(tmp_path / "flat.npy", joints.reshape(12, 66))
    with pytest.raises(MissingInformation, match="--fps"):
        read_motion(tmp_path / "y.npy")
    for name in ("y", "z", "flat"):
        read = read_motion(tmp_path / f"{name}.npy", fps=30)
        assert error_m(read.joints, joints) < 1e-5, name
    assert "100% of the frames" in describe(tmp_path / "z.npy")["up_from"]


def test_a_lying_person_is_never_stood_up_silently(tmp_path: Path) -> None:
    standing = made.figure().joints - TEMPLATE_JOINTS[0]
    for name, turn in (("x", [[0, 1, 0], [-1, 0, 0], [0, 0, 1]]), ("z", made.Z_UP)):
        lying = standing @ np.array(turn).T
        lying[..., 1] -= lying[..., 1].min()  # upon the floor
        np.save(tmp_path / f"{name}.npy", lying)
        with pytest.raises(MissingInformation, match="--up"):
            read_motion(tmp_path / f"{name}.npy", fps=30)
        kept = read_motion(tmp_path / f"{name}.npy", fps=30, up="y", unit="m").joints
        assert error_m(kept, lying) < 1e-5


def test_mediapipe_npy_is_turned_from_y_down(tmp_path: Path) -> None:
    motion = made.figure()
    np.save(tmp_path / "a.npy", made.landmarks(motion).reshape(12, 99))
    read = read_motion(tmp_path / "a.npy", fps=30)
    assert read.skeleton is MEDIAPIPE33
    assert describe(tmp_path / "a.npy")["up"] == "-y"
    left = read.joints[:, MEDIAPIPE33.index("left_knee")]
    true = motion.joints[:, SMPL22.index("left_knee")] - motion.joints[:, 0]
    assert error_m(left, true) < 1e-5
