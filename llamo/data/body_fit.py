"""One body's movement on another body's bones."""

from __future__ import annotations

import numpy as np

from llamo.skeleton import SMPL22

_PARENTS = np.array(SMPL22.parents[1:])
_FEET = [7, 8, 10, 11]


def _ancestors() -> np.ndarray:
    """(22, 21): which bones lead from the pelvis to each joint."""
    chain = np.zeros((22, 21), np.float32)
    for joint in range(1, 22):
        at = joint
        while at > 0:
            chain[joint, at - 1] = 1
            at = SMPL22.parents[at]
    return chain


_CHAIN = _ancestors()


def bone_lengths(joints: np.ndarray) -> np.ndarray:
    """(21,) metres: median length of the bone that ends in each joint but the pelvis.

    Args:
        joints: (T, 22, 3) metres; every eighth frame is looked at.
    """
    some = joints[:: max(1, len(joints) // 8)]
    return np.median(np.linalg.norm(some[:, 1:] - some[:, _PARENTS], axis=-1), axis=0)


def fit_bones(joints: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """The same movement with other bone lengths; the floor stays where it was.

    Args:
        joints: (T, 22, 3) metres.
        lengths: (21,) metres, as ``bone_lengths`` gives them.

    Returns:
        (T, 22, 3). Paths over the ground scale with the length of the legs.
    """
    ratio = lengths / np.maximum(bone_lengths(joints), 1e-3)
    bones = (joints[:, 1:] - joints[:, _PARENTS]) * ratio[None, :, None].astype(np.float32)
    legs = float(ratio[[3, 4, 6, 7]].mean())  # thighs and shins
    origin = joints[0, 0] * np.array([1, 0, 1], np.float32)
    root = (joints[:, 0] - origin) * legs + origin  # (T, 3)
    fitted = root[:, None] + np.matmul(_CHAIN, bones)
    lowest = joints[:, _FEET, 1].min(), fitted[:, _FEET, 1].min()
    fitted[..., 1] += lowest[0] - lowest[1]
    return fitted.astype(np.float32)


def scale_body(joints: np.ndarray, factor: float) -> np.ndarray:
    """A taller or shorter person doing the same, (T, 22, 3), about the floor's origin."""
    return (joints * np.float32(factor)).astype(np.float32)


def stiffen(joints: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Give every bone one length throughout; directions and the pelvis stay.

    Args:
        joints: (T, 22, 3) metres.
        lengths: (21,) metres, as ``bone_lengths`` gives them.

    Returns:
        (T, 22, 3) metres.
    """
    bones = joints[:, 1:] - joints[:, _PARENTS]
    now = np.linalg.norm(bones, axis=-1, keepdims=True)
    bones = bones / np.maximum(now, 1e-6) * lengths[:, None]
    return joints[:, :1] + np.matmul(_CHAIN, bones)
