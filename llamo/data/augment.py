"""Variations of a motion that leave its questions and answers as they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from llamo.data.body_fit import bone_lengths, fit_bones, scale_body
from llamo.data.splice import Sequence
from llamo.motion import Motion, rotation_about_y
from llamo.skeleton import SMPL22

LIMBS: dict[str, tuple[int, ...]] = {
    "legs": tuple(map(SMPL22.index, (
        "left_knee", "right_knee", "left_ankle", "right_ankle", "left_foot", "right_foot",
    ))),
    "arms": tuple(map(SMPL22.index, (
        "left_elbow", "right_elbow", "left_wrist", "right_wrist",
    ))),
    "left_arm": tuple(map(SMPL22.index, ("left_elbow", "left_wrist"))),
    "right_arm": tuple(map(SMPL22.index, ("right_elbow", "right_wrist"))),
    "left_leg": tuple(map(SMPL22.index, ("left_knee", "left_ankle", "left_foot"))),
    "right_leg": tuple(map(SMPL22.index, ("right_knee", "right_ankle", "right_foot"))),
}  # fmt: skip
"""Joints that go out of sight together."""


def augment(sequence: Sequence, rng: np.random.Generator) -> Sequence:
    """Another body, place, heading and camera noise; words stay true.

    Size varies by 15 %, single bones by 4 %, joints by up to 1 cm of noise.
    """
    joints = sequence.motion.joints
    joints = fit_bones(joints, bone_lengths(joints) * rng.uniform(0.96, 1.04, 21))
    joints = scale_body(joints, float(rng.uniform(0.87, 1.15)))
    joints = joints @ rotation_about_y(float(rng.uniform(-np.pi, np.pi))).T
    joints = joints + np.array([rng.uniform(-2, 2), 0, rng.uniform(-2, 2)], np.float32)
    if rng.random() < 0.5:
        noise = rng.standard_normal(joints.shape, dtype=np.float32)
        joints = joints + noise * np.float32(rng.uniform(0.0, 0.01))
    return replace(sequence, motion=replace(sequence.motion, joints=joints, rotations=None))


def hide(motion: Motion, limb: str, rng: np.random.Generator) -> Motion:
    """Give a limb confidence 0; its joints freeze, jump about, or fall on the root.

    Args:
        motion: SMPL-22.
        limb: One of ``LIMBS``.
    """
    hidden = list(LIMBS[limb])
    joints = motion.joints.copy()
    style = int(rng.integers(4))
    if style == 0:
        joints[:, hidden] = joints[:1, hidden]
    elif style == 1:
        noise = rng.standard_normal((len(joints), len(hidden), 3), dtype=np.float32)
        joints[:, hidden] = joints[:, :1] + noise * 0.3
    elif style == 2:
        joints[:, hidden] = joints[:, :1]
    confidence = motion.confidence
    confidence = np.ones(joints.shape[:2], np.float32) if confidence is None else confidence.copy()
    confidence[:, hidden] = 0
    return replace(motion, joints=joints, confidence=confidence, rotations=None)


def hide_limb(sequence: Sequence, limb: str, rng: np.random.Generator) -> Sequence:
    """``hide`` on a sequence; questions about the limb then have no answer."""
    return replace(
        sequence,
        motion=hide(sequence.motion, limb, rng),
        hidden=sequence.hidden | {limb},
    )
