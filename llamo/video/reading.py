"""``read_video``: from a path to a ``Video``."""

from __future__ import annotations

import importlib.util
import math
import os
import time
from collections.abc import Iterable
from contextlib import closing

import numpy as np

from llamo.errors import InvalidVideo, UnreadableFile
from llamo.video import backends
from llamo.video.files import check_file
from llamo.video.isolation import decode_apart
from llamo.video.values import (
    BackendFailed,
    End,
    Event,
    Head,
    Picture,
    Request,
    TooLate,
    Video,
    VideoLimits,
)


def read_video(
    path: str | os.PathLike[str],
    *,
    fps: float | None = None,
    start_s: float = 0.0,
    end_s: float | None = None,
    limits: VideoLimits | None = None,
    isolate: bool = True,
) -> Video:
    """Read a video's frames with their times.

    Args:
        path: A video file; it need not be trusted.
        fps: Most frames a second, the nearest in time are kept; None gives all up to about 30.
        start_s, end_s: The part wanted, ``start_s <= time < end_s``, seconds after the file's first
            picture; an ``end_s`` of None is the file's end.
        limits: What the video may take; None is ``VideoLimits()``.
        isolate: Decode in a process of its own, with its memory bounded, that is killed at the
            deadline. Without it a damaged or hostile file can crash or hold this process, and the
            deadline is looked at between frames only.

    Returns:
        The frames, scaled down to ``limits.side``, upright.

    Raises:
        UnreadableFile: Missing, no video, beyond a limit, damaged, or not decoded in time.
        InvalidVideo: ``fps``, ``start_s``, ``end_s`` or a limit that cannot be.
        MissingDependency: Neither decord nor PyAV is installed.
    """
    limits = limits or VideoLimits()
    give_up_at = time.monotonic() + limits.deadline_s
    _check_wishes(fps, start_s, end_s, limits)
    file, container = check_file(path, limits)
    request = Request(str(file), container, fps, start_s, end_s, limits)
    names = backends.installed()
    if not isolate and importlib.util.find_spec("cv2") is not None:
        import cv2  # noqa: F401  # loaded after decord, it could not read PNG files any more
    failure = BackendFailed("no decoder")
    left = names
    while left:
        try:
            return _read_with(left, request, give_up_at, isolate)
        except BackendFailed as error:
            failure, left = error, left[error.tried :]
    if isinstance(failure, TooLate):
        raise UnreadableFile(
            f"{request.name} was not decoded within {limits.deadline_s:g} s; "
            "choose a part by start_s and end_s, or raise VideoLimits.deadline_s."
        )
    advice = "encode it again as H.264 in MP4" if "av" in names else "install PyAV: pip install av"
    raise UnreadableFile(f"{request.name} cannot be read: {failure}; {advice}.")


def _read_with(names: list[str], request: Request, give_up_at: float, isolate: bool) -> Video:
    left_s = give_up_at - time.monotonic()
    if left_s <= 0:
        raise TooLate
    if isolate:
        # One that works may take all the time; one that hangs must leave some for those to try.
        events = decode_apart(names, request, left_s, patience_s=left_s / len(names))
    else:
        events = backends.decode(names[0], request)
    with closing(events):  # also when Ctrl-C comes between two frames
        return collect(events, request.limits, give_up_at)


def collect(events: Iterable[Event], limits: VideoLimits, give_up_at: float) -> Video:
    """Put the frames together.

    Args:
        events: ``Head``, ``Picture``s, ``End``.
        limits: How many frames there may be.
        give_up_at: When to stop, on ``time.monotonic``'s clock.

    Raises:
        BackendFailed: Not the frames of a video, or (``TooLate``) not in time.
    """
    size = (0, 0)
    truncated = None
    pictures: list[Picture] = []
    for event in events:
        if isinstance(event, Head):
            size = event.size
        elif isinstance(event, End):
            truncated = event.truncated
        else:
            pictures.append(event)
        if len(pictures) > limits.frames:
            raise BackendFailed("the decoder gave more frames than it was asked for")
        if time.monotonic() >= give_up_at:
            raise TooLate
    if not pictures:
        raise BackendFailed("the decoder gave no frames")
    return _joined(pictures, size, truncated)


def _joined(pictures: list[Picture], size: tuple[int, int], truncated: str | None) -> Video:
    times_s = np.array([picture.time_s for picture in pictures], np.float64)
    source_frames = np.array([picture.index for picture in pictures], np.int64)
    frames = np.empty((len(pictures), *pictures[0].pixels.shape), np.uint8)
    # Each picture is let go once it is copied: all of them are never there twice.
    pictures.reverse()
    for place in range(len(frames)):
        frames[place] = pictures.pop().pixels
    try:
        return Video(
            frames, times_s - times_s[0], source_frames, size, float(times_s[0]), truncated
        )
    except InvalidVideo as error:
        raise BackendFailed(f"the decoder's answer is wrong: {error}") from None


def _check_wishes(
    fps: float | None, start_s: float, end_s: float | None, limits: VideoLimits
) -> None:
    if fps is not None and not (math.isfinite(fps) and fps > 0):
        raise InvalidVideo(f"fps must be a number above 0, got {fps}.")
    if not (math.isfinite(start_s) and start_s >= 0):
        raise InvalidVideo(f"start_s must be 0 or more seconds, got {start_s}.")
    if end_s is None:
        return
    if not (math.isfinite(end_s) and end_s > start_s):
        raise InvalidVideo(f"end_s must lie after start_s = {start_s:g} s, got {end_s}.")
    if end_s - start_s > limits.duration_s:
        raise InvalidVideo(
            f"{start_s:g}-{end_s:g} s is more than {limits.duration_s:g} s; "
            "choose a shorter part, or raise VideoLimits.duration_s."
        )
