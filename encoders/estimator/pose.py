"""Pose detectors, MediaPipe's above all, made to follow one person and to know left from right."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np

from llamo.encoders.estimator.cuts import find_cuts, is_still
from llamo.encoders.estimator.detection import Progress
from llamo.encoders.estimator.estimate import Estimate
from llamo.encoders.estimator.follow import follow
from llamo.encoders.estimator.halves import HalvesDetector
from llamo.encoders.estimator.landmarks import Landmarks
from llamo.encoders.estimator.motion_of import motion_of
from llamo.encoders.estimator.panning import camera_moves
from llamo.encoders.estimator.people import Crowd, landmarks_of, look_around
from llamo.encoders.estimator.refusals import check_followed, check_moves, check_whole
from llamo.encoders.estimator.sides import Sides, settle_sides
from llamo.motion import Motion
from llamo.video import Video


class LandmarkDetector(Protocol):
    """Finds landmarks of one person in each frame of a video."""

    def detect(self, video: Video, progress: Progress | None = None) -> Landmarks: ...

    def close(self) -> None:
        """End what was started."""
        ...


class PoseEstimator:
    """An :class:`Estimator` by a detector of landmarks.

    Args:
        detector: Is closed with this.
        person: Whom to follow of several people, from 1, counted from the left where they are
            first seen together; None follows whoever is seen best for longest.
    """

    def __init__(self, detector: LandmarkDetector, person: int | None = None) -> None:
        self._detector = detector
        self._person = person

    def __enter__(self) -> PoseEstimator:
        return self

    def __exit__(self, *_: object) -> None:
        self._detector.close()

    def estimate(self, video: Video, progress: Progress | None = None) -> Estimate:
        """See :class:`Estimator`."""
        check_moves(len(video) < 2 or is_still(video.frames))
        landmarks = self._detector.detect(video, progress)
        crowd = look_around(video, landmarks, self._detector.detect)
        anchor = None
        if self._person is not None:
            detect = partial(self._detector.detect, progress=progress)
            landmarks = landmarks_of(crowd, self._person, video, landmarks, detect)
            anchor = crowd.frame if crowd.people > 1 else None
        estimate = estimate_landmarks(landmarks, find_cuts(video.frames), video.fps, anchor)
        notes = [*_about(crowd, estimate.landmarks), *estimate.notes]
        seen = np.flatnonzero(estimate.landmarks.found)
        if camera_moves(video.frames[seen[0] : seen[-1] + 1]):
            notes.append("the camera moves: where the person goes in the room cannot be told")
        if video.truncated is not None:
            notes.append(video.truncated.rstrip("."))
        return replace(
            estimate,
            notes=tuple(notes),
            people=crowd.people,
            people_s=float(landmarks.times_s[crowd.frame]),
        )


class MediaPipePose(PoseEstimator):
    """Motion by MediaPipe Pose (https://ai.google.dev/edge/mediapipe), from one camera.

    Args:
        person: As of :class:`PoseEstimator`.
        task: A ``.task`` file of MediaPipe's pose landmarker; None takes what the wheel carries.

    Raises:
        ModelError: There is no such file.
        MissingDependency: MediaPipe is not installed, or does not load.
    """

    def __init__(self, person: int | None = None, task: Path | None = None) -> None:
        super().__init__(HalvesDetector(task), person)


def estimate_landmarks(
    landmarks: Landmarks,
    cuts: np.ndarray,
    fps: float,
    anchor: int | None = None,
) -> Estimate:
    """From what was found in each frame to a motion.

    Args:
        landmarks: As the detector gave them.
        cuts: Indices of frames that begin a new shot.
        fps: The steady rate of the motion.
        anchor: A frame that shows whom to follow, None for whoever is seen best.

    Raises:
        NothingToEstimate: No person, or no whole person.
    """
    notes, sides = one_person(landmarks, cuts, anchor)
    motion = motion_of(sides.landmarks, sides.sure, fps)
    notes = (*notes, *sides.notes, *_hidden(motion))
    return Estimate(motion, sides.landmarks, sides.sure, notes)


def one_person(
    landmarks: Landmarks, cuts: np.ndarray, anchor: int | None = None
) -> tuple[tuple[str, ...], Sides]:
    """The person who is followed, left and right settled; and notes on whom.

    Args:
        landmarks, cuts, anchor: As of :func:`estimate_landmarks`.

    Raises:
        NothingToEstimate: No person, or no whole person.
    """
    followed = follow(landmarks, cuts, anchor)
    check_whole(landmarks.of(followed.shot))
    check_followed(landmarks, followed.frames)
    return followed.notes, settle_sides(landmarks.of(followed.frames))


def _about(crowd: Crowd, followed: Landmarks) -> list[str]:
    """A line on other people."""
    if crowd.people < 2:
        return []
    number = crowd.nearest(followed)
    who = "one of them" if number is None else f"number {number + 1} from the left"
    time_s = followed.times_s[crowd.frame]
    return [
        f"{crowd.people} people are seen at {time_s:.1f} s; the motion is that of {who}; "
        "person (--person on the command line) chooses another"
    ]


def _hidden(motion: Motion) -> list[str]:
    """A line on limbs that cannot be seen most of the time the person is."""
    confidence = motion.confidence
    assert confidence is not None
    seen = confidence.max(1) > 0
    lines = []
    for limb, parts in (("arm", ("elbow", "wrist")), ("leg", ("knee", "ankle"))):
        for side in ("left", "right"):
            joints = [motion.skeleton.index(f"{side}_{part}") for part in parts]
            if (confidence[seen][:, joints].min(1) == 0).mean() > 0.5:
                lines.append(f"the {side} {limb} is hidden most of the time")
    return lines
