"""Keypoints: landmarks in metres, frames in a folder, several people, and flat ones refused."""

from __future__ import annotations

import json
from pathlib import Path

import motion_files as made
import numpy as np
import pytest
from motion_files import error_m

from llamo.errors import InvalidMotion, MissingInformation
from llamo.formats import describe, read_motion
from llamo.skeleton import BODY25, COCO17, MEDIAPIPE33, SMPL22


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
