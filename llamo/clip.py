"""Whatever a caller calls a clip -> ``Motion``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from llamo.errors import InvalidMotion, LlamoError, MissingInformation
from llamo.motion import Motion
from llamo.skeleton import SKELETONS, Skeleton

if TYPE_CHECKING:
    from llamo.encoders.estimator import Estimate
    from llamo.video import Video, VideoLimits

Clip = str | Path | Motion | np.ndarray
"""A motion file, ``FILE#INDEX``, a video, a ``Motion``, or joints (T, J, 3)."""

VIDEO_SUFFIXES = (
    ".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".gif", ".ts", ".mts",
    ".m2ts", ".flv", ".wmv", ".ogv", ".3gp", ".mxf", ".ivf", ".h264", ".hevc",
)  # fmt: skip


class Footage(NamedTuple):
    """A video, and what was seen in it; its frames are read again where they are needed."""

    path: Path
    estimate: Estimate
    limits: VideoLimits | None = None
    """What the video may take, None for the usual bounds."""


class Opened(NamedTuple):
    """A clip as a motion, and what is to be said about how it was come by."""

    motion: Motion
    notes: tuple[str, ...] = ()
    sides_told: bool = True
    """False where left and right are in doubt most of the time."""
    footage: Footage | None = None
    """None where the clip is no video."""


def read_clip(
    clip: Clip,
    fps: float | None = None,
    up: str | None = None,
    unit: str | None = None,
    body_model: str | Path | None = None,
    progress: Callable[[int, int], object] | None = None,
    person: int | None = None,
    estimator: str | Path | None = None,
    device: str = "cpu",
    watch: Callable[[Video, Estimate], object] | None = None,
    video_limits: VideoLimits | None = None,
) -> Opened:
    """Read a clip; the motion in a video is estimated.

    Args:
        clip: A motion file, ``FILE#INDEX``, a video, a ``Motion``, or joints (T, J, 3).
        fps: Frames a second, where the clip does not tell; always for an array.
        up: Up axis, where the clip does not tell; seen in the body where it is clear.
        unit: Unit of length, where the clip does not tell; seen in the body where it is clear.
        body_model: SMPL model file, for exact joints of a file of SMPL parameters.
        progress: Told (frames done, frames in all) while a video is estimated.
        person: Whom to follow in a video of several people, from 1, counted from the left.
        estimator: Of a video's motion, by name or file; None takes the one that ships.
        device: Where an estimator runs that is a network of torch.
        watch: Shown the frames of a video with what was estimated, before they are let go.
        video_limits: How much a video may take; None for the usual bounds.

    Raises:
        UnreadableFile: No such file, no motion file or video, or a broken one.
        InvalidMotion: No human motion.
        MissingInformation: Neither the clip nor the caller tells something needed.
        NothingToEstimate: A video of no person, no whole person, or a still picture.
        ModelError: There is no such estimator.
    """
    video = isinstance(clip, (str, Path)) and is_video(clip)
    if person is not None and not video:
        raise InvalidMotion(
            "person chooses in a video; of a file of many clips or people write FILE#INDEX."
        )
    if estimator is not None and not video:
        raise InvalidMotion("a motion needs no estimator; leave it out.")
    if isinstance(clip, Motion):
        if (fps, up, unit) != (None, None, None):
            raise InvalidMotion(
                "a Motion has its own frame rate, in metres and y-up; leave fps, up and unit out."
            )
        return Opened(clip)
    if isinstance(clip, (str, Path)):
        if video:
            if (fps, up, unit, body_model) != (None, None, None, None):
                raise InvalidMotion(
                    "a video tells its own frame rate, and its motion comes in metres and y-up; "
                    "leave fps, up, unit and body model out."
                )
            from llamo.encoders.estimator import estimate_video

            estimate = estimate_video(
                clip, limits=video_limits, progress=progress, person=person, watch=watch,
                estimator=estimator, device=device,
            )  # fmt: skip
            footage = Footage(Path(clip).absolute(), estimate, video_limits)
            return Opened(estimate.motion, estimate.notes, estimate.sides_told, footage)
        from llamo.formats import read_motion

        return Opened(read_motion(clip, fps=fps, up=up, unit=unit, body_model=body_model))
    return Opened(_from_array(clip, fps, up, unit))


def is_video(clip: str | Path) -> bool:
    """Whether a path is a video's, by its ending."""
    return Path(clip).suffix.lower() in VIDEO_SUFFIXES


def _from_array(array: object, fps: float | None, up: str | None, unit: str | None) -> Motion:
    from llamo.formats.recording import Recording, Wishes, settle

    try:
        joints = np.asarray(array)
    except ValueError as error:
        raise InvalidMotion(f"a clip must be a path, a Motion or an array ({error}).") from None
    if joints.ndim != 3 or joints.shape[-1] != 3 or joints.dtype.kind not in "fiu":
        raise InvalidMotion(
            "a clip must be a path, a Motion, or joints (frames, joints, 3); "
            f"got {type(array).__name__} of shape {joints.shape}."
        )
    if fps is None:
        raise MissingInformation("an array has no frame rate; pass it: fps=30.")
    skeleton = skeleton_of(joints.shape[1])
    motion = settle(Recording("array", joints, skeleton), Wishes(fps, up, unit)).motion
    if motion is None:
        raise LlamoError("the array holds no motion.")
    return motion


def skeleton_of(joints: int) -> Skeleton:
    """The joint set of an array with so many joints.

    Raises:
        InvalidMotion: No known joint set has so many.
    """
    by_count = {len(skeleton): skeleton for skeleton in reversed(SKELETONS.values())}
    if joints not in by_count:
        known = ", ".join(f"{count} ({by_count[count].name})" for count in sorted(by_count))
        raise InvalidMotion(
            f"no joint set of {joints} joints is known; expected {known}, "
            "or a Motion with its skeleton."
        )
    return by_count[joints]
