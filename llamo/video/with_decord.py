"""Decoding with decord, where what it gives can be trusted; everything else is left to PyAV.

decord 0.6.0 answers some files wrongly without an error: an edit list shifts pictures against
times, pictures narrower than 64 pixels come out garbled, and a missing tail goes unnoticed. Each of
these is checked here, and a file that fails a check is read by PyAV instead.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from llamo.video import with_pyav
from llamo.video.sampling import (
    check_duration,
    check_pixels,
    full,
    is_sampled,
    sampling_rate,
    scaled_size,
)
from llamo.video.values import BackendFailed, End, Event, Events, Head, Picture, Request, shown

_READS = frozenset({"mov", "matroska", "avi", "flv", "asf"})
"""Containers that begin with a mark of their own: decord guesses, it cannot be told the reader."""
_NARROWEST = 64


def decode(request: Request) -> Events:
    """The frames asked for, as ``Head``, ``Picture``s, ``End``.

    Raises:
        UnreadableFile: Beyond a limit.
        BackendFailed: decord does not read it, or not reliably; the message says why.
    """
    if request.container not in _READS:
        raise BackendFailed(f"decord does not read {request.container} reliably")
    outline = _outline(request)
    size = _upright_size(request)
    check_pixels(request, *size)
    width, height = scaled_size(*size, request.limits.side)
    if width < _NARROWEST:
        raise BackendFailed("decord garbles pictures this narrow")
    reader = _open(request, width=width, height=height)
    times_s = _times(reader)
    check_duration(request, times_s[-1])
    if outline is not None and outline.misses_tail(times_s[-1], outline.step_s):
        raise BackendFailed("decord misses the end of the file")
    yield Head(size, (height, width))
    yield from _pictures(request, reader, times_s, (height, width))


def _outline(request: Request) -> with_pyav.Outline | None:
    """The header by PyAV, which tells the length that decord does not; None without PyAV."""
    if importlib.util.find_spec("av") is None:
        return None
    import av

    try:
        with with_pyav.open_file(request) as container:
            stream = with_pyav.video_stream(request, container)
            outline = with_pyav.outline_of(request, container, stream)
    except av.error.FFmpegError as error:
        raise BackendFailed(shown(str(error))) from None
    if outline.pixel_ratio != 1:
        raise BackendFailed("decord ignores that pixels are not square")
    return outline


def _open(request: Request, **size: int) -> Any:
    # Without a bound on its retries decord waits for ever at the end of some files.
    os.environ.setdefault("DECORD_EOF_RETRY_MAX", "64")
    with _any_error():
        import decord

        decord.logging.set_level(decord.logging.FATAL)
        # More threads than one give spurious errors on good files.
        return decord.VideoReader(request.path, ctx=decord.cpu(0), num_threads=1, **size)


def _upright_size(request: Request) -> tuple[int, int]:
    """(width, height) of the first picture, upright."""
    reader = _open(request)
    with _any_error():
        shape = reader[0].shape
    if len(shape) != 3 or shape[2] != 3:
        raise BackendFailed(f"decord garbles the picture, its shape is {tuple(shape)}")
    return int(shape[1]), int(shape[0])


def _times(reader: Any) -> list[float]:
    """Seconds of each frame after the first, checked."""
    with _any_error():
        times_s = np.asarray(reader.get_frame_timestamp(np.arange(len(reader))), np.float64)[:, 0]
    if len(times_s) < 2:
        raise BackendFailed("decord sees a single picture, which may be a song's cover")
    if not np.isfinite(times_s).all() or times_s[0] < 0 or (np.diff(times_s) <= 0).any():
        raise BackendFailed("decord's times are out of order")
    # decord counts in single precision; a microsecond is finer than any file's clock.
    return [round(float(time_s), 6) for time_s in times_s - times_s[0]]


def _pictures(
    request: Request, reader: Any, times_s: list[float], shape: tuple[int, int]
) -> Iterator[Event]:
    end_s = float("inf") if request.end_s is None else request.end_s
    part = [i for i, time_s in enumerate(times_s) if request.start_s <= time_s < end_s]
    fps = sampling_rate(request, float(1 / np.median(np.diff(times_s))))
    sent = 0
    for place, index in enumerate(part):
        before_s = times_s[index - 1] if place > 0 else None
        after_s = times_s[index + 1] if place + 1 < len(part) else None
        if not is_sampled(before_s, times_s[index], after_s, fps, request.start_s):
            continue
        if cut := full(request, sent, times_s[index]):
            yield End(cut)
            return
        with _any_error():
            pixels = reader[index].asnumpy()
        if pixels.shape != (*shape, 3):
            raise BackendFailed(f"decord garbles the picture, its shape is {pixels.shape}")
        yield Picture(index, times_s[index], pixels)
        sent += 1
    if not sent:
        raise BackendFailed("no frame lies in that part")
    yield End(None)


@contextmanager
def _any_error() -> Iterator[None]:
    """Turn what decord raises, which is of any class, into ``BackendFailed``."""
    try:
        yield
    except Exception as error:
        raise BackendFailed(f"decord: {shown(str(error), 80)}") from None
