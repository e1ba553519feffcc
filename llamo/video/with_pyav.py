"""Decoding with PyAV: reads what FFmpeg reads, and the good part of a damaged one."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from llamo.errors import UnreadableFile
from llamo.video.sampling import (
    Clock,
    check_duration,
    check_pixels,
    full,
    is_sampled,
    sampling_rate,
    scaled_size,
    square_pixels,
)
from llamo.video.values import BackendFailed, End, Event, Events, Head, Picture, Request, shown

_SLACK = 0.1
"""Share of a file's length by which sound may outlast the pictures without a picture missing."""


@dataclass(frozen=True)
class Outline:
    """What a file says of itself.

    Args:
        width, height: Of the coded picture, before rotation.
        pixel_ratio: Width of a pixel over its height.
        duration_s: From the first picture to the end of the last, None where the file tells not.
        slack_s: How much shorter the pictures may be than that.
        step_s: Seconds a frame at the nominal rate.
    """

    width: int
    height: int
    pixel_ratio: float
    duration_s: float | None
    slack_s: float
    step_s: float

    def misses_tail(self, last_s: float, shown_s: float) -> bool:
        """Whether pictures are missing after the one at ``last_s``, shown for ``shown_s``."""
        if self.duration_s is None:
            return False
        return last_s + shown_s + self.slack_s + self.step_s / 2 < self.duration_s


def decode(request: Request) -> Events:
    """The frames asked for, as ``Head``, ``Picture``s, ``End``.

    Raises:
        UnreadableFile: Beyond a limit, without pictures, or without one that can be decoded.
        BackendFailed: FFmpeg does not read it; the message says why.
    """
    import av

    try:
        with open_file(request) as container:
            stream = video_stream(request, container)
            outline = outline_of(request, container, stream)
            stream.codec_context.options = {"max_pixels": str(request.limits.pixels)}
            yield from _Decoding(request, container, stream, outline).events()
    except av.error.FFmpegError as error:
        raise BackendFailed(_clause(error)) from None


def open_file(request: Request) -> Any:
    """The open container: one local file, read as what its first bytes say, nothing else."""
    import av

    return av.open(
        request.path,
        format=request.container,
        options={"protocol_whitelist": "file"},
        metadata_errors="replace",
    )


def video_stream(request: Request, container: Any) -> Any:
    """The stream of moving pictures; the cover of a song is none.

    Raises:
        UnreadableFile: There is none.
        BackendFailed: There is no decoder for it.
    """
    from av.stream import Disposition

    streams = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not streams:
        what = "sound but no moving pictures" if container.streams.audio else "no moving pictures"
        raise UnreadableFile(f"{request.name} holds {what}; give a video of the movement.")
    best = container.streams.best("video")
    stream = best if best in streams else streams[0]
    if stream.codec_context is None:
        raise BackendFailed("its codec is unknown")
    return stream


def outline_of(request: Request, container: Any, stream: Any) -> Outline:
    """What the header says, checked against the limits before anything is decoded.

    Raises:
        UnreadableFile: Too many pixels, or too long.
    """
    context = stream.codec_context
    check_pixels(request, context.width, context.height)
    duration_s, slack_s = _declared_duration(container, stream)
    if duration_s is not None:
        check_duration(request, duration_s)
    rate = stream.average_rate or stream.guessed_rate
    step_s = float(1 / rate) if rate else 1 / 30
    ratio = float(stream.sample_aspect_ratio or 1)
    return Outline(context.width, context.height, ratio, duration_s, slack_s, step_s)


def _declared_duration(container: Any, stream: Any) -> tuple[float | None, float]:
    """Seconds that the pictures should last, and how far off that may be."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base), 0.0
    if not container.duration or container.duration < 0:
        return None, 0.0
    seconds = container.duration / 1_000_000  # AV_TIME_BASE
    if stream.start_time and stream.start_time > 0:  # headers count from 0, not from the first
        seconds -= float(stream.start_time * stream.time_base)
    return seconds, 0.0 if len(container.streams) == 1 else _SLACK * seconds


class _Decoding:
    """One pass over a file, one frame behind: a frame is judged once the next one is there."""

    def __init__(self, request: Request, container: Any, stream: Any, outline: Outline) -> None:
        from av.video.reformatter import VideoReformatter

        self.request, self.container, self.stream = request, container, stream
        self.outline = outline
        self.scaler = VideoReformatter()
        self.clock = Clock(outline.step_s)
        self.fps = sampling_rate(request, 1 / outline.step_s)
        self.shape: tuple[int, int] | None = None
        self.sent = 0
        self.shown_s = outline.step_s
        self.damage: str | None = None

    def events(self) -> Iterator[Event]:
        """Head, pictures, end."""
        request = self.request
        before_s: float | None = None
        held: tuple[int, float, Any] | None = None
        cut: str | None = None
        for index, time_s, frame in self._timed_frames():
            if time_s < request.start_s:
                continue
            if request.end_s is not None and time_s >= request.end_s:
                break
            check_duration(request, time_s)
            if held is not None:
                if self._is_sampled(before_s, held[1], time_s):
                    if cut := full(request, self.sent, held[1]):
                        break
                    yield from self._send(held)
                before_s = held[1]
            held = (index, time_s, frame)
        if held is not None and cut is None and self._is_sampled(before_s, held[1], None):
            cut = full(request, self.sent, held[1])
            if cut is None:
                yield from self._send(held)
        if not self.sent:
            raise self._nothing()
        yield End(cut or self.damage)

    def _is_sampled(self, before_s: float | None, time_s: float, after_s: float | None) -> bool:
        return is_sampled(before_s, time_s, after_s, self.fps, self.request.start_s)

    def _timed_frames(self) -> Iterator[tuple[int, float, Any]]:
        """(index, seconds, frame) in the order of showing; frames that are damaged are left out."""
        index = -1
        for frame in self._frames():
            index += 1
            stamp = None if frame.pts is None else float(frame.pts * frame.time_base)
            time_s = self.clock.tick(stamp)
            if time_s is None:
                continue
            if frame.duration:
                self.shown_s = float(frame.duration * frame.time_base)
            if frame.is_corrupt:
                self._damaged(time_s)
            else:
                yield index, time_s, frame
        self._check_tail()

    def _frames(self) -> Iterator[Any]:
        """Frames that can be decoded. A damaged packet costs its frame, a broken file its rest."""
        import av

        try:
            for packet in self.container.demux(self.stream):
                try:
                    frames = packet.decode()
                except av.error.InvalidDataError:
                    self._damaged(self.clock.now_s)
                    continue
                yield from frames
        except av.error.FFmpegError as error:
            if isinstance(error, MemoryError) or self.clock.now_s < 0:
                raise
            self._damaged(self.clock.now_s)

    def _damaged(self, time_s: float) -> None:
        if self.damage is None:
            self.damage = f"the file is damaged at {max(0.0, time_s):.2f} s; frames are missing."

    def _check_tail(self) -> None:
        """Say so where the pictures end before the file's own length."""
        if self.damage is None and self.outline.misses_tail(self.clock.now_s, self.shown_s):
            self.damage = (
                f"the pictures end at {max(0.0, self.clock.now_s):.2f} s of "
                f"{self.outline.duration_s:.2f}; the rest is missing or damaged."
            )

    def _nothing(self) -> UnreadableFile:
        request, last_s = self.request, self.clock.now_s
        if last_s >= 0 and not self.damage:
            return UnreadableFile(
                f"{request.name} ends at {last_s:.2f} s, before start_s = {request.start_s:g} s; "
                "choose an earlier part."
            )
        return UnreadableFile(
            f"{request.name} holds no picture that can be decoded; record or copy it again."
        )

    def _send(self, held: tuple[int, float, Any]) -> Iterator[Event]:
        index, time_s, frame = held
        turns = round(frame.rotation / 90) % 4
        check_pixels(self.request, frame.width, frame.height)
        if self.shape is None:
            size = (frame.width, frame.height)
            width, height = self._upright(frame, turns, self.request.limits.side)
            self.shape = (height, width)
            yield Head(size[::-1] if turns % 2 else size, self.shape)
        yield Picture(index, time_s, self._pixels(frame, turns, self.shape))
        self.sent += 1

    def _upright(self, frame: Any, turns: int, side: int) -> tuple[int, int]:
        """(width, height) of a frame as it is given: square pixels, upright, scaled down."""
        width, height = square_pixels(frame.width, frame.height, self.outline.pixel_ratio)
        return scaled_size(*((height, width) if turns % 2 else (width, height)), side)

    def _pixels(self, frame: Any, turns: int, shape: tuple[int, int]) -> np.ndarray:
        """(h, w, 3): scaled first, so that no more than one frame is ever held at full size."""
        from av.video.reformatter import Interpolation

        width, height = self._upright(frame, turns, max(shape))
        scale = min(1.0, shape[1] / width, shape[0] / height)
        width, height = max(1, round(width * scale)), max(1, round(height * scale))
        coded = (height, width) if turns % 2 else (width, height)
        scaled = self.scaler.reformat(
            frame, width=coded[0], height=coded[1], format="rgb24", interpolation=Interpolation.AREA
        )
        upright = np.rot90(scaled.to_ndarray(), turns)  # FFmpeg and numpy both turn to the left
        if upright.shape[:2] == shape:
            return np.ascontiguousarray(upright)
        # The picture changed its size on the way: fit it into the first one's, with black around.
        top, left = (shape[0] - height) // 2, (shape[1] - width) // 2
        framed = np.zeros((*shape, 3), np.uint8)
        framed[top : top + height, left : left + width] = upright
        return framed


def _clause(error: Exception) -> str:
    # EAGAIN: no address space was left for a thread's stack.
    if isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.EAGAIN:
        return "it needs more memory than VideoLimits.memory_bytes allows"
    return shown(str(getattr(error, "strerror", None) or error), 80)
