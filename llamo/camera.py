"""Pictures with their times, from a camera or from a video that plays the part of one."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Generator, Iterator

import numpy as np

from llamo.errors import MissingDependency, UnreadableFile
from llamo.video import read_video

PIECE_S = 50.0
"""A file is read in pieces of so long, so that a long one fits into memory."""

_LEFT_S = 1.0
"""A piece that lacks more than this at its end is the file's last."""


def pictures(camera: str, in_time: bool = True) -> Generator[tuple[np.ndarray, float], None, None]:
    """Frames as they come.

    Args:
        camera: A camera's number, such as ``0``, or a video file.
        in_time: Play a file at its own clock, as a camera would give it; otherwise at once.

    Yields:
        (h, w, 3) uint8 RGB, and seconds since the first.

    Raises:
        UnreadableFile: No such camera or file.
        MissingDependency: OpenCV, or a decoder, is not installed.
    """
    if camera.isdigit():
        yield from _of_camera(int(camera))
        return
    start: float | None = None
    for frame, time_s in _of_file(camera):
        if start is None:
            start = time.monotonic() - time_s
        if in_time:
            time.sleep(max(0.0, start + time_s - time.monotonic()))
        yield frame, time_s


def _of_file(path: str) -> Iterator[tuple[np.ndarray, float]]:
    start_s = end_s = 0.0
    while end_s >= start_s - _LEFT_S:
        try:
            piece = read_video(path, start_s=start_s, end_s=start_s + PIECE_S)
        except UnreadableFile:
            if not start_s:
                raise
            return  # the piece before was full, and the last
        for frame, since_s in zip(piece.frames, piece.times_s, strict=True):
            yield frame, piece.start_s + float(since_s)
        start_s += PIECE_S
        end_s = piece.start_s + piece.duration_s


def _of_camera(number: int) -> Iterator[tuple[np.ndarray, float]]:
    if importlib.util.find_spec("cv2") is None:
        raise MissingDependency(
            "reading a camera needs OpenCV; install it: pip install 'llamo[video]'."
        )
    import cv2

    camera = cv2.VideoCapture(number)
    try:
        if not camera.isOpened():
            raise UnreadableFile(
                f"camera {number} cannot be opened; connect it, close what else uses it, or give "
                "another number, or a video file."
            )
        camera.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # the newest picture, not those that waited
        start = time.monotonic()
        while True:
            is_read, picture = camera.read()
            if not is_read:
                return
            yield cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), time.monotonic() - start
    finally:
        camera.release()
