"""Whether the person before a camera can be seen, and what to tell them where not."""

from __future__ import annotations

from collections import deque

import numpy as np

from llamo.kinematics import Moment
from llamo.skeleton import Skeleton

LOST_S, BACK_S = 0.5, 0.3
"""Nobody is there after so long unseen; somebody is back after so long in sight."""

CUE_S = 1.0
"""A part of the body is called missing by the frames of so long."""

LOST, BACK = "person lost", "person back"

_PARTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "head": (("nose",), ("left_ear",), ("right_ear",), ("head",)),
    "trunk": (("left_shoulder", "left_hip"), ("right_shoulder", "right_hip")),
    "legs": (("left_knee", "left_ankle"), ("right_knee", "right_ankle")),
}
"""A part is seen when any one of its sets of joints is; a body hides its own arms."""


class Presence:
    """Follows what is seen of a person from frame to frame.

    Args:
        skeleton: The joint set.
    """

    def __init__(self, skeleton: Skeleton) -> None:
        known = set(skeleton.joints)
        self._parts = {
            part: [[skeleton.index(name) for name in way] for way in ways if set(way) <= known]
            for part, ways in _PARTS.items()
        }
        self._missing: deque[tuple[float, list[str]]] = deque()
        self._is_here = False
        self._was_here = False
        self._changed_s: float | None = None

    def see(self, confidence: np.ndarray, time_s: float) -> Moment | None:
        """Take in one frame.

        Args:
            confidence: (J,) of its joints, 0 for what is not seen.
            time_s: Its time.

        Returns:
            ``person lost`` at the first frame without the person, ``person back`` at the first
            with them, as soon as either is sure.
        """
        here = bool(confidence.max() > 0)
        self._missing.append((time_s, self._unseen(confidence) if here else []))
        while time_s - self._missing[0][0] > CUE_S:
            self._missing.popleft()
        if here == self._is_here:
            self._changed_s = None
            return None
        if self._changed_s is None:
            self._changed_s = time_s
        if here and not self._was_here:  # the first time nobody has been lost
            self._is_here = self._was_here = True
            return None
        if time_s - self._changed_s < (BACK_S if here else LOST_S):
            return None
        self._is_here = here
        return Moment(BACK if here else LOST, self._changed_s, 0)

    @property
    def cue(self) -> str | None:
        """What to tell the person now."""
        if not self._missing:
            return None
        if not self._is_here:
            return "step into the picture: nobody is seen"
        frames = len(self._missing)
        absent = [
            part
            for part in self._parts
            if sum(part in missing for _, missing in self._missing) > frames / 2
        ]
        if not absent:
            return None
        listed = " and ".join(absent)
        return f"step back until the whole body is in the picture: the {listed} cannot be seen"

    def _unseen(self, confidence: np.ndarray) -> list[str]:
        seen = confidence > 0
        return [
            part
            for part, ways in self._parts.items()
            if ways and not any(seen[way].all() for way in ways)
        ]
