"""A video's two halves looked at side by side: one detector keeps one core busy, and no more.

Where a video is halved depends on its length alone, not on the machine: with one core, which takes
one half after the other, the answer is the same.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path

import numpy as np

from llamo.encoders.estimator.detection import Detector, Progress
from llamo.encoders.estimator.follow import pixels_per_metre
from llamo.encoders.estimator.landmarks import Landmarks
from llamo.encoders.estimator.people import SAME_M, part
from llamo.video import Video

SHORTEST = 60
"""Frames of a video that is looked at in halves."""

OVERLAP = 12
"""Frames before the middle that both halves see: the second finds its person by them, and it shows
whether that is the one whom the first follows."""

_TELL_S = 0.2
"""Seconds between two words on the second half, once the first is done."""


class HalvesDetector:
    """Finds landmarks as ``Detector`` does, in about half the time where there are two cores.

    Args:
        task: As of ``Detector``.

    Raises:
        ModelError: There is no such file.
        MissingDependency: MediaPipe is not installed, or does not load.
    """

    def __init__(self, task: Path | None = None) -> None:
        self._first = Detector(task)
        self._second = Detector(task) if (os.cpu_count() or 1) > 1 else self._first

    def close(self) -> None:
        """End the processes with all that they started."""
        self._first.close()
        self._second.close()

    def detect(self, video: Video, progress: Progress | None = None) -> Landmarks:
        """Find one person in each frame; ``progress`` is told by the thread that calls.

        Raises:
            InvalidVideo: A detector crashed on it, or stopped answering.
            MissingDependency: MediaPipe does not load.
        """
        if len(video) < SHORTEST:
            return self._first.detect(video, progress)
        middle = len(video) // 2
        halves = part(video, slice(middle)), part(video, slice(middle - OVERLAP, None))
        first, second = self._both(halves, _Progress(progress, len(video)))
        if _differ(first.part(slice(-OVERLAP, None)), second.part(slice(OVERLAP))):
            return self._first.detect(video, progress)  # whoever was found first is followed
        return _joined(first, second.part(slice(OVERLAP, None)), video.times_s)

    def _both(self, halves: tuple[Video, Video], told: _Progress) -> tuple[Landmarks, Landmarks]:
        if self._second is self._first:
            first = self._first.detect(halves[0], told.first)
            return first, self._first.detect(halves[1], told.second)
        with ThreadPoolExecutor(1) as beside:
            second = beside.submit(self._second.detect, halves[1], told.second_unheard)
            try:
                first = self._first.detect(halves[0], told.first)
                while wait([second], _TELL_S).not_done:
                    told.tell()
                told.tell()
                return first, second.result()
            except BaseException:
                self.close()  # else leaving this block would wait for the other half
                raise


class _Progress:
    """What both halves have done, told as of one video.

    Args:
        progress: Whom to tell.
        total: Frames of the video.
    """

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress, self._total = progress, total
        self._first = self._second = 0

    def first(self, done: int, _: int) -> None:
        self._first = done
        self.tell()

    def second(self, done: int, _: int) -> None:
        self.second_unheard(done, _)
        self.tell()

    def second_unheard(self, done: int, _: int) -> None:
        """For another thread than the one that is told."""
        self._second = max(0, done - OVERLAP)

    def tell(self) -> None:
        if self._progress is not None:
            self._progress(self._first + self._second, self._total)


def _differ(one: Landmarks, other: Landmarks) -> bool:
    """Whether different people were found in the same frames."""
    both = one.found & other.found
    if not both.any():
        return False
    apart = np.linalg.norm(one.centre - other.centre, axis=1) / pixels_per_metre(one)
    return bool(np.median(apart[both]) > SAME_M)


def _joined(first: Landmarks, second: Landmarks, times_s: np.ndarray) -> Landmarks:
    return replace(
        first,
        image=np.concatenate([first.image, second.image]),
        world=np.concatenate([first.world, second.world]),
        visibility=np.concatenate([first.visibility, second.visibility]),
        times_s=times_s,
    )
