"""BVH: a chain posed by hand, common rigs and units, what is written, and real clips."""

from __future__ import annotations

import re
from pathlib import Path

import motion_files as made
import numpy as np
import pytest
from motion_files import error_m

from llamo.body import fitted_offsets, forward_kinematics
from llamo.errors import MissingInformation
from llamo.formats import describe, packs, read_motion, write_motion
from llamo.formats.bvh import parse_bvh
from llamo.motion import Motion
from llamo.skeleton import BODY25, COCO17, MEDIAPIPE33, SMPL22, SMPL24, Skeleton

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
