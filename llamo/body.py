"""The body as a tree of bones: a template adult, forward and inverse kinematics, SMPL models."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from llamo.errors import InvalidMotion, MissingDependency, UnreadableFile
from llamo.rotations import matrix_from_axis_angle, swing
from llamo.skeleton import SMPL22

TEMPLATE_STATURE_M = 1.70
"""Body height of the template, heel to crown."""

# Shares of stature, from Drillis & Contini's segment lengths as printed in Winter, Biomechanics and
# Motor Control of Human Movement, fig. 4.1: ankle height .039, knee .285, hip .530, shoulder .818,
# upper arm .186, forearm .146, foot length .152. The joints that this table lacks are set here:
# hip centres .05 beside the mid-line (Bell et al. 1990: .36 of the distance between the iliac
# spines, about .14 of stature, to each side), shoulder centres .10 (the acromia are at .129),
# pelvis joint .05 above the hips, neck at the seventh cervical vertebra, head at the skull's base,
# foot at the ball of the foot. Spine and collars divide pelvis-neck and neck-shoulder as
# skeleton.conversion does, so that mapped and template bodies agree.
_HIP, _PELVIS, _NECK, _SHOULDER = 0.530, 0.580, 0.845, 0.818
_SHOULDER_X, _ELBOW_X, _WRIST_X = 0.100, 0.100 + 0.186, 0.100 + 0.186 + 0.146
_MIDDLE: dict[str, tuple[float, float, float]] = {
    "pelvis": (0, _PELVIS, 0),
    "spine1": (0, _PELVIS + 0.25 * (_NECK - _PELVIS), 0),
    "spine2": (0, _PELVIS + 0.50 * (_NECK - _PELVIS), 0),
    "spine3": (0, _PELVIS + 0.70 * (_NECK - _PELVIS), 0),
    "neck": (0, _NECK, 0),
    "head": (0, 0.905, 0),
}
_LEFT: dict[str, tuple[float, float, float]] = {
    "hip": (0.050, _HIP, 0),
    "knee": (0.050, 0.285, 0),
    "ankle": (0.050, 0.039, 0),
    "foot": (0.050, 0.012, 0.072),
    "collar": (0.4 * _SHOULDER_X, 0.6 * _NECK + 0.4 * _SHOULDER, 0),
    "shoulder": (_SHOULDER_X, _SHOULDER, 0),
    "elbow": (_ELBOW_X, _SHOULDER, 0),
    "wrist": (_WRIST_X, _SHOULDER, 0),
}


def _template() -> tuple[np.ndarray, np.ndarray]:
    share = dict(_MIDDLE)
    for joint, (x, y, z) in _LEFT.items():
        share["left_" + joint] = (x, y, z)
        share["right_" + joint] = (-x, y, z)
    joints = TEMPLATE_STATURE_M * np.array([share[name] for name in SMPL22.joints])
    offsets = joints - joints[list(SMPL22.parents)]
    offsets[0] = 0
    joints.flags.writeable = offsets.flags.writeable = False
    return joints, offsets


TEMPLATE_JOINTS, TEMPLATE_OFFSETS = _template()
"""(22, 3) metres: joints of the template in the rest pose, standing on y = 0 over the origin, and
each joint minus its parent (the pelvis' own offset is zero). Rest pose as SMPL's: T-pose, +y up,
facing +z, the person's left towards +x. Measures are this project's; none is taken from SMPL."""

TEMPLATE_PELVIS_HEIGHT_M = float(TEMPLATE_JOINTS[0, 1])
"""Height of the template's pelvis joint when it stands in the rest pose, metres."""

_CHILDREN = tuple(
    tuple(child for child, parent in enumerate(SMPL22.parents) if parent == joint)
    for joint in range(len(SMPL22))
)


def forward_kinematics(
    rotations: np.ndarray, root_translation: np.ndarray, offsets: np.ndarray = TEMPLATE_OFFSETS
) -> np.ndarray:
    """Joint positions from rotations.

    ``joint = parent + R_world(parent) @ offset``; the first rotation turns the whole body.

    Args:
        rotations: (T, 22, 3, 3), each relative to the parent joint, identity in the rest pose.
        root_translation: (T, 3) position of the pelvis, metres.
        offsets: (22, 3) each joint minus its parent in the rest pose, metres.

    Returns:
        (T, 22, 3) metres.

    Raises:
        InvalidMotion: Wrong shapes.
    """
    count = len(SMPL22)
    rotations, root = np.asarray(rotations, np.float64), np.asarray(root_translation, np.float64)
    if rotations.ndim != 4 or rotations.shape[1:] != (count, 3, 3):
        raise InvalidMotion(f"rotations must be (frames, {count}, 3, 3), got {rotations.shape}.")
    if root.shape != (len(rotations), 3):
        raise InvalidMotion(
            f"root_translation must be ({len(rotations)}, 3) to fit the rotations, "
            f"got {root.shape}."
        )
    _check_offsets(offsets)
    world = _world_rotations(rotations)
    joints = np.empty((len(rotations), count, 3))
    joints[:, 0] = root
    for parent, child in SMPL22.bones:
        joints[:, child] = joints[:, parent] + world[:, parent] @ offsets[child]
    return joints


def rotations_from_joints(joints: np.ndarray, offsets: np.ndarray = TEMPLATE_OFFSETS) -> np.ndarray:
    """Rotations that give the joints' bone directions; inverse of forward kinematics.

    A joint with one bone swings it from its parent's frame the shortest way, so twist about a limb
    is zero. Pelvis and chest (spine3) carry three bones: hips and spine, neck and collars; they get
    the rotation that fits the three directions best (Kabsch 1976), so the trunk's twist follows
    hips and shoulders. Head, wrists and feet carry no bone and keep their parent's rotation.
    Forward kinematics then repeats the directions of limbs and spine to rounding, those of the six
    bones at pelvis and chest as well as one rigid rotation can.

    Args:
        joints: (T, 22, 3) metres, SMPL-22.
        offsets: (22, 3) the body's bones in the rest pose; only their directions matter.

    Returns:
        (T, 22, 3, 3) each relative to the parent joint.

    Raises:
        InvalidMotion: Wrong shapes.
    """
    joints = _checked_joints(joints)
    _check_offsets(offsets)
    world = np.empty((len(joints), len(SMPL22), 3, 3))
    local = np.empty_like(world)
    for joint, parent in enumerate(SMPL22.parents):
        children = list(_CHILDREN[joint])
        above = world[:, parent] if parent >= 0 else np.broadcast_to(np.eye(3), world[:, 0].shape)
        bones = joints[:, children] - joints[:, [joint]]  # (T, C, 3)
        bones = bones @ above  # each bone in the parent's frame: above.T @ bone
        if len(children) > 1:
            local[:, joint] = _best_rotation(offsets[children], bones)
        elif children:
            local[:, joint] = swing(offsets[children[0]], bones[:, 0])
        else:
            local[:, joint] = np.eye(3)
        world[:, joint] = above @ local[:, joint]
    return local


def bone_lengths(joints: np.ndarray) -> np.ndarray:
    """Length of each bone in each frame.

    Args:
        joints: (T, 22, 3) metres.

    Returns:
        (T, 21) metres, in the order of ``SMPL22.bones`` (joint 1 to 21, each to its parent).
    """
    joints = _checked_joints(joints)
    parents, children = np.array(SMPL22.bones).T
    return np.linalg.norm(joints[:, children] - joints[:, parents], axis=-1)


def fitted_offsets(joints: np.ndarray) -> np.ndarray:
    """The template's rest pose with this person's bone lengths (median over the frames).

    Args:
        joints: (T, 22, 3) metres.

    Returns:
        (22, 3) offsets for :func:`forward_kinematics`, metres.
    """
    lengths = np.median(bone_lengths(joints), axis=0)  # (21,)
    offsets = TEMPLATE_OFFSETS.copy()
    offsets[1:] *= (lengths / np.linalg.norm(offsets[1:], axis=-1))[:, None]
    return offsets


def smplx_joints(
    poses: np.ndarray, betas: np.ndarray, trans: np.ndarray, body_model: str | Path
) -> np.ndarray:
    """Joints of a SMPL, SMPL-H or SMPL-X body, exactly as that model places them.

    The model file is read as plain arrays, so nothing inside it can run; smplx does the rest.

    Args:
        poses: (T, 3 J) axis-angle in radians, at least the first 22 joints (AMASS ``poses``).
        betas: (B,) shape coefficients, at most as many as the model has; empty for the mean shape.
        trans: (T, 3) metres (AMASS ``trans``). Axes stay those of the file.
        body_model: The model's ``.npz`` with ``v_template``, ``shapedirs``, ``J_regressor`` and
            ``kintree_table``.

    Returns:
        (T, 22, 3) metres.

    Raises:
        MissingDependency: smplx is not installed.
        UnreadableFile: The model file is not one.
        InvalidMotion: Shapes that do not fit each other or the model.
    """
    try:
        import torch
        from smplx.lbs import batch_rigid_transform, blend_shapes, vertices2joints
    except ImportError:
        raise MissingDependency(
            "exact SMPL joints need smplx; run `pip install llamo[body]`, or leave the body model "
            "out to use the template body."
        ) from None
    poses, trans = np.asarray(poses, np.float64), np.asarray(trans, np.float64)
    betas = np.asarray(betas, np.float64).reshape(-1)
    count = len(SMPL22)
    if poses.ndim != 2 or poses.shape[1] < 3 * count or poses.shape[1] % 3:
        raise InvalidMotion(
            f"poses must be (frames, 3 x joints) with at least {count} joints, got {poses.shape}."
        )
    if trans.shape != (len(poses), 3):
        raise InvalidMotion(f"trans must be ({len(poses)}, 3) to fit the poses, got {trans.shape}.")
    model = _read_body_model(Path(body_model))
    shapes = model["shapedirs"].shape[-1]
    if len(betas) > shapes:
        raise InvalidMotion(
            f"{Path(body_model).name} has {shapes} shape directions but there are {len(betas)} "
            "betas; use the model that the motion was fitted with."
        )
    as_tensor = {name: torch.from_numpy(array) for name, array in model.items()}
    with torch.no_grad():
        shaped = as_tensor["v_template"] + blend_shapes(
            torch.from_numpy(betas)[None], as_tensor["shapedirs"][..., : len(betas)]
        )  # (1, V, 3)
        rest = vertices2joints(as_tensor["J_regressor"], shaped)[:, :count]  # (1, 22, 3)
        rotations = torch.from_numpy(
            matrix_from_axis_angle(poses[:, : 3 * count].reshape(len(poses), count, 3))
        )
        parents = torch.tensor(SMPL22.parents)
        joints, _ = batch_rigid_transform(
            rotations, rest.expand(len(poses), -1, -1), parents, dtype=torch.float64
        )
    return joints.numpy() + trans[:, None]


def _read_body_model(path: Path) -> dict[str, np.ndarray]:
    needed = ("v_template", "shapedirs", "J_regressor")
    try:
        with np.load(path, allow_pickle=False) as archive:
            model = {name: np.asarray(archive[name], np.float64) for name in needed}
            parents = np.asarray(archive["kintree_table"])[0, 1 : len(SMPL22)]
    except FileNotFoundError:
        raise UnreadableFile(f"body model {str(path)!r} does not exist.") from None
    except Exception as error:  # numpy, zipfile and zlib raise many kinds for one broken file
        raise UnreadableFile(
            f"body model {path.name!r} must be an .npz with the arrays {', '.join(needed)} and "
            f"kintree_table ({error}). Convert a .pkl with the model's own tools first."
        ) from None
    vertices = len(model["v_template"])
    fits = (
        model["v_template"].shape == (vertices, 3)
        and model["shapedirs"].ndim == 3
        and model["shapedirs"].shape[:2] == (vertices, 3)
        and model["J_regressor"].ndim == 2
        and model["J_regressor"].shape[0] >= len(SMPL22)
        and model["J_regressor"].shape[1] == vertices
        and tuple(parents.tolist()) == SMPL22.parents[1:]
    )
    if not fits:
        shapes = {name: array.shape for name, array in model.items()}
        raise UnreadableFile(
            f"body model {path.name!r} is no SMPL, SMPL-H or SMPL-X body: {shapes}, parents "
            f"{parents.tolist()}."
        )
    return model


def _world_rotations(rotations: np.ndarray) -> np.ndarray:
    world = rotations.copy()
    for parent, child in SMPL22.bones:
        world[:, child] = world[:, parent] @ rotations[:, child]
    return world


def _best_rotation(rest: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Kabsch 1976: (C, 3) and (T, C, 3) -> (T, 3, 3) that turns the first onto the second best."""
    rest = rest / np.linalg.norm(rest, axis=-1, keepdims=True).clip(1e-9)
    seen = seen / np.linalg.norm(seen, axis=-1, keepdims=True).clip(1e-9)
    left, _, right = np.linalg.svd(np.swapaxes(seen, -1, -2) @ rest)
    sign = np.sign(np.linalg.det(left @ right))
    left[..., -1] *= np.where(sign == 0, 1, sign)[:, None]  # a reflection is no rotation
    return left @ right


def _checked_joints(joints: np.ndarray) -> np.ndarray:
    joints = np.asarray(joints, np.float64)
    if joints.ndim != 3 or joints.shape[1:] != (len(SMPL22), 3):
        raise InvalidMotion(
            f"joints must be (frames, {len(SMPL22)}, 3) in metres, got {joints.shape}; "
            "use Motion.to_skeleton('smpl22') first."
        )
    return joints


def _check_offsets(offsets: np.ndarray) -> None:
    if np.shape(offsets) != (len(SMPL22), 3):
        raise InvalidMotion(f"offsets must be ({len(SMPL22)}, 3), got {np.shape(offsets)}.")
