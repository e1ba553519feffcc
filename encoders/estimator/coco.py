"""COCO's 17 keypoints, as most pose estimators give them, as landmarks in picture and space."""

from __future__ import annotations

import numpy as np

from llamo.encoders.estimator.landmarks import INDEX, Landmarks
from llamo.encoders.estimator.lifting import body_of, span_of
from llamo.encoders.lifter import Lifter
from llamo.encoders.lifter_input import (
    ADULT_M,
    FEET,
    POINTS,
    USUAL_HZ,
    Seen,
    body_size,
    from_hips,
)
from llamo.skeleton import COCO17, SMPL22

_GAP_S = 0.3
"""Frames that are farther apart are lifted apart."""

_JUMPS = 0.5
"""... and those between which the hips go by so many sizes of the body: there is a cut, or another
person."""


def _keypoint_of(name: str) -> tuple[str, bool]:
    """The keypoint that stands for one of MediaPipe's 33, and whether it is that very one."""
    if name in COCO17.joints:
        return name, True
    side, _, part = name.partition("_")
    for parts, stands_in in (
        (("eye_inner", "eye_outer"), "eye"),
        (("pinky", "index", "thumb"), "wrist"),
        (("heel", "foot"), "ankle"),
    ):
        if part in parts:
            return f"{side}_{stands_in}", False
    return "nose", False  # the mouth


def _joint_of(name: str) -> str:
    """SMPL's joint that is nearest to one of MediaPipe's 33."""
    if name in SMPL22.joints:
        return name
    keypoint, _ = _keypoint_of(name)
    return keypoint if keypoint in SMPL22.joints else "head"


_KEYPOINTS = [COCO17.index(_keypoint_of(name)[0]) for name in INDEX]
_SEEN = np.array([_keypoint_of(name)[1] for name in INDEX])
_HIPS = [SMPL22.index(f"{side}_hip") for side in ("left", "right")]
_JOINTS = [SMPL22.index(_joint_of(name)) for name in INDEX]


def landmarks_of_keypoints(
    keypoints: np.ndarray,
    scores: np.ndarray,
    times_s: np.ndarray,
    size: tuple[int, int],
    lifter: Lifter | None = None,
) -> Landmarks:
    """Landmarks of one person.

    Args:
        keypoints: (T, 17, 2) pixels; NaN where nobody was found.
        scores: (T, 17) in 0-1.
        times_s: (T,) seconds, rising from 0.
        size: (width, height) of the pictures, pixels.
        lifter: Tells how far away joints are; None takes the one that ships.

    Returns:
        The 33 of MediaPipe: those that COCO lacks lie where their nearest neighbour does, at
        visibility 0.
    """
    found = np.isfinite(keypoints).all((1, 2))
    image = np.where(found[:, None, None], keypoints[:, _KEYPOINTS].astype(np.float64), np.nan)
    visibility = np.where(found[:, None] & _SEEN, scores[:, _KEYPOINTS].clip(0, 1), 0.0)
    unlifted = Landmarks(image, np.full((*image.shape[:2], 3), np.nan), visibility, times_s, size)
    world = np.full((*image.shape[:2], 3), np.nan)
    for run in _runs(unlifted):
        body = _lifted(unlifted.part(run), lifter)
        world[run] = (body[:, _JOINTS] - body[:, _HIPS].mean(1, keepdims=True)) * ADULT_M
    return Landmarks(image, world, visibility, times_s, size)


def _runs(landmarks: Landmarks) -> list[np.ndarray]:
    """Frames of one body in one go, each run's indices; frames without a body are in none."""
    found = np.flatnonzero(landmarks.found)
    if not len(found):
        return []
    points, _ = landmarks.part(found).points(POINTS)
    sizes = np.array([body_size(one[None], POINTS) for one in points])
    hips = landmarks.part(found).middle("hip")
    jumps = np.linalg.norm(np.diff(hips, axis=0), axis=1) > _JUMPS * np.minimum(
        sizes[1:], sizes[:-1]
    )
    breaks = jumps | (np.diff(landmarks.times_s[found]) > _GAP_S)
    return np.split(found, np.flatnonzero(breaks) + 1)


def _lifted(landmarks: Landmarks, lifter: Lifter | None) -> np.ndarray:
    """(T, 22, 3) of one run, in sizes of the body."""
    points, visibility = landmarks.points(POINTS)
    lasts_s = float(landmarks.times_s[-1] - landmarks.times_s[0])
    fps = (len(landmarks) - 1) / lasts_s if lasts_s > 0 else USUAL_HZ
    seen = Seen(from_hips(points), visibility, fps, span_of(points, landmarks.size))
    return body_of(seen.without(FEET), lifter)
