"""Published motion features, both ways: SMPL-D135 and HumanML3D-263. Facts: docs/features.md."""

from __future__ import annotations

from typing import Literal

import numpy as np

from llamo.body import TEMPLATE_OFFSETS, forward_kinematics, rotations_from_joints
from llamo.errors import InvalidMotion
from llamo.motion import Motion
from llamo.rotations import about_y, matrix_from_6d, matrix_to_6d, swing
from llamo.skeleton import SMPL22

Compat = Literal["guo2022"]
"""HumanML3D as its authors' code computes it (Guo et al., CVPR 2022), mistakes included."""

HUMANML3D_FPS = 20.0

D135_ROOT_6D = slice(0, 6)
D135_VELOCITY_XZ = slice(6, 8)
D135_HEIGHT = slice(8, 9)
D135_BODY_6D = slice(9, 135)

H263_TURN = slice(0, 1)
H263_VELOCITY_XZ = slice(1, 3)
H263_HEIGHT = slice(3, 4)
H263_POSITIONS = slice(4, 67)
H263_BODY_6D = slice(67, 193)
H263_VELOCITIES = slice(193, 259)
H263_CONTACTS = slice(259, 263)

_CONTACT_JOINTS = ("left_ankle", "left_foot", "right_ankle", "right_foot")
_CONTACT_M2 = 0.002  # squared step between frames: 4.5 cm, 0.9 m/s (HumanML3D's feet_thre)
_SMOOTHING_FRAMES = 20  # sigma of the Gaussian that HumanML3D's code runs over the facing
_UNSURE_ACROSS_M = 0.05  # hip and shoulder lines shorter than this, seen from above: lying sideways

# Direction in which HumanML3D lets each joint's bone point at rest (its ``t2m_raw_offsets``).
_AXES = {"left": (1, 0, 0), "right": (-1, 0, 0), "up": (0, 1, 0), "ahead": (0, 0, 1)}
_BONE_AXES = np.array(
    [
        (0, 0, 0), _AXES["left"], _AXES["right"], _AXES["up"], *[(0, -1, 0)] * 2, _AXES["up"],
        *[(0, -1, 0)] * 2, _AXES["up"], *[_AXES["ahead"]] * 2, _AXES["up"], _AXES["left"],
        _AXES["right"], _AXES["ahead"], *[(0, -1, 0)] * 6,
    ],
    np.float64,
)  # fmt: skip


def smpl_d135(motion: Motion) -> np.ndarray:
    """SMPL-D135: root rotation (6), XZ velocity (2), height (1), 21 body rotations (126).

    World axes as in the motion: the root rotation carries the heading, the velocity is the
    pelvis' along world x and z in m/s (to the next frame; the last frame repeats the one before),
    the height is the pelvis' y in metres. 6-D rotations are first two columns. No release of the
    format states frame and unit of the velocity; these are this project's.

    Rotations come from the motion where it has them and they are SMPL's (they put the limbs within
    25 degrees of where the joints are), else from the joints, with no twist about the limbs.

    Args:
        motion: Any joint set that maps to SMPL-22.

    Returns:
        (T, 135) float32.

    Raises:
        InvalidMotion: The joint set does not map to SMPL-22.
    """
    motion = motion.to_skeleton(SMPL22)
    rotations = motion.rotations
    if rotations is None or not _fits(rotations, motion.joints):
        rotations = rotations_from_joints(motion.joints)
    pelvis = motion.joints[:, 0].astype(np.float64)
    velocity = np.zeros((len(motion), 2))
    if len(motion) > 1:
        velocity[:-1] = np.diff(pelvis[:, [0, 2]], axis=0) / np.diff(motion.times_s)[:, None]
        velocity[-1] = velocity[-2]
    sixes = matrix_to_6d(rotations).reshape(len(motion), -1)  # (T, 132)
    return np.concatenate([sixes[:, :6], velocity, pelvis[:, 1:2], sixes[:, 6:]], axis=1).astype(
        np.float32
    )


def motion_from_smpl_d135(
    features: np.ndarray, fps: float, offsets: np.ndarray = TEMPLATE_OFFSETS
) -> Motion:
    """The motion that SMPL-D135 features describe; its first frame stands over the origin.

    Args:
        features: (T, 135) as :func:`smpl_d135` gives them.
        fps: Frames a second.
        offsets: (22, 3) bones of the body, metres; the template unless given.

    Returns:
        Motion of T frames with SMPL-22 joints and rotations.

    Raises:
        InvalidMotion: Wrong shape, no frames, NaN or infinite values.
    """
    features = _checked_features(features, 135)
    sixes = np.concatenate([features[:, D135_ROOT_6D], features[:, D135_BODY_6D]], axis=1)
    rotations = matrix_from_6d(sixes.reshape(len(features), 22, 6))  # (T, 22, 3, 3)
    pelvis = np.zeros((len(features), 3))
    pelvis[1:, [0, 2]] = np.cumsum(features[:-1, D135_VELOCITY_XZ], axis=0) / fps
    pelvis[:, 1] = features[:, D135_HEIGHT][:, 0]
    joints = forward_kinematics(rotations, pelvis, offsets)
    return Motion(joints, fps=fps, rotations=rotations)


def humanml3d_263(
    motion_or_joints: Motion | np.ndarray, compat: Compat | None = None
) -> np.ndarray:
    """HumanML3D's 263 numbers a frame, at 20 fps.

    Layout: turn (1), root velocity x z (2), root height (1), positions of joints 1-21 (63), their
    6-D rotations (126), velocities of all 22 joints (66), contacts of left ankle, left foot, right
    ankle, right foot (4). The body is first put on the floor (lowest joint at y = 0), over the
    origin, and faces +z in frame 0; positions and velocities are then in axes that turn with the
    facing of their frame. **Lengths in metres, velocities in metres a frame** (times 20: m/s). The
    turn is **half the angle** to the next frame in radians, positive when the person turns to
    their own right (from +z towards -x). 6-D rotations are first two columns; each turns a bone
    from HumanML3D's rest axis, relative to the bone before it.

    ``compat=None``: facing from hips and shoulders of each frame, true at every angle; bones
    in the body's axes, relative to their parent. ``compat="guo2022"``: as the authors' code: hips
    are read left for right, so that facing is that of shoulders *minus* hips; it is smoothed with a
    Gaussian of 20 frames, set to +z in frame 0 and loses the turn's sign where it passes -z;
    bones in world axes, collar bones relative to the root. The authors' scaling to their
    reference skeleton is in neither: see docs/features.md.

    Args:
        motion_or_joints: A motion, brought to SMPL-22 and 20 fps; or (T, 22, 3) metres, y up, at
            20 fps.
        compat: None, or ``guo2022`` for features that published checkpoints and statistics expect.

    Returns:
        (T-1, 263) float32.

    Raises:
        InvalidMotion: Fewer than two frames, wrong shapes, an unknown ``compat``.
    """
    _check_compat(compat)
    if not isinstance(motion_or_joints, Motion):
        motion_or_joints = Motion(motion_or_joints, fps=HUMANML3D_FPS)
    motion = motion_or_joints.to_skeleton(SMPL22).resample(HUMANML3D_FPS)
    if len(motion) < 2:
        raise InvalidMotion(
            "HumanML3D features are steps between frames; the motion needs at least two frames at "
            f"{HUMANML3D_FPS:g} fps, got {len(motion)}."
        )
    joints = _canonical(motion.joints.astype(np.float64))
    if compat == "guo2022":
        facing = _facing_guo2022(joints)
        turn = np.arcsin(np.sin(-np.diff(facing) / 2))  # sign is lost where facing passes -z
    else:
        facing = _facing(joints)
        turn = -np.diff(facing) / 2
    to_body = about_y(-facing)  # (T, 3, 3)
    steps = np.diff(joints, axis=0)  # (T-1, 22, 3)
    over_root = joints - joints[:, :1] * [1, 0, 1]
    positions = _turned(to_body, over_root)
    contacts = (steps[:, [SMPL22.index(name) for name in _CONTACT_JOINTS]] ** 2).sum(-1)
    parts = [
        turn[:, None],
        _turned(to_body[1:], steps[:, :1])[:, 0, [0, 2]],
        joints[:-1, 0, 1:2],
        positions[:-1, 1:],
        matrix_to_6d(_bone_rotations(joints, to_body, compat))[:-1],
        _turned(to_body[:-1], steps),
        contacts < _CONTACT_M2,
    ]
    flat = [part.reshape(len(steps), -1) for part in parts]
    return np.concatenate(flat, axis=1).astype(np.float32)


def joints_from_humanml3d_263(features: np.ndarray, compat: Compat | None = None) -> np.ndarray:
    """Joints from HumanML3D's features: root turn and velocity summed up, positions set upon them.

    The same for both conventions, as the facing that was used is in the features themselves; what
    ``guo2022`` lost on the way (the sign of a turn that passes -z) stays lost.

    Args:
        features: (T, 263) at 20 fps, not normalised.
        compat: The convention of the features.

    Returns:
        (T, 22, 3) float32 metres; frame 0 stands over the origin.

    Raises:
        InvalidMotion: Wrong shape, no frames, NaN or infinite values, an unknown ``compat``.
    """
    _check_compat(compat)
    features = _checked_features(features, 263)
    frames = len(features)
    facing = np.zeros(frames)
    facing[1:] = -2 * np.cumsum(features[:-1, 0])
    to_world = about_y(facing)  # (T, 3, 3)
    step = np.zeros((frames, 1, 3))
    step[1:, 0, [0, 2]] = features[:-1, H263_VELOCITY_XZ]
    root = np.cumsum(_turned(to_world, step), axis=0)  # (T, 1, 3), height still zero
    joints = _turned(to_world, features[:, H263_POSITIONS].reshape(frames, 21, 3)) + root
    root[:, 0, 1] = features[:, 3]
    return np.concatenate([root, joints], axis=1).astype(np.float32)


def mirror_smpl_d135(features: np.ndarray) -> np.ndarray:
    """Features of the mirrored motion (x to -x, left and right change places): (T, 135)."""
    rotations = np.concatenate([features[:, D135_ROOT_6D], features[:, D135_BODY_6D]], axis=1)
    rotations = _mirror_joints(rotations, 6, SMPL22.mirror)
    velocity = features[:, D135_VELOCITY_XZ] * np.array([-1, 1], features.dtype)
    return np.concatenate(
        [rotations[:, :6], velocity, features[:, D135_HEIGHT], rotations[:, 6:]], axis=1
    )


def mirror_humanml3d_263(features: np.ndarray) -> np.ndarray:
    """Features of the mirrored motion (x to -x, left and right change places): (T, 263)."""
    no_root = [twin - 1 for twin in SMPL22.mirror[1:]]
    return np.concatenate(
        [
            -features[:, H263_TURN],
            features[:, H263_VELOCITY_XZ] * np.array([-1, 1], features.dtype),
            features[:, H263_HEIGHT],
            _mirror_joints(features[:, H263_POSITIONS], 3, no_root),
            _mirror_joints(features[:, H263_BODY_6D], 6, no_root),
            _mirror_joints(features[:, H263_VELOCITIES], 3, SMPL22.mirror),
            features[:, H263_CONTACTS][:, [2, 3, 0, 1]],
        ],
        axis=1,
    )


def _facing(joints: np.ndarray) -> np.ndarray:
    """(T,) radians about y, unbroken over full turns; bridged where the body lies on its side."""
    across = _across(joints, hips=+1)
    headings = np.arctan2(-across[:, 2], across[:, 0])
    sure = np.flatnonzero(np.hypot(across[:, 0], across[:, 2]) > _UNSURE_ACROSS_M)
    if not len(sure):
        return np.zeros(len(joints))
    return np.interp(np.arange(len(joints)), sure, np.unwrap(headings[sure]))


def _facing_guo2022(joints: np.ndarray) -> np.ndarray:
    """(T,) radians in -pi..pi, as ``inverse_kinematics_np`` of the authors' code finds it.

    The face joints come as right hip, left hip, right shoulder, left shoulder and are taken for
    left hip, right hip, ...: https://github.com/EricGuo5513/HumanML3D/issues/119 and 131.
    """
    from scipy.ndimage import gaussian_filter1d

    across = _across(joints, hips=-1)
    across = across / np.linalg.norm(across, axis=-1, keepdims=True).clip(1e-9)
    forward = gaussian_filter1d(across[:, [2, 0]] * [-1, 1], _SMOOTHING_FRAMES, 0, mode="nearest")
    facing = np.arctan2(forward[:, 0], forward[:, 1])
    facing[0] = 0  # frame 0 is declared to face +z, whatever the line above found
    return facing


def _across(joints: np.ndarray, hips: int) -> np.ndarray:
    """(T, 3) from right to left over the shoulders, plus (or minus) that over the hips."""
    left_hip, right_hip = SMPL22.index("left_hip"), SMPL22.index("right_hip")
    left, right = SMPL22.index("left_shoulder"), SMPL22.index("right_shoulder")
    return joints[:, left] - joints[:, right] + hips * (joints[:, left_hip] - joints[:, right_hip])


def _canonical(joints: np.ndarray) -> np.ndarray:
    """Lowest joint of the clip at y = 0; frame 0 over the origin, facing +z."""
    start = joints[0, 0].copy()
    start[1] = joints[..., 1].min()
    return _turned(about_y(-_facing(joints)[:1]), joints - start)


def _bone_rotations(joints: np.ndarray, to_body: np.ndarray, compat: Compat | None) -> np.ndarray:
    """(T, 21, 3, 3) rotation of the bone that ends in each joint, relative to the bone before."""
    parents = np.array(SMPL22.parents[1:])
    bones = joints[:, 1:] - joints[:, parents]
    world = np.empty((len(joints), len(SMPL22), 3, 3))
    if compat == "guo2022":
        world[:, 0] = to_body  # the code chains world directions onto the root's inverse rotation
        for name in ("left_collar", "right_collar"):
            parents[SMPL22.index(name) - 1] = 0  # and starts the arms at the root, not the chest
    else:
        world[:, 0] = np.eye(3)
        bones = _turned(to_body, bones)
    world[:, 1:] = swing(_BONE_AXES[1:], bones)
    return np.swapaxes(world[:, parents], -1, -2) @ world[:, 1:]


def _turned(rotations: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """(T, 3, 3) on (T, J, 3)."""
    return vectors @ np.swapaxes(rotations, -1, -2)


def _fits(rotations: np.ndarray, joints: np.ndarray) -> bool:
    """Whether rotations are SMPL's: limbs of the template, so turned, lie along the joints'."""
    model = forward_kinematics(rotations, joints[:, 0])
    ends = [
        SMPL22.index(f"{side}_{joint}")
        for side in ("left", "right")
        for joint in ("knee", "ankle", "elbow", "wrist")
    ]
    starts = [SMPL22.parents[end] for end in ends]
    expected, seen = model[:, ends] - model[:, starts], joints[:, ends] - joints[:, starts]
    length = np.linalg.norm(expected, axis=-1) * np.linalg.norm(seen, axis=-1)
    cosine = (expected * seen).sum(-1) / length.clip(1e-9)
    return bool(np.median(cosine) > np.cos(np.deg2rad(25)))


def _mirror_joints(values: np.ndarray, size: int, twins: list[int] | tuple[int, ...]) -> np.ndarray:
    """Swap twins and flip x of (T, J * size): size 3 positions, size 6 rotations F R F."""
    flip = np.array([-1, 1, 1] if size == 3 else [1, -1, -1, -1, 1, 1], values.dtype)
    joints = values.reshape(len(values), -1, size)[:, list(twins)]
    return (joints * flip).reshape(values.shape)


def _checked_features(features: np.ndarray, width: int) -> np.ndarray:
    features = np.asarray(features)
    if features.dtype.kind not in "fiu" or features.ndim != 2 or features.shape[1] != width:
        raise InvalidMotion(
            f"features must be numbers of shape (frames, {width}), got {features.dtype} "
            f"{features.shape}."
        )
    if not len(features):
        raise InvalidMotion("the features have no frames.")
    features = features.astype(np.float64)
    if not np.isfinite(features).all():
        raise InvalidMotion("the features hold NaN or infinite values.")
    return features


def _check_compat(compat: str | None) -> None:
    if compat not in (None, "guo2022"):
        raise InvalidMotion(f"compat must be None or 'guo2022', got {compat!r}.")
