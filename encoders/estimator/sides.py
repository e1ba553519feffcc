"""The person's own left and right through a clip: evidence of facing, and continuity in time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from llamo.encoders.estimator.facing import doubt_of_facing
from llamo.encoders.estimator.landmarks import INDEX, Landmarks

_BODY = [
    INDEX[f"{side}_{part}"]
    for part in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
    for side in ("left", "right")
]

_EVIDENCE_S = 0.5
"""Frames within so long tell the same thing: evidence counts once for each such time."""

_MOVED_M, _MOVED_MOST = 0.12, 10.0
"""Joints that move by this, on average from frame to frame, cost one log odd, by twice as much
four; and the most that a jump costs."""

_TRUST = np.array([1, 1, 0.3])
"""Depth errs more than the place in the picture, most where the detector changes its mind."""

_SURE = 0.8
"""Mean log odds, of the frames around, from which a frame is settled."""

_AROUND_S, _BREAKS = 1.5, 4.0
"""How far "around" reaches, and the cost of a jump that it ends at."""

_TOLD_SHARE = 0.1
"""Notes speak of what touches at least this share of the frames."""


class Sides(NamedTuple):
    """Landmarks whose left and right are the person's own, as far as can be told."""

    landmarks: Landmarks
    sure: np.ndarray
    """(T,) True where left and right can be told."""
    notes: tuple[str, ...]


def settle_sides(landmarks: Landmarks) -> Sides:
    """Turn frames round in which a back was taken for a chest; say where it cannot be decided.

    Each frame is as given or turned round; the cheapest path through both (Viterbi 1967) weighs
    what each picture tells against how far the body would have to jump from frame to frame.
    """
    found = np.flatnonzero(landmarks.found)
    doubt = doubt_of_facing(landmarks)[found]
    given, turned = landmarks.world, landmarks.turned_round(landmarks.found).world
    ways = np.stack([given[found], turned[found]], axis=1)[:, :, _BODY]  # (F, 2, J, 3)
    times_s = landmarks.times_s[found]
    state = _cheapest(doubt, _weights(times_s), ways)
    is_turned = np.zeros(len(landmarks), bool)
    is_turned[found] = state
    sure = np.ones(len(landmarks), bool)
    settled_m = np.where(state[:, None, None], ways[:, 1], ways[:, 0])
    sure[found] = _is_sure(np.where(state, doubt, -doubt), settled_m, times_s)
    notes = []
    if state.mean() >= _TOLD_SHARE:
        notes.append(
            "seen from behind: left and right were exchanged by the detector in "
            f"{state.mean():.0%} of the frames and are put right"
        )
    unsure = 1 - sure[found].mean()
    if unsure >= _TOLD_SHARE:
        notes.append(
            f"front and back, and so left and right, are in doubt in {unsure:.0%} of the frames"
        )
    return Sides(landmarks.turned_round(is_turned), sure, tuple(notes))


def _weights(times_s: np.ndarray) -> np.ndarray:
    """(F,) what each frame's evidence counts."""
    if len(times_s) < 2:
        return np.ones(len(times_s))
    lasts_s = np.gradient(times_s)
    return (lasts_s / _EVIDENCE_S).clip(0, 1)


def _cheapest(doubt: np.ndarray, weights: np.ndarray, ways: np.ndarray) -> np.ndarray:
    """(F,) True where turning round is cheaper.

    Args:
        doubt: (F,) log odds for turning each frame round.
        weights: (F,) of each frame's evidence.
        ways: (F, 2, J, 3) the body as given and turned round, metres.
    """
    frames = len(doubt)
    costs = np.stack([np.maximum(doubt, 0), np.maximum(-doubt, 0)], axis=1) * weights[:, None]
    trusted = ways * _TRUST
    moved_m = np.linalg.norm(trusted[1:, :, None] - trusted[:-1, None, :], axis=-1).mean(-1)
    jumps = np.minimum((moved_m / _MOVED_M) ** 2, _MOVED_MOST)  # (F-1, to, from)
    best = costs[0]
    came_from = np.zeros((frames, 2), int)
    for frame in range(1, frames):
        through = best[None] + jumps[frame - 1]  # (to, from)
        came_from[frame] = through.argmin(1)
        best = through.min(1) + costs[frame]
    path = np.zeros(frames, int)
    path[-1] = int(best.argmin())
    for frame in range(frames - 1, 0, -1):
        path[frame - 1] = came_from[frame, path[frame]]
    return path.astype(bool)


def _is_sure(support: np.ndarray, settled_m: np.ndarray, times_s: np.ndarray) -> np.ndarray:
    """(F,) whether the frames around, as far as the body moves on without a jump, are clear.

    Args:
        support: (F,) log odds for the choice made.
        settled_m: (F, J, 3) the body as it was chosen.
        times_s: (F,) seconds.
    """
    moved_m = np.linalg.norm(np.diff(settled_m, axis=0) * _TRUST, axis=-1).mean(-1)
    jumps = (moved_m / _MOVED_M) ** 2 > _BREAKS
    sure = np.zeros(len(support), bool)
    for stretch in np.split(np.arange(len(support)), np.flatnonzero(jumps) + 1):
        for frame in stretch:
            near = stretch[np.abs(times_s[stretch] - times_s[frame]) <= _AROUND_S]
            sure[frame] = support[near].mean() >= _SURE
    return sure
