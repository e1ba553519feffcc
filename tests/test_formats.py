"""Every reader and writer on files made on the spot: hand-computed first, then real clips."""

from __future__ import annotations

import json
import re
from pathlib import Path

import motion_files as made
import numpy as np
import pytest

from llamo.body import TEMPLATE_JOINTS, fitted_offsets, forward_kinematics
from llamo.encoders.features import humanml3d_263
from llamo.errors import InvalidMotion, LlamoError, MissingInformation
from llamo.formats import describe, packs, read_motion, write_motion
from llamo.formats.bvh import parse_bvh
from llamo.formats.c3d import parse_c3d
from llamo.motion import Motion
from llamo.skeleton import BODY25, COCO17, MEDIAPIPE33, SMPL22, SMPL24, Skeleton


def error_m(read: np.ndarray, true: np.ndarray) -> float:
    """Largest distance of a joint."""
    return float(np.linalg.norm(read - true, axis=-1).max())


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


# BVH

CHAIN = """HIERARCHY
ROOT a
{
  OFFSET 0 0 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT b
  {
    OFFSET 1 0 0
    CHANNELS 3 Zrotation Xrotation Yrotation
    End Site
    {
      OFFSET 0 2 0
    }
  }
}
MOTION
Frames: 2
Frame Time: 0.04
5 6 7 0 0 0 0 0 0
5 6 7 90 0 0 0 90 0
"""


def test_bvh_poses_a_chain_as_by_hand() -> None:
    joints, _ = parse_bvh(CHAIN, "chain.bvh").pose()
    assert joints[0] == pytest.approx(np.array([[5, 6, 7], [6, 6, 7], [6, 8, 7]]))
    # a turns x to y, so b is above a; b's X turns its own y to z, which a leaves alone
    assert joints[1] == pytest.approx(np.array([[5, 6, 7], [5, 7, 7], [5, 7, 9]]))


def test_bvh_that_is_no_body_asks_and_then_keeps_its_joints(tmp_path: Path) -> None:
    (tmp_path / "chain.bvh").write_text(CHAIN)
    with pytest.raises(MissingInformation, match="--up"):
        read_motion(tmp_path / "chain.bvh")
    with pytest.raises(MissingInformation, match="--unit"):
        read_motion(tmp_path / "chain.bvh", up="y")
    motion = read_motion(tmp_path / "chain.bvh", up="z", unit="cm")
    assert motion.fps == 25
    assert motion.skeleton.joints == ("a", "b", "b_end")
    assert motion.joints[0, 0] == pytest.approx([0.05, 0.07, -0.06])


RIGS = ("cmu", "mixamo", "xsens", "hdm05", "bandai", "biped", "daz")


@pytest.mark.parametrize("style", RIGS)
def test_common_rigs_become_smpl22_with_sides_kept(tmp_path: Path, style: str) -> None:
    path = made.write_rig(tmp_path / "rig.bvh", made.rig_names(style))
    motion, true = read_motion(path), made.raised_arm()
    assert motion.skeleton is SMPL22
    assert motion.fps == 120
    assert error_m(motion.joints, true) < 1e-4
    assert motion.rotations is not None
    posed = forward_kinematics(motion.rotations, motion.joints[:, 0], fitted_offsets(true))
    assert error_m(posed, true) < 1e-3


@pytest.mark.parametrize(
    ("unit", "metres"), [("m", 1.0), ("mm", 0.001), ("in", 0.0254), ("cmu", 0.0254 / 0.45)]
)
def test_bvh_unit_follows_from_the_height(tmp_path: Path, unit: str, metres: float) -> None:
    rig = made.rig_names("cmu")
    if unit == "cmu":  # the unit of that rig alone, told by its hip joints' name
        rig["left_collar"] = "LHipJoint"
    path = made.write_rig(tmp_path / "rig.bvh", rig, metres)
    facts = describe(path)
    assert facts["unit"] == unit
    assert facts["height_m"] == pytest.approx(1.70, abs=0.05)


def test_z_up_bvh_is_turned_rotations_too(tmp_path: Path) -> None:
    path = made.write_rig(tmp_path / "z.bvh", made.rig_names("mixamo"), z_up=True)
    motion, true = read_motion(path), made.raised_arm()
    assert error_m(motion.joints, true) < 1e-4
    posed = forward_kinematics(motion.rotations, motion.joints[:, 0], fitted_offsets(true))
    assert error_m(posed, true) < 1e-3


def test_written_bvh_has_rotations_alone_where_bones_keep_their_length(tmp_path: Path) -> None:
    motion = made.figure()
    for source in (motion, Motion(motion.joints, 30)):
        write_motion(source, tmp_path / "a.bvh")
        read = read_motion(tmp_path / "a.bvh")
        assert read.skeleton is SMPL22
        assert read.fps == 30
        assert read.rotations is not None
        assert error_m(read.joints, motion.joints) < 1e-5
        assert (tmp_path / "a.bvh").read_text().count("Xposition") == 1


def test_written_bvh_keeps_joints_whose_bones_breathe(tmp_path: Path) -> None:
    stretch = 1 + 0.08 * np.sin(np.arange(12))[:, None, None]
    motion = Motion(made.figure().joints * stretch, 30)
    write_motion(motion, tmp_path / "a.bvh")
    assert error_m(read_motion(tmp_path / "a.bvh").joints, motion.joints) < 1e-5


@pytest.mark.parametrize("skeleton", [SMPL24, COCO17, MEDIAPIPE33, BODY25])
def test_bvh_of_every_joint_set(tmp_path: Path, skeleton: Skeleton) -> None:
    joints = made.in_joint_set(made.figure(), skeleton) * [1, -1, -1]
    motion = Motion(joints, 30, skeleton)
    write_motion(motion, tmp_path / "a.bvh")
    read = read_motion(tmp_path / "a.bvh", up="y", unit="cm")
    assert read.skeleton is skeleton
    assert error_m(read.joints, joints) < 0.01


def test_bvh_without_frame_time_asks(tmp_path: Path) -> None:
    (tmp_path / "a.bvh").write_text(CHAIN.replace("0.04", "0"))
    with pytest.raises(MissingInformation, match="--fps"):
        read_motion(tmp_path / "a.bvh", up="y", unit="m")
    assert read_motion(tmp_path / "a.bvh", up="y", unit="m", fps=50).fps == 50


# Markers


@pytest.mark.parametrize("kind", ["trc", "c3d"])
def test_plug_in_gait_markers_become_joints(tmp_path: Path, kind: str) -> None:
    motion = made.figure(fps=100)
    write = made.write_trc if kind == "trc" else made.write_c3d
    path = write(tmp_path / f"a.{kind}", motion)
    read, facts = read_motion(path), describe(path)
    assert (read.fps, facts["up"], facts["unit"]) == (100, "z", "mm")
    for joint in ("left_hip", "right_knee", "left_ankle", "right_shoulder", "left_wrist", "head"):
        index = SMPL22.index(joint)
        off = np.linalg.norm(read.joints[:, index] - motion.joints[:, index], axis=-1)
        assert off.max() < (0.07 if joint == "head" else 1e-4), joint
    knee = SMPL22.index("left_knee")
    assert read.confidence is not None
    assert read.confidence[-1, knee] == 0
    assert read.confidence[:-1].min() == 1


def test_c3d_agrees_with_ezc3d(tmp_path: Path) -> None:
    ezc3d = pytest.importorskip("ezc3d")
    names, places = made.markers(made.figure())
    file = ezc3d.c3d()
    file["parameters"]["POINT"]["LABELS"]["value"] = names
    file["parameters"]["POINT"]["UNITS"]["value"] = ["mm"]
    file["parameters"]["POINT"]["RATE"]["value"] = [50]
    points = np.ones((4, len(names), len(places)))
    points[:3] = np.moveaxis(places, -1, 0).transpose(0, 2, 1)
    points[:3, 3, 5] = np.nan
    file["data"]["points"] = points
    file.write(str(tmp_path / "a.c3d"))
    ours, theirs = parse_c3d(tmp_path / "a.c3d"), ezc3d.c3d(str(tmp_path / "a.c3d"))
    assert ours.labels == theirs["parameters"]["POINT"]["LABELS"]["value"]
    assert (ours.rate_hz, ours.unit) == (50, "mm")
    assert ours.positions == pytest.approx(
        theirs["data"]["points"][:3].transpose(2, 1, 0), nan_ok=True
    )
    assert np.isnan(ours.positions[5, 3]).all()


def test_hips_come_from_the_iliac_spines_where_no_centre_is_given(tmp_path: Path) -> None:
    from llamo.formats.markers import joints_from_markers

    names, places = made.markers(made.figure())
    keep = [i for i, name in enumerate(names) if not name.endswith("HJC")]
    pelvis = places.mean(1) * 0
    spines = {"LASI": (120, -80, 0), "RASI": (-120, -80, 0), "SACR": (0, 80, 0)}  # facing -y
    names = [names[i] for i in keep] + list(spines)
    extra = [pelvis + np.array(place) for place in spines.values()]
    places = np.concatenate([places[:, keep], np.stack(extra, axis=1)], axis=1)
    joints, _, _ = joints_from_markers(names, places, "mm", "a.trc")
    # width 240, depth 160: out 86.5, forward -48.3, up -82.9 from the middle of the front
    assert joints[0, 1] == pytest.approx([86.5, -80 + 48.3, -82.9], abs=0.1)
    assert joints[0, 2] == pytest.approx([-86.5, -80 + 48.3, -82.9], abs=0.1)


def test_two_subjects_in_a_trc_are_addressed(tmp_path: Path) -> None:
    path = made.write_trc(tmp_path / "a.trc", made.figure())
    lines = path.read_text().split("\n")
    names = list(made.PLUG_IN_GAIT)
    both = [f"{who}:{name}" for who in ("Ann", "Bob") for name in names]
    lines[3] = "Frame#\tTime\t" + "\t\t\t".join(both) + "\t\t"
    lines[5:] = [line and line + "\t" + "\t".join(line.split("\t")[2:]) for line in lines[5:]]
    path.write_text("\n".join(lines))
    with pytest.raises(MissingInformation, match=r"2 people \(Ann, Bob\).*#0"):
        read_motion(path)
    assert len(read_motion(f"{path}#1")) == 12


# Keypoints


def test_world_landmarks_are_metres_and_y_down(tmp_path: Path) -> None:
    motion = made.figure()
    path = made.write_landmarks(tmp_path / "a.json", motion)
    read, facts = read_motion(path), describe(path)
    assert read.skeleton is MEDIAPIPE33
    assert read.fps == 30
    assert facts["up"] == "-y"
    assert read.confidence is not None
    assert read.confidence.max() == pytest.approx(0.9)
    wrist = MEDIAPIPE33.index("left_wrist")
    true = motion.joints[:, SMPL22.index("left_wrist")] - motion.joints[:, 0]
    assert error_m(read.joints[:, wrist], true) < 1e-5


def openpose(points: np.ndarray, key: str) -> dict[str, object]:
    return {"version": 1.3, "people": [{"person_id": [-1], key: points.reshape(-1).tolist()}]}


def test_a_folder_of_openpose_frames_with_a_gap(tmp_path: Path) -> None:
    points = made.in_joint_set(made.figure(), BODY25)
    for frame, row in enumerate(points):
        document = openpose(np.pad(row, ((0, 0), (0, 1)), constant_values=0.8), "pose_keypoints_3d")
        if frame == 5:
            document = {"version": 1.3, "people": []}
        (tmp_path / f"v_{frame:012d}_keypoints.json").write_text(json.dumps(document))
    read = read_motion(tmp_path, fps=30)
    assert read.skeleton is BODY25
    assert len(read) == 12
    assert read.confidence is not None
    assert read.confidence[5].max() == 0
    assert read.confidence[4].min() == pytest.approx(0.8)
    between = (read.joints[4] + read.joints[6]) / 2
    assert read.joints[5] == pytest.approx(between, abs=1e-5)


@pytest.mark.parametrize(
    "document",
    [
        openpose(np.zeros((25, 3)), "pose_keypoints_2d"),
        {"annotations": [{"image_id": 1, "keypoints": list(range(51))}]},
        [{"pose_landmarks": [{"x": 0.5, "y": 0.5, "z": 0.1}] * 33}],
        [[[320.0, 200.0, 0.9]] * 17],
        [[[320.0, 200.0]] * 17],
        [[{"x": 3, "y": 4}] * 33],
    ],
)
def test_flat_keypoints_are_refused_in_one_line(tmp_path: Path, document: object) -> None:
    (tmp_path / "a.json").write_text(json.dumps(document))
    with pytest.raises(InvalidMotion, match=r"2-D keypoints.*depth"):
        read_motion(tmp_path / "a.json", fps=30)


def test_several_people_are_addressed_by_index(tmp_path: Path) -> None:
    points = made.in_joint_set(made.figure(), COCO17)
    frames = [
        {"people": [{"keypoints_3d": row.tolist()}, {"keypoints_3d": (2 + row).tolist()}]}
        for row in points
    ]
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"fps": 25, "frames": frames}))
    with pytest.raises(MissingInformation, match=r"2 people.*#0 to a.json#1"):
        read_motion(path)
    first, second = read_motion(f"{path}#0"), read_motion(path, index=1)
    assert second.joints - first.joints == pytest.approx(
        np.broadcast_to([2, -2, -2], first.joints.shape), abs=1e-5
    )
    assert describe(f"{path}#1")["clips"] == 2
    with pytest.raises(MissingInformation, match="no person 2"):
        read_motion(f"{path}#2")


def test_time_stamps_make_the_clock(tmp_path: Path) -> None:
    rows = made.landmarks(made.figure())
    frames = [
        {"timestamp_ms": 40 * i + (i == 3), "world_landmarks": row.tolist()}
        for i, row in enumerate(rows)
    ]
    (tmp_path / "a.json").write_text(json.dumps(frames))
    read = read_motion(tmp_path / "a.json")
    assert read.fps == pytest.approx(25)
    assert read.times_s[3] == pytest.approx(0.121)


# Packs and addresses


def test_packs_are_addressed_by_index(tmp_path: Path) -> None:
    clips = [made.figure(frames).joints for frames in (5, 8)]
    path = made.write_pack(tmp_path / "pack", clips)
    with pytest.raises(MissingInformation, match=r"pack of 2 clips.*pack.npz#0"):
        read_motion(path)
    motion = read_motion(f"{path}#1")
    assert len(motion) == 8
    assert motion.fps == 20
    assert error_m(motion.joints, clips[1]) < 2e-3
    assert describe(path)["clips"] == 2
    assert describe(f"{path}#1")["labels"] == {"index": 1, "action": "act 1"}
    assert packs.pack_size(tmp_path / "pack") == 2
    labels, clip = packs.pack_clip(path, 0)
    assert labels["action"] == "act 0"
    assert len(clip) == 5
    assert [len(joints) for _, joints in packs.read_pack(tmp_path / "pack")] == [5, 8]
    for wrong in ("#2", "#-1", "#x", "#"):
        with pytest.raises(MissingInformation):
            read_motion(f"{path}{wrong}")


def test_a_changed_pack_is_read_anew(tmp_path: Path) -> None:
    made.write_pack(tmp_path / "pack", [made.figure(5).joints])
    assert packs.pack_size(tmp_path / "pack") == 1
    made.write_pack(tmp_path / "pack", [made.figure(5).joints] * 3)
    assert packs.pack_size(tmp_path / "pack") == 3


def test_index_of_a_file_with_one_clip(tmp_path: Path) -> None:
    write_motion(made.figure(), tmp_path / "a.npz")
    assert len(read_motion(f"{tmp_path / 'a.npz'}#0")) == 12
    with pytest.raises(MissingInformation, match="one clip"):
        read_motion(tmp_path / "a.npz", index=3)


def test_describe_says_what_and_how(tmp_path: Path) -> None:
    path = made.write_rig(tmp_path / "rig.bvh", made.rig_names("cmu"))
    facts = describe(path)
    assert facts["format"] == "BVH"
    assert facts["frames"] == 2
    assert facts["skeleton"] == "smpl22"
    assert "head above pelvis above feet" in facts["up_from"]
    assert "m tall" in facts["unit_from"]
    assert facts["fps_from"] == "Frame Time in the file"
    json.dumps(facts)


def test_only_npz_and_bvh_are_written(tmp_path: Path) -> None:
    with pytest.raises(LlamoError, match=r"\.npz or \.bvh"):
        write_motion(made.figure(), tmp_path / "a.c3d")


# Real motion

PACKS = ("bandai", "cmu", "coachme", "hdm05", "msr_action3d", "ui_prmd", "utd_mhad")


@pytest.mark.parametrize("pack", [name for name in PACKS if name != "bandai"])
def test_real_clips_survive_bvh(data_dir: Path, tmp_path: Path, pack: str) -> None:
    stem = data_dir / "motion" / pack
    size = packs.pack_size(stem)
    for index in (0, size // 2, size - 1):
        motion = read_motion(f"{stem}.npz#{index}").trim(0, 4)
        write_motion(motion, tmp_path / "a.bvh")
        read = read_motion(tmp_path / "a.bvh", up="y")
        assert read.skeleton is SMPL22
        assert error_m(read.joints, motion.joints) < 0.0101


@pytest.mark.parametrize(
    ("printed", "fps"),
    [("0.033333", 30), ("0.0333", 30), ("0.0083333", 120), ("0.016666", 60), ("0.01", 100),
     ("0.033366700", 29.97), ("0.0166833", 59.94), ("0.03", 100 / 3)],
)  # fmt: skip
def test_bvh_frame_time_is_a_whole_rate_only_where_its_digits_allow(
    tmp_path: Path, printed: str, fps: float
) -> None:
    write_motion(made.figure(4), tmp_path / "a.bvh")
    text = re.sub(r"Frame Time: \S+", f"Frame Time: {printed}", (tmp_path / "a.bvh").read_text())
    (tmp_path / "a.bvh").write_text(text)
    assert read_motion(tmp_path / "a.bvh").fps == pytest.approx(fps, rel=3e-6)
