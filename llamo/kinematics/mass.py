"""The body's centre of mass from its joints."""

from __future__ import annotations

import numpy as np

from llamo.kinematics.course import Course

# De Leva, J Biomech 29 (1996) 1223-1230, table 4, mean of women and men: share of the body's mass,
# and where its centre lies from the first joint to the second. Hands are taken at the wrists, the
# head at the head joint.
_LIMBS = (
    ("shoulder", "elbow", 0.026, 0.58), ("elbow", "wrist", 0.015, 0.46),
    ("wrist", "wrist", 0.006, 0.0), ("hip", "knee", 0.145, 0.39), ("knee", "ankle", 0.046, 0.44),
    ("ankle", "foot", 0.013, 0.40),
)  # fmt: skip
_HEAD, _TRUNK, _TRUNK_FROM_NECK = 0.068, 0.430, 0.50


def centre_of_mass(course: Course) -> np.ndarray:
    """(T, 3) metres; NaN where head, trunk or a limb is not seen."""
    trunk = course.at("neck") + _TRUNK_FROM_NECK * (course.middle("hip") - course.at("neck"))
    total = _HEAD * course.at("head") + _TRUNK * trunk
    mass = _HEAD + _TRUNK
    for near, far, share, along in _LIMBS:
        for side in ("left", "right"):
            start, end = course.at(f"{side}_{near}"), course.at(f"{side}_{far}")
            total = total + share * (start + along * (end - start))
            mass += share
    return total / mass
