"""How smooth a movement is: spectral arc length and log dimensionless jerk of a speed."""

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


def log_dimensionless_jerk(velocity: np.ndarray) -> float:
    """LDLJ of a velocity (T, D): the nearer to 0, the smoother; -5.3 for a minimum-jerk reach.

    Hogan & Sternad, J Mot Behav 41 (2009) 529-534, with the peak speed as its scale.
    """
    speed = np.linalg.norm(velocity, axis=-1)
    if len(velocity) < 5 or not np.isfinite(speed).all() or speed.max() <= 0:
        return float("nan")
    jerk = np.diff(velocity, 2, axis=0) * RATE_HZ**2
    seconds = (len(velocity) - 1) / RATE_HZ
    squared = float((jerk**2).sum() / RATE_HZ)
    return -float(np.log(seconds**3 / speed.max() ** 2 * squared))
