"""Landmarks of one person -> ``Motion``: one skeleton, placed in a room, on a steady clock."""

from __future__ import annotations

import numpy as np

from llamo.encoders.estimator.bones import on_one_skeleton
from llamo.encoders.estimator.camera import Camera
from llamo.encoders.estimator.landmarks import SIDED, Landmarks
from llamo.encoders.estimator.placing import place
from llamo.encoders.estimator.smoothing import smooth
from llamo.encoders.estimator.upright import camera_tilt, on_the_floor, to_y_up
from llamo.motion import Motion, interpolate
from llamo.skeleton import MEDIAPIPE33

GUESSED = 0.3
"""A joint less visible than this is where the detector imagines it: its confidence is 0."""

DOUBTFUL_SIDE = 0.5
"""The most that can be said of a joint whose side is in doubt."""


def motion_of(
    landmarks: Landmarks, sides_sure: np.ndarray, fps: float, camera: Camera | None = None
) -> Motion:
    """Build a motion.

    Args:
        landmarks: Of one person, left and right settled, NaN where the person was not seen; in at
            least one frame the person was.
        sides_sure: (T,) whether left and right can be told.
        fps: The steady rate of the motion.
        camera: Which camera took the video; the usual one is assumed.
    """
    steady = landmarks.on_clock(fps)
    camera = camera or Camera.assumed(landmarks.size)
    body_m = on_one_skeleton(smooth(steady.world, fps), steady.visibility)
    root_m = place(steady, body_m, fps, camera)
    joints_m = to_y_up(body_m + root_m[:, None])
    seen = steady.visibility.max(1) > 0
    joints_m = on_the_floor(joints_m @ camera_tilt(joints_m, seen, fps).T, seen)
    sure = interpolate(landmarks.times_s, sides_sure.astype(float), steady.times_s) > 0.5
    return Motion(joints_m, fps, MEDIAPIPE33, confidence=_confidence(steady, sure))


def _confidence(steady: Landmarks, sides_sure: np.ndarray) -> np.ndarray:
    """(T, 33): visibility, 0 for what is guessed or out of the picture, less where sides are."""
    confidence = np.where(steady.inside, steady.visibility, 0)
    confidence[confidence < GUESSED] = 0
    doubtful = np.outer(~sides_sure, SIDED)
    return np.where(doubtful, np.minimum(confidence, DOUBTFUL_SIDE), confidence)
