"""What any estimator takes and gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from llamo.encoders.estimator.detection import Progress
from llamo.encoders.estimator.landmarks import Landmarks
from llamo.motion import Motion
from llamo.video import Video


@dataclass(frozen=True, eq=False)
class Estimate:
    """A motion seen in a video, and how it was come by.

    Args:
        motion: On a steady clock that begins with the video's first frame; y up, metres, over the
            floor; x to the picture's right, z towards the camera; confidence 0 where a joint, or
            the person, was not seen.
        landmarks: (S) frames of the video, at their own times, left and right the person's own;
            nobody where the person was not seen.
        sides_sure: (S,) True where left and right can be told.
        notes: What a user should know, each in one line.
        people: How many are seen together, the person among them; None where nobody counted.
        people_s: When they are, seconds since the first frame.
    """

    motion: Motion
    landmarks: Landmarks
    sides_sure: np.ndarray
    notes: tuple[str, ...] = ()
    people: int | None = None
    people_s: float = 0.0

    @property
    def sides_told(self) -> bool:
        """Whether left and right can be told most of the time that the person is seen."""
        return bool(self.sides_sure[self.landmarks.found].mean() >= 0.5)


class Estimator(Protocol):
    """Gives the motion of one person in a video.

    Used in a ``with`` statement; it may load as soon as it is made.
    """

    def __enter__(self) -> Estimator: ...

    def __exit__(self, *_: object) -> None: ...

    def estimate(self, video: Video, progress: Progress | None = None) -> Estimate:
        """Estimate one video; several may follow each other.

        Args:
            video: All frames of it, or a part.
            progress: Told (frames done, frames in all).

        Raises:
            NothingToEstimate: No person, no whole person, or a still picture.
        """
        ...
