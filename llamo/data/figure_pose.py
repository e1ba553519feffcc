"""From the angles a person would name to joints: a posed figure that stands on the floor y = 0."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from llamo.body import forward_kinematics
from llamo.skeleton import SMPL22

SIDES = ("left", "right")
SIGN = {"left": 1.0, "right": -1.0}
"""Left is +x of a body that faces +z."""

REST: dict[str, float] = {
    # Where the figure stands (leg lengths) and faces (degrees, positive to the left), and the
    # pelvis relative to that place, seen from the figure.
    "place_x": 0.0, "place_z": 0.0, "heading": 0.0,
    "pelvis_left": 0.0, "pelvis_forward": 0.0, "pelvis_down": 0.0,
    # Degrees.
    "pelvis_pitch": 0.0, "pelvis_yaw": 0.0, "lean": 0.0, "bend_left": 0.0, "twist_left": 0.0,
    "head_pitch": 0.0, "head_left": 0.0,
    # For each side: the arm in degrees; the ball of the foot in the room, in leg lengths, and
    # how it is turned and how far the heel is raised, in degrees.
    **{f"{side}_{name}": 0.0 for side in SIDES for name in (
        "shoulder_flexion", "shoulder_abduction", "shoulder_inward", "elbow_flexion",
        "foot_x", "foot_y", "foot_z", "foot_turn", "heel_raise", "knee_out",
    )},
}  # fmt: skip
"""Every value that a pose has, all zero: upright, arms hanging, feet together. ``pelvis_down`` is
negative in the air."""

_JOINT = {name: index for index, name in enumerate(SMPL22.joints)}
_STRAIGHT = 0.998
"""Share of the leg's length that it may reach: a knee is never quite locked."""
_FREE_FOOT = 0.06
"""A foot higher than this, in leg lengths, is in the air and holds the pelvis no longer."""


def leg_length_m(offsets: np.ndarray) -> float:
    """Hip to ankle of a straight leg; offsets (22, 3) metres."""
    return float(sum(np.linalg.norm(offsets[_JOINT[f"left_{name}"]]) for name in ("knee", "ankle")))


def reach(
    offsets: np.ndarray, side: str, hand_m: tuple[float, float, float], inward: float = 0.0
) -> dict[str, float]:
    """The arm angles that bring a wrist to a place.

    Args:
        offsets: (22, 3) metres, the body's bones.
        side: "left" or "right".
        hand_m: The wrist from the middle between the resting shoulders, metres: left, up, forward,
            as the chest stands.
        inward: Turn of the upper arm about itself, degrees; it swings the elbow out.

    Returns:
        Degrees by name, ready for a timeline. A place out of reach is approached.
    """
    sign = SIGN[side]
    collar = offsets[_JOINT[f"{side}_collar"]] * [sign, 1, 1]
    bone = offsets[_JOINT[f"{side}_shoulder"]] * [sign, 1, 1]
    shoulder = collar + bone
    hand = np.array([sign * hand_m[0], hand_m[1] + shoulder[1], hand_m[2] + shoulder[2]])
    angles, lift = np.zeros(3), 0.0
    for _ in range(5):  # the arm lifts the collar, which carries the arm
        raised = _about("z", np.array([lift]))[0] @ bone
        angles = _arm_angles(offsets, hand - collar - raised, np.radians(inward))
        lift = float(_collar_lift(angles[0], angles[1]))
    flexion, abduction, elbow = np.degrees(angles)
    return {
        f"{side}_shoulder_flexion": float(flexion),
        f"{side}_shoulder_abduction": float(abduction),
        f"{side}_shoulder_inward": inward,
        f"{side}_elbow_flexion": float(elbow),
    }


def _arm_angles(offsets: np.ndarray, hand: np.ndarray, inward: float) -> np.ndarray:
    """Flexion, abduction and elbow, radians, for a wrist at (out, up, forward) of the shoulder."""
    upper, fore = (np.linalg.norm(offsets[_JOINT[f"left_{name}"]]) for name in ("elbow", "wrist"))
    distance = np.linalg.norm(hand)
    near = distance.clip(abs(upper - fore) + 0.01, (upper + fore) * 0.999)
    hand = hand / distance * near
    elbow = np.pi - np.arccos((upper**2 + fore**2 - near**2) / (2 * upper * fore))
    down, ahead = -upper - fore * np.cos(elbow), fore * np.sin(elbow)
    out, ahead = -ahead * np.sin(inward), ahead * np.cos(inward)  # turned about the upper arm
    tilt = (hand[0] / np.hypot(out, down)).clip(-1, 1)
    abduction = np.arcsin(tilt) - np.arctan2(out, -down)
    fallen = out * np.sin(abduction) + down * np.cos(abduction)
    flexion = np.arctan2(ahead, fallen) - np.arctan2(hand[2], hand[1])
    flexion = (flexion + 1.75) % (2 * np.pi) - 1.75  # an arm reaches 100 degrees back at most
    return np.array([flexion, abduction, elbow])


def _collar_lift(flexion: np.ndarray, abduction: np.ndarray) -> np.ndarray:
    """A raised arm lifts the collar; radians."""
    return 0.12 * (np.maximum(flexion, 0) + np.maximum(abduction, 0)).clip(0, np.pi)


def pose(values: dict[str, np.ndarray], offsets: np.ndarray, fps: float) -> tuple[np.ndarray, ...]:
    """Joints and rotations of a figure whose planted feet neither slide nor sink.

    Args:
        values: The names of ``REST``, each (T,).
        offsets: (22, 3) metres, each joint from its parent in the T-pose.
        fps: Frames a second.

    Returns:
        joints (T, 22, 3) in metres, rotations (T, 22, 3, 3) relative to the parent.
    """
    leg = leg_length_m(offsets)
    angle = {name: np.radians(value) for name, value in values.items()}
    frames = len(values["heading"])
    rotations = np.tile(np.eye(3), (frames, 22, 1, 1))
    facing = angle["heading"] + angle["pelvis_yaw"]
    pelvis = _about("y", facing) @ _about("x", angle["pelvis_pitch"])
    rotations[:, 0] = pelvis
    third = _spine_joint(angle["lean"] / 3, angle["bend_left"] / 3, angle["twist_left"] / 3)
    for name in ("spine1", "spine2", "spine3"):
        rotations[:, _JOINT[name]] = third
    head = _spine_joint(angle["head_pitch"] / 2, 0 * facing, angle["head_left"] / 2)
    rotations[:, _JOINT["neck"]] = rotations[:, _JOINT["head"]] = head
    for side in SIDES:
        _pose_arm(rotations, angle, side)

    ankles, feet = {}, {}
    for side in SIDES:
        ball = leg * np.stack([values[f"{side}_foot_{axis}"] for axis in "xyz"], axis=1)  # (T, 3)
        feet[side] = _about("y", angle[f"{side}_foot_turn"]) @ _about(
            "x", angle[f"{side}_heel_raise"]
        )
        ankles[side] = ball - feet[side] @ offsets[_JOINT[f"{side}_foot"]]
    root = _place_pelvis(values, angle, offsets, pelvis, ankles, fps)
    for side in SIDES:
        hip = root + pelvis @ offsets[_JOINT[f"{side}_hip"]]
        middle = (facing + angle[f"{side}_foot_turn"]) / 2  # the knee points between the two
        knee_way = middle + SIGN[side] * angle[f"{side}_knee_out"]
        thigh, shank = _solve_leg(hip, ankles[side], knee_way, side, offsets)
        rotations[:, _JOINT[f"{side}_hip"]] = np.swapaxes(pelvis, 1, 2) @ thigh
        rotations[:, _JOINT[f"{side}_knee"]] = np.swapaxes(thigh, 1, 2) @ shank
        rotations[:, _JOINT[f"{side}_ankle"]] = np.swapaxes(shank, 1, 2) @ feet[side]
    joints = forward_kinematics(rotations, root, offsets)
    return joints.astype(np.float32), rotations.astype(np.float32)


def _pose_arm(rotations: np.ndarray, angle: dict[str, np.ndarray], side: str) -> None:
    sign = SIGN[side]
    flexion = angle[f"{side}_shoulder_flexion"]
    abduction = angle[f"{side}_shoulder_abduction"]
    hang = _about("z", np.full(len(flexion), -sign * np.pi / 2))  # from the T-pose to hanging
    collar = _about("z", sign * _collar_lift(flexion, abduction))
    arm = _about("x", -flexion) @ _about("z", sign * abduction)
    arm = arm @ _about("y", -sign * angle[f"{side}_shoulder_inward"]) @ hang
    rotations[:, _JOINT[f"{side}_collar"]] = collar
    rotations[:, _JOINT[f"{side}_shoulder"]] = (
        np.swapaxes(collar, 1, 2) @ arm
    )  # as the chest sees it
    bend = _about("x", -angle[f"{side}_elbow_flexion"])
    rotations[:, _JOINT[f"{side}_elbow"]] = np.swapaxes(hang, 1, 2) @ bend @ hang


def _place_pelvis(
    values: dict[str, np.ndarray],
    angle: dict[str, np.ndarray],
    offsets: np.ndarray,
    pelvis: np.ndarray,
    ankles: dict[str, np.ndarray],
    fps: float,
) -> np.ndarray:
    """(T, 3) metres: as high as asked, but no higher than legs on the ground allow."""
    leg = leg_length_m(offsets)
    level = np.zeros(len(pelvis))
    local = np.stack([values["pelvis_left"], level, values["pelvis_forward"]], axis=1)
    place = np.stack([values["place_x"], level, values["place_z"]], axis=1)
    root = leg * (place + (_about("y", angle["heading"]) @ local[..., None])[..., 0])
    stand = leg * _STRAIGHT - offsets[_JOINT["left_hip"], 1] - offsets[_JOINT["left_foot"], 1]
    root[:, 1] = stand - leg * values["pelvis_down"]
    excess = level
    for side in SIDES:
        hip = pelvis @ offsets[_JOINT[f"{side}_hip"]]
        apart = ankles[side] - root - hip
        span = np.hypot(apart[:, 0], apart[:, 2])
        highest = np.sqrt(np.maximum((leg * _STRAIGHT) ** 2 - span**2, 0.01)) + ankles[side][:, 1]
        grounded = (values[f"{side}_foot_y"] < _FREE_FOOT) & (values["pelvis_down"] >= 0)
        excess = np.maximum(excess, np.where(grounded, root[:, 1] + hip[:, 1] - highest, 0))
    width = max(1, round(0.1 * fps))
    excess = maximum_filter1d(excess, 2 * width + 1, mode="nearest")
    root[:, 1] -= gaussian_filter1d(excess, width / 2.5, mode="nearest", truncate=2.5)
    return root


def _solve_leg(
    hip: np.ndarray, ankle: np.ndarray, knee_way: np.ndarray, side: str, offsets: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Two-bone inverse kinematics: rotations of thigh and shank in the room, (T, 3, 3) each."""
    thigh_bone, shank_bone = offsets[_JOINT[f"{side}_knee"]], offsets[_JOINT[f"{side}_ankle"]]
    thigh_m, shank_m = np.linalg.norm(thigh_bone), np.linalg.norm(shank_bone)
    way = ankle - hip
    distance = np.linalg.norm(way, axis=1, keepdims=True)
    way = way / distance
    distance = distance.clip(abs(thigh_m - shank_m) + 0.02, (thigh_m + shank_m) * _STRAIGHT)
    across = np.stack([np.cos(knee_way), 0 * knee_way, -np.sin(knee_way)], axis=1)
    ahead = np.cross(way, across)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    at_hip = (thigh_m**2 + distance**2 - shank_m**2) / (2 * thigh_m * distance)
    thigh = way * at_hip + ahead * np.sqrt(1 - at_hip**2)
    shank = way * distance - thigh * thigh_m
    return _turn_bone(thigh_bone, thigh, across), _turn_bone(shank_bone, shank, across)


def _turn_bone(bone: np.ndarray, way: np.ndarray, across: np.ndarray) -> np.ndarray:
    """(T, 3, 3) that lays a bone of the T-pose along ``way``, with its x axis near ``across``."""
    rest = _bone_frame(bone[None], np.array([[1.0, 0.0, 0.0]]))
    return _bone_frame(way, across) @ np.swapaxes(rest, 1, 2)


def _bone_frame(way: np.ndarray, across: np.ndarray) -> np.ndarray:
    up = -way / np.linalg.norm(way, axis=1, keepdims=True)
    across = across - (across * up).sum(1, keepdims=True) * up
    across = across / np.linalg.norm(across, axis=1, keepdims=True)
    return np.stack([across, up, np.cross(across, up)], axis=2)


def _spine_joint(lean: np.ndarray, bend_left: np.ndarray, twist_left: np.ndarray) -> np.ndarray:
    return _about("y", twist_left) @ _about("x", lean) @ _about("z", -bend_left)


def _about(axis: str, angle_rad: np.ndarray) -> np.ndarray:
    """(T, 3, 3) rotations about x, y or z, right-handed."""
    cos, sin = np.cos(angle_rad), np.sin(angle_rad)
    first, second = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    rotation = np.tile(np.eye(3), (len(angle_rad), 1, 1))
    rotation[:, first, first] = rotation[:, second, second] = cos
    rotation[:, first, second] = -sin
    rotation[:, second, first] = sin
    return rotation
