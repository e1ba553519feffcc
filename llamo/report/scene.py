"""What is seen of a clip at a time: its video with the skeleton on it, or a drawn figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from llamo.errors import UnreadableFile
from llamo.motion import Motion
from llamo.report.figure import Figure

if TYPE_CHECKING:
    from PIL.Image import Image

    from llamo.clip import Footage
    from llamo.encoders.estimator.landmarks import Landmarks
    from llamo.video import Video

_MARGIN = 0.15
"""What is left free around a person, of the larger side of all their ways in the picture."""

_SHAPES = (0.65, 1.78)
"""Least and most width over height of a film's picture that is cut to the person."""

PLAYED_HZ = 30.0
"""Faster motions are shown at this rate."""


class Scene(Protocol):
    """Pictures of a clip."""

    times_s: np.ndarray
    """(S,) rising seconds from 0: when the picture changes."""

    @property
    def shape(self) -> float:
        """Width over height of its pictures."""
        ...

    def draw(self, time_s: float, size: tuple[int, int]) -> Image:
        """The picture nearest to a time, of (width, height) pixels."""
        ...

    def remark(self, time_s: float) -> str:
        """What is to be said of that picture, mostly nothing."""
        ...


class FigureScene:
    """A motion, drawn."""

    def __init__(self, motion: Motion) -> None:
        self._motion = motion
        self._figure = Figure(motion)
        self.times_s = motion.times_s
        if motion.fps > 1.05 * PLAYED_HZ:
            self.times_s = np.arange(0, motion.times_s[-1] + 1e-9, 1 / PLAYED_HZ)

    @property
    def shape(self) -> float:
        return self._figure.shape

    def draw(self, time_s: float, size: tuple[int, int]) -> Image:
        return self._figure.draw(self._motion.frame_at(time_s), size)

    def remark(self, time_s: float) -> str:
        confidence = self._motion.confidence
        unseen = confidence is not None and not confidence[self._motion.frame_at(time_s)].any()
        return "not seen" if unseen else ""


class FootageScene:
    """A video, read again, with what was seen in it; cut to where the person goes.

    Args:
        footage: The video's file and what was seen in it.
        video: The frames, where they have been read already.

    Raises:
        UnreadableFile: The file cannot be read any more, or has changed.
    """

    def __init__(self, footage: Footage, video: Video | None = None) -> None:
        from llamo.video import read_video

        self._estimate = footage.estimate
        self._video = read_video(footage.path, limits=footage.limits) if video is None else video
        self.times_s = self._video.times_s
        if len(self._video) != len(self._estimate.landmarks):
            raise UnreadableFile(f"{footage.path.name} has changed since it was opened; ask again.")
        self._left, self._top, self._right, self._bottom = _whereabouts(self._estimate.landmarks)

    @property
    def shape(self) -> float:
        return (self._right - self._left) / (self._bottom - self._top)

    def draw(self, time_s: float, size: tuple[int, int]) -> Image:
        from PIL import Image

        from llamo.report.overlay import draw_skeleton

        picture = draw_skeleton(self._video, self._estimate, self._nearest(time_s))
        cut = picture[self._top : self._bottom, self._left : self._right]
        return Image.fromarray(cut).resize(size, Image.Resampling.BICUBIC)

    def remark(self, time_s: float) -> str:
        from llamo.report.overlay import remark_on

        return remark_on(self._estimate, self._nearest(time_s))

    def _nearest(self, time_s: float) -> int:
        return int(np.abs(self.times_s - time_s).argmin())


def _whereabouts(landmarks: Landmarks) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of where a person goes in the pictures, pixels."""
    size = np.array(landmarks.size)
    places = landmarks.image[landmarks.found].clip(0, size)  # (F, 33, 2)
    if not len(places):
        return 0, 0, *landmarks.size
    low, high = np.percentile(places.min(1), 1, axis=0), np.percentile(places.max(1), 99, axis=0)
    margin = _MARGIN * (high - low).max() + 4
    low, high = (low - margin).clip(0), np.minimum(high + margin, size)
    width, height = high - low
    wanted = np.array([max(width, _SHAPES[0] * height), max(height, width / _SHAPES[1])])
    wanted = np.minimum(wanted, size)
    low = ((low + high - wanted) / 2).clip(0, size - wanted)
    left, top = np.floor(low).astype(int).tolist()
    right, bottom = np.ceil(low + wanted).astype(int).tolist()
    return left, top, min(right, landmarks.size[0]), min(bottom, landmarks.size[1])


def scene_of(motion: Motion, footage: Footage | None) -> Scene:
    """The video where there is one.

    Raises:
        UnreadableFile: The video cannot be read again.
        InvalidMotion: A joint set without the limbs of a figure.
    """
    return FigureScene(motion) if footage is None else FootageScene(footage)
