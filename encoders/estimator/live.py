"""A camera's newest frame: the person in it, and the motion of the last seconds.

Frames that come while the detector is busy are passed over: what it says is always of now.
"""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from llamo.encoders.estimator.detection import FRAME_S, START_S, Detector, to_landmarks
from llamo.encoders.estimator.estimate import Estimate
from llamo.encoders.estimator.follow import CORE, follow
from llamo.encoders.estimator.landmarks import INDEX
from llamo.encoders.estimator.motion_of import GUESSED, motion_of
from llamo.encoders.estimator.pose import estimate_landmarks
from llamo.encoders.estimator.sides import settle_sides
from llamo.errors import InvalidVideo

SIDE = 720
"""Longer side of the pictures that are looked at, pixels; the detector makes do with far fewer."""

FASTEST_HZ = 30.0
"""Nothing is measured that needs a faster clock."""

_HERE = 0.5
"""Least visibility of somebody who is there: of both shoulders, or the median of ``CORE``."""

_SHOULDERS = [INDEX["left_shoulder"], INDEX["right_shoulder"]]

_NO_CUTS = np.zeros(0, int)


class Seen(NamedTuple):
    """What was found in one frame.

    Args:
        time_s: Of the frame.
        record: (2, 33, 3) as ``Detector.look`` gives it.
        latency_s: From the frame's coming to the answer.
    """

    time_s: float
    record: np.ndarray
    latency_s: float


class LivePose:
    """Looks at one frame at a time, in a process of its own. Close it after use.

    Raises:
        MissingDependency: MediaPipe is not installed.
    """

    def __init__(self) -> None:
        self._detector = Detector()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="live-pose")
        self._looking: Future[Seen] | None = None
        self._patience_s = START_S
        self._since = 0.0

    def offer(self, frame: np.ndarray, time_s: float) -> bool:
        """Look at a frame, unless the one before is being looked at still: then it is dropped.

        Args:
            frame: (h, w, 3) uint8, RGB; copied.
            time_s: Of the frame.

        Raises:
            InvalidVideo: The detector has stopped answering.
        """
        if self._looking is not None:
            if time.monotonic() - self._since > self._patience_s:
                self.close()
                raise InvalidVideo("the pose detector stopped answering; begin again.")
            return False
        self._since = time.monotonic()
        self._looking = self._worker.submit(self._look, _within(frame, SIDE), time_s, self._since)
        return True

    def take(self, wait: bool = False) -> Seen | None:
        """What was found in the frame that was taken last; None while it is looked at.

        Args:
            wait: Until it is known.

        Raises:
            InvalidVideo: The detector crashed, or does not answer.
            MissingDependency: MediaPipe does not load.
        """
        looking = self._looking
        if looking is None or not (wait or looking.done()):
            return None
        try:
            seen = looking.result(timeout=self._patience_s)
        except TimeoutError:
            self.close()
            raise InvalidVideo("the pose detector stopped answering; begin again.") from None
        self._looking, self._patience_s = None, FRAME_S
        return seen

    def close(self) -> None:
        """End the process."""
        self._detector.close()
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _look(self, frame: np.ndarray, time_s: float, since: float) -> Seen:
        record = self._detector.look(frame)
        return Seen(time_s, record, time.monotonic() - since)


def estimate_latest(
    records: np.ndarray, times_s: np.ndarray, size: tuple[int, int]
) -> Estimate | None:
    """The motion of the person in the last frames, also where parts of the body are never seen.

    Args:
        records: (T, 2, 33, 3) as ``Detector.look`` gives them.
        times_s: (T,) seconds, rising.
        size: (width, height) of the pictures, pixels.

    Returns:
        The same as of a whole video, but for what only pixels tell; None where nobody is seen.
    """
    landmarks = to_landmarks(records, times_s - times_s[0], size)
    followed = follow(landmarks, _NO_CUTS)
    if not followed.frames.any():
        return None
    sides = settle_sides(landmarks.of(followed.frames))
    motion = motion_of(sides.landmarks, sides.sure, steady_rate(times_s))
    return Estimate(motion, sides.landmarks, sides.sure, (*followed.notes, *sides.notes))


def estimate_recorded(records: np.ndarray, times_s: np.ndarray, size: tuple[int, int]) -> Estimate:
    """As ``estimate_latest``, but as strict as for a video.

    Raises:
        NothingToEstimate: No person, or no whole person.
    """
    landmarks = to_landmarks(records, times_s - times_s[0], size)
    return estimate_landmarks(landmarks, _NO_CUTS, steady_rate(times_s))


def steady_rate(times_s: np.ndarray) -> float:
    """Frames a second, usually, of rising times (T,)."""
    steps_s = np.diff(times_s)
    return min(FASTEST_HZ, 1 / float(np.median(steps_s))) if len(steps_s) else FASTEST_HZ


def confidence_of(record: np.ndarray) -> np.ndarray:
    """(33,) how surely each joint is seen in one frame, 0-1; 0 for all where nobody is.

    Args:
        record: (2, 33, 3) as ``Detector.look`` gives it.
    """
    if not is_here(record):
        return np.zeros(record.shape[1])
    share = record[0, :, :2]
    inside = ((share >= 0) & (share < 1)).all(1)
    sure = np.where(inside, record[0, :, 2].clip(0, 1), 0.0)
    return np.where(sure < GUESSED, 0.0, sure)


def is_here(record: np.ndarray) -> bool:
    """Whether a frame shows somebody; arguments as ``confidence_of``."""
    visibility = record[0, :, 2]
    seen = max(np.median(visibility[CORE]), visibility[_SHOULDERS].min())
    return bool(np.isfinite(record).all() and seen >= _HERE)


def _within(frame: np.ndarray, side: int) -> np.ndarray:
    """A copy, scaled down to a longer side of at most so many pixels."""
    height, width = frame.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return frame.copy()
    import cv2

    size = max(1, round(width * scale)), max(1, round(height * scale))
    whole = np.ascontiguousarray(frame)  # channels turned round are a view that runs backwards
    return cv2.resize(whole, size, interpolation=cv2.INTER_AREA)
