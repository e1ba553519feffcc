"""Small pictures of a clip, for the moments that an answer looked at."""

from __future__ import annotations

import io
import threading
from bisect import bisect_left
from typing import TYPE_CHECKING

import numpy as np

from llamo.report.scene import FigureScene, FootageScene, Scene

if TYPE_CHECKING:
    from llamo.clip import Footage
    from llamo.motion import Motion
    from llamo.video import Video

_HEIGHT = 168
"""Pixels; twice what a phone shows, for its finer screen."""

_WIDEST = 1.6
"""Most width over height."""

_EVERY_S, _MOST = 0.1, 300
"""A video is kept as so many pictures, not more: its frames would take a hundred times as much."""


class Filmstrip:
    """Pictures by time, as JPEG.

    Args:
        scene: The clip's pictures, drawn when they are asked for.
        keep: Draw them all now, and let the scene go.
    """

    def __init__(self, scene: Scene, keep: bool = False) -> None:
        self.size = (round(_HEIGHT * min(scene.shape, _WIDEST)), _HEIGHT)
        self._scene: Scene | None = scene
        self._made: dict[float, bytes] = {}
        self._lock = threading.Lock()
        if keep:
            last_s = float(scene.times_s[-1])
            count = int(np.clip(last_s / _EVERY_S, 1, _MOST)) + 1
            for time_s in np.linspace(0, last_s, count).tolist():
                self.at(time_s)
            self._scene = None

    @classmethod
    def of_motion(cls, motion: Motion) -> Filmstrip:
        """Drawn figures.

        Raises:
            InvalidMotion: A joint set without the limbs of a figure.
        """
        return cls(FigureScene(motion))

    @classmethod
    def of_footage(cls, footage: Footage, video: Video) -> Filmstrip:
        """The video's frames with the skeleton, cut to the person."""
        return cls(FootageScene(footage, video), keep=True)

    def at(self, time_s: float) -> bytes:
        """The picture nearest to a time."""
        with self._lock:
            if self._scene is None:
                times = sorted(self._made)
                place = bisect_left(times, time_s)
                near = times[max(place - 1, 0) : place + 1]
                return self._made[min(near, key=lambda one: abs(one - time_s))]
            key = round(time_s, 2)
            if key not in self._made:
                stream = io.BytesIO()
                self._scene.draw(time_s, self.size).save(stream, "jpeg", quality=82)
                self._made[key] = stream.getvalue()
            return self._made[key]
