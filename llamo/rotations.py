"""Rotation matrices, and their 6-D and axis-angle forms. A matrix acts on column vectors: R @ v."""

from __future__ import annotations

from typing import Literal

import numpy as np

SixDOrder = Literal["columns", "rows"]
"""Which six numbers of a matrix: its first two columns or its first two rows."""


def matrix_to_6d(matrices: np.ndarray, order: SixDOrder = "columns") -> np.ndarray:
    """The first two columns (or rows) of rotation matrices, one after the other.

    Zhou et al., On the Continuity of Rotation Representations in Neural Networks, CVPR 2019.
    ``columns`` is the paper's order and that of HumanML3D: ``[r00 r10 r20 r01 r11 r21]``.
    ``rows`` is that of PyTorch3D's ``matrix_to_rotation_6d``: ``[r00 r01 r02 r10 r11 r12]``. Read
    in the other order, a vector gives the inverse rotation.

    Args:
        matrices: (..., 3, 3).
        order: ``columns`` or ``rows``.

    Returns:
        (..., 6).
    """
    first_rows = matrices if order == "rows" else np.swapaxes(matrices, -1, -2)
    return first_rows[..., :2, :].reshape(*matrices.shape[:-2], 6)


def matrix_from_6d(values: np.ndarray, order: SixDOrder = "columns") -> np.ndarray:
    """The nearest rotation in the sense of Gram-Schmidt: first vector kept, second made upright.

    Args:
        values: (..., 6), not necessarily of length one or perpendicular.
        order: As in :func:`matrix_to_6d`.

    Returns:
        (..., 3, 3).
    """
    first = _unit(values[..., :3])
    second = values[..., 3:]
    second = _unit(second - (first * second).sum(-1, keepdims=True) * first)
    rows = np.stack([first, second, np.cross(first, second)], axis=-2)  # (..., 3, 3)
    return rows if order == "rows" else np.swapaxes(rows, -1, -2)


def matrix_from_axis_angle(vectors: np.ndarray) -> np.ndarray:
    """Rotation vectors (axis times angle in radians, as SMPL poses) to matrices.

    Args:
        vectors: (..., 3).

    Returns:
        (..., 3, 3).
    """
    from scipy.spatial.transform import Rotation

    matrices = Rotation.from_rotvec(np.asarray(vectors, np.float64).reshape(-1, 3)).as_matrix()
    return matrices.reshape(*np.shape(vectors)[:-1], 3, 3)


def axis_angle_from_matrix(matrices: np.ndarray) -> np.ndarray:
    """Matrices (..., 3, 3) to rotation vectors (..., 3) of 0 to pi radians."""
    from scipy.spatial.transform import Rotation

    vectors = Rotation.from_matrix(np.asarray(matrices, np.float64).reshape(-1, 3, 3)).as_rotvec()
    return vectors.reshape(matrices.shape[:-1])


def swing(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The smallest rotation that turns one direction into another, without twist about it.

    ``R = I + [w] + [w]^2 / (1 + c)`` with ``w = start x end`` and ``c = start . end``. Opposite
    directions have no single smallest rotation: half a turn about an axis across ``start`` is
    given. A direction of length zero is left unturned.

    Args:
        start, end: (..., 3), any length; they broadcast.

    Returns:
        (..., 3, 3).
    """
    start, end = np.broadcast_arrays(_unit(start), _unit(end))
    cosine = (start * end).sum(-1)[..., None, None]
    cross = _skew(np.cross(start, end))
    opposite = cosine < -1 + 1e-12
    turned = np.eye(3) + cross + cross @ cross / np.where(opposite, 1, 1 + cosine)
    across = np.where(np.abs(start[..., :1]) < 0.9, [1.0, 0, 0], [0, 1.0, 0])
    axis = _unit(np.cross(start, across))
    half_turn = 2 * axis[..., :, None] * axis[..., None, :] - np.eye(3)
    turned = np.where(opposite, half_turn, turned)
    known = np.asarray(start.any(-1, keepdims=True) & end.any(-1, keepdims=True))  # (..., 1)
    return np.where(known[..., None], turned, np.eye(3))


def about_y(angles_rad: np.ndarray) -> np.ndarray:
    """Matrices that turn +z towards +x by each angle: (...) radians -> (..., 3, 3)."""
    c, s = np.cos(angles_rad), np.sin(angles_rad)
    zero, one = np.zeros_like(c), np.ones_like(c)
    rows = [[c, zero, s], [zero, one, zero], [-s, zero, c]]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def _unit(vectors: np.ndarray) -> np.ndarray:
    vectors = np.asarray(vectors, np.float64)
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 1e-9)


def _skew(vectors: np.ndarray) -> np.ndarray:
    x, y, z = np.moveaxis(vectors, -1, 0)
    zero = np.zeros_like(x)
    rows = [[zero, -z, y], [z, zero, -x], [-y, x, zero]]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)
