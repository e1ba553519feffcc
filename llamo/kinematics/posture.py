"""The body's own frame: joints cleaned of spikes, on a steady clock, turned to face one way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import convolve1d

from llamo.motion import Motion
from llamo.skeleton import SMPL22

RATE_HZ = 20.0
"""Faster clips are thinned to this after smoothing; nothing measured here moves quicker."""

SMOOTHING_S = 0.05
"""Width (standard deviation) of the smoothing: keeps a punch, removes a camera's jitter."""

SEEN_SHARE = 0.2
"""A joint seen in fewer frames than this share is not measured."""

JOINT = {name: index for index, name in enumerate(SMPL22.joints)}


@dataclass(frozen=True, eq=False)
class Posture:
    """A motion made ready to be measured.

    Args:
        times_s: (T,) seconds since the clip's start, steady.
        rate_hz: Frames a second of ``times_s``.
        joints: (T, 22, 3) metres in the room, smoothed; gaps are filled.
        body: (T, 22, 3) metres from the body's origin: x to the left, y up, z forward.
        heading: (T,) radians, unwrapped; grows as the body turns to its left.
        origin: (T, 3) metres: the pelvis, or the neck where the hips are not seen.
        seen: (22,) whether a joint was seen often enough to be measured.
        share_seen: (22,) in which share of the frames it was seen.
        noise_m: (22,) metres, one standard deviation of what the smoothing removed.
        height_m: Rough stature, from the bones that are seen.
    """

    times_s: np.ndarray
    rate_hz: float
    joints: np.ndarray
    body: np.ndarray
    heading: np.ndarray
    origin: np.ndarray
    seen: np.ndarray
    share_seen: np.ndarray
    noise_m: np.ndarray
    height_m: float

    def sees(self, *names: str) -> bool:
        """Whether all these joints were seen."""
        return all(self.seen[JOINT[name]] for name in names)


def read_posture(motion: Motion) -> Posture:
    """Clean a motion and bring it into the body's own frame.

    Spikes of one frame go by a median of three; the rest is smoothed by a Gaussian that keeps
    straight lines straight up to the clip's ends.
    """
    if motion.time_s is not None:
        motion = motion.bridge_gaps().resample(motion.fps)
    motion = motion.to_skeleton(SMPL22)
    raw, share_seen = _fill_gaps(motion.joints.astype(np.float64), motion.confidence)
    seen = share_seen >= SEEN_SHARE
    fps = motion.fps
    clean = smooth(_median_of_three(raw, max(1, round(fps / RATE_HZ))), fps, SMOOTHING_S)
    noise = 1.48 * np.median(np.abs(raw - clean), axis=0).mean(-1)  # (22,)
    if fps > RATE_HZ * 1.25:
        count = int(np.floor((len(clean) - 1) / fps * RATE_HZ + 1e-6)) + 1
        clean, fps = _at(clean, np.arange(count) / RATE_HZ * fps), RATE_HZ
    heading = _heading(clean, seen, fps)
    origin = clean[:, JOINT["pelvis"] if seen[JOINT["pelvis"]] else JOINT["neck"]]
    cos, sin = np.cos(heading)[:, None], np.sin(heading)[:, None]
    away = clean - origin[:, None]
    body = np.stack(
        [away[..., 0] * cos - away[..., 2] * sin, away[..., 1],
         away[..., 0] * sin + away[..., 2] * cos], axis=-1,
    )  # fmt: skip
    return Posture(
        np.arange(len(clean)) / fps, fps, clean, body, heading, origin, seen, share_seen, noise,
        _height(clean, seen),
    )  # fmt: skip


def smooth(values: np.ndarray, rate_hz: float, width_s: float) -> np.ndarray:
    """Gaussian along time, (T, ...); mirrored about the end points, so that a ramp stays a ramp."""
    width = width_s * rate_hz
    reach = min(int(np.ceil(3 * width)), len(values) - 1)
    if width < 0.3 or reach < 1:
        return values
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / width) ** 2)
    rest = [(0, 0)] * (values.ndim - 1)
    padded = np.pad(values, [(reach, reach), *rest], mode="reflect", reflect_type="odd")
    return convolve1d(padded, kernel / kernel.sum(), axis=0)[reach:-reach]


def _median_of_three(values: np.ndarray, step: int) -> np.ndarray:
    if len(values) <= 2 * step:
        return values
    a, b, c = values[: -2 * step], values[step:-step], values[2 * step :]
    middle = np.maximum(np.minimum(a, b), np.minimum(np.maximum(a, b), c))
    return np.concatenate([values[:step], middle, values[-step:]])


def _at(values: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """Values at fractional frames, linearly."""
    low = np.minimum(frames.astype(int), len(values) - 2)
    share = (frames - low).reshape(-1, *[1] * (values.ndim - 1))
    return values[low] * (1 - share) + values[low + 1] * share


def _fill_gaps(joints: np.ndarray, confidence: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """The joints with straight lines over gaps, and the share of the frames that see each (22,)."""
    if confidence is None:
        return joints, np.ones(joints.shape[1])
    known = confidence > 0  # (T, 22)
    share_seen = known.mean(0)
    seen = share_seen >= SEEN_SHARE
    frames = np.arange(len(joints))
    joints = joints.copy()
    for joint in np.flatnonzero(seen & ~known.all(0)):
        have = known[:, joint]
        for axis in range(3):
            joints[~have, joint, axis] = np.interp(
                frames[~have], frames[have], joints[have, joint, axis]
            )
    return joints, share_seen


def _heading(joints: np.ndarray, seen: np.ndarray, rate_hz: float) -> np.ndarray:
    """(T,) radians; 0 faces +z, positive towards +x, which is the person's left."""
    across = np.zeros((len(joints), 3))
    for pair in ("hip", "shoulder"):
        left, right = JOINT[f"left_{pair}"], JOINT[f"right_{pair}"]
        if seen[left] and seen[right]:
            across = across + joints[:, left] - joints[:, right]
    across = smooth(across, rate_hz, 0.15)  # a short vector (a body on its side) counts little
    return np.unwrap(np.arctan2(-across[:, 2], across[:, 0]))


_BONES = (
    ("pelvis", "neck", 0.30), ("left_hip", "left_knee", 0.24), ("right_hip", "right_knee", 0.24),
    ("left_knee", "left_ankle", 0.23), ("right_knee", "right_ankle", 0.23),
    ("left_shoulder", "left_elbow", 0.16), ("right_shoulder", "right_elbow", 0.16),
    ("left_elbow", "left_wrist", 0.145), ("right_elbow", "right_wrist", 0.145),
)  # fmt: skip
"""Bones and their share of stature (about: Winter, Biomechanics of Human Movement, fig. 4.1)."""


def _height(joints: np.ndarray, seen: np.ndarray) -> float:
    guesses = [
        np.linalg.norm(joints[::5, JOINT[a]] - joints[::5, JOINT[b]], axis=-1) / share
        for a, b, share in _BONES
        if seen[JOINT[a]] and seen[JOINT[b]]
    ]
    height = float(np.median(np.concatenate(guesses))) if guesses else 0.0
    return height if height > 0.1 else 1.7
