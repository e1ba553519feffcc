"""Landmarks of one person in a video, by MediaPipe Pose in a process of its own.

The frames are a stranger's, the library is large, prints what it likes and keeps threads and
memory: a process can be killed at a deadline and on Ctrl-C, and leaves nothing behind.
"""

from __future__ import annotations

import importlib.util
import json
import math
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

import numpy as np

from llamo.encoders.estimator.child import LANDMARKS, RECORD
from llamo.encoders.estimator.landmarks import Landmarks
from llamo.errors import InvalidVideo, MissingDependency, ModelError
from llamo.video import Video
from llamo.video.processes import PIPE_BYTES, Watchdog, environment, kill
from llamo.video.values import shown

Progress = Callable[[int, int], object]
"""Told (frames done, frames in all)."""

START_S = 60.0
"""Seconds that the process may take until its first frame; importing MediaPipe takes 2-5."""

FRAME_S = 5.0
"""Seconds that it may be silent between two frames; one takes 10-100 ms."""


_FARTHEST = 5.0
"""Landmarks lie within so many pictures, and so many metres; anything else is nonsense."""


def check_installed() -> None:
    """See that there is a pose detector, before long work that ends with one.

    Raises:
        MissingDependency: MediaPipe is not installed.
    """
    if importlib.util.find_spec("mediapipe") is None:
        raise MissingDependency(
            "estimating motion from video needs mediapipe; install it: pip install 'llamo[video]'."
        )


class Detector:
    """A process that finds landmarks. Use it in a ``with`` statement, for one video after another.

    It starts at once and loads while the caller reads the video.

    Args:
        task: A ``.task`` file of MediaPipe's pose landmarker; None takes what the wheel carries.

    Raises:
        ModelError: There is no such file.
        MissingDependency: MediaPipe is not installed, or does not load.
    """

    def __init__(self, task: Path | None = None) -> None:
        check_installed()
        if task is not None and not task.is_file():
            raise ModelError(
                f"no such file: {shown(str(task))}; expected a .task file of MediaPipe."
            )
        self._task = task
        self._process = subprocess.Popen(
            [*child_command(), *([] if task is None else [str(task.absolute())])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(),
            pipesize=PIPE_BYTES,
            start_new_session=True,  # a group of its own, so that its children are killed with it
        )
        self._is_ready = False

    def __enter__(self) -> Detector:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process with all that it started."""
        kill(self._process)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):  # what was still to be written goes nowhere
                    pipe.close()

    def detect(self, video: Video, progress: Progress | None = None) -> Landmarks:
        """Find one person in each frame.

        Raises:
            InvalidVideo: The detector crashed on it, or stopped answering.
            MissingDependency: MediaPipe does not load.
        """
        feeder = threading.Thread(target=self._feed, args=(video,), daemon=True)
        watchdog = Watchdog(self._process, math.inf, START_S)
        records = np.empty((len(video), 2, LANDMARKS, 3), np.float32)
        try:
            watchdog.start()
            feeder.start()
            self._check_start()
            for place in range(len(video)):
                records[place] = self._record().reshape(2, LANDMARKS, 3)
                watchdog.heard_at, watchdog.patience_s = time.monotonic(), FRAME_S
                if progress is not None:
                    progress(place + 1, len(video))
        except EOFError:
            self.close()
            why = "stopped answering" if watchdog.late else "crashed"
            if self._task is not None and not self._is_ready:
                raise self._no_task(f"MediaPipe {why} on it") from None
            raise InvalidVideo(
                f"the pose detector {why} on this video; encode it again as H.264 in MP4."
            ) from None
        except BaseException:
            self.close()  # half of a video is in the pipe: nothing more can be asked
            raise
        finally:
            watchdog.done.set()
            if watchdog.ident is not None:
                watchdog.join()
            if feeder.ident is not None:
                feeder.join()
        height, width = video.frames.shape[1:3]
        return to_landmarks(records, video.times_s, (width, height))

    def look(self, frame: np.ndarray) -> np.ndarray:
        """Find one person in the next frame of a camera; waits for the answer.

        A detector that has looked at a camera is of no use for videos afterwards.

        Args:
            frame: (h, w, 3) uint8, RGB.

        Returns:
            (2, 33, 3): x and y in shares of the picture with the visibility, and x, y, z in
            metres; NaN where nobody was found.

        Raises:
            InvalidVideo: The detector crashed, or was ended.
            MissingDependency: MediaPipe does not load.
        """
        pipe = self._process.stdin
        assert pipe is not None
        head = {"height": frame.shape[0], "width": frame.shape[1]}
        try:
            with suppress(OSError):  # it died or was ended: reading tells
                pipe.write(json.dumps(head).encode() + b"\n")
                pipe.write(np.ascontiguousarray(frame).data)
                pipe.flush()
            self._check_start()
            return self._record().reshape(2, LANDMARKS, 3)
        except (EOFError, OSError, ValueError):
            raise InvalidVideo(
                "the pose detector ended while it looked at the camera; begin again."
            ) from None

    def _feed(self, video: Video) -> None:
        pipe = self._process.stdin
        assert pipe is not None
        height, width = video.frames.shape[1:3]
        head = {"frames": len(video), "height": height, "width": width}
        with suppress(OSError, ValueError):  # it died or was ended: the reader says so
            pipe.write(json.dumps(head).encode() + b"\n")
            for frame in video.frames:
                pipe.write(np.ascontiguousarray(frame).data)
            pipe.flush()

    def _no_task(self, why: str) -> ModelError:
        return ModelError(f"{shown(str(self._task))} is no pose landmarker of MediaPipe ({why}).")

    def _check_start(self) -> None:
        if self._is_ready:
            return
        try:
            said = json.loads(self._output.readline(4096))
        except ValueError:
            raise EOFError from None
        if said != {}:
            why = shown(str(said.get("failed")) if isinstance(said, dict) else "no reason given")
            if self._task is not None:
                raise self._no_task(why)
            raise MissingDependency(
                f"mediapipe is installed but does not load ({why}); "
                "install it again: pip install 'llamo[video]'."
            )
        self._is_ready = True

    def _record(self) -> np.ndarray:
        raw = self._output.read(RECORD * 4)
        if len(raw) < RECORD * 4:
            raise EOFError
        return np.frombuffer(raw, np.float32)

    @property
    def _output(self) -> IO[bytes]:
        assert self._process.stdout is not None
        return self._process.stdout


def child_command() -> list[str]:
    """What starts the process; ``-P`` keeps the working folder's modules out of it."""
    return [sys.executable, "-P", "-B", "-m", "llamo.encoders.estimator.child"]


def to_landmarks(records: np.ndarray, times_s: np.ndarray, size: tuple[int, int]) -> Landmarks:
    """Numbers as they came, within reason; a frame with any that is not finite shows nobody.

    Args:
        records: (T, 2, 33, 3) as ``Detector.look`` gives them.
        times_s: (T,) seconds, rising from 0.
        size: (width, height) of the pictures, pixels.
    """
    records = records.astype(np.float64).clip(-_FARTHEST, _FARTHEST)
    found = np.isfinite(records).all((1, 2, 3))
    records[~found] = np.nan
    return Landmarks(
        image=records[:, 0, :, :2] * np.array(size),
        world=records[:, 1],
        visibility=np.nan_to_num(records[:, 0, :, 2]).clip(0, 1),
        times_s=times_s,
        size=size,
    )
