"""Keypoint JSON with depth: MediaPipe world landmarks, OpenPose and COCO-style 3-D keypoints.

One file with frames (``[frame, ...]``, ``{"fps": 30, "frames": [...]}``, COCO ``annotations``,
MMPose ``instance_info``), or a folder of OpenPose's files, one a frame. A frame is one person's
keypoints or a list of people; ``#INDEX`` picks the person, in the order of the file. Keypoints are
objects with x, y, z, visibility, or rows of numbers. Flat pictures (2-D keypoints) are refused.
"""

from __future__ import annotations

import json
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from llamo.errors import InvalidMotion, MissingInformation, UnreadableFile
from llamo.formats.evidence import fill_gaps, find_up
from llamo.formats.native import check_frames
from llamo.formats.recording import Recording, Wishes
from llamo.formats.texts import read_text
from llamo.skeleton import BODY25, COCO17, MEDIAPIPE33, SMPL22, SMPL24

_WORLD = ("pose_world_landmarks", "poseWorldLandmarks", "world_landmarks", "worldLandmarks")
_DEEP = ("pose_keypoints_3d", "keypoints_3d", "keypoints3D", "keypoints3d")
_EITHER = ("keypoints", "landmarks", "joints")
_FLAT = ("pose_keypoints_2d", "pose_landmarks", "poseLandmarks", "keypoints_2d")
_PEOPLE = ("people", "persons", "instances")
_SKELETONS = {len(s): s for s in (COCO17, SMPL22, SMPL24, BODY25, MEDIAPIPE33)}
_MAX_FILES = 200_000
_MAX_PEOPLE = 100

Keypoints = np.ndarray
"""(J, 4): x, y, z, confidence."""


def read_keypoints(path: Path, wishes: Wishes) -> Recording:
    """Read one person of a keypoint file or folder.

    Raises:
        UnreadableFile: No JSON, or no keypoints in it.
        InvalidMotion: 2-D keypoints, or a joint set that is not known.
        MissingInformation: Several people and no index.
    """
    name = path.name
    document: Any
    if path.is_dir():
        document = [_load(file) for file in _frame_files(path)]
    else:
        document = _load(path)
    frames, fps = _frames(document, name)
    check_frames(len(frames), name)
    _check_joint_set(document, name)
    people = [_people(frame, name) for frame in frames]
    count = max(map(len, people))
    if not count:
        raise InvalidMotion(f"{name} has no person in any of its {len(frames)} frames.")
    if wishes.index is None and count > 1:
        raise MissingInformation(
            f"{name} holds up to {count} people a frame; address one as {name}#0 to "
            f"{name}#{count - 1}."
        )
    index = wishes.index or 0
    if not 0 <= index < count:
        raise MissingInformation(
            f"{name} has no person {index}; it holds {count}, numbered 0 to {count - 1}."
        )
    track = [persons[index] if index < len(persons) else None for persons in people]
    sizes = {len(points) for points in track if points is not None}
    if len(sizes) != 1 or not sizes <= _SKELETONS.keys():
        raise InvalidMotion(
            f"{name} has {' and '.join(map(str, sorted(sizes)))} keypoints a person; expected 17 "
            "(COCO), 22 or 24 (SMPL), 25 (OpenPose BODY_25) or 33 (MediaPipe) throughout."
        )
    size = sizes.pop()
    missing = np.full((size, 4), np.nan)
    values = np.stack([missing if points is None else points for points in track])
    values[values[..., 3] <= 0, :3] = np.nan
    joints, seen = fill_gaps(values[..., :3])
    confidence = (np.nan_to_num(values[..., 3]).clip(0, 1) * seen).astype(np.float32)
    time_s, fps = _clock(frames, fps)
    recording = Recording(
        format="keypoint JSON",
        joints=joints,
        skeleton=_SKELETONS[size],
        fps=fps,
        confidence=confidence,
        time_s=time_s,
        clips=count,
        index=index if count > 1 else None,
    )
    if any(_is_world(frame) for frame in frames):
        _settle_world(recording)
    return recording


def _settle_world(recording: Recording) -> None:
    """MediaPipe's world landmarks are metres and y-down by definition."""
    recording.format, recording.unit = "MediaPipe world landmarks JSON", "m"
    found = find_up(recording.joints, recording.skeleton, confidence=recording.confidence)
    if found.axis != "y":  # else someone turned them already: ask
        recording.up, recording.up_from = "-y", "the format (world landmarks are y-down)"


def _load(path: Path) -> Any:
    try:
        return json.loads(read_text(path))
    except (ValueError, RecursionError):
        raise UnreadableFile(f"{path.name} is not valid JSON; write it again.") from None


def _frame_files(folder: Path) -> list[Path]:
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() == ".json")
    if not files:
        raise UnreadableFile(
            f"{folder.name} is a folder without .json files; give a motion file, or a folder of "
            "OpenPose keypoints, one file a frame."
        )
    if len(files) > _MAX_FILES:
        raise UnreadableFile(f"{folder.name} holds {len(files)} files, more than {_MAX_FILES}.")
    return files


def _frames(document: Any, name: str) -> tuple[list[Any], float | None]:
    """The frames of any of the known layouts, and the frame rate where it is told."""
    fps = None
    if isinstance(document, dict):
        rate = next(
            (document[key] for key in ("fps", "frame_rate", "framerate") if key in document), None
        )
        fps = float(rate) if rate is not None and _is_number(rate) else None
        for key in ("frames", "instance_info", "annotations", *_WORLD, *_DEEP, *_EITHER):
            if isinstance(document.get(key), list):
                frames = document[key]
                if key == "annotations":
                    frames = _by_image(frames)
                elif key in (*_WORLD, *_DEEP, *_EITHER):
                    if _depth(frames) < 3 and not _has_points(frames):
                        break  # one frame: the document is the frame itself
                    frames = [{key: frame} for frame in frames]
                return frames, fps
        if any(key in document for key in (*_PEOPLE, *_WORLD, *_DEEP, *_EITHER, *_FLAT)):
            return [document], fps
    elif isinstance(document, list):
        if document and all(isinstance(row, dict) and "image_id" in row for row in document):
            return _by_image(document), fps
        return document, fps
    raise UnreadableFile(
        f"{name} holds no keypoints that are known; expected a list of frames, or 'frames', "
        "'people', 'annotations', 'instance_info' or 'pose_world_landmarks'."
    )


def _has_points(frames: list[Any]) -> bool:
    """Whether each item is a list of keypoint objects (so a frame), not one keypoint."""
    return bool(frames) and isinstance(frames[0], list) and isinstance((frames[0] or [0])[0], dict)


def _depth(value: Any) -> int:
    depth = 0
    while isinstance(value, list) and value:
        depth, value = depth + 1, value[0]
    return depth


def _by_image(annotations: list[Any]) -> list[Any]:
    rows = [row for row in annotations if isinstance(row, dict) and "keypoints" in row]
    key = lambda row: str(row.get("image_id")).zfill(20)  # noqa: E731 - one use
    return [{"people": list(group)} for _, group in groupby(sorted(rows, key=key), key=key)]


def _check_joint_set(document: Any, name: str) -> None:
    meta = document.get("meta_info") if isinstance(document, dict) else None
    title = str(meta.get("dataset_name", "")) if isinstance(meta, dict) else ""
    if title and "coco" not in title.lower():
        raise InvalidMotion(
            f"{name} has the joint set of {title!r}, which is not known; expected COCO's 17 joints."
        )


def _is_world(frame: Any) -> bool:
    return isinstance(frame, dict) and any(key in frame for key in _WORLD)


def _people(frame: Any, name: str) -> list[Keypoints]:
    """Everyone in a frame, in the file's order."""
    if isinstance(frame, dict):
        for key in _PEOPLE:
            if isinstance(frame.get(key), list):
                persons = frame[key][:_MAX_PEOPLE]
                return [points for person in persons for points in _people(person, name)]
        for key in (*_WORLD, *_DEEP, *_EITHER, *_FLAT):
            value = frame.get(key)
            if not value:
                continue
            if key in _FLAT:
                raise _flat(name)
            if isinstance(value, list) and _depth(value) > 1 and _has_points(value):
                return [_points(person, key, name) for person in value[:_MAX_PEOPLE]]
            return [_points(value, key, name, frame.get("keypoint_scores"))]
        return []
    if not frame:
        return []
    return [_points(frame, "keypoints", name)]


def _flat(name: str) -> InvalidMotion:
    return InvalidMotion(
        f"{name} has 2-D keypoints of a picture; motion needs depth: 3-D keypoints, or MediaPipe's "
        "pose_world_landmarks in place of pose_landmarks."
    )


def _points(value: Any, key: str, name: str, scores: Any = None) -> Keypoints:
    broken = UnreadableFile(f"{name}: keypoints must be objects with x, y, z or rows of numbers.")
    if not isinstance(value, list) or not 0 < len(value) <= 1000:
        raise broken
    try:
        if isinstance(value[0], dict):
            if any("z" not in point for point in value):
                raise _flat(name)
            rows = np.array(
                [[point["x"], point["y"], point["z"], _score(point)] for point in value], float
            )
        else:
            rows = np.array(value, float)
    except (TypeError, ValueError, KeyError, OverflowError):
        raise broken from None
    if rows.ndim == 1:
        rows = _unflatten(rows, key, name)
    if rows.ndim != 2 or rows.shape[1] not in (2, 3, 4):
        raise broken
    if rows.shape[1] == 2 or (key in _EITHER and _is_picture(rows)):
        raise _flat(name)
    if rows.shape[1] == 3:
        rows = np.concatenate([rows, np.ones((len(rows), 1))], axis=1)
        try:
            given = np.array([] if scores is None else scores, float)
        except (TypeError, ValueError):
            raise broken from None
        if given.shape == (len(rows),):
            rows[:, 3] = given
    return rows


def _score(point: dict[str, Any]) -> Any:
    for key in ("visibility", "score", "confidence"):
        if key in point:
            return point[key]
    return 1.0


def _unflatten(values: np.ndarray, key: str, name: str) -> np.ndarray:
    """A run of numbers as rows; COCO's 17 x (x, y, v) under ``keypoints`` is a flat picture."""
    if key == "keypoints" and len(values) in (51, 75, 34, 50):
        raise _flat(name)
    for width in (4, 3):
        if len(values) % width == 0 and len(values) // width in _SKELETONS:
            return values.reshape(-1, width)
    raise InvalidMotion(
        f"{name}: {len(values)} numbers a person are no known joint set with x, y, z; expected "
        "17, 22, 24, 25 or 33 joints of 3 or 4 numbers."
    )


def _is_picture(rows: np.ndarray) -> bool:
    """Pixels with a score: the third number stays in 0-2 while the others run into the tens."""
    third = rows[:, 2]
    return bool(
        rows.shape[1] == 3 and (third >= 0).all() and (third <= 2).all()
        and np.nanmax(np.abs(rows[:, :2])) > 20
    )  # fmt: skip


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9


def _clock(frames: list[Any], fps: float | None) -> tuple[np.ndarray | None, float | None]:
    """Times of the frames where each has one (``time_s`` or ``timestamp_ms``), and the rate."""
    for key, scale in (("time_s", 1.0), ("timestamp_ms", 1e-3)):
        if all(isinstance(frame, dict) and _is_number(frame.get(key)) for frame in frames):
            times = np.array([frame[key] for frame in frames], float) * scale
            steps = np.diff(times)
            if len(times) > 1 and (steps > 0).all():
                return times, fps or float(1 / np.median(steps))
    return None, fps
