"""What reading a video takes and gives: ``VideoLimits`` and ``Video``, and what passes between."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass, fields

import numpy as np

from llamo.errors import InvalidVideo


@dataclass(frozen=True)
class VideoLimits:
    """How much of a machine one video may take.

    Args:
        file_bytes: Largest file, bytes.
        duration_s: Longest clip, or part of a clip chosen by ``start_s`` and ``end_s``, seconds.
        pixels: Largest picture of the file, width times height.
        side: Longer side of the frames that are given, pixels; larger pictures are scaled down.
        frames: Most frames that are given; a longer clip is cut, and ``Video.truncated`` says so.
        deadline_s: Seconds that checking and decoding may take on the clock on the wall.
        memory_bytes: Address space of the decoding process, its libraries included.
    """

    file_bytes: int = 500_000_000
    duration_s: float = 600.0
    pixels: int = 8192 * 4320
    side: int = 720
    frames: int = 1800
    deadline_s: float = 60.0
    memory_bytes: int = 4 << 30

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not (isinstance(value, int | float) and math.isfinite(value) and value > 0):
                raise InvalidVideo(
                    f"the limit {field.name} must be a number above 0, got {value!r}."
                )


@dataclass(frozen=True)
class Video:
    """Frames of a clip with their times.

    Args:
        frames: (S, h, w, 3) uint8, RGB, upright, scaled down to ``VideoLimits.side``.
        times_s: (S,) float64, seconds, strictly rising from 0: the first frame here is time 0.
        source_frames: (S,) int64, index of each frame among those that the file shows.
        size: (width, height) of the file's picture, upright, before scaling.
        start_s: Where the first frame lies in the file, seconds after the file's first picture.
        truncated: One line when only a part of what was asked for could be read, else None.

    Raises:
        InvalidVideo: The arrays do not belong together.
    """

    frames: np.ndarray
    times_s: np.ndarray
    source_frames: np.ndarray
    size: tuple[int, int]
    start_s: float = 0.0
    truncated: str | None = None

    def __post_init__(self) -> None:
        shape = self.frames.shape
        if self.frames.dtype != np.uint8 or len(shape) != 4 or shape[3] != 3 or 0 in shape:
            raise InvalidVideo(
                f"frames must be (S, h, w, 3) uint8, RGB, got {self.frames.dtype} {shape}."
            )
        if self.times_s.shape != shape[:1] or self.source_frames.shape != shape[:1]:
            raise InvalidVideo(
                f"{shape[0]} frames need as many times and indices, "
                f"got {self.times_s.shape} and {self.source_frames.shape}."
            )
        if self.times_s[0] != 0 or not (np.diff(self.times_s) > 0).all():
            raise InvalidVideo("times must begin with 0 and rise; give each frame its own time.")

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def fps(self) -> float:
        """Median rate of these frames, 1/s; 0 for a single frame, which has none."""
        return float(1 / np.median(np.diff(self.times_s))) if len(self) > 1 else 0.0

    @property
    def duration_s(self) -> float:
        """Time of the last frame, seconds."""
        return float(self.times_s[-1])


@dataclass(frozen=True)
class Request:
    """What a backend is asked for.

    Args:
        path: The file, absolute: FFmpeg takes what has a colon in front for a network address.
        container: Name of FFmpeg's reader for it, from the file's first bytes.
        fps: Most frames a second; None gives all up to about 30.
        start_s, end_s: The part wanted, seconds after the file's first picture.
        limits: What it may take.
    """

    path: str
    container: str
    fps: float | None
    start_s: float
    end_s: float | None
    limits: VideoLimits

    @property
    def name(self) -> str:
        """The file's name, as messages show it."""
        return shown(self.path.rsplit("/", 1)[-1])


@dataclass(frozen=True)
class Head:
    """Comes before the frames: size of the file's picture and (h, w) of the frames that follow."""

    size: tuple[int, int]
    shape: tuple[int, int]


@dataclass(frozen=True)
class Picture:
    """One frame: index in the file, seconds after the file's first picture, (h, w, 3) uint8."""

    index: int
    time_s: float
    pixels: np.ndarray


@dataclass(frozen=True)
class End:
    """Comes after the frames; ``truncated`` says in one line what is missing."""

    truncated: str | None


Event = Head | Picture | End
Events = Generator[Event, None, None]


class BackendFailed(Exception):
    """A decoder could not read the file; another may. The message says why, as a clause."""

    tried = 1
    """Decoders that have failed when it is raised."""


class TooLate(BackendFailed):
    """One decoder was not done by its deadline."""


def shown(text: str, length: int = 120) -> str:
    """Text from a file or a decoder, fit for one line of a message."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= length else line[: length - 3] + "..."
