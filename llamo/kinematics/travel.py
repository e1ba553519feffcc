"""Where the body goes and which limb moves: paths, speeds, sides, travel, turning, height."""

from __future__ import annotations

import numpy as np

from llamo.kinematics.measurement import Measurement
from llamo.kinematics.posture import JOINT, Posture, smooth

LIMBS = {"arm": ("shoulder", "elbow", "wrist"), "leg": ("hip", "knee", "ankle")}

_FEET = ("left_foot", "right_foot", "left_ankle", "right_ankle")

LIMB_MOVES_M = 0.15
"""A pair of limbs whose ends stay within this many metres has no side that moves more."""

HIDDEN_SHARE, SHOWN_SHARE, ALONE_MOVES_M = 0.3, 0.8, 0.4
"""A limb seen in fewer frames than the first share is hidden; its twin, seen in more than the
second and moving by so much, tells by itself."""

IMAGINED = 0.5
"""A hidden limb is imagined to move like its twin; where it moves more than twice as much, it may
be the one that acts."""

HALF_SHOWN, STILL, GUESS_M = 0.5, 0.2, 0.03
"""It is, where its twin is seen in more than the first share of the frames and moves less than the
second share of it, and where its course is a detector's guess: smoother than this."""


def measure_travel(posture: Posture) -> list[Measurement]:
    """Net travel in the body's own frame, path and speed of the pelvis, turning, height."""
    times = posture.times_s
    end = float(times[-1])
    noise = float(posture.noise_m[JOINT["pelvis"]])
    steps = np.diff(smooth(posture.origin, posture.rate_hz, 0.15), axis=0)  # (T-1, 3)
    heading = (posture.heading[1:] + posture.heading[:-1]) / 2
    forward = float((steps[:, 0] * np.sin(heading) + steps[:, 2] * np.cos(heading)).sum())
    left = float((steps[:, 0] * np.cos(heading) - steps[:, 2] * np.sin(heading)).sum())
    path = float(np.hypot(steps[:, 0], steps[:, 2]).sum())
    turn = float(np.degrees(posture.heading[-1] - posture.heading[0]))
    height = posture.origin[:, 1]
    drop, rise = float(height[0] - height.min()), float(height.max() - height[0])
    metres = 0.01 + 2 * noise
    found = [
        Measurement("forward_travel", forward, "m", metres, 0.0, end),
        Measurement("left_travel", left, "m", metres, 0.0, end),
        Measurement("travel_path", path, "m", metres + 0.02 * path, 0.0, end),
        Measurement("turn_left", turn, "deg", 2.0 + float(np.degrees(4 * noise)), 0.0, end),
    ]
    if posture.sees("pelvis"):
        low, high = float(times[height.argmin()]), float(times[height.argmax()])
        found.append(Measurement("pelvis_drop", drop, "m", metres, low, low))
        found.append(Measurement("pelvis_rise", rise, "m", metres, high, high))
    if end > 0:
        found.append(Measurement("travel_speed", path / end, "m/s", metres / end, 0.0, end))
    return found


def measure_limbs(posture: Posture) -> list[Measurement]:
    """Path and top speed of wrists and ankles in the room, and which side moves more."""
    found = []
    times = posture.times_s
    end = float(times[-1])
    for limb, parts in LIMBS.items():
        tip = parts[-1]
        for side in ("left", "right"):
            if not posture.sees(f"{side}_{tip}"):
                continue
            joint = JOINT[f"{side}_{tip}"]
            noise = float(posture.noise_m[joint])
            speed = _speed(posture.joints[:, joint], posture.rate_hz)
            fastest = float(times[speed.argmax()])
            path = float(speed.sum() / posture.rate_hz)
            found += [
                Measurement(f"{side}_{tip}_path", path, "m", noise + 0.03 * path, 0.0, end),
                Measurement(
                    f"{side}_{tip}_speed_max", float(speed.max()), "m/s",
                    0.02 * float(speed.max()) + 2 * noise * posture.rate_hz / 3, fastest, fastest,
                ),
            ]  # fmt: skip
        told = side_share(posture, limb)
        if told is not None:
            found.append(Measurement(f"left_{limb}_share", told[0], "ratio", told[1], 0.0, end))
    return found


def measure_hand_heights(posture: Posture) -> list[Measurement]:
    """Lowest and highest point of each hand above the ground, which is where the feet stand."""
    feet = [name for name in _FEET if posture.sees(name)]
    if not feet:
        return []
    ground = float(np.percentile(posture.joints[:, [JOINT[name] for name in feet], 1].min(1), 5))
    found = []
    for side in ("left", "right"):
        name = f"{side}_wrist"
        if not posture.sees(name):
            continue
        height = posture.joints[:, JOINT[name], 1] - ground
        for end, frame in (("min", int(height.argmin())), ("max", int(height.argmax()))):
            moment = float(posture.times_s[frame])
            uncertainty = 0.03 + 2 * float(posture.noise_m[JOINT[name]])
            found.append(
                Measurement(
                    f"{name}_height_{end}", float(height[frame]), "m", uncertainty, moment, moment
                )
            )
    return found


def side_share(posture: Posture, limb: str) -> tuple[float, float] | None:
    """Share of a pair's movement that the left does: 0 = right only, 0.5 = both alike, 1 = left.

    Measured between the limb's root and its middle and end joints, in the body's frame, so that
    walking and turning do not count. Movement is speed above what noise explains, squared. Where
    one side is hidden (by the trunk, mostly: cameras stand at a side) and the other clearly acts,
    that one is the side that acts.

    Returns:
        The share and its uncertainty; None where neither moves, or not enough is seen.
    """
    root, *rest = LIMBS[limb]
    energy, reach = [], []
    for side in ("left", "right"):
        base = posture.body[:, JOINT[f"{side}_{root}"]]
        parts = np.stack([posture.body[:, JOINT[f"{side}_{part}"]] - base for part in rest], 1)
        parts = smooth(parts, posture.rate_hz, 0.1)
        speed = _speed(parts, posture.rate_hz)  # (T, parts)
        energy.append(float((speed**2).sum()))
        reach.append(float(np.linalg.norm(np.ptp(parts[:, -1], axis=0))))
    if max(reach) < LIMB_MOVES_M or sum(energy) <= 0:
        return None
    ends = [posture.noise_m[JOINT[f"{side}_{rest[-1]}"]] for side in ("left", "right")]
    seen = [
        min(posture.share_seen[JOINT[f"{side}_{part}"]] for part in (root, *rest))
        for side in ("left", "right")
    ]
    if min(seen) < HIDDEN_SHARE:
        shown = int(seen[1] > seen[0])
        return _by_one_limb(shown, seen[shown], reach, energy, ends[1 - shown])
    return energy[0] / sum(energy), 0.05


def _by_one_limb(
    shown: int, seen: float, reach: list[float], energy: list[float], noise_m: float
) -> tuple[float, float] | None:
    """The side that acts, and how unsure that is, where one limb of a pair is hidden.

    Args:
        shown: Which limb is seen, 0 is the left.
        seen: In which share of the frames.
        reach, energy: How far, and how much, each of the two moves.
        noise_m: Of the hidden limb's course.
    """
    hidden = 1 - shown
    if seen >= SHOWN_SHARE and reach[shown] >= ALONE_MOVES_M:
        return (1.0 - shown, 0.25) if energy[shown] >= IMAGINED * energy[hidden] else None
    is_still = seen >= HALF_SHOWN and energy[shown] <= STILL * energy[hidden]
    if is_still and reach[hidden] >= ALONE_MOVES_M and noise_m < GUESS_M:
        return 1.0 - hidden, 0.3
    return None


def _speed(positions: np.ndarray, rate_hz: float) -> np.ndarray:
    """(T, ...) m/s of positions (T, ..., 3)."""
    if len(positions) < 2:
        return np.zeros(positions.shape[:-1])
    return np.linalg.norm(np.gradient(positions, axis=0), axis=-1) * rate_hz
