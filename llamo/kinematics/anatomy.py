"""What joints can do: angles beyond it are faults of the recording, and are not told."""

from __future__ import annotations

import numpy as np

LIMITS_DEG: dict[str, tuple[float, float]] = {
    "knee_flexion": (0, 165),
    "elbow_flexion": (0, 165),
    "hip_flexion": (-50, 155),
    "hip_abduction": (-50, 85),
    "shoulder_plane": (-110, 165),
    "hip_shoulder_separation_projected": (-100, 100),
}
"""Smallest and largest angle that a body reaches. From the usual ranges (American Academy of
Orthopaedic Surgeons, Joint Motion, 1965: knee 135, elbow 150, hip 120 and -30, abduction 45 and
-30), widened by what else moves with the joint here: the body's weight folds knees and elbows
further than muscles do, the lumbar spine adds about 30 to the hip, the shoulder blade and the
thoracic spine take part in the shoulder's plane and in the trunk's turn. What is not listed has no
limit, such as the lean of a body that lies down."""

DOUBT = 1.0
"""An angle may stand beyond its limit by so many of its own standard deviations."""


def beyond(name: str, values: np.ndarray, sigma_deg: np.ndarray) -> np.ndarray:
    """(T,) whether an angle is one that no body reaches; never where it is not told."""
    low, high = LIMITS_DEG.get(base_name(name), (-np.inf, np.inf))
    outside = np.maximum(low - values, values - high)
    return np.where(np.isfinite(outside), outside, -np.inf) > DOUBT * sigma_deg


def base_name(name: str) -> str:
    """A measurement's name without its side."""
    for side in ("left_", "right_"):
        if name.startswith(side) and not name.startswith("left_minus"):
            return name.removeprefix(side)
    return name
