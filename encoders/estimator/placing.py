"""A body's way through space: what the camera sees, held in place while a foot stands.

Depth from one camera is the body's size in the picture, which errs by centimetres from frame to
frame. A foot that stands still in the picture stands still in the world, so the body moves against
it: one linear least-squares problem for each axis over the whole clip.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d, median_filter
from scipy.sparse import diags, vstack
from scipy.sparse.linalg import spsolve

from llamo.encoders.estimator.camera import Camera, across, locate
from llamo.encoders.estimator.landmarks import INDEX, Landmarks

_FITTED = [
    INDEX[f"{side}_{part}"]
    for part in ("shoulder", "hip", "knee", "ankle", "elbow")
    for side in ("left", "right")
]
"""Joints by which a body is located: the large ones, whose bones are surest."""

_FEET = tuple(
    [INDEX[f"{side}_{part}"] for part in ("ankle", "heel", "foot")] for side in ("left", "right")
)

_STANDS_M_S = 0.25
"""A foot slower than this across the line of sight stands."""

_STEPS_M_S = 0.7
"""Where one foot is so much faster than the other along the line of sight, it swings: a foot that
swings towards the camera hardly moves in the picture."""

_STANDS_S = 0.15
"""... if it does so for so long."""

_FOOT_SEEN = 0.5

# Standard deviations, metres: what may be wrong with each thing the least squares weigh.
_ACROSS_M, _DEPTH_M = 0.015, 0.3
"""The body's place across and along the line of sight; depth errs for seconds on end."""
_SLIP_M = 0.001
"""A standing foot from one frame to the next, at 30 frames a second."""
_ACCELERATION_M_S2 = 8.0


def place(landmarks: Landmarks, body_m: np.ndarray, fps: float, camera: Camera) -> np.ndarray:
    """Where the middle of the hips is in each frame.

    Args:
        landmarks: On a steady clock, without gaps; visibility 0 where nobody was seen.
        body_m: (T, 33, 3) smoothed joints from the middle of the hips, z away from the camera.
        fps: Frames a second.
        camera: Which pictures the landmarks lie in.

    Returns:
        (T, 3) metres from the camera, x right, y down, z away.
    """
    rays = camera.rays(landmarks.image)
    seen = landmarks.visibility.max(1) > 0
    weights = np.where(seen[:, None], landmarks.visibility, 0.01)[:, _FITTED] + 0.01
    body, sights = body_m[:, _FITTED], rays[:, _FITTED]
    depth_m = _steadied(locate(sights, body, weights)[:, 2], fps)
    feet = [_known(foot, landmarks) for foot in _FEET]
    feet_m = np.stack([body_m[:, foot].mean(1) for foot in feet], axis=1)  # (T, 2, 3)
    stands = _standing(landmarks, feet, rays, depth_m[:, None] + feet_m[..., 2], fps)
    root = np.empty((len(body), 3))
    root[:, 2] = _follow(depth_m, _DEPTH_M, seen, feet_m[..., 2], stands, fps)
    # The place across hangs on the depth: it is read again along the lines of sight.
    beside = across(sights, body, weights, root[:, 2])
    for axis in (0, 1):
        root[:, axis] = _follow(beside[:, axis], _ACROSS_M, seen, feet_m[..., axis], stands, fps)
    return root


def _steadied(depth_m: np.ndarray, fps: float) -> np.ndarray:
    """Without outliers, and smooth: nobody comes and goes metres within a second."""
    depth_m = depth_m.clip(0.3, 200)
    window = min(round(0.5 * fps) | 1, len(depth_m))
    calm = median_filter(depth_m, window, mode="nearest")
    return gaussian_filter1d(calm, 0.2 * fps, mode="nearest")


def _known(foot: list[int], landmarks: Landmarks) -> list[int]:
    """Those points of a foot that are ever seen: some detectors know the ankle alone."""
    return [point for point in foot if landmarks.visibility[:, point].any()] or foot


def _standing(
    landmarks: Landmarks, feet: list[list[int]], rays: np.ndarray, depth_m: np.ndarray, fps: float
) -> np.ndarray:
    """(T - 1, 2) whether the left and the right foot, at depths (T, 2), stand between frames."""
    calm = gaussian_filter1d(depth_m, 0.1 * fps, axis=0, mode="nearest")
    along = np.diff(calm, axis=0) * fps  # (T-1, 2) m/s
    steps = np.abs(along[:, 0] - along[:, 1]) > _STEPS_M_S
    swings = steps[:, None] & (np.abs(along) > np.abs(along).min(1, keepdims=True))
    stands = []
    for side, foot in enumerate(feet):
        path = gaussian_filter1d(rays[:, foot].mean(1), 0.05 * fps, axis=0, mode="nearest")
        beside = np.linalg.norm(np.diff(path, axis=0), axis=-1) * depth_m[1:, side] * fps
        slow = (beside < _STANDS_M_S) & ~swings[:, side]
        seen = landmarks.visibility[:, foot].min(1) >= _FOOT_SEEN
        stands.append(_lasting(slow & seen[1:] & seen[:-1], _STANDS_S * fps))
    return np.stack(stands, axis=-1)


def _lasting(states: np.ndarray, frames: float) -> np.ndarray:
    """Only the runs of True that last."""
    edges = np.flatnonzero(np.diff(np.r_[0, states.astype(int), 0]))
    kept = np.zeros_like(states)
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        kept[start:end] = end - start >= frames
    return kept


def _follow(
    seen_m: np.ndarray,
    doubt_m: float,
    seen: np.ndarray,
    feet_m: np.ndarray,
    stands: np.ndarray,
    fps: float,
) -> np.ndarray:
    """(T,) one coordinate of the root: near what is seen, no slipping feet, no jerks.

    Args:
        seen_m: (T,) the root as the camera sees it.
        doubt_m: How far that may be off.
        seen: (T,) whether anything was seen.
        feet_m: (T, 2) the feet from the root.
        stands: (T - 1, 2) whether a foot stands from this frame to the next.
        fps: Frames a second.
    """
    frames = len(seen_m)
    if frames < 3:
        return seen_m
    step = diags([-1.0, 1.0], [0, 1], shape=(frames - 1, frames))
    bend = diags([1.0, -2.0, 1.0], [0, 1, 2], shape=(frames - 2, frames)) * fps**2
    rows = [diags(np.where(seen, 1 / doubt_m, 1e-3 / doubt_m)), bend / _ACCELERATION_M_S2]
    targets = [rows[0] @ seen_m, np.zeros(frames - 2)]
    slip = 1 / (_SLIP_M * np.sqrt(30 / fps))
    for foot in range(2):
        hold = diags(stands[:, foot] * slip)
        rows.append(hold @ step)
        targets.append(hold @ -np.diff(feet_m[:, foot]))
    system = vstack(rows).tocsc()
    return spsolve(system.T @ system, system.T @ np.concatenate(targets))
