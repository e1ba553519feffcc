"""How many times a movement is repeated, by how often the body leaves a pose and returns to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from llamo.kinematics.posture import JOINT, Posture, read_posture, smooth
from llamo.motion import Motion

COUNTED_JOINTS = (
    "left_knee", "right_knee", "left_ankle", "right_ankle", "neck", "head", "left_shoulder",
    "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
)  # fmt: skip

SMALLEST_M = 0.10
"""Excursions below this (root of the summed squares over the counted joints) are swaying."""


@dataclass(frozen=True)
class Repetitions:
    """Repetitions of the movement that a clip repeats.

    Args:
        count: How many.
        spans_s: Start, turning point and end of each, in seconds since the clip's start.
        joint: The joint that moves most in them, "" where nothing moves.
        confidence: 0-1; how alike the repetitions are and how clear-cut.
    """

    count: int
    spans_s: tuple[tuple[float, float, float], ...]
    joint: str
    confidence: float


NO_REPETITIONS = Repetitions(0, (), "", 1.0)


def count_repetitions(motion: Motion) -> Repetitions:
    """Count the repetitions of a motion's main movement."""
    return repetitions_of(read_posture(motion))


def repetitions_of(posture: Posture) -> Repetitions:
    """As ``count_repetitions``, for a motion that was made ready before."""
    joints = [name for name in COUNTED_JOINTS if posture.sees(name)]
    if not joints or len(posture.times_s) < 4:
        return NO_REPETITIONS
    points = posture.body[:, [JOINT[name] for name in joints]]  # (T, J, 3)
    if posture.sees("pelvis"):
        points = np.concatenate([points, _pelvis_height(posture)], axis=1)
    points = smooth(points, posture.rate_hz, 0.08)
    pose = points.reshape(len(points), -1)
    pose = pose - pose.mean(0)
    spans = min(
        (
            _excursions(np.linalg.norm(pose - rest, axis=1), 0.5, SMALLEST_M)
            for rest in (_rest_pose(pose), pose[0], pose[-1])
        ),
        key=len,
    )
    if not spans:
        return NO_REPETITIONS
    times = posture.times_s
    spread = points[:, : len(joints)].std(0).sum(-1)
    return Repetitions(
        len(spans),
        tuple(tuple(float(times[frame]) for frame in span) for span in spans),
        joints[int(spread.argmax())],
        0.9,
    )


def _pelvis_height(posture: Posture) -> np.ndarray:
    height = np.zeros((len(posture.origin), 1, 3))
    height[:, 0, 1] = posture.origin[:, 1]
    return height


def _rest_pose(pose: np.ndarray) -> np.ndarray:
    """The pose around which the body lingers most, (D,)."""
    sample = pose[:: max(1, len(pose) // 300)]
    squared = (sample**2).sum(1)
    apart = np.sqrt((squared[:, None] + squared - 2 * sample @ sample.T).clip(0))
    width = max(0.05, 0.15 * float(np.median(apart)))
    return sample[np.exp(-0.5 * (apart / width) ** 2).sum(1).argmax()]


def _excursions(away: np.ndarray, valley: float, smallest: float) -> list[tuple[int, int, int]]:
    """Start, peak and end frames of each departure; two peaks are one unless the way back
    between them reaches below ``valley`` times the lower peak."""
    low = np.flatnonzero((away[1:-1] <= away[:-2]) & (away[1:-1] < away[2:])) + 1
    valleys = [0, *low.tolist(), len(away) - 1]
    peaks = [[a, a + int(away[a : b + 1].argmax()), b] for a, b in zip(valleys, valleys[1:])]
    floor = float(away.min())
    merged: list[list[int]] = []
    for span in peaks:
        merged.append(span)
        while len(merged) > 1:
            before, last = merged[-2], merged[-1]
            lower = min(away[before[1]], away[last[1]])
            if lower - floor >= smallest and away[last[0]] - floor < valley * (lower - floor):
                break
            top = before[1] if away[before[1]] >= away[last[1]] else last[1]
            merged[-2:] = [[before[0], top, last[2]]]
    return [_tighten(away, tuple(span)) for span in merged if away[span[1]] - floor >= smallest]


def _tighten(away: np.ndarray, span: tuple[int, int, int]) -> tuple[int, int, int]:
    """Cut the idle ends of an excursion: below a tenth of its height above its own ends."""
    start, peak, end = span
    rising = away[start : peak + 1]
    falling = away[peak : end + 1]
    up = rising.min() + 0.1 * (away[peak] - rising.min())
    down = falling.min() + 0.1 * (away[peak] - falling.min())
    first = start + int(np.flatnonzero(rising <= up)[-1])
    last = peak + int(np.flatnonzero(falling <= down)[0])
    return first, peak, last
