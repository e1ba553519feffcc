"""The process that looks for a person, started by ``detection``, with a ``.task`` file or without.

MediaPipe's threads, memory and chatter end with it.

It reads a line of JSON for each video (``frames``, ``height``, ``width``), then the frames as plain
bytes, and answers each frame with ``RECORD`` float32 numbers; before the first a line of JSON says
whether it could start. A camera's frames, whose number nobody knows, come each after a line of its
own, without ``frames``, until the input ends.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from typing import Any, BinaryIO

import numpy as np

Detect = Callable[[np.ndarray], np.ndarray]
"""A frame (h, w, 3) -> a record."""

Look = Callable[[], AbstractContextManager[Detect]]
"""Begins to look at another video."""

LANDMARKS = 33
RECORD = LANDMARKS * 6
"""Numbers a frame: x, y (shares of the picture), visibility, then x, y, z in metres; NaN: nobody
was found."""

MODEL_COMPLEXITY = 1
"""The model that the wheel carries; 0 and 2 would be downloaded."""

_FAR_APART_MS = 1_000_000
"""What a ``.task`` file is told between two frames: its smoothing, which cannot be switched off,
trusts a frame the more, the longer ago the one before it was."""


def main() -> None:
    """Answer every video that comes until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when this ends
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)  # what libraries print must not get between the numbers
        try:
            look = _start()
        except Exception as error:
            first = (str(error).strip() or type(error).__name__).splitlines()[0]
            out.write(json.dumps({"failed": first[:200]}).encode() + b"\n")
            return
        out.write(b"{}\n")
        out.flush()
        while line := sys.stdin.buffer.readline(4096):
            head = json.loads(line)
            respond = answer if "frames" in head else answer_camera
            respond(look, head, sys.stdin.buffer, out)


def _start() -> Look:
    """A detector for each video: the wheel's own, or the one of the ``.task`` file that is named.

    Their own smoothing looks back only: it lags behind a swing. Ours sees the whole clip.
    """
    os.environ.setdefault("GLOG_minloglevel", "2")
    if len(sys.argv) > 1:
        return _tasks(sys.argv[1])
    import mediapipe

    pose = mediapipe.solutions.pose

    @contextmanager
    def look() -> Iterator[Detect]:
        with pose.Pose(model_complexity=MODEL_COMPLEXITY, smooth_landmarks=False) as detector:
            yield lambda frame: record(detector.process(frame))

    return look


def _tasks(path: str) -> Look:
    """Of a ``.task`` file; loaded once now, so that a wrong one is told before the first frame."""
    import mediapipe
    from mediapipe.tasks.python import BaseOptions, vision

    options = vision.PoseLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=path), running_mode=vision.RunningMode.VIDEO
    )

    @contextmanager
    def look() -> Iterator[Detect]:
        with vision.PoseLandmarker.create_from_options(options) as detector:
            times = count(step=_FAR_APART_MS)

            def answered(frame: np.ndarray) -> np.ndarray:
                image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=frame)
                return record_of_task(detector.detect_for_video(image, next(times)))

            yield answered

    with look():
        return look


def answer(look: Look, video: dict[str, int], frames: BinaryIO, out: BinaryIO) -> None:
    """One record for each frame of a video; the person is followed from frame to frame."""
    with look() as detector:
        for _ in range(video["frames"]):
            if not _look(detector, video, frames, out):
                return


def answer_camera(look: Look, head: dict[str, int], frames: BinaryIO, out: BinaryIO) -> None:
    """One record for each frame of a camera, until the input ends."""
    with look() as detector:
        while _look(detector, head, frames, out) and (line := frames.readline(4096)):
            head = json.loads(line)


def _look(detector: Detect, head: dict[str, int], frames: BinaryIO, out: BinaryIO) -> bool:
    """Answer the next frame; False where there is none."""
    shape = head["height"], head["width"], 3
    raw = frames.read(int(np.prod(shape)))
    if len(raw) < np.prod(shape):
        return False
    out.write(detector(np.frombuffer(raw, np.uint8).reshape(shape)).tobytes())
    out.flush()
    return True


def record(found: Any) -> np.ndarray:
    """(RECORD,) float32 of MediaPipe's answer. Its ``presence`` is left out: it is always unset."""
    numbers = np.full((2, LANDMARKS, 3), np.nan, np.float32)
    if found.pose_landmarks and found.pose_world_landmarks:
        _fill(numbers, found.pose_landmarks.landmark, found.pose_world_landmarks.landmark)
    return numbers.reshape(-1)


def record_of_task(found: Any) -> np.ndarray:
    """As :func:`record`, of the answer of a ``.task`` file: of the first person in it."""
    numbers = np.full((2, LANDMARKS, 3), np.nan, np.float32)
    if found.pose_landmarks and found.pose_world_landmarks:
        _fill(numbers, found.pose_landmarks[0], found.pose_world_landmarks[0])
    return numbers.reshape(-1)


def _fill(numbers: np.ndarray, image: Iterable[Any], world: Iterable[Any]) -> None:
    numbers[0] = [(p.x, p.y, p.visibility) for p in image]
    numbers[1] = [(p.x, p.y, p.z) for p in world]


if __name__ == "__main__":
    main()
