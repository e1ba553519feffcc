"""Follow one person through a clip: gate frames, notice cuts and jumps to somebody else.

MediaPipe gives one person a frame and says nothing when it changes to another one.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from llamo.encoders.estimator.landmarks import INDEX, Landmarks

CORE = [
    INDEX[f"{side}_{part}"]
    for part in ("shoulder", "hip", "knee", "ankle")
    for side in ("left", "right")
]
"""Joints that tell whether a body is there: when they are guessed, all is."""

_MIN_VISIBILITY = 0.5
"""Least median visibility of ``CORE`` in a frame; wrong skeletons have 0.22-0.37."""

_JUMP_M, _JUMP_M_S = 0.4, 2.0
"""How far a person's middle may come in no time, and for each second since the frame before."""

_WAITED_MOST_S = 1.0
"""Who comes back later than that must be about where the person was, too."""

_SCALE_STEP = 1.35
"""How many times nearer or farther a person may come from one seen frame to the next."""

_SAME_POSE_M = 0.1
"""Joints, from the middle of the hips, that are not farther apart on average make one pose."""

_GAP_S = 0.5
"""Unseen for longer than this, a person must be recognised again by place and size."""


class Followed(NamedTuple):
    """Which frames show the person that is followed, and what happened on the way."""

    frames: np.ndarray
    """(T,) True where the person is seen."""
    shot: np.ndarray
    """(T,) True in the shot that was chosen."""
    notes: tuple[str, ...]


def follow(landmarks: Landmarks, cuts: np.ndarray, anchor: int | None = None) -> Followed:
    """Choose one shot and one person in it: whoever is seen best for longest.

    Args:
        landmarks: What was found in each frame.
        cuts: Indices of frames that begin a new shot.
        anchor: A frame that shows the person; whoever is seen in it is followed.
    """
    visible = np.median(landmarks.visibility[:, CORE], axis=1) >= _MIN_VISIBILITY
    seen = landmarks.found & visible
    track = _Track(landmarks)
    # Where the body goes on as it was only the light changed.
    cuts = np.array([cut for cut in cuts if not track.goes_on(cut)], int)
    worth = landmarks.visibility[:, CORE].mean(1) * landmarks.inside[:, CORE].mean(1) * seen  # (T,)
    if anchor is not None:
        worth = worth + 1e6 * (np.arange(len(worth)) == anchor) * seen
    start, end = _best_shot(worth, cuts)
    notes = []
    times_s = landmarks.times_s
    if worth.sum() > worth[start:end].sum():
        notes.append(
            f"the video is cut at {_moments(times_s[cuts])}; "
            f"only {times_s[start]:.1f}-{times_s[end - 1]:.1f} s is used"
        )
    frames = np.flatnonzero(seen[start:end]) + start
    kept, shot = np.zeros((2, len(landmarks)), bool)
    shot[start:end] = True
    if not len(frames):
        return Followed(kept, shot, tuple(notes))
    pieces = track.pieces(frames)
    mine = track.same_person(pieces, worth)
    for piece, is_mine in zip(pieces, mine, strict=True):
        if is_mine:
            kept[piece] = True
    others = [piece for piece, is_mine in zip(pieces, mine, strict=True) if not is_mine]
    if others:
        spans = ", ".join(f"{times_s[one[0]]:.1f}-{times_s[one[-1]]:.1f} s" for one in others[:4])
        more = f" and {len(others) - 4} more" if len(others) > 4 else ""
        notes.append(f"somebody or something else was taken for the person at {spans}{more}")
    return Followed(kept, shot, tuple(notes))


def pixels_per_metre(landmarks: Landmarks) -> np.ndarray:
    """(T,) size of the person in the picture, whatever the pose: spread in pixels over spread in
    metres across the line of sight. NaN where nobody was found."""
    image = landmarks.image - landmarks.image.mean(1, keepdims=True)
    world = landmarks.world[..., :2] - landmarks.world[..., :2].mean(1, keepdims=True)
    return np.sqrt((image**2).sum((1, 2)) / np.maximum((world**2).sum((1, 2)), 1e-6))


def _best_shot(worth: np.ndarray, cuts: np.ndarray) -> tuple[int, int]:
    edges = [0, *cuts.tolist(), len(worth)]
    shots = list(pairwise(edges))
    return max(shots, key=lambda shot: worth[shot[0] : shot[1]].sum())


def _moments(times_s: np.ndarray) -> str:
    shown = ", ".join(f"{time_s:.1f}" for time_s in times_s[:4])
    return f"{shown} s" if len(times_s) <= 4 else f"{shown} ... s ({len(times_s)} cuts)"


class _Track:
    """Pose, place and size of the body in each frame."""

    def __init__(self, landmarks: Landmarks) -> None:
        self.times_s = landmarks.times_s
        self.world = landmarks.world
        self.scale = pixels_per_metre(landmarks)
        self.middle = landmarks.centre

    def pieces(self, frames: np.ndarray) -> list[np.ndarray]:
        """Runs of frames without a jump and without a long gap."""
        breaks = [
            place + 1
            for place, (a, b) in enumerate(pairwise(frames))
            if self.times_s[b] - self.times_s[a] > _GAP_S or not self.fits(a, b)
        ]
        return np.split(frames, breaks)

    def fits(self, a: int, b: int) -> bool:
        """Whether one person can be seen like this in two frames."""
        scale = np.sqrt(self.scale[a] * self.scale[b])
        moved_m = np.linalg.norm(self.middle[b] - self.middle[a]) / scale
        step = max(self.scale[a] / self.scale[b], self.scale[b] / self.scale[a])
        waited_s = min(abs(self.times_s[b] - self.times_s[a]), _WAITED_MOST_S)
        return bool(moved_m < _JUMP_M + _JUMP_M_S * waited_s and step < _SCALE_STEP)

    def goes_on(self, frame: int) -> bool:
        """Whether a frame shows the same body in nearly the same pose as the one before."""
        changed_m = np.linalg.norm(self.world[frame] - self.world[frame - 1], axis=-1).mean()
        return bool(changed_m < _SAME_POSE_M) and self.fits(frame - 1, frame)

    def same_person(self, pieces: list[np.ndarray], worth: np.ndarray) -> list[bool]:
        """Which pieces show the same person as the best one, going out from it both ways."""
        best = max(range(len(pieces)), key=lambda place: worth[pieces[place]].sum())
        mine = [place == best for place in range(len(pieces))]
        last = pieces[best][-1]
        for place in range(best + 1, len(pieces)):
            if self.fits(last, pieces[place][0]):
                mine[place], last = True, pieces[place][-1]
        first = pieces[best][0]
        for place in range(best - 1, -1, -1):
            if self.fits(pieces[place][-1], first):
                mine[place], first = True, pieces[place][0]
        return mine
