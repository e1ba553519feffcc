"""Markers of TRC and C3D: the joints they stand for, and two people in one file."""

from __future__ import annotations

from pathlib import Path

import motion_files as made
import numpy as np
import pytest

from llamo.errors import MissingInformation
from llamo.formats import describe, read_motion
from llamo.formats.c3d import parse_c3d
from llamo.skeleton import SMPL22


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
