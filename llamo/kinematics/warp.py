"""Two courses brought to one time: dynamic time warping."""

from __future__ import annotations

import numpy as np

from llamo.errors import InvalidData

BAND_SHARE = 0.25
"""The alignment strays from the straight one by at most this share (Sakoe & Chiba, IEEE Trans.
ASSP 26 (1978) 43-49): a whole phase is never squeezed into a moment."""


def warp(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Frames of two courses that belong together.

    Args:
        a: (N, D).
        b: (M, D), in the same units; NaN counts as no difference.

    Returns:
        (P,) frames of ``a`` and (P,) of ``b``; both rise from the first to the last.
    """
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1] or not len(a) or not len(b):
        raise InvalidData(f"courses must be (N, D) and (M, D), got {a.shape} and {b.shape}.")
    rows, columns = len(a), len(b)
    apart = np.sqrt(np.nansum((a[:, None] - b[None]) ** 2, axis=-1))  # (N, M)
    along = np.arange(rows)[:, None] / max(rows - 1, 1) - np.arange(columns) / max(columns - 1, 1)
    # Courses of very different length still meet at both ends.
    band = max(BAND_SHARE, 2 / max(min(rows, columns) - 1, 1))
    apart[np.abs(along) > band] = np.inf
    total = np.full((rows + 1, columns + 1), np.inf)
    total[0, 0] = 0
    for i in range(rows):
        for j in np.flatnonzero(np.isfinite(apart[i])).tolist():
            best = min(total[i, j], total[i, j + 1], total[i + 1, j])
            total[i + 1, j + 1] = apart[i, j] + best
    path = [(rows - 1, columns - 1)]
    while path[-1] != (0, 0):
        i, j = path[-1]
        # A step of both first: where nothing differs, time runs alike.
        steps = ((i - 1, j - 1), (i - 1, j), (i, j - 1))
        path.append(min(steps, key=lambda step: total[step[0] + 1, step[1] + 1]))
    frames = np.array(path[::-1])
    return frames[:, 0], frames[:, 1]
