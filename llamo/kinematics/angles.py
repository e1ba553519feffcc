"""Joint angles over time, in degrees, and their ranges."""

from __future__ import annotations

import numpy as np

from llamo.kinematics.measurement import Measurement
from llamo.kinematics.posture import JOINT, Posture

HINGES = {
    "knee_flexion": ("hip", "knee", "ankle"),
    "hip_flexion": ("shoulder", "hip", "knee"),
    "elbow_flexion": ("shoulder", "elbow", "wrist"),
}
"""Flexion is 0 when the three joints lie on one line, as in a stretched limb."""


def joint_angles(posture: Posture) -> dict[str, np.ndarray]:
    """All angles that are seen.

    Returns:
        Names such as ``left_knee_flexion`` to (T,) degrees: flexion of knees, hips and elbows,
        ``*_shoulder_elevation`` (0 = arm along the trunk, 180 = overhead) and ``trunk_lean``
        (0 = upright).
    """
    angles: dict[str, np.ndarray] = {}
    trunk = posture.body[:, JOINT["neck"]] - posture.body[:, JOINT["pelvis"]]  # (T, 3)
    trunk_seen = posture.sees("pelvis", "neck")
    for side in ("left", "right"):
        for name, parts in HINGES.items():
            names = [f"{side}_{part}" for part in parts]
            if posture.sees(*names):
                a, b, c = (posture.body[:, JOINT[joint]] for joint in names)
                angles[f"{side}_{name}"] = 180 - angle_between(a - b, c - b)
        shoulder, elbow = f"{side}_shoulder", f"{side}_elbow"
        if trunk_seen and posture.sees(shoulder, elbow):
            arm = posture.body[:, JOINT[elbow]] - posture.body[:, JOINT[shoulder]]
            angles[f"{side}_shoulder_elevation"] = angle_between(arm, -trunk)
    if trunk_seen:
        angles["trunk_lean"] = angle_between(trunk, np.array([0.0, 1.0, 0.0]))
    return angles


def angle_between(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(T,) degrees in 0-180 between vectors (T, 3); 0 where one has no length."""
    lengths = np.sqrt((a * a).sum(-1) * (b * b).sum(-1))
    cos = (a * b).sum(-1) / np.maximum(lengths, 1e-9)
    return np.where(lengths > 1e-9, np.degrees(np.arccos(cos.clip(-1, 1))), 0.0)


def measure_angles(posture: Posture) -> list[Measurement]:
    """Smallest and largest value of each angle, each with its moment."""
    found = []
    for name, values in joint_angles(posture).items():
        uncertainty = _uncertainty_deg(posture, name)
        ends = {"max": int(values.argmax())}
        if name != "trunk_lean":
            ends["min"] = int(values.argmin())
        for end, frame in ends.items():
            moment = float(posture.times_s[frame])
            found.append(
                Measurement(
                    f"{name}_{end}", float(values[frame]), "deg", uncertainty, moment, moment
                )
            )
    return found


def _uncertainty_deg(posture: Posture, name: str) -> float:
    """Joint noise seen along a bone of usual length (a sixth of stature), but one degree at least:
    joint centres of the best systems are no surer than that."""
    if name == "trunk_lean":
        joints = ["pelvis", "neck"]
    else:
        side, limb = name.split("_")[:2]
        joints = [
            f"{side}_{part}"
            for part in {"knee": ("hip", "knee", "ankle"), "hip": ("hip", "knee")}.get(
                limb, ("shoulder", "elbow", "wrist")
            )
        ]
    noise = max(posture.noise_m[JOINT[joint]] for joint in joints)
    return 1.0 + float(np.degrees(noise / (posture.height_m / 6)))
