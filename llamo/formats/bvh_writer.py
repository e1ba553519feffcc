"""Writing BVH: any motion, in centimetres, y-up.

A BVH joint turns about a bone of fixed length, but measured bones vary (a Kinect's by 8 %). Where
fixed lengths repeat every joint within 1 cm the file has rotations alone below the root, which
every program reads. Elsewhere each joint also gets position channels, so that no joint is lost.
"""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np

from llamo import body
from llamo.motion import Motion
from llamo.rotations import swing
from llamo.skeleton import SMPL22, Skeleton

TOLERANCE_M = 0.01

_POSITION = "Xposition Yposition Zposition"
_ROTATION = "Zrotation Xrotation Yrotation"
_CM = 100.0


def write_bvh(motion: Motion, path: Path) -> None:
    """Write a BVH; confidence is lost, and an unsteady clock becomes a steady one."""
    motion = motion.resample(motion.fps)
    skeleton = motion.skeleton
    order = skeleton.tree_order
    joints = motion.joints.astype(np.float64)
    local = _local_rotations(motion, joints)
    world, moving = _offsets(joints, local, skeleton)
    fixed = moving.mean(0)  # (J, 3)
    free = _fixed_length_error(joints, world, fixed, skeleton) > TOLERANCE_M
    columns = []
    for joint in order:
        if free or skeleton.parents[joint] < 0:
            columns.append(moving[:, joint] * _CM)
        columns.append(_euler_deg(local[:, joint]))
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(_hierarchy(skeleton, fixed * _CM, free))
        stream.write(f"MOTION\nFrames: {len(motion)}\nFrame Time: {1 / motion.fps:.9f}\n")
        rows = io.StringIO()
        np.savetxt(rows, np.concatenate(columns, axis=1), fmt="%.5f")
        stream.write(rows.getvalue())


def _local_rotations(motion: Motion, joints: np.ndarray) -> np.ndarray:
    """(T, J, 3, 3) relative to the parent: the motion's own, or solved from the joints."""
    if motion.rotations is not None:
        return motion.rotations.astype(np.float64)
    if motion.skeleton == SMPL22:
        return body.rotations_from_joints(joints)
    return _solve(joints, motion.skeleton)


def _solve(joints: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """Rotations from the pose of the first frame, the smallest that follow the bones."""
    local = np.tile(np.eye(3), (*joints.shape[:2], 1, 1))
    world = local.copy()
    for joint in skeleton.tree_order:
        children = [c for c, p in enumerate(skeleton.parents) if p == joint]
        parent = skeleton.parents[joint]
        above = world[:, parent] if parent >= 0 else np.eye(3)
        bones = joints[:, children] - joints[:, [joint]] if children else joints[:, :0]
        bones = bones @ above  # (T, C, 3) in the parent's frame
        if len(children) == 1:
            local[:, joint] = swing(bones[0, 0], bones[:, 0])
        elif len(children) > 1:
            local[:, joint] = _kabsch(bones[0], bones)
        world[:, joint] = above @ local[:, joint]
    return local


def _kabsch(rest: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Kabsch 1976: bones (C, 3) and (T, C, 3) -> the rotations (T, 3, 3) that fit them best."""
    left, _, right = np.linalg.svd(np.swapaxes(seen, -1, -2) @ rest)
    mirrored = np.linalg.det(left @ right) < 0
    left[mirrored, :, -1] *= -1
    return left @ right


def _offsets(
    joints: np.ndarray, local: np.ndarray, skeleton: Skeleton
) -> tuple[np.ndarray, np.ndarray]:
    """World rotations (T, J, 3, 3), and each joint in its parent's frame (T, J, 3)."""
    world, moving = local.copy(), joints.copy()
    for joint in skeleton.tree_order:
        parent = skeleton.parents[joint]
        if parent >= 0:
            world[:, joint] = world[:, parent] @ local[:, joint]
            bone = joints[:, joint] - joints[:, parent]
            moving[:, joint] = np.einsum("tij,ti->tj", world[:, parent], bone)
    return world, moving


def _fixed_length_error(
    joints: np.ndarray, world: np.ndarray, fixed: np.ndarray, skeleton: Skeleton
) -> float:
    """Metres by which fixed offsets miss a joint at most."""
    posed = joints.copy()
    for joint in skeleton.tree_order:
        parent = skeleton.parents[joint]
        if parent >= 0:
            posed[:, joint] = posed[:, parent] + world[:, parent] @ fixed[joint]
    return float(np.linalg.norm(posed - joints, axis=-1).max())


def _euler_deg(rotations: np.ndarray) -> np.ndarray:
    from scipy.spatial.transform import Rotation

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # gimbal lock: one of the many right answers is given
        return Rotation.from_matrix(rotations).as_euler("ZXY", degrees=True)


def _hierarchy(skeleton: Skeleton, offsets_cm: np.ndarray, free: bool) -> str:
    lines = ["HIERARCHY"]
    depth_of: dict[int, int] = {}
    open_joints: list[int] = []

    def close(until: int) -> None:
        while len(open_joints) > until:
            open_joints.pop()
            lines.append("\t" * len(open_joints) + "}")

    for joint in skeleton.tree_order:
        parent = skeleton.parents[joint]
        depth = depth_of[joint] = depth_of[parent] + 1 if parent >= 0 else 0
        close(depth)
        tab = "\t" * depth
        offset = offsets_cm[joint] if parent >= 0 else np.zeros(3)
        channels = f"6 {_POSITION} {_ROTATION}" if free or parent < 0 else f"3 {_ROTATION}"
        lines += [
            f"{tab}{'ROOT' if parent < 0 else 'JOINT'} {skeleton.joints[joint]}",
            tab + "{",
            tab + "\tOFFSET " + " ".join(f"{value:.6f}" for value in offset),
            f"{tab}\tCHANNELS {channels}",
        ]
        open_joints.append(joint)
        if joint not in skeleton.parents:
            lines += [
                tab + "\tEnd Site", tab + "\t{", tab + "\t\tOFFSET 0 0 0", tab + "\t}",
            ]  # fmt: skip
    close(0)
    return "\n".join(lines) + "\n"
