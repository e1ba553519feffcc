"""Videos from which no motion can be told: nobody, nobody whole, a still picture."""

from __future__ import annotations

import numpy as np

from llamo.encoders.estimator.landmarks import INDEX, Landmarks
from llamo.errors import NothingToEstimate

MIN_SEEN_S = 0.5
"""A person must be seen for so long."""

_SEEN = 0.5
"""Least visibility of a joint that is seen."""

_NEEDED: dict[str, tuple[tuple[str, ...], ...]] = {
    "head": (("nose",), ("left_ear",), ("right_ear",)),
    "trunk": (("left_shoulder", "left_hip"), ("right_shoulder", "right_hip")),
    "legs": (("left_knee", "left_ankle"), ("right_knee", "right_ankle")),
}
"""Parts of a whole person: each is seen when any one of its sets of joints is. Arms are not among
them: a body hides its own."""


def check_moves(still: bool) -> None:
    """Refuse a still picture.

    Raises:
        NothingToEstimate: Nothing in the picture moves.
    """
    if still:
        raise NothingToEstimate(
            "expected a video of a person moving, got a still picture; record the movement."
        )


def check_whole(landmarks: Landmarks) -> None:
    """Refuse what shows no person from head to feet.

    Raises:
        NothingToEstimate: Nobody is found, or parts of the body are out of sight most of the time.
    """
    found = landmarks.found
    if _seconds(landmarks, found) < MIN_SEEN_S:
        raise NothingToEstimate(
            "expected a person from head to feet, no person is seen; film one person from 2-6 m, "
            "in good light."
        )
    missing = [part for part in _NEEDED if _seen(landmarks, part)[found].mean() < 0.5]
    if missing:
        raise NothingToEstimate(
            f"expected a person from head to feet, the {_listed(missing)} cannot be seen; "
            "step back until the whole body is in the picture."
        )


def whole_frames(landmarks: Landmarks) -> np.ndarray:
    """(T,) True on the frames that show a whole person: head, trunk and legs within the picture."""
    parts = [_seen(landmarks, part) for part in _NEEDED]
    return landmarks.found & np.all(parts, axis=0)


def check_followed(landmarks: Landmarks, frames: np.ndarray) -> None:
    """Refuse what shows one person for a moment only.

    Raises:
        NothingToEstimate: Less than ``MIN_SEEN_S``.
    """
    seen_s = _seconds(landmarks, frames)
    if seen_s < MIN_SEEN_S:
        raise NothingToEstimate(
            f"expected one person in sight for {MIN_SEEN_S:g} s at least, got {seen_s:.1f} s; film "
            "one person without cuts."
        )


def _seen(landmarks: Landmarks, part: str) -> np.ndarray:
    """(T,) whether a part of the body is seen."""
    joints = (landmarks.visibility >= _SEEN) & landmarks.inside  # (T, 33)
    ways = [joints[:, [INDEX[name] for name in names]].all(1) for names in _NEEDED[part]]
    return np.any(ways, axis=0)


def _seconds(landmarks: Landmarks, frames: np.ndarray) -> float:
    """How long these frames are shown, each until the next one."""
    shown_s = np.diff(landmarks.times_s)
    if not len(shown_s):
        return 0.0
    return float(np.append(shown_s, np.median(shown_s))[frames].sum())


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
