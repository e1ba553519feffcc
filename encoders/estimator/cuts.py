"""Where a video is cut, and whether it moves at all: from the pixels alone."""

from __future__ import annotations

import numpy as np

_BINS = 4
"""Levels of each colour in a frame's histogram."""

_CUT_DISTANCE = 0.5
"""Least share of the pixels that take another colour at a cut (half the L1 distance)."""

_CUT_OUTLIES = 4.0
"""A cut changes the picture so many times more than its neighbours do: a fast pan is no cut."""

_NEIGHBOURS = 5

_GRID = 24
"""Frames are compared as so many by so many patches when movement is looked for."""

_STILL_LEVELS = 2.5
"""Grey levels (of 255) by which no patch of a still picture changes: codecs add 1-2."""


def find_cuts(frames: np.ndarray) -> np.ndarray:
    """Indices of frames that begin a new shot.

    Args:
        frames: (T, h, w, 3) uint8.
    """
    if len(frames) < 3:
        return np.zeros(0, int)
    histograms = np.stack([_histogram(frame) for frame in frames])  # (T, bins)
    step = _distance(histograms[1:], histograms[:-1])  # (T-1,)
    # A flash or a damaged frame differs from both neighbours, but they are alike.
    around = _distance(histograms[2:], histograms[:-2])
    across = np.minimum(np.append(around, np.inf), np.append(np.inf, around))
    usual = np.array([_usual(step, place) for place in range(len(step))])
    is_cut = (np.minimum(step, across) > _CUT_DISTANCE) & (step > _CUT_OUTLIES * usual)
    return np.flatnonzero(is_cut) + 1


def is_still(frames: np.ndarray) -> bool:
    """Whether all frames show one and the same picture.

    Args:
        frames: (T, h, w, 3) uint8.
    """
    first = _patches(frames[0])
    return all(np.abs(_patches(frame) - first).max() < _STILL_LEVELS for frame in frames[1:])


def _histogram(frame: np.ndarray) -> np.ndarray:
    """(bins,) shares of the pixels, over a thinned picture."""
    step = max(1, min(frame.shape[:2]) // 64)
    levels = frame[::step, ::step].astype(int) * _BINS // 256
    codes = (levels[..., 0] * _BINS + levels[..., 1]) * _BINS + levels[..., 2]
    return np.bincount(codes.ravel(), minlength=_BINS**3) / codes.size


def _distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.abs(a - b).sum(-1) / 2


def _usual(steps: np.ndarray, place: int) -> float:
    near = np.r_[steps[max(0, place - _NEIGHBOURS) : place], steps[place + 1 :][:_NEIGHBOURS]]
    return float(np.median(near)) if len(near) else 0.0


def _patches(frame: np.ndarray) -> np.ndarray:
    """(rows, columns) mean grey of the patches of a frame."""
    rows, columns = (min(_GRID, side) for side in frame.shape[:2])
    height, width = (
        side // count for side, count in zip(frame.shape, (rows, columns), strict=False)
    )
    grey = frame[: rows * height, : columns * width].mean(-1, dtype=np.float32)
    return grey.reshape(rows, height, columns, width).mean((1, 3))
