"""COCO's 17 keypoints, as most pose estimators give them, as landmarks in picture and space."""

from __future__ import annotations

import numpy as np

from llamo.encoders.estimator.landmarks import INDEX, Landmarks
from llamo.encoders.estimator.lifting import body_of, span_of
from llamo.encoders.lifter import Lifter
from llamo.encoders.lifter_input import FEET, POINTS, Seen, from_hips
from llamo.skeleton import COCO17, SMPL22

_ADULT_M = 1.29
"""Trunk and leg of the body that MediaPipe draws, too: a picture does not tell a size."""


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
    if found.any():
        points, seen = unlifted.part(found).points(POINTS)
        lasts_s = float(times_s[found][-1] - times_s[found][0])
        fps = max(1.0, (found.sum() - 1) / max(lasts_s, 1e-3))
        shown = Seen(from_hips(points), seen, fps, span_of(points, size)).without(FEET)
        body = body_of(shown, lifter)
        world[found] = (body[:, _JOINTS] - body[:, _HIPS].mean(1, keepdims=True)) * _ADULT_M
    return Landmarks(image, world, visibility, times_s, size)
