"""Which frames are kept, when they are shown, and how large: the arithmetic of both backends."""

from __future__ import annotations

import math

from llamo.errors import UnreadableFile
from llamo.video.values import Request

_USUAL_FPS = 30.0
"""Enough for human movement; a slow-motion camera's 240 Hz would only fill the memory."""
_JUMP_S = 0.5
"""A clock that falls back by more has started anew (joined recordings); by less, it stumbled."""
_MOST_STRETCH = 4.0
"""Pixels wider or higher than that are a mistake in the file."""


class Clock:
    """Seconds after the first frame, whatever a file's time stamps do.

    Args:
        step_s: Time of a frame at the file's nominal rate, for frames without a stamp.
    """

    def __init__(self, step_s: float) -> None:
        self.step_s = step_s
        self.now_s = -step_s
        self._offset_s: float | None = None

    def tick(self, stamp_s: float | None) -> float | None:
        """Time of the next frame, or None where it repeats a time and has to be left out."""
        if stamp_s is None:
            self.now_s += self.step_s
            return self.now_s
        if self._offset_s is None:
            self._offset_s = self.now_s + self.step_s - stamp_s
        time_s = stamp_s + self._offset_s
        if time_s <= self.now_s - _JUMP_S:
            self._offset_s += self.now_s + self.step_s - time_s
            time_s = self.now_s + self.step_s
        elif time_s <= self.now_s:
            return None
        self.now_s = time_s
        return time_s


def sampling_rate(request: Request, file_fps: float) -> float | None:
    """Frames a second to sample at, None to keep all, as of a 30 Hz camera that jitters."""
    if request.fps is not None:
        return request.fps
    return None if file_fps < _USUAL_FPS * 1.05 else _USUAL_FPS


def is_sampled(
    before_s: float | None, time_s: float, after_s: float | None, fps: float | None, start_s: float
) -> bool:
    """Whether a frame is the nearest to a tick of a clock of ``fps``.

    The clock starts at the part's start, and a frame is nearest to the ticks between the midpoints
    to its neighbours. So a slow or halting video keeps all its frames, and none comes twice.

    Args:
        before_s: Time of the frame before within the part, None for the first.
        time_s: Time of the frame.
        after_s: Time of the frame after, None for the last, which is taken to last as long as
            the one before it.
        fps: Ticks a second; None keeps every frame.
        start_s: The part's start.
    """
    if before_s is None or fps is None:
        return True
    if after_s is None:
        after_s = 2 * time_s - before_s
    edges_s = ((before_s + time_s) / 2 - start_s, (time_s + after_s) / 2 - start_s)
    # The nudge lets a tick that falls on a midpoint, give or take a rounding, fall on one side.
    first, last = (math.floor(edge_s * fps + 1e-6) for edge_s in edges_s)
    return last > first


def scaled_size(width: int, height: int, side: int) -> tuple[int, int]:
    """(width, height) with the longer side at most ``side``, each at least 1."""
    scale = min(1.0, side / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def square_pixels(width: int, height: int, ratio: float) -> tuple[int, int]:
    """(width, height) in square pixels, where one is ``ratio`` times as wide as high."""
    if not 1 / _MOST_STRETCH < ratio < _MOST_STRETCH:
        return width, height
    return max(1, round(width * ratio)), height


def check_pixels(request: Request, width: int, height: int) -> None:
    """Refuse a picture that is too large to decode.

    Raises:
        UnreadableFile: More pixels than the limit.
    """
    if width * height > request.limits.pixels:
        raise UnreadableFile(
            f"{request.name} has pictures of {width}x{height} pixels, more than "
            f"{request.limits.pixels} in all; scale it down, or raise VideoLimits.pixels."
        )


def check_duration(request: Request, last_s: float) -> None:
    """Refuse a part that reaches to ``last_s`` in the file, where that is too long.

    Raises:
        UnreadableFile: Longer than the limit, and no end was chosen.
    """
    if request.end_s is None and last_s - request.start_s > request.limits.duration_s:
        raise UnreadableFile(
            f"{request.name} lasts {last_s:.0f} s, more than {request.limits.duration_s:g}; "
            "choose a part by start_s and end_s, or raise VideoLimits.duration_s."
        )


def full(request: Request, count: int, time_s: float) -> str | None:
    """The line for a clip that has more frames than may be given, once ``count`` are."""
    if count < request.limits.frames:
        return None
    return (
        f"stopped at {time_s:.2f} s after {count} frames, the most that may be given; "
        "lower fps, or raise VideoLimits.frames."
    )
