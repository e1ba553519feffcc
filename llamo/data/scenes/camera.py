"""A pinhole camera that stands still."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

NEAR_M = 0.2
"""What is nearer to the camera is drawn as if it were there."""


@dataclass(frozen=True)
class Camera:
    """Looks at the point (0, ``aim_m``, 0), held level.

    Args:
        azimuth_deg: Where it stands, about y from +z towards +x.
        distance_m: Along the floor.
        height_m: Over the floor.
        aim_m: Height of the point that it looks at.
        focal: In picture heights.
        shift: Moves the picture's middle, in picture heights to the right and down.
        size: (width, height) pixels.
    """

    azimuth_deg: float
    distance_m: float
    height_m: float
    aim_m: float
    focal: float
    size: tuple[int, int]
    shift: tuple[float, float] = (0.0, 0.0)

    @property
    def axes(self) -> np.ndarray:
        """(3, 3) rows: to the right of the picture, down, and away from the camera."""
        angle = np.radians(self.azimuth_deg)
        back = np.array([np.sin(angle), 0, np.cos(angle)])  # from the middle to the camera
        pitch = np.arctan2(self.height_m - self.aim_m, self.distance_m)
        away = -back * np.cos(pitch) - np.array([0, np.sin(pitch), 0])
        right = np.cross(away, [0, 1, 0])
        right /= np.linalg.norm(right)
        return np.stack([right, np.cross(away, right), away])

    @property
    def place(self) -> np.ndarray:
        """(3,) metres."""
        angle = np.radians(self.azimuth_deg)
        flat = self.distance_m * np.array([np.sin(angle), 0, np.cos(angle)])
        return flat + np.array([0, self.height_m, 0])

    @property
    def scale_px(self) -> float:
        """Pixels of a metre, one metre away."""
        return self.focal * self.size[1]

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(..., 3) metres -> pixels (..., 2), and depth (...) in metres."""
        seen = (points - self.place) @ self.axes.T
        depth = np.maximum(seen[..., 2], NEAR_M)
        middle = np.array(self.size) / 2 + np.array(self.shift) * self.size[1]
        return seen[..., :2] * (self.scale_px / depth)[..., None] + middle, depth
