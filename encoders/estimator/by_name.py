"""Pose estimators by name: the one that ships, or another whose weights are there."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from llamo.encoders.estimator.detection import Progress
from llamo.encoders.estimator.estimate import Estimate
from llamo.encoders.estimator.pose import MediaPipePose, PoseEstimator
from llamo.video import Video, VideoLimits, read_video

DEFAULT = "mediapipe"


def estimator_named(
    name: str | os.PathLike[str] | None = None, person: int | None = None, device: str = "cpu"
) -> PoseEstimator:
    """Load an estimator.

    Args:
        name: ``mediapipe``, as its wheel carries it, which None takes, too; a ``.task`` file of
            MediaPipe; ``rtmpose``, ``rtmpose-lightweight`` or ``rtmpose-performance``, through
            rtmlib; or the name or path of a ViTPose for transformers.
        person: Whom to follow of several people, as of :class:`PoseEstimator`.
        device: Where networks of torch and onnxruntime run.

    Raises:
        ModelError: There is no such estimator.
        MissingDependency: What it needs is not installed.
    """
    name = DEFAULT if name is None else os.fspath(name)
    if name == DEFAULT:
        return MediaPipePose(person)
    if name.endswith(".task"):
        return MediaPipePose(person, Path(name))
    if name.partition("-")[0] == "rtmpose":
        from llamo.encoders.estimator.rtmlib_pose import SIZES, RTMPose

        return PoseEstimator(RTMPose(name.partition("-")[2] or SIZES[0], device), person)
    from llamo.encoders.estimator.transformers_pose import TransformersPose

    return PoseEstimator(TransformersPose(name, device=device), person)


def estimate_video(
    path: str | os.PathLike[str],
    *,
    start_s: float = 0.0,
    end_s: float | None = None,
    limits: VideoLimits | None = None,
    progress: Progress | None = None,
    person: int | None = None,
    estimator: str | os.PathLike[str] | None = None,
    device: str = "cpu",
    watch: Callable[[Video, Estimate], object] | None = None,
) -> Estimate:
    """Read a video file and estimate the motion of one person in it.

    Args:
        path, start_s, end_s, limits: As :func:`llamo.video.read_video`.
        progress: Told (frames done, frames in all).
        person: As of :class:`PoseEstimator`.
        estimator, device: As of :func:`estimator_named`.
        watch: Shown the frames with what was estimated, before they are let go.

    Raises:
        UnreadableFile, InvalidVideo: As the reader finds.
        NothingToEstimate: No person, no whole person, or a still picture.
        MissingDependency: The estimator or a decoder is not installed.
        ModelError: There is no such estimator.
    """
    with estimator_named(estimator, person, device) as pose:  # may load while the video is decoded
        video = read_video(path, start_s=start_s, end_s=end_s, limits=limits)
        estimate = pose.estimate(video, progress)
    if watch is not None:
        watch(video, estimate)
    return estimate
