"""The process that looks for a person, started by ``detection``.

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
from typing import Any, BinaryIO

import numpy as np

LANDMARKS = 33
RECORD = LANDMARKS * 6
"""Numbers a frame: x, y (shares of the picture), visibility, then x, y, z in metres; NaN: nobody
was found."""

MODEL_COMPLEXITY = 1
"""The model that the wheel carries; 0 and 2 would be downloaded."""


def main() -> None:
    """Answer every video that comes until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when this ends
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)  # what libraries print must not get between the numbers
        try:
            pose = _pose_module()
        except Exception as error:
            first = (str(error).strip() or type(error).__name__).splitlines()[0]
            out.write(json.dumps({"failed": first[:200]}).encode() + b"\n")
            return
        out.write(b"{}\n")
        out.flush()
        while line := sys.stdin.buffer.readline(4096):
            head = json.loads(line)
            respond = answer if "frames" in head else answer_camera
            respond(pose, head, sys.stdin.buffer, out)


def _pose_module() -> Any:
    os.environ.setdefault("GLOG_minloglevel", "2")
    import mediapipe

    return mediapipe.solutions.pose


def answer(pose: Any, video: dict[str, int], frames: BinaryIO, out: BinaryIO) -> None:
    """One record for each frame of a video; the person is followed from frame to frame."""
    with _detector(pose) as detector:
        for _ in range(video["frames"]):
            if not _look(detector, video, frames, out):
                return


def answer_camera(pose: Any, head: dict[str, int], frames: BinaryIO, out: BinaryIO) -> None:
    """One record for each frame of a camera, until the input ends."""
    with _detector(pose) as detector:
        while _look(detector, head, frames, out) and (line := frames.readline(4096)):
            head = json.loads(line)


def _detector(pose: Any) -> Any:
    # Its own smoothing looks back only: it lags behind a swing. Ours sees the whole clip.
    return pose.Pose(model_complexity=MODEL_COMPLEXITY, smooth_landmarks=False)


def _look(detector: Any, head: dict[str, int], frames: BinaryIO, out: BinaryIO) -> bool:
    """Answer the next frame; False where there is none."""
    shape = head["height"], head["width"], 3
    raw = frames.read(int(np.prod(shape)))
    if len(raw) < np.prod(shape):
        return False
    out.write(record(detector.process(np.frombuffer(raw, np.uint8).reshape(shape))).tobytes())
    out.flush()
    return True


def record(found: Any) -> np.ndarray:
    """(RECORD,) float32 of MediaPipe's answer. Its ``presence`` is left out: it is always unset."""
    numbers = np.full((2, LANDMARKS, 3), np.nan, np.float32)
    if found.pose_landmarks and found.pose_world_landmarks:
        numbers[0] = [(p.x, p.y, p.visibility) for p in found.pose_landmarks.landmark]
        numbers[1] = [(p.x, p.y, p.z) for p in found.pose_world_landmarks.landmark]
    return numbers.reshape(-1)


if __name__ == "__main__":
    main()
