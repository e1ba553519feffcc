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
    """A video, read again, with what was seen in it.

    Raises:
        UnreadableFile: The file cannot be read any more, or has changed.
    """

    def __init__(self, footage: Footage) -> None:
        from llamo.video import read_video

        self._estimate = footage.estimate
        self._video = read_video(footage.path)
        self.times_s = self._video.times_s
        if len(self._video) != len(self._estimate.landmarks):
            raise UnreadableFile(f"{footage.path.name} has changed since it was opened; ask again.")

    @property
    def shape(self) -> float:
        height, width = self._video.frames.shape[1:3]
        return width / height

    def draw(self, time_s: float, size: tuple[int, int]) -> Image:
        from PIL import Image

        from llamo.report.overlay import draw_skeleton

        picture = draw_skeleton(self._video, self._estimate, self._nearest(time_s))
        return Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC)

    def remark(self, time_s: float) -> str:
        from llamo.report.overlay import remark_on

        return remark_on(self._estimate, self._nearest(time_s))

    def _nearest(self, time_s: float) -> int:
        return int(np.abs(self.times_s - time_s).argmin())


def scene_of(motion: Motion, footage: Footage | None) -> Scene:
    """The video where there is one.

    Raises:
        UnreadableFile: The video cannot be read again.
        InvalidMotion: A joint set without the limbs of a figure.
    """
    return FigureScene(motion) if footage is None else FootageScene(footage)
