"""LiveSession: a person before a camera, counted as they move, and asked about afterwards."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from llamo.clip import Opened
from llamo.errors import InvalidMotion, InvalidVideo, LlamoError, ModelError, NothingToEstimate
from llamo.kinematics import Exercise, Moment, RunningCount, read_exercise
from llamo.kinematics.running import LONGEST_S
from llamo.live_input import checked_joints, checked_size, checked_time
from llamo.live_update import LiveUpdate
from llamo.presence import BACK, Presence
from llamo.rolling import MOST_HZ, Rolling, motion_of_rows
from llamo.skeleton import MEDIAPIPE33, Skeleton

if TYPE_CHECKING:
    from llamo.encoders.estimator.live import LivePose
    from llamo.session import Session

EVERY_S = 0.25
"""The window is measured again so often, on the clock of the frames."""

IDLE_SHARE = 1.0
"""After a measurement so many times what it took passes before the next: the detector and the
caller need the processor, too."""

GAP_S = 5.0
"""Frames that are farther apart do not belong together: only the count goes on."""


class LiveSession:
    """Frames of a camera, or joints of any source, one after the other. For one thread.

    Made by ``Assistant.live``. Close it, or use it in a ``with`` statement. ``frames`` and
    ``looked_at`` tell how many were pushed, and how many of them were looked at.

    Args:
        open_clip: Makes a session of what was kept; None where nothing is asked afterwards.
        exercise: What is done, by name or file; None counts whatever repeats, and may take back a
            number as more is seen.
        wait: Look at every frame, however long it takes, as for a file. Without it a frame that
            comes too early is dropped, and nothing waits for anything.
        keep_s: How far back what was seen is kept for ``finish``; the count goes on past it.
        every_s: How often the count is looked after, on the clock of the frames.

    Raises:
        UnreadableFile, InvalidData: As ``read_exercise`` finds.
        InvalidMotion: ``keep_s`` is shorter than what is measured at once, or ``every_s`` not
            above 0.
    """

    def __init__(
        self,
        open_clip: Callable[[Opened], Session] | None = None,
        exercise: str | Path | Exercise | None = None,
        wait: bool = False,
        keep_s: float = 120.0,
        every_s: float = EVERY_S,
    ) -> None:
        if not (math.isfinite(every_s) and every_s > 0):
            raise InvalidMotion(f"every_s must be a number above 0, got {every_s!r}.")
        if not (math.isfinite(keep_s) and keep_s >= LONGEST_S):
            raise InvalidMotion(f"keep_s must be {LONGEST_S:g} s at least, got {keep_s!r}.")
        if exercise is not None and not isinstance(exercise, Exercise):
            exercise = read_exercise(exercise)
        self.wait = wait
        self.every_s = every_s
        self.frames = 0
        self.looked_at = 0
        self._open_clip = open_clip
        self._counter = RunningCount(exercise)
        self._count = 0
        self._kept = Rolling(keep_s)
        self._start_s = -math.inf
        self._pushed_s = -math.inf
        self._measured_s = -math.inf
        self._rest_until = -math.inf
        self._events: list[Moment] = []
        self._measuring: Future[tuple[tuple[Moment, ...], bool | None, float]] | None = None
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="live-count")
        self._skeleton: Skeleton | None = None
        self._presence: Presence | None = None
        self._pose: LivePose | None = None
        self._size: tuple[int, int] | None = None
        self._confidence = np.zeros(0)
        self._sides_sure: bool | None = None
        self._latency_ms: float | None = None
        self._is_over = False

    def __enter__(self) -> LiveSession:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def count(self) -> int:
        """Repetitions up to now."""
        return self._count

    def push(self, frame: np.ndarray, time_s: float) -> LiveUpdate:
        """Look at a camera's next frame.

        Args:
            frame: (h, w, 3) uint8, RGB; all of one size.
            time_s: When it was taken, seconds on any clock that rises.

        Raises:
            InvalidVideo: No such frame or time, or the detector ended.
            MissingDependency: MediaPipe is not installed (extra ``video``).
        """
        if self._skeleton is not None and self._size is None:
            raise InvalidVideo("this live session takes joints; begin another one for frames.")
        self._check_going_on(InvalidVideo)
        size = checked_size(frame, self._size)
        time_s = checked_time(time_s, self._pushed_s, InvalidVideo)
        if self._pose is None:
            from llamo.encoders.estimator.live import LivePose

            self._begin(MEDIAPIPE33)
            self._size = size
            self._pose = LivePose()
        self._pushed_s, self.frames = time_s, self.frames + 1
        self._take(wait=False)
        is_kept = not self._is_too_soon(time_s) and self._pose.offer(frame, time_s)
        if self.wait:
            self._take(wait=True)
        return self._update(is_kept)

    def push_motion(
        self, joints: np.ndarray, time_s: float, confidence: np.ndarray | None = None
    ) -> LiveUpdate:
        """Take the next frame of another source of poses.

        Args:
            joints: (J, 3) metres, y up; the joint set is known by J.
            time_s: Seconds on any clock that rises.
            confidence: (J,) in 0-1; 0 for all where nobody is seen. None where all is measured.

        Raises:
            InvalidMotion: No such joints, confidence or time.
        """
        if self._size is not None:
            raise InvalidMotion("this live session takes frames; begin another one for joints.")
        self._check_going_on(InvalidMotion)
        row, skeleton = checked_joints(joints, confidence, self._skeleton)
        time_s = checked_time(time_s, self._pushed_s, InvalidMotion)
        if self._skeleton is None:
            self._begin(skeleton)
        self._pushed_s, self.frames = time_s, self.frames + 1
        is_kept = not self._is_too_soon(time_s)
        if is_kept:
            self._sides_sure = True if row[:, 3].any() else None
            self._append(row, row[:, 3], time_s)
        return self._update(is_kept)

    def stop(self) -> LiveUpdate:
        """End: wait for what is being looked at, and count up to the last frame."""
        if not self._is_over:
            try:
                self._take_last()
                self._measure_rest()
            finally:
                self.close()
        return self._update(False)

    def _take_last(self) -> None:
        try:
            self._take(wait=True)
        except LlamoError:  # a detector that ended: what it saw before is counted
            if not len(self._kept):
                raise

    def finish(self) -> Session:
        """End, and open what was kept like any clip, to be asked and measured.

        Raises:
            NothingToEstimate: Nothing was pushed, or no whole person was seen.
            ModelError: There is no assistant to ask.
        """
        self.stop()
        if self._open_clip is None:
            raise ModelError("nobody can be asked here; begin with Assistant.live().")
        return self._open_clip(self.clip())

    def clip(self) -> Opened:
        """What was kept: a motion whose times begin with 0, and what is to be said about it.

        Raises:
            NothingToEstimate: Nothing was pushed, or no whole person was seen.
        """
        if not len(self._kept):
            raise NothingToEstimate("expected frames of a person, none were pushed.")
        rows, times_s = self._kept.since(-math.inf)
        notes: tuple[str, ...] = ()
        if self._kept.has_forgotten:
            notes = (f"only the last {times_s[-1] - times_s[0]:.0f} s were kept",)
        if self._size is None:
            assert self._skeleton is not None
            return Opened(motion_of_rows(rows, times_s, self._skeleton), notes)
        from llamo.encoders.estimator.live import estimate_recorded

        estimate = estimate_recorded(rows, times_s, self._size)
        return Opened(estimate.motion, (*notes, *estimate.notes), estimate.sides_told)

    def close(self) -> None:
        """End the detector; what was counted stays."""
        self._is_over = True
        if self._pose is not None:
            self._pose.close()
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _check_going_on(self, error: type[LlamoError]) -> None:
        if self._is_over:
            raise error("this live session is over; begin another one.")

    def _is_too_soon(self, time_s: float) -> bool:
        return len(self._kept) > 0 and time_s - self._kept.end_s < 0.99 / MOST_HZ

    def _begin(self, skeleton: Skeleton) -> None:
        self._skeleton = skeleton
        self._presence = Presence(skeleton)
        self._confidence = np.zeros(len(skeleton))

    def _take(self, wait: bool) -> None:
        """Take in what the detector has found."""
        seen = None if self._pose is None else self._pose.take(wait)
        if seen is not None:
            from llamo.encoders.estimator.live import confidence_of

            self._latency_ms = seen.latency_s * 1e3
            self._append(seen.record, confidence_of(seen.record), seen.time_s)

    def _append(self, row: np.ndarray, confidence: np.ndarray, time_s: float) -> None:
        assert self._presence is not None
        if len(self._kept) and time_s - self._kept.end_s > GAP_S:
            self._begin_anew(time_s)
        self._kept.append(row, time_s)
        self.looked_at += 1
        self._confidence = confidence
        moment = self._presence.see(confidence, time_s)
        if moment is not None:
            self._events.append(moment)
            if moment.name == BACK:  # perhaps at another place, perhaps another person
                self._begin_anew(moment.time_s)
        self._fetch(wait=False)
        is_due = time_s - self._measured_s >= self.every_s - 1e-6
        is_idle = self._measuring is None and time.monotonic() >= self._rest_until
        if is_due and (self.wait or is_idle):
            self._measure()
            self._fetch(self.wait)

    def _begin_anew(self, time_s: float) -> None:
        """The frames from this moment on do not go on from those before; only the count does."""
        self._measure_rest()
        self._counter.interrupt()
        self._start_s = time_s

    def _measure_rest(self) -> None:
        """Measure up to the newest frame."""
        self._fetch(wait=True)
        if len(self._kept) and self._kept.end_s > self._measured_s:
            self._measure()
            self._fetch(wait=True)

    def _measure(self) -> None:
        rows, times_s = self._kept.since(self._start_s)
        self._start_s, self._measured_s = float(times_s[0]), float(times_s[-1])
        self._measuring = self._worker.submit(self._measured, rows, times_s)

    def _measured(
        self, rows: np.ndarray, times_s: np.ndarray
    ) -> tuple[tuple[Moment, ...], bool | None, float]:
        """What has happened in the window, whether sides can be told, and seconds it took."""
        began = time.monotonic()
        sides_sure: bool | None = None
        if self._size is None:
            assert self._skeleton is not None
            motion = motion_of_rows(rows, times_s, self._skeleton)
        else:
            from llamo.encoders.estimator.live import estimate_latest

            estimate = estimate_latest(rows, times_s, self._size)
            if estimate is None:
                return (), None, time.monotonic() - began
            motion = estimate.motion
            sides_sure = bool(estimate.sides_sure[estimate.landmarks.found][-1])
        moments = self._counter.look(motion, float(times_s[0]))
        return moments, sides_sure, time.monotonic() - began

    def _fetch(self, wait: bool) -> None:
        """Take in what was measured."""
        measuring = self._measuring
        if measuring is None or not (wait or measuring.done()):
            return
        self._measuring = None
        moments, sides_sure, took_s = measuring.result()
        self._rest_until = time.monotonic() + IDLE_SHARE * took_s
        self._events += moments
        if self._size is not None:
            self._sides_sure = sides_sure
        self._start_s = self._counter.cut_s(self._start_s, self._measured_s)
        self._count = self._counter.count

    def _update(self, is_kept: bool) -> LiveUpdate:
        events, self._events = tuple(self._events), []
        names = () if self._skeleton is None else self._skeleton.joints
        return LiveUpdate(
            time_s=self._kept.end_s if len(self._kept) else None,
            count=self._count,
            events=events,
            cue=None if self._presence is None else self._presence.cue,
            confidence=dict(zip(names, self._confidence.tolist(), strict=True)),
            sides_sure=self._sides_sure,
            is_kept=is_kept,
            latency_ms=self._latency_ms,
        )
