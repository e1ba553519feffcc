"""A recorded motion as it would have come out of a video: the estimator's errors, drawn at random.

The errors are those of ``MediaPipePose`` as measured on recordings that were drawn, filmed and
estimated (``benchmarks/estimator_errors.py`` measures them anew and writes ``estimated.json``;
what was found stands in docs/estimator-errors.md):

- Depth is compressed, most of all that of the hands; the size is that of a usual adult.
- Joints lie a little elsewhere than in recordings, by the body's own axes.
- What is left of the error is for the most part one and the same whenever the body is in the same
  pose before the same camera, in part constant through the clip, and in part it comes and goes.
- Bones keep their length, standing feet stay, ways along the line of sight depend on the lens.
- Hidden limbs are less sure, and guessed.

Left and right taken for each other (about 2 in 100 frames) are left out: a motion with the wrong
sides, and its right answer, would teach nonsense.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.signal import lfilter

from llamo.data.body_fit import bone_lengths, stiffen
from llamo.encoders.estimator.motion_of import GUESSED
from llamo.errors import InvalidMotion
from llamo.motion import Motion, rotation_about_y
from llamo.skeleton import SMPL22

POSE = [SMPL22.index(f"{side}_{part}") for part in ("elbow", "wrist", "knee", "ankle")
        for side in ("left", "right")]  # fmt: skip
"""Joints whose places are the pose that errors depend on."""

_LIMB_BONES = [joint - 1 for joint in POSE]

LIMBS = ("elbow", "wrist", "knee", "ankle", "foot")
"""Joints that may be hidden; the trunk and the head are hardly ever."""

COVERED, FAR, CLEAR = 0, 1, 2
"""How a limb's joint is seen: behind the trunk, on the body's far side, or free."""

_FEATURES = 64
"""Random Fourier features (Rahimi & Recht 2007) of the error's part that depends on the pose."""

_AT_REST, _RESTLESS_M_S = 0.15, 0.6
"""What comes and goes has this share of its size while the body rests, and all of it from this
speed of the limbs on (root mean square). Set so that hands and feet accelerate as estimated ones
do."""

_STANDS_M_S = 0.25
_HELD = np.array([0.5, 1.0, 1.0])
"""By how much a standing foot holds the body above it, on each axis of the camera."""

_TRUNK_M = 0.16
"""Half the width of a trunk that covers what lies behind it."""

_FAR_M = 0.08


@dataclass(frozen=True)
class Errors:
    """What was measured; lengths in metres, axes of the camera (x right, y up, z to the camera).

    Args:
        length: Mean and standard deviation of ``limbs_m``.
        bones: (21,) each bone over that length.
        bone_spread: By what share one person's bones deviate from that.
        slope: (22, 3) estimated over true distance from the pelvis, joint by joint.
        offset: (22, 3) in the body's axes: left, up, forward.
        factors: (66, R) by which R numbers move all joints together.
        rest: (66,) standard deviations of what each coordinate does by itself.
        parts: Shares of the variance that are constant, depend on the pose, come and go.
        pose_m: How far joints move, in the root mean square, until the error is another one.
        passes_s: How long the part lasts that comes and goes, as ``lasting`` has it.
        root_drift: Metres, and how many seconds they last, along the line of sight.
        lens: Least and most by which ways along the line of sight are multiplied.
        confidence: Joint -> (3, Q) quantiles of its confidence when covered, far and clear.
        confidence_s: How long confidence stays as it is.
        unsure: Share of clips in which left and right are in doubt.
    """

    length: tuple[float, float]
    bones: np.ndarray
    bone_spread: float
    slope: np.ndarray
    offset: np.ndarray
    factors: np.ndarray
    rest: np.ndarray
    parts: tuple[float, float, float]
    pose_m: float
    passes_s: float
    root_drift: tuple[float, float]
    lens: tuple[float, float]
    confidence: dict[str, np.ndarray]
    confidence_s: float
    unsure: float

    @classmethod
    def from_numbers(cls, numbers: dict[str, Any]) -> Errors:
        """From what ``estimated.json`` holds."""
        arrays = {name: np.array(numbers[name]) for name in _ARRAYS}
        tables = {joint: np.array(table) for joint, table in numbers["confidence"].items()}
        pairs = {name: tuple(numbers[name]) for name in ("length", "parts", "root_drift", "lens")}
        plain = {name: float(numbers[name]) for name in _PLAIN}
        return cls(**arrays, **pairs, **plain, confidence=tables)  # type: ignore[arg-type]

    def numbers(self) -> dict[str, Any]:
        """Fit for JSON."""
        told: dict[str, Any] = {name: getattr(self, name).round(4).tolist() for name in _ARRAYS}
        told |= {name: list(getattr(self, name)) for name in ("length", "parts", "root_drift")}
        told |= {name: getattr(self, name) for name in _PLAIN}
        told["lens"] = list(self.lens)
        told["confidence"] = {
            joint: table.round(3).tolist() for joint, table in self.confidence.items()
        }
        return told


_ARRAYS = ("bones", "slope", "offset", "factors", "rest")
_PLAIN = ("bone_spread", "pose_m", "passes_s", "confidence_s", "unsure")


@cache
def measured_errors() -> Errors:
    """Those that were measured on the default estimator."""
    text = (files("llamo.data") / "estimated.json").read_text(encoding="utf-8")
    return Errors.from_numbers(json.loads(text)["errors"])


def as_estimated(
    motion: Motion,
    rng: np.random.Generator,
    turn_deg: float | None = None,
    errors: Errors | None = None,
) -> Motion:
    """A recorded motion as the estimator would give it.

    Args:
        motion: SMPL-22, y-up.
        rng: Draws the camera's side and all errors; equal generators give equal motions.
        turn_deg: By how much the motion is turned about the vertical before the camera, which
            looks along -z; None draws it.
        errors: Whose; None takes those of the default estimator.

    Returns:
        SMPL-22 with the same clock, in the camera's axes: x to the picture's right, y up, z to the
        camera; the first frame over the origin, the feet on the floor, with a confidence.

    Raises:
        InvalidMotion: Another joint set.
    """
    if motion.skeleton.name != SMPL22.name:
        raise InvalidMotion(
            f"as_estimated takes SMPL-22, got {motion.skeleton.name}; use to_skeleton() first."
        )
    errors = errors or measured_errors()
    turn = rng.uniform(-180, 180) if turn_deg is None else turn_deg
    seen = motion.joints.astype(np.float64) @ rotation_about_y(np.radians(turn)).T
    length_m = rng.normal(*errors.length)
    seen *= length_m / max(limbs_m(seen), 0.1)
    true = seen - seen[:, :1]
    body = true * errors.slope + in_body_axes(seen, errors.offset)
    body += _left_over(true, motion.fps, errors, rng)
    body = stiffen(body, length_m * _shares(errors, rng))
    joints = body + _root(seen, body, motion.fps, errors, rng)[:, None]
    lowest = np.percentile(joints[..., 1].min(1), 5)
    joints -= np.array([joints[0, 0, 0], lowest, joints[0, 0, 2]])
    confidence = _confidence(seen, motion.fps, errors, rng)
    if motion.confidence is not None:
        confidence = np.where(motion.confidence > 0, confidence, 0)
    return Motion(
        joints.astype(np.float32),
        motion.fps,
        SMPL22,
        confidence=confidence.astype(np.float32),
        time_s=motion.time_s,
    )


def limbs_m(joints: np.ndarray) -> float:
    """A body's size, whatever its joints of trunk and feet: arms and legs together, metres.

    Args:
        joints: (T, 22, 3) metres.
    """
    return float(bone_lengths(joints)[_LIMB_BONES].sum())


def in_body_axes(joints: np.ndarray, offset: np.ndarray) -> np.ndarray:
    """(T, 22, 3): distances (22, 3) to the left, up and forward, turned as each body faces."""
    heading = Motion(joints.astype(np.float32), 1.0).headings().astype(np.float64)
    cos, sin = np.cos(heading), np.sin(heading)
    left, up, forward = offset.T  # (22,)
    return np.stack(
        [
            cos[:, None] * left + sin[:, None] * forward,
            np.broadcast_to(up, (len(joints), len(offset))),
            cos[:, None] * forward - sin[:, None] * left,
        ],
        axis=-1,
    )


def how_seen(joints: np.ndarray) -> dict[str, np.ndarray]:
    """For each joint of a limb (T,) ``COVERED``, ``FAR`` or ``CLEAR``.

    Args:
        joints: (T, 22, 3) metres, in the camera's axes.
    """
    at = {name: joints[:, place] for place, name in enumerate(SMPL22.joints)}
    shares = np.linspace(0, 1, 5)[:, None, None]
    trunk = at["pelvis"] * (1 - shares) + at["neck"] * shares  # (5, T, 3)
    seen = {}
    for part in LIMBS:
        for side, other in (("left", "right"), ("right", "left")):
            joint = at[f"{side}_{part}"]
            beside = np.linalg.norm((joint - trunk)[..., :2], axis=-1)  # (5, T)
            behind = (trunk[..., 2] - joint[:, 2] > 0.05) & (beside < _TRUNK_M)
            far = at[f"{other}_{part}"][:, 2] - joint[:, 2] > _FAR_M
            seen[f"{side}_{part}"] = np.where(behind.any(0), COVERED, np.where(far, FAR, CLEAR))
    return seen


def _left_over(
    true: np.ndarray, fps: float, errors: Errors, rng: np.random.Generator
) -> np.ndarray:
    """(T, 22, 3) the error beyond slopes and offsets, for the body (T, 22, 3) from the pelvis."""
    count = errors.factors.shape[1] + len(errors.rest)
    constant, posed, passing = np.sqrt(errors.parts)
    pose = true[:, POSE].reshape(len(true), -1) / (errors.pose_m * np.sqrt(len(POSE)))  # (T, 24)
    waves = pose @ rng.normal(size=(pose.shape[1], _FEATURES))
    waves = np.sqrt(2 / _FEATURES) * np.cos(waves + rng.uniform(0, 2 * np.pi, _FEATURES))
    noise = constant * rng.normal(size=count)
    noise = noise + posed * (waves @ rng.normal(size=(_FEATURES, count)))
    noise = noise + passing * _unrest(pose * errors.pose_m, fps) * lasting(
        len(true), count, errors.passes_s * fps, rng
    )
    joined = noise[:, : errors.factors.shape[1]] @ errors.factors.T
    own = noise[:, errors.factors.shape[1] :] * errors.rest
    return (joined + own).reshape(true.shape)


def _unrest(pose: np.ndarray, fps: float) -> np.ndarray:
    """(T, 1) how much of what comes and goes there is: little while the pose (T, 24) m rests."""
    if len(pose) < 3:
        return np.full((len(pose), 1), _AT_REST)
    speed = np.linalg.norm(np.gradient(pose, axis=0), axis=-1) * fps  # (T,)
    calm = gaussian_filter1d(speed, 0.15 * fps, mode="nearest")
    return (_AT_REST + (1 - _AT_REST) * np.minimum(calm / _RESTLESS_M_S, 1))[:, None]


def lasting(frames: int, count: int, frames_long: float, rng: np.random.Generator) -> np.ndarray:
    """(frames, count) of variance 1, smooth, alike for about so many frames.

    White noise through one exponential filter twice: after t its correlation is
    (1 + t/s) exp(-t/s), with s = ``frames_long``.
    """
    keeps = float(np.exp(-1 / max(frames_long, 1e-3)))
    before = int(8 * frames_long) + 1  # until it has forgotten its start
    fresh = rng.normal(size=(before + frames, count))
    smooth = lfilter([1.0], [1.0, -2 * keeps, keeps**2], fresh, axis=0)[before:]
    return smooth * np.sqrt((1 - keeps**2) ** 3 / (1 + keeps**2))


def _shares(errors: Errors, rng: np.random.Generator) -> np.ndarray:
    """(21,) each bone over the length of all limbs, the same on both sides."""
    own = errors.bones * (1 + errors.bone_spread * rng.normal(size=len(errors.bones)))
    twins = np.array(SMPL22.mirror)[1:] - 1
    return (own + own[twins]) / 2


def _root(
    seen: np.ndarray, body: np.ndarray, fps: float, errors: Errors, rng: np.random.Generator
) -> np.ndarray:
    """(T, 3) the pelvis' way: a foot that stands stays, whatever the errors of the body above it.

    Args:
        seen: (T, 22, 3) the true motion, at the estimated size.
        body: (T, 22, 3) the estimated joints from the pelvis.
    """
    steps = np.diff(seen[:, 0], axis=0)  # (T-1, 3)
    steps[:, 2] *= rng.uniform(*errors.lens)
    feet = [[SMPL22.index(f"{side}_ankle"), SMPL22.index(f"{side}_foot")]
            for side in ("left", "right")]  # fmt: skip
    moves = np.stack([np.diff(seen[:, foot].mean(1), axis=0) for foot in feet], axis=1)
    slips = np.stack([np.diff(body[:, foot].mean(1), axis=0) for foot in feet], axis=1)
    stands = (np.linalg.norm(moves, axis=-1) * fps < _STANDS_M_S).astype(float)  # (T-1, 2)
    share = stands.sum(1, keepdims=True)
    held = -(slips * stands[..., None]).sum(1) / np.maximum(share, 1)
    # Across, the picture itself tells where the body is: half of the body's error stays with it.
    steps = np.where(share > 0, held * _HELD + steps * (1 - _HELD), steps)
    root = np.concatenate([np.zeros((1, 3)), np.cumsum(steps, axis=0)])
    size_m, lasts_s = errors.root_drift
    root[:, 2] += size_m * lasting(len(root), 1, lasts_s * fps, rng)[:, 0]
    return root


def _confidence(
    seen: np.ndarray, fps: float, errors: Errors, rng: np.random.Generator
) -> np.ndarray:
    """(T, 22) in 0-1."""
    from scipy.special import ndtr

    joints = SMPL22.joints
    sure = errors.confidence["trunk"][CLEAR]
    luck = ndtr(lasting(len(seen), len(joints), errors.confidence_s * fps, rng))
    at = np.linspace(0, 1, len(sure))
    confidence = np.interp(luck[:, :1], at, sure).repeat(len(joints), axis=1)
    for joint, view in how_seen(seen).items():
        place = joints.index(joint)
        tables = errors.confidence[joint.removeprefix("left_").removeprefix("right_")]
        told = np.stack([np.interp(luck[:, place], at, table) for table in tables])  # (3, T)
        confidence[:, place] = np.take_along_axis(told, view[None], axis=0)[0]
    confidence[confidence < GUESSED] = 0
    if rng.random() < errors.unsure:
        sided = [place for place, twin in enumerate(SMPL22.mirror) if place != twin]
        confidence[:, sided] = np.minimum(confidence[:, sided], 0.5)
    return confidence
