"""How many people a video shows, and where one of them is.

MediaPipe Pose tells of one person. Whoever it found is painted over, and it is asked again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from llamo.encoders.estimator.follow import CORE, pixels_per_metre
from llamo.encoders.estimator.landmarks import Landmarks
from llamo.errors import NothingToEstimate
from llamo.video import Video

Detect = Callable[[Video], Landmarks]

MOST = 4
"""More people than this are not told apart."""

_LOOKS = 8
"""Frames, evenly spread, in which people are counted."""

_SHARE = 1 / 3
"""So many people count that are seen together in this share of those frames."""

_SURE = 0.6
"""Least median visibility of ``CORE`` of somebody who counts; wrong skeletons have 0.22-0.37."""

_SMALLEST = 0.4
"""Who is smaller than this, against the largest, stands in the background."""

_AROUND_M = 0.2
"""A body and its clothes reach so far beyond its landmarks."""

SAME_M = 0.5
"""Two detections whose middles are so near are of one person."""


class Crowd(NamedTuple):
    """Who is seen together.

    Args:
        people: How many, 1 where only one, or none, is.
        frame: A frame in which they all are.
        middles: (people, 2) pixels: the middle of each in that frame, from left to right.
        scales: (people,) pixels a metre of each.
    """

    people: int
    frame: int
    middles: np.ndarray
    scales: np.ndarray

    def nearest(self, landmarks: Landmarks) -> int | None:
        """Who of them a detection is of, from 0; None where nobody."""
        if not landmarks.found[self.frame] or not len(self.middles):
            return None
        middle = landmarks.centre[self.frame]
        away_m = np.linalg.norm(self.middles - middle, axis=1) / self.scales
        return int(away_m.argmin()) if away_m.min() < SAME_M else None


def look_around(video: Video, first: Landmarks, detect: Detect) -> Crowd:
    """Count the people in some frames.

    Args:
        video: All frames.
        first: What was found in each of them.
        detect: Finds one person in each frame of a video.
    """
    places = np.unique(np.linspace(0, len(video) - 1, _LOOKS).round().astype(int))
    sample = part(video, places)
    seen = [first.part(places)]
    while len(seen) <= MOST and _counts(seen[-1]).mean() >= _SHARE:
        sample = without(sample, seen[-1])
        seen.append(detect(sample))
    counted = np.stack([_counts(one) for one in seen])  # (rounds, looks)
    scales = np.stack([pixels_per_metre(one) for one in seen])
    largest = np.nanmax(np.where(counted, scales, -np.inf), axis=0)
    counted &= np.nan_to_num(scales) >= _SMALLEST * largest
    together = counted.sum(0)
    count = max(n for n in range(len(seen) + 1) if (together >= n).mean() >= _SHARE)
    look = int((together >= count).argmax())
    rounds = np.flatnonzero(counted[:, look])[:count]
    middles = np.array([seen[one].centre[look] for one in rounds]).reshape(-1, 2)
    order = middles[:, 0].argsort()
    return Crowd(max(count, 1), int(places[look]), middles[order], scales[rounds, look][order])


def landmarks_of(
    crowd: Crowd, person: int, video: Video, first: Landmarks, detect: Detect
) -> Landmarks:
    """Landmarks that are of one person where all people are seen.

    Args:
        crowd: What ``look_around`` found.
        person: From 1, counted from the left.
        video: All frames.
        first: What was found in each of them.
        detect: Finds one person in each frame of a video.

    Raises:
        NothingToEstimate: There is no such person, or nobody can be found there.
    """
    if not 1 <= person <= crowd.people:
        raise NothingToEstimate(
            f"expected a person from 1 to {crowd.people}, counted from the left, got {person}."
        )
    found = first
    for _ in range(MOST):
        if crowd.people == 1 or crowd.nearest(found) == person - 1:
            return found
        video = without(video, found)
        found = detect(video)
    raise NothingToEstimate(
        f"person {person} of {crowd.people} cannot be told from the others; "
        "cut the picture to that one."
    )


def part(video: Video, places: np.ndarray | slice) -> Video:
    """Some frames of a video, by their indices; of a slice they are not copied."""
    times_s = video.times_s[places]
    return replace(
        video,
        frames=video.frames[places],
        times_s=times_s - times_s[0],
        source_frames=video.source_frames[places],
    )


def without(video: Video, landmarks: Landmarks) -> Video:
    """The frames with a person painted over, from what lies left and right of them."""
    frames = video.frames.copy()
    height, width = frames.shape[1:3]
    reach = _AROUND_M * pixels_per_metre(landmarks)
    for place in np.flatnonzero(landmarks.found):
        body = landmarks.image[place]
        low = np.floor(body.min(0) - reach[place]).astype(int).clip(0)
        high = np.ceil(body.max(0) + reach[place]).astype(int).clip(0, [width, height])
        (x0, y0), (x1, y1) = low, high
        if x1 - x0 < 2 or y1 <= y0:
            continue
        patch = frames[place, y0:y1, x0:x1]
        share = np.linspace(0, 1, x1 - x0)[None, :, None]
        patch[:] = patch[:, :1] * (1 - share) + patch[:, -1:] * share
    return replace(video, frames=frames)


def _counts(landmarks: Landmarks) -> np.ndarray:
    """(T,) whether a whole person is clearly seen."""
    visible = np.median(landmarks.visibility[:, CORE], axis=1) >= _SURE
    return landmarks.found & visible & (landmarks.inside[:, CORE].mean(1) > 0.8)
