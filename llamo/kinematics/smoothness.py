"""How smooth a movement is: the spectral arc length of a speed.

Jerk, the other usual measure, drowns in the jitter of joints: 5 mm of it take the log dimensionless
jerk of a plain reach from -5.2 to -10.9, and its spectral arc length from -1.40 to -1.57.
"""

from __future__ import annotations

import numpy as np

from llamo.kinematics.course import CUTOFF_HZ, RATE_HZ

_QUIET, _ZERO_PADDING = 0.05, 4


def spectral_arc_length(speed: np.ndarray) -> float:
    """SPARC of a speed (T,): the nearer to 0, the smoother; about -1.5 for one plain reach.

    Balasubramanian et al., J NeuroEng Rehabil 12 (2015) 112. Frequencies end where the joints'
    low-pass does, so that the frame rate makes no difference.
    """
    speed = speed[np.isfinite(speed)]
    if len(speed) < 4 or speed.max() <= 0:
        return float("nan")
    length = 2 ** (int(np.ceil(np.log2(len(speed)))) + _ZERO_PADDING)
    size = np.abs(np.fft.rfft(speed, length))
    hertz = np.arange(len(size)) * RATE_HZ / length
    size = size[hertz <= CUTOFF_HZ] / size[0]
    hertz = hertz[: len(size)]
    loud = np.flatnonzero(size >= _QUIET)
    size, hertz = size[: loud[-1] + 1], hertz[: loud[-1] + 1]
    if len(size) < 2:
        return float("nan")
    steps = np.hypot(np.diff(hertz) / (hertz[-1] - hertz[0]), np.diff(size))
    return -float(steps.sum())
