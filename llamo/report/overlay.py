"""A video with the estimated skeleton drawn on it, so that people can check an estimate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from llamo.encoders.estimator import Estimate
from llamo.encoders.estimator.motion_of import GUESSED
from llamo.errors import InvalidVideo, MissingDependency
from llamo.report.colours import LEFT, MIDDLE, RIGHT
from llamo.skeleton import MEDIAPIPE33
from llamo.video import Video
from llamo.video.writing import write_video

_LIMBS = (
    ("shoulder", "elbow"), ("elbow", "wrist"), ("wrist", "index"), ("shoulder", "hip"),
    ("hip", "knee"), ("knee", "ankle"), ("ankle", "heel"), ("heel", "foot"), ("ankle", "foot"),
)  # fmt: skip
_BONES = [
    *((f"{side}_{a}", f"{side}_{b}", colour)
      for side, colour in (("left", LEFT), ("right", RIGHT)) for a, b in _LIMBS),
    ("left_shoulder", "right_shoulder", MIDDLE),
    ("left_hip", "right_hip", MIDDLE),
    ("left_ear", "nose", LEFT),
    ("right_ear", "nose", RIGHT),
]  # fmt: skip


def write_overlay(
    path: Path,
    video: Video,
    estimate: Estimate,
    progress: Callable[[int, int], object] | None = None,
) -> None:
    """Write the frames with skeleton, sides and times.

    Args:
        path: An ``.mp4``.
        video: What the estimate was made from.
        estimate: Its landmarks are drawn.
        progress: Told (frames done, frames in all).

    Raises:
        InvalidVideo: The estimate is one of another video.
        MissingDependency: OpenCV or PyAV is not installed.
        UnreadableFile: The file cannot be written.
    """
    if len(video) != len(estimate.landmarks):
        raise InvalidVideo(
            f"the estimate is of {len(estimate.landmarks)} frames, the video has {len(video)}; "
            "give the video that was estimated."
        )
    write_video(path, _drawn(video, estimate, progress), video.times_s)


def _drawn(
    video: Video, estimate: Estimate, progress: Callable[[int, int], object] | None
) -> Iterator[np.ndarray]:
    for place in range(len(video)):
        yield draw_frame(video, estimate, place)
        if progress is not None:
            progress(place + 1, len(video))


def draw_frame(video: Video, estimate: Estimate, place: int) -> np.ndarray:
    """(h, w, 3) uint8: one frame with the skeleton and its time on it.

    Raises:
        MissingDependency: OpenCV is not installed.
    """
    picture = draw_skeleton(video, estimate, place)
    import cv2

    remark = remark_on(estimate, place)
    text = f"{video.start_s + video.times_s[place]:.2f} s" + (f"  {remark}" if remark else "")
    size = max(0.4, min(picture.shape[:2]) / 600)
    corner = (round(10 * size), round(28 * size))
    for shade, width in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        cv2.putText(
            picture, text, corner, cv2.FONT_HERSHEY_SIMPLEX, size, shade, width, cv2.LINE_AA
        )
    return picture


def draw_skeleton(video: Video, estimate: Estimate, place: int) -> np.ndarray:
    """(h, w, 3) uint8: one frame with the skeleton on it, where the person was seen.

    Raises:
        MissingDependency: OpenCV is not installed.
    """
    try:
        import cv2
    except ImportError:
        raise MissingDependency(
            "drawing on a video needs OpenCV; install it: pip install 'llamo[video]'."
        ) from None
    picture = video.frames[place].copy()
    landmarks = estimate.landmarks
    if not landmarks.found[place]:
        return picture
    thick = max(2, min(picture.shape[:2]) // 160)
    at = dict(zip(MEDIAPIPE33.joints, landmarks.image[place], strict=True))
    sure = dict(zip(MEDIAPIPE33.joints, landmarks.visibility[place] >= GUESSED, strict=True))
    for start, end, colour in _BONES:
        if sure[start] and sure[end]:
            here, there = (np.round(at[joint]).astype(int).tolist() for joint in (start, end))
            cv2.line(picture, here, there, colour, thick, cv2.LINE_AA)
    return picture


def remark_on(estimate: Estimate, place: int) -> str:
    """What is to be said of one frame, mostly nothing."""
    if not estimate.landmarks.found[place]:
        return "not seen"
    return "" if estimate.sides_sure[place] else "left or right?"
