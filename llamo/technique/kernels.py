"""How a repetition goes as a whole, by random convolutions over its course (ROCKET).

Dempster, Petitjean & Webb, Data Min Knowl Disc 34 (2020) 1454: many random kernels, of each how
often it finds its shape and how well it fits where it fits best, and a linear classifier on these.
It tells what numbers at four moments of a repetition do not (in which order the joints move, a
wobble, a halt), and gives no reasons; those are of ``llamo.technique.standard``. It looks at angles
alone: with the joints' places beside them it is a little better for other people of the same
recordings, and wrong about bodies whose joints lie elsewhere (``docs/experiments.md``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from llamo.technique.courses import PHASES
from llamo.technique.pose_angles import ANGLES

COUNT, LENGTH, MOST_ANGLES = 1000, 9, 8
"""Kernels, taps of each, and angles that one sees at most."""


@dataclass(frozen=True, eq=False)
class Kernels:
    """Random convolutions.

    Args:
        taps: (K, LENGTH, MOST_ANGLES) in half precision, those of each angle sum up to 0.
        seen: (K, MOST_ANGLES) places in ``ANGLES``; a kernel that sees fewer has taps of 0.
        dilation: (K,) phases from one tap to the next.
    """

    taps: np.ndarray
    seen: np.ndarray
    dilation: np.ndarray

    def run(self, courses: np.ndarray) -> np.ndarray:
        """(N, P, A) standardised -> (N, P, K); beyond its ends a course stands still."""
        found = np.empty((*courses.shape[:2], len(self.dilation)), np.float32)
        for dilation, (rows, dense) in self._dense.items():
            away = (np.arange(LENGTH) - LENGTH // 2) * dilation
            places = (np.arange(PHASES)[:, None] + away).clip(0, PHASES - 1)  # (P, LENGTH)
            windows = courses[:, places].reshape(*courses.shape[:2], -1)
            found[..., rows] = windows.astype(np.float32) @ dense
        return found

    @cached_property
    def _dense(self) -> dict[int, tuple[np.ndarray, np.ndarray]]:
        """By dilation: which kernels, and (LENGTH * A, K) of them as one matrix."""
        made = {}
        for dilation in np.unique(self.dilation).tolist():
            rows = np.flatnonzero(self.dilation == dilation)
            dense = np.zeros((len(rows), LENGTH, len(ANGLES)), np.float32)
            for place, row in enumerate(rows):
                dense[place][:, self.seen[row]] = self.taps[row]
            made[dilation] = rows, dense.reshape(len(rows), -1).T
        return made


def random_kernels(seed: int = 0) -> Kernels:
    """Kernels over one to ``MOST_ANGLES`` angles, fewer oftener, of any width that fits."""
    rng = np.random.default_rng(seed)
    widest = np.log2((PHASES - 1) / (LENGTH - 1))
    dilation = (2 ** rng.uniform(0, widest, COUNT)).astype(np.int32)
    seen = np.array([rng.permutation(len(ANGLES))[:MOST_ANGLES] for _ in range(COUNT)], np.int32)
    count = (2 ** rng.uniform(0, np.log2(MOST_ANGLES + 1), COUNT)).astype(int)
    taps = rng.standard_normal((COUNT, LENGTH, MOST_ANGLES))
    taps -= taps.mean(1, keepdims=True)
    taps *= np.arange(MOST_ANGLES) < count[:, None, None]
    return Kernels(taps.astype(np.float16), seen, dilation)


@dataclass(frozen=True, eq=False)
class Manner:
    """What tells correct repetitions of one exercise from others, by how they go.

    Args:
        kernels: Shared by all exercises.
        centre, scale: (A,) degrees, the mean of each angle and its spread.
        levels: (K,) what a kernel must reach to have found its shape.
        weights, bias: Of the share of phases at which each kernel found it, and of its best fit,
            (2 K,), for log odds that hold for people it has not seen.
    """

    kernels: Kernels
    centre: np.ndarray
    scale: np.ndarray
    levels: np.ndarray
    weights: np.ndarray
    bias: float

    def log_odds(self, angles: np.ndarray) -> np.ndarray:
        """(N,) log odds that a repetition is not correct; NaN where an angle is not seen.

        Args:
            angles: (N, P, A) degrees, mirrored where that brings the acting side to the right.
        """
        fits = self.kernels.run((angles - self.centre) / self.scale)
        return found_shapes(fits, self.levels) @ self.weights + self.bias


def found_shapes(fits: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """(N, P, K) of kernels -> (N, 2 K): how often above its level, and the best fit."""
    return np.concatenate([(fits > levels).mean(1), fits.max(1)], axis=1)
