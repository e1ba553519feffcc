"""Everything that is cheap to measure on a whole clip."""

from __future__ import annotations

import numpy as np

from llamo.kinematics.angles import measure_angles
from llamo.kinematics.measurement import Measurement
from llamo.kinematics.posture import JOINT, SEEN_SHARE, read_posture
from llamo.kinematics.repetitions import Repetitions, repetitions_of
from llamo.kinematics.travel import measure_hand_heights, measure_limbs, measure_travel
from llamo.motion import Motion
from llamo.skeleton import SMPL22

_PARTS = {
    "legs": ("left_knee", "right_knee", "left_ankle", "right_ankle"),
    "left leg": ("left_knee", "left_ankle"),
    "right leg": ("right_knee", "right_ankle"),
    "arms": ("left_elbow", "right_elbow", "left_wrist", "right_wrist"),
    "left arm": ("left_elbow", "left_wrist"),
    "right arm": ("right_elbow", "right_wrist"),
    "trunk": ("pelvis", "neck"),
    "head": ("head",),
}
"""Parts of the body and the joints without which they are not seen."""


def measure(motion: Motion) -> list[Measurement]:
    """Measure a whole clip.

    Returns:
        Duration, repetitions, sides, travel, turning, height, speeds, paths and joint angles, in
        this order; what hangs on joints that are not seen (confidence 0) is left out.
    """
    posture = read_posture(motion)
    end = float(posture.times_s[-1])
    return [
        Measurement("duration", motion.duration_s, "s", 1 / motion.fps, 0.0, end),
        *measure_repetitions(repetitions_of(posture), end),
        *measure_limbs(posture),
        *measure_travel(posture),
        *measure_angles(posture),
        *measure_hand_heights(posture),
    ]


def measure_repetitions(repetitions: Repetitions, end_s: float) -> list[Measurement]:
    """The count, and the mean time a repetition takes without the pauses between."""
    doubt = 1 - repetitions.confidence
    if not repetitions.count:
        return [Measurement("repetitions", 0.0, "count", doubt, 0.0, end_s)]
    start, end = repetitions.spans_s[0][0], repetitions.spans_s[-1][2]
    times = np.array([last - first for first, _, last in repetitions.spans_s])
    return [
        Measurement("repetitions", float(repetitions.count), "count", doubt, start, end),
        Measurement(
            "repetition_time", float(times.mean()), "s",
            float(0.1 + times.std() / np.sqrt(len(times))), start, end,
        ),
    ]  # fmt: skip


def unseen_parts(motion: Motion) -> tuple[str, ...]:
    """Parts of the body that are not seen, so that nothing is measured on them.

    Returns:
        Of "legs", "left leg", "right leg", "arms", "left arm", "right arm", "trunk", "head"; both
        sides together are named once.
    """
    motion = motion.to_skeleton(SMPL22)
    if motion.confidence is None:
        return ()
    seen = (motion.confidence > 0).mean(0) >= SEEN_SHARE
    hidden = {
        part for part, joints in _PARTS.items() if not any(seen[JOINT[joint]] for joint in joints)
    }
    for pair in ("leg", "arm"):
        if f"{pair}s" in hidden:
            hidden -= {f"left {pair}", f"right {pair}"}
    return tuple(part for part in _PARTS if part in hidden)
