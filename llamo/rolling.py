"""What came last: rows with their times, older ones forgotten."""

from __future__ import annotations

from collections import deque

import numpy as np

from llamo.motion import Motion
from llamo.skeleton import Skeleton

MOST_HZ = 120.0
"""Frames that come faster are passed over, so that memory is bounded."""

_STEADY = 0.1
"""A clock is steady if no frame is off by this share of a frame."""


class Rolling:
    """Rows of the last seconds.

    Args:
        keep_s: How far back, seconds.
    """

    def __init__(self, keep_s: float) -> None:
        self._keep_s = keep_s
        self._rows: deque[tuple[float, np.ndarray]] = deque()
        self.has_forgotten = False

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def end_s(self) -> float:
        """Time of the newest row."""
        return self._rows[-1][0]

    def append(self, row: np.ndarray, time_s: float) -> None:
        """Add the newest row, (...), of a shape that stays the same; times rise."""
        self._rows.append((time_s, row))
        while time_s - self._rows[0][0] > self._keep_s:
            self._rows.popleft()
            self.has_forgotten = True

    def since(self, time_s: float) -> tuple[np.ndarray, np.ndarray]:
        """Rows (T, ...) and times (T,) from a moment on; there is one at least."""
        rows = [one for one in self._rows if one[0] >= time_s]
        return np.stack([row for _, row in rows]), np.array([when for when, _ in rows])


def motion_of_rows(rows: np.ndarray, times_s: np.ndarray, skeleton: Skeleton) -> Motion:
    """Joints with their confidence (T, J, 4), at rising times (T,), as a motion from 0 s on."""
    steps_s = np.diff(times_s)
    fps = 1 / float(np.median(steps_s)) if len(steps_s) else MOST_HZ
    since_s = times_s - times_s[0]
    is_steady = np.abs(since_s * fps - np.arange(len(rows))).max() < _STEADY
    confidence = rows[..., 3]
    return Motion(
        rows[..., :3],
        fps,
        skeleton,
        confidence=None if (confidence == 1).all() else confidence,
        time_s=None if is_steady else since_s,
    )
