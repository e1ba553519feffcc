"""Motions whose angles, events and repetitions are known by formula."""

from __future__ import annotations

import numpy as np

from llamo.body import TEMPLATE_JOINTS, forward_kinematics
from llamo.motion import Motion
from llamo.skeleton import SMPL22

J = {name: index for index, name in enumerate(SMPL22.joints)}

GRAVITY = 9.81


def turn(axis: str, degrees: np.ndarray) -> np.ndarray:
    """(T, 3, 3) rotations about x (left), y (up) or z (forward), right-handed."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    one, zero = np.ones_like(c), np.zeros_like(c)
    rows = {
        "x": [[one, zero, zero], [zero, c, -s], [zero, s, c]],
        "y": [[c, zero, s], [zero, one, zero], [-s, zero, c]],
        "z": [[c, -s, zero], [s, c, zero], [zero, zero, one]],
    }[axis]
    return np.stack([np.stack(row, -1) for row in rows], -2)


def posed(frames: int, turns: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Joints (T, 22, 3) and rotations of the template with hanging arms and some joints turned."""
    rotations = np.broadcast_to(np.eye(3), (frames, 22, 3, 3)).copy()
    rotations[:, J["left_shoulder"]] = turn("z", np.full(frames, -90.0))
    rotations[:, J["right_shoulder"]] = turn("z", np.full(frames, 90.0))
    for joint, matrices in turns.items():
        rotations[:, J[joint]] = matrices
    joints = forward_kinematics(rotations, np.zeros((frames, 3)))
    # The ankles stay where they are, so that the pelvis sinks as the knees bend.
    feet = joints[:, [J["left_ankle"], J["right_ankle"]]].mean(1, keepdims=True)
    place = TEMPLATE_JOINTS[[J["left_ankle"], J["right_ankle"]]].mean(0)
    return joints - feet + place, rotations


def hump(time_s: np.ndarray, start_s: float, lasts_s: float) -> np.ndarray:
    """(1 - cos) / 2 over one span, 0 beside it: leaves 0, turns at 1 half way, comes back."""
    phase = ((time_s - start_s) / lasts_s).clip(0, 1)
    return (1 - np.cos(2 * np.pi * phase)) / 2


def onset_s(lasts_s: float, share: float = 0.05) -> float:
    """Seconds after which a hump's speed, a sine, passes a share of its peak."""
    return float(np.arcsin(share) * lasts_s / (2 * np.pi))


def squats(
    fps: float = 30.0,
    depth_deg: float = 100.0,
    lasts_s: float = 2.0,
    rest_s: float = 1.0,
    count: int = 3,
    lean_deg: float = 30.0,
) -> Motion:
    """Knees bend to ``depth_deg``, hips to 0.9 of it, the trunk leans; rests between."""
    total = rest_s + count * (lasts_s + rest_s)
    time_s = np.arange(round(total * fps) + 1) / fps
    way = sum(hump(time_s, rest_s + i * (lasts_s + rest_s), lasts_s) for i in range(count))
    knee, hip = turn("x", depth_deg * way), turn("x", -0.9 * depth_deg * way)
    flat = turn("x", -(lean_deg + 0.1 * depth_deg) * way)  # the soles stay on the floor
    joints, _ = posed(
        len(time_s),
        {
            "pelvis": turn("x", lean_deg * way), "left_knee": knee, "right_knee": knee,
            "left_hip": hip, "right_hip": hip, "left_ankle": flat, "right_ankle": flat,
        },
    )  # fmt: skip
    return Motion(joints, fps)


def jump(fps: float, take_off_s: float = 1.0, speed_m_s: float = 2.4) -> tuple[Motion, float]:
    """A body that stands, flies up at ``speed_m_s`` and stands again; and its time in the air."""
    flight = 2 * speed_m_s / GRAVITY
    time_s = np.arange(round(3.0 * fps)) / fps
    air = (time_s - take_off_s).clip(0, flight)
    joints, _ = posed(len(time_s), {})
    joints[..., 1] += (speed_m_s * air - GRAVITY * air**2 / 2)[:, None]
    return Motion(joints, fps), flight


def walk(fps: float, speed_m_s: float = 1.2, stride_s: float = 1.1) -> Motion:
    """Feet to and fro by 0.3 m beside a pelvis that goes forward: left in front at 0, 1.1 s ..."""
    time_s = np.arange(round(5.0 * fps)) / fps
    joints, _ = posed(len(time_s), {})
    joints[..., 2] += (speed_m_s * time_s)[:, None]
    for side, phase in (("left", 0.0), ("right", np.pi)):
        ahead = 0.3 * np.cos(2 * np.pi * time_s / stride_s + phase)
        for part, share in (("knee", 0.5), ("ankle", 1.0), ("foot", 1.0)):
            joints[:, J[f"{side}_{part}"], 2] += share * ahead
    return Motion(joints, fps)


def _reach(phase: np.ndarray) -> np.ndarray:
    """From 0 to 1 with the least jerk; the top speed is 1.875, half way."""
    phase = phase.clip(0, 1)
    return 10 * phase**3 - 15 * phase**4 + 6 * phase**5


def swing_onsets_s(back_s: float = 0.9, down_s: float = 0.3) -> tuple[float, float]:
    """Seconds after which the way back passes a twentieth of the top speed, and in which the way
    through falls from it to rest: where 30 p^2 (1 - p)^2 is that speed."""
    through_s = 2 * down_s
    slow = 0.05 * 1.875 * 300 / through_s
    return tuple(
        lasts_s * (1 - np.sqrt(1 - 4 * np.sqrt(slow / (30 * way / lasts_s)))) / 2
        for way, lasts_s in ((150, back_s), (300, through_s))
    )


def pendulum_swing(fps: float, back_s: float = 0.9, down_s: float = 0.3) -> Motion:
    """Hands on a circle before the body: rest for 1 s, back to the right by 150 degrees, then
    through the lowest point, where they are fastest, and up to the left by as much. Either way has
    the least jerk."""
    time_s = np.arange(round((3.0 + back_s + 2 * down_s) * fps)) / fps
    back, through = _reach((time_s - 1) / back_s), _reach((time_s - 1 - back_s) / (2 * down_s))
    angle = np.radians(-150 * back + 300 * through)
    joints, _ = posed(len(time_s), {})
    middle = joints[:, [J["left_shoulder"], J["right_shoulder"]]].mean(1)
    away = np.stack([np.sin(angle), -np.cos(angle), np.full_like(angle, 0.4)], -1)
    for side, out in (("left", 0.03), ("right", -0.03)):
        wrist = middle + 0.55 * away + [out, 0, 0]
        joints[:, J[f"{side}_wrist"]] = wrist
        joints[:, J[f"{side}_elbow"]] = (wrist + joints[:, J[f"{side}_shoulder"]]) / 2
    return Motion(joints, fps)
