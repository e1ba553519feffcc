"""Smoothing that follows a swing: a One-Euro filter run both ways over the whole clip.

The filter (Casiez, Roussel & Vogel 2012, "1€ Filter") opens as a joint gets faster, so that jitter
at rest goes and a swing stays. Run forwards it lags, run backwards it leads: the mean of both does
neither. Chosen by measurement, see docs/video.md.
"""

from __future__ import annotations

import numpy as np

MIN_CUTOFF_HZ = 1.0
"""Cutoff at rest."""

BETA_HZ_PER_M_S = 4.0
"""By how much each metre a second raises it."""

_SPEED_CUTOFF_HZ = 1.0


def smooth(joints_m: np.ndarray, fps: float) -> np.ndarray:
    """Smooth joints along time.

    Args:
        joints_m: (T, J, 3) metres on a steady clock.
        fps: Frames a second.
    """
    forwards = _one_euro(joints_m, fps)
    backwards = _one_euro(joints_m[::-1], fps)[::-1]
    return (forwards + backwards) / 2


def _one_euro(joints_m: np.ndarray, fps: float) -> np.ndarray:
    smoothed = joints_m.astype(np.float64)
    velocity = np.zeros_like(smoothed[0])  # (J, 3)
    for frame in range(1, len(joints_m)):
        change = (joints_m[frame] - smoothed[frame - 1]) * fps
        velocity += _share(_SPEED_CUTOFF_HZ, fps) * (change - velocity)
        speed = np.linalg.norm(velocity, axis=-1, keepdims=True)  # (J, 1)
        share = _share(MIN_CUTOFF_HZ + BETA_HZ_PER_M_S * speed, fps)
        smoothed[frame] = smoothed[frame - 1] + share * (joints_m[frame] - smoothed[frame - 1])
    return smoothed


def _share(cutoff_hz: np.ndarray | float, fps: float) -> np.ndarray | float:
    """Weight of the newest frame in a first-order low-pass filter."""
    return 1 / (1 + fps / (2 * np.pi * cutoff_hz))
