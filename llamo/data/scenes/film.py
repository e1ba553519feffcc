"""Filming a scene: frames of a ``Painter``'s pictures before a backdrop."""

from __future__ import annotations

import numpy as np

from llamo.data.scenes.backdrop import draw_backdrop
from llamo.data.scenes.painter import Painter, joints_at
from llamo.data.scenes.stage import Staged
from llamo.encoders.views import boxes_around, hand_boxes
from llamo.video import Video


def film(scene: Staged, times_s: np.ndarray) -> Video:
    """Frames of a scene.

    Args:
        scene: What is filmed.
        times_s: (S,) rising seconds from 0; any clock. A motion that ends stands still.

    Raises:
        InvalidVideo: Times that do not rise from 0.
        MissingDependency: OpenCV is not installed.
    """
    times_s = np.asarray(times_s, np.float64)
    order = np.arange(len(times_s), dtype=np.int64)
    return Video(frames_of(Painter(scene, times_s)), times_s, order, scene.camera.size)


def frames_of(painter: Painter) -> np.ndarray:
    """(S, h, w, 3) uint8: the pictures of a painter, with backdrop, light and grain.

    Raises:
        MissingDependency: OpenCV is not installed.
    """
    import cv2

    scene = painter.scene
    width, height = scene.camera.size
    rng = np.random.default_rng(scene.seed)
    behind = draw_backdrop(scene.backdrop, (width, height), _horizon(scene), rng)
    if scene.flipped:
        behind = behind[:, ::-1]
    behind = np.clip(behind, 0, 255).astype(np.uint8)
    light = np.array(scene.light, np.float32)
    frames = np.empty((len(painter), height, width, 3), np.uint8)
    for row in range(len(painter)):
        picture = behind.copy()
        painter.paint(picture, row)
        if scene.blur > 0.3:
            picture = cv2.GaussianBlur(picture, (3, 3), scene.blur)
        lit = picture * light
        if scene.noise > 0.5:
            grain = rng.standard_normal((height, width, 1), np.float32) * scene.noise
            lit += grain[:, ::-1] if scene.flipped else grain
        frames[row] = np.clip(lit, 0, 255, out=lit)
    return frames


def boxes_of(scene: Staged, times_s: np.ndarray) -> np.ndarray:
    """(S, 3, 4) left, top, right, bottom, pixels: of the first person as far as it is seen, of its
    left and of its right hand.
    """
    joints = joints_at(scene, 0, times_s)
    crown = joints[:, _HEAD] + 1.3 * (joints[:, _HEAD] - joints[:, _NECK])
    pixels, _ = scene.camera.project(np.concatenate([joints, crown[:, None]], 1))
    size = np.array(scene.camera.size)
    inside = np.all((pixels >= 0) & (pixels < size), axis=2)
    body = boxes_around(np.where(inside[..., None], pixels, np.nan))
    shoulders, hips, elbows, wrists = (
        pixels[:, pair] for pair in (_SHOULDERS, _HIPS, _ELBOWS, _WRISTS)
    )
    hands = hand_boxes(shoulders, hips, elbows, wrists)
    return np.concatenate([body[:, None], hands], axis=1)


_NECK, _HEAD = 12, 15
_HIPS, _SHOULDERS, _ELBOWS, _WRISTS = [1, 2], [16, 17], [18, 19], [20, 21]


def _horizon(scene: Staged) -> float:
    """Where a floor that ends three metres behind the people ends in the picture, in heights."""
    camera = scene.camera
    angle = np.radians(camera.azimuth_deg)
    far = -3.0 * np.array([np.sin(angle), 0, np.cos(angle)])
    return float(camera.project(far)[0][1]) / camera.size[1]
