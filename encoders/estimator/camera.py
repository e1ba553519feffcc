"""The camera that is assumed, and where a body of known size stands before it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FOCAL = 0.85
"""Focal length in longer picture sides: a telephone's main camera while filming (28-31 mm on 36 mm
film). A video does not tell. Distances along the line of sight scale with it, the body does not."""

_RIDGE = 1e-9
"""Keeps joints that all lie on one line of sight from having no answer."""


@dataclass(frozen=True)
class Camera:
    """A pinhole camera.

    Args:
        focal: Focal length, pixels.
        centre: (x, y) of the picture's middle, pixels.
    """

    focal: float
    centre: tuple[float, float]

    @classmethod
    def assumed(cls, size: tuple[int, int]) -> Camera:
        """The usual camera for pictures of (width, height) pixels."""
        return cls(FOCAL * max(size), (size[0] / 2, size[1] / 2))

    def rays(self, image: np.ndarray) -> np.ndarray:
        """(..., 2) pixels -> (..., 2) slopes x/z and y/z of the lines of sight."""
        return (image - np.array(self.centre)) / self.focal


def locate(rays: np.ndarray, world_m: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Move each frame's body to where it fits the lines of sight best (least squares).

    Args:
        rays: (T, J, 2) slopes of the lines of sight.
        world_m: (T, J, 3) the body, z away from the camera.
        weights: (T, J) of each joint; at least two joints of a frame count.

    Returns:
        (T, 3) what is to be added to the body, metres from the camera.
    """
    # (x + tx) - a (z + tz) = 0 for each joint, and the same for y with b: linear in (tx, ty, tz).
    a, b = rays[..., 0], rays[..., 1]  # (T, J)
    w = weights
    total, wa, wb = w.sum(1), (w * a).sum(1), (w * b).sum(1)
    zero = np.zeros_like(total)
    matrix = np.stack(
        [total, zero, -wa, zero, total, -wb, -wa, -wb, (w * (a * a + b * b)).sum(1)], axis=-1
    ).reshape(-1, 3, 3)
    off_x = world_m[..., 0] - a * world_m[..., 2]
    off_y = world_m[..., 1] - b * world_m[..., 2]
    matrix += _RIDGE * np.eye(3)
    right = -np.stack(
        [(w * off_x).sum(1), (w * off_y).sum(1), -(w * (a * off_x + b * off_y)).sum(1)], axis=-1
    )
    return np.linalg.solve(matrix, right[..., None])[..., 0]


def across(
    rays: np.ndarray, world_m: np.ndarray, weights: np.ndarray, depth_m: np.ndarray
) -> np.ndarray:
    """(T, 2) the best x and y for bodies whose depth (T,) is known; arguments as ``locate``."""
    away = world_m[..., 2] + depth_m[:, None]  # (T, J)
    off = rays * away[..., None] - world_m[..., :2]  # (T, J, 2)
    return (weights[..., None] * off).sum(1) / weights.sum(1)[:, None]
