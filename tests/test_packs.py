"""Packs and addresses, and what is told of a file: how it was read, and which are written."""

from __future__ import annotations

import json
from pathlib import Path

import motion_files as made
import pytest
from motion_files import error_m

from llamo.errors import LlamoError, MissingInformation
from llamo.formats import describe, packs, read_motion, write_motion


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
