"""Landmarks by estimators in two stages, in 2-D: one network finds people, another their joints.

What they see are COCO's 17 keypoints; the lifter takes them to space.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from llamo.encoders.estimator.coco import landmarks_of_keypoints
from llamo.encoders.estimator.detection import Progress
from llamo.encoders.estimator.landmarks import Landmarks
from llamo.skeleton import COCO17
from llamo.video import Video

_SAME = 0.3
"""A box that covers the one before it so well (intersection over union) is of the same person."""

_AT_ONCE = 8  # frames


class TwoStagePose(ABC):
    """Finds landmarks of one person in each frame: the largest, then whoever is where they were."""

    def detect(self, video: Video, progress: Progress | None = None) -> Landmarks:
        """Find one person in each frame; ``progress`` is told (frames done, frames in all)."""
        height, width = video.frames.shape[1:3]
        keypoints = np.full((len(video), len(COCO17), 2), np.nan)
        scores = np.zeros((len(video), len(COCO17)))
        last: np.ndarray | None = None
        for start in range(0, len(video), _AT_ONCE):
            frames = list(video.frames[start : start + _AT_ONCE])
            boxes: dict[int, np.ndarray] = {}
            for place, found in enumerate(self.people(frames), start=start):
                box = choose(found, last)
                if box is not None:
                    boxes[place] = last = box
            if boxes:
                places = list(boxes)
                seen = self.keypoints([frames[p - start] for p in places], list(boxes.values()))
                keypoints[places], scores[places] = seen
            if progress is not None:
                progress(min(start + _AT_ONCE, len(video)), len(video))
        return landmarks_of_keypoints(keypoints, scores, video.times_s, (width, height))

    def close(self) -> None:  # noqa: B027
        """Nothing to end."""

    @abstractmethod
    def people(self, frames: list[np.ndarray]) -> list[np.ndarray]:
        """(N, 4) corners of the people in each frame (h, w, 3), RGB: left, top, right, bottom."""

    @abstractmethod
    def keypoints(
        self, frames: list[np.ndarray], boxes: list[np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """(S, 17, 2) pixels and (S, 17) scores of the person in one box of each frame."""


def first_line(error: Exception) -> str:
    """What an error of a library says, on one line."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def choose(boxes: np.ndarray, last: np.ndarray | None) -> np.ndarray | None:
    """The box that covers the last one best; where none does, the largest; None of none."""
    if not len(boxes):
        return None
    if last is not None:
        covers = np.array([_overlap(box, last) for box in boxes])
        if covers.max() >= _SAME:
            return boxes[int(covers.argmax())]
    return boxes[int(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1).argmax())]


def _overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Intersection over union."""
    inside = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    shared = float(np.prod(np.maximum(inside, 0)))
    both = float(np.prod(one[2:] - one[:2]) + np.prod(other[2:] - other[:2]))
    return shared / max(both - shared, 1e-9)
