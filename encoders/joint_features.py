"""What the motion encoder reads of a motion: facing-aligned joints and speeds at 20 Hz.

Any frame rate, body size, heading and place give the same numbers; a mirrored motion gives the
mirrored ones (:func:`mirror_features`); a joint that was not seen gives zeros and says so.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d, median_filter

from llamo.motion import Motion
from llamo.skeleton import SMPL22

RATE_HZ = 20.0
JOINTS = len(SMPL22)
CHANNELS = 3 * JOINTS + 3 * JOINTS + 2 + JOINTS
"""Positions, velocities, (height, yaw rate), confidence."""

SEEN = 0.3
"""A joint below this confidence is treated as not seen."""

BRIDGED_S = 0.5
"""A joint that is lost for no longer moves on in a straight line and counts as seen: markers and
trackers drop out for some frames at a time, which training never does."""

HEADING_SMOOTHING_S = 0.4
"""Turning the body around is taken out, twisting it in a swing is not."""

# Lengths in metres of the average adult (Winter 2009, fig. 4.1, at 1.70 m); only their ratio to a
# person's own bones is used, as one number for the body's size.
_REFERENCE_BONES = {
    ("left_hip", "left_knee"): 0.42,
    ("right_hip", "right_knee"): 0.42,
    ("left_knee", "left_ankle"): 0.42,
    ("right_knee", "right_ankle"): 0.42,
    ("pelvis", "neck"): 0.50,
    ("left_shoulder", "left_elbow"): 0.29,
    ("right_shoulder", "right_elbow"): 0.29,
    ("left_elbow", "left_wrist"): 0.26,
    ("right_elbow", "right_wrist"): 0.26,
}
_BONES = np.array([[SMPL22.index(a), SMPL22.index(b)] for a, b in _REFERENCE_BONES])
_BONE_LENGTHS = np.array(list(_REFERENCE_BONES.values()), np.float32)
_FEET = [SMPL22.index(name) for name in ("left_ankle", "right_ankle", "left_foot", "right_foot")]


def joint_features(motion: Motion) -> np.ndarray:
    """Describe a motion for the encoder.

    Args:
        motion: Any joint set that converts to SMPL-22, any frame rate.

    Returns:
        (F, C) float32 at 20 Hz: positions relative to the pelvis in the body's heading, in body
        sizes (22 x 3; the pelvis row is zero); velocities in body sizes a second, the pelvis row
        being the body's own travel (22 x 3); height of the pelvis above the floor; yaw rate in
        rad/s, positive to the left; confidence (22).
    """
    motion = motion.bridge_gaps(BRIDGED_S).to_skeleton(SMPL22).resample(RATE_HZ)
    joints = motion.joints
    confidence = np.ones(joints.shape[:2], np.float32)
    if motion.confidence is not None:
        confidence = motion.confidence
    seen = confidence >= SEEN
    joints = _smooth(joints)
    joints = joints / _body_size(joints, seen)
    heading, yaw_rate = _heading(joints)
    turn = _turns(-heading)
    pelvis = joints[:, :1]
    relative = np.einsum("tij,tkj->tki", turn, joints - pelvis)
    velocity = np.gradient(joints - pelvis, 1 / RATE_HZ, axis=0) if len(joints) > 1 else 0 * joints
    travel = np.gradient(pelvis, 1 / RATE_HZ, axis=0) if len(joints) > 1 else 0 * pelvis
    velocity[:, :1] = travel
    velocity = np.einsum("tij,tkj->tki", turn, velocity)
    relative, velocity = relative * seen[..., None], velocity * seen[..., None]
    height = pelvis[:, 0, 1] - _floor(joints, seen)
    height = height * seen[:, 0]
    return np.concatenate(
        [
            relative.reshape(len(joints), -1),
            velocity.reshape(len(joints), -1),
            np.stack([height, yaw_rate], axis=1),
            np.where(seen, confidence, 0),
        ],
        axis=1,
    ).astype(np.float32)


def mirror_features(features: np.ndarray) -> np.ndarray:
    """Features of the mirrored motion, (..., C) -> (..., C)."""
    return features[..., _MIRROR_ORDER] * _MIRROR_SIGN


def _mirror_tables() -> tuple[np.ndarray, np.ndarray]:
    twins = np.array(SMPL22.mirror)
    vectors = (3 * twins[:, None] + np.arange(3)).ravel()
    extra = 6 * JOINTS
    order = np.concatenate([vectors, 3 * JOINTS + vectors, [extra, extra + 1], extra + 2 + twins])
    flip = np.tile([-1.0, 1.0, 1.0], 2 * JOINTS)
    return order, np.concatenate([flip, [1.0, -1.0], np.ones(JOINTS)]).astype(np.float32)


_MIRROR_ORDER, _MIRROR_SIGN = _mirror_tables()


def _smooth(joints: np.ndarray) -> np.ndarray:
    """A median against single-frame jumps of depth cameras, then 50 ms of Gaussian."""
    if len(joints) < 3:
        return joints
    return gaussian_filter1d(median_filter(joints, size=(3, 1, 1)), 1.0, axis=0, mode="nearest")


def _body_size(joints: np.ndarray, seen: np.ndarray) -> float:
    """The person's bones over the average adult's: the median over bones and seen frames."""
    lengths = np.linalg.norm(joints[:, _BONES[:, 0]] - joints[:, _BONES[:, 1]], axis=-1)
    both = seen[:, _BONES[:, 0]] & seen[:, _BONES[:, 1]]
    ratios = (lengths / _BONE_LENGTHS)[both]
    size = float(np.median(ratios)) if ratios.size else 1.0
    return size if size > 1e-3 else 1.0


def _heading(joints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Smoothed heading in radians about y, and its rate in rad/s, both (T,)."""
    index = SMPL22.index
    across = (
        joints[:, index("left_hip")] - joints[:, index("right_hip")]
        + joints[:, index("left_shoulder")] - joints[:, index("right_shoulder")]
    )  # fmt: skip
    forward = np.stack([across[:, 0], -across[:, 2]], axis=1)  # z and x of across x up
    if len(joints) > 2:
        forward = gaussian_filter1d(
            forward, HEADING_SMOOTHING_S * RATE_HZ, axis=0, mode="nearest", truncate=2.5
        )
    heading = np.unwrap(np.arctan2(forward[:, 1], forward[:, 0]))
    rate = np.gradient(heading, 1 / RATE_HZ) if len(joints) > 1 else 0 * heading
    return heading, rate.clip(-6, 6)


def _turns(angles: np.ndarray) -> np.ndarray:
    cos, sin, zero, one = np.cos(angles), np.sin(angles), 0 * angles, 0 * angles + 1
    rows = [[cos, zero, sin], [zero, one, zero], [-sin, zero, cos]]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def _floor(joints: np.ndarray, seen: np.ndarray) -> float:
    """Height of the floor: where the lowest seen foot mostly is at its lowest."""
    feet = np.where(seen[:, _FEET], joints[:, _FEET, 1], np.inf).min(1)
    feet = feet[np.isfinite(feet)]
    return float(np.percentile(feet, 5)) if feet.size else float(joints[..., 1].min())
