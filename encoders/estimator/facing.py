"""Which way the body faces: what a picture tells beyond its outline.

From behind, MediaPipe may take a back for a chest: left and right are exchanged, at full
visibility. A body and its reflection in the plane of the picture, with left and right exchanged,
have the same outline; knees bend and feet point the same way across it, so they cannot tell the two
apart. What can:

- A face is hardly ever taken for the back of a head, but often the other way round.
- A face that is imagined on the back of a head is too narrow: the eyes stand too close together.
- Cameras stand higher than feet, so toes that point to the camera lie lower than the heels.
- People walk forwards.

The weights are set on figures drawn at known angles (docs/video.md).
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import median_filter

from llamo.encoders.estimator.camera import Camera, locate
from llamo.encoders.estimator.follow import pixels_per_metre
from llamo.encoders.estimator.landmarks import INDEX, Landmarks
from llamo.motion import interpolate

_PRIOR_FRONT, _PRIOR_SIDE, _PRIOR_BACK = -0.6, -1.0, -2.5
"""Log odds that the detector is mistaken, by how it says the body faces."""

_EYES_M = 0.062
"""Distance of the eyes as MediaPipe draws them (adults': 0.063, Dodgson 2004)."""

_EYES_DOUBTFUL, _EYES_RANGE, _EYES_WEIGHT = 0.7, 0.2, 1.5
"""At this share of the distance expected the face tells nothing; beyond the range on either side it
tells all."""

_TOES_M, _TOES_RANGE_M, _TOES_WEIGHT = 0.055, 0.03, 1.0
"""How far toes lie below heels in the picture; imagined ones lie half way."""

_WALK_M_S, _WALK_RANGE_M_S, _WALK_WEIGHT = 0.3, 0.5, 3.0
"""Slower bodies stand; faster by the range they surely walk."""

_WALK_S = 1.5
"""Walking is a change of distance over so long: a jump is shorter."""

_SETTLES_S = 0.5
"""The detector gets the size of a body wrong for so long after it found it."""

_FINE_PIXELS = 200.0
"""Pixels a metre from which eyes and feet can be made out; in smaller pictures they count less."""

_DEPTH_SHARE = 0.75
"""The detector tells this share of the trunk's depth: bodies are turned further than they seem
(docs/estimator-errors.md)."""

_TURNED_DEG = 60.0
"""A face or foot further round than this is seen from the side and tells nothing."""


def headings(world: np.ndarray) -> np.ndarray:
    """(T,) direction the body faces, radians: 0 to the camera, positive to the picture's right.

    Args:
        world: (T, 33, 3) camera's axes, z away.
    """
    at = {name: world[:, place] for name, place in INDEX.items()}
    across = at["left_hip"] - at["right_hip"] + at["left_shoulder"] - at["right_shoulder"]  # (T, 3)
    return np.arctan2(across[:, 2] / _DEPTH_SHARE, across[:, 0])


def doubt_of_facing(landmarks: Landmarks) -> np.ndarray:
    """(T,) log odds that front and back, left and right are exchanged; 0 where nobody was found."""
    heading = headings(landmarks.world)
    ahead = np.cos(heading)  # 1 to the camera, -1 away
    scale = pixels_per_metre(landmarks)
    doubt = (
        _prior(ahead)
        + _face(landmarks, ahead, scale)
        + _toes(landmarks, ahead, scale)
        + _walk(landmarks, ahead)
    )
    return np.nan_to_num(doubt)


def _prior(ahead: np.ndarray) -> np.ndarray:
    angles = [-0.9, -0.2, 0.2, 0.6]
    return np.interp(ahead, angles, [_PRIOR_BACK, _PRIOR_SIDE, _PRIOR_SIDE, _PRIOR_FRONT])


def _face(landmarks: Landmarks, ahead: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Evidence of the eyes' distance, where the body is said to face the camera."""
    image = landmarks.image
    eyes_m = np.linalg.norm(image[:, INDEX["left_eye"]] - image[:, INDEX["right_eye"]], axis=-1)
    share = eyes_m / scale / (_EYES_M * np.maximum(ahead, 0.3))
    told = ((_EYES_DOUBTFUL - share) / _EYES_RANGE).clip(-1, 1)
    weight = _EYES_WEIGHT * (scale / _FINE_PIXELS).clip(0, 1)
    return np.where(ahead > np.cos(np.radians(_TURNED_DEG)), weight * told, 0)


def _toes(landmarks: Landmarks, ahead: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Evidence of the feet of a body on its legs, where it is said to face the camera."""
    at = {name: landmarks.image[:, place] for name, place in INDEX.items()}
    below = [at[f"{side}_foot"][:, 1] - at[f"{side}_heel"][:, 1] for side in ("left", "right")]
    below_m = np.mean(below, axis=0) / scale / np.maximum(ahead, 0.3)
    told = ((_TOES_M - below_m) / _TOES_RANGE_M).clip(-1, 1)
    leg = landmarks.middle("ankle") - landmarks.middle("hip")
    stands = leg[:, 1] > 2 * np.abs(leg[:, 0])
    faces = ahead > np.cos(np.radians(_TURNED_DEG))
    weight = _TOES_WEIGHT * (scale / _FINE_PIXELS).clip(0, 1)
    feet = [INDEX[f"{side}_{part}"] for side in ("left", "right") for part in ("foot", "heel")]
    known = landmarks.visibility[:, feet].min(1) > 0  # some detectors know no feet
    return np.where(stands & faces & known, weight * told, 0)


def _walk(landmarks: Landmarks, ahead: np.ndarray) -> np.ndarray:
    """Evidence of walking to or from the camera: positive where the body would walk backwards."""
    found = np.flatnonzero(landmarks.found)
    seen_s = landmarks.times_s[found]
    settled = seen_s > seen_s[:1] + _SETTLES_S
    found, seen_s = found[settled], seen_s[settled]
    if len(found) < 5 or seen_s[-1] - seen_s[0] < _WALK_S:
        return np.zeros(len(landmarks))
    rays = Camera.assumed(landmarks.size).rays(landmarks.image[found])
    weights = landmarks.visibility[found] + 0.01
    away = locate(rays, landmarks.world[found], weights)[:, 2].clip(0.3, 200)
    # On a steady clock, so that a second is as long everywhere; without outliers.
    rate_hz = 10
    clock_s = np.arange(seen_s[0], seen_s[-1], 1 / rate_hz)
    steady = median_filter(interpolate(seen_s, away, clock_s), rate_hz | 1, mode="nearest")
    half = round(_WALK_S / 2 * rate_hz)
    ends = np.pad(steady, half, mode="edge")
    approach_m_s = (ends[: -2 * half] - ends[2 * half :]) / _WALK_S
    approach = np.interp(landmarks.times_s, clock_s, approach_m_s)  # (T,) to the camera
    sure = ((np.abs(approach) - _WALK_M_S) / _WALK_RANGE_M_S).clip(0, 1)
    return -_WALK_WEIGHT * np.sign(approach) * sure * ahead
