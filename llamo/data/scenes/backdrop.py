"""What stands behind people: walls, rooms, lawns, patterns; each a picture by lot."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Picture = np.ndarray
"""(h, w, 3) float32 in 0-255."""


def _plain(size: tuple[int, int], horizon: float, rng: np.random.Generator) -> Picture:
    """A wall that fades, over a floor."""
    return _wall_and_floor(size, horizon, _muted(rng), _muted(rng), rng)


def _room(size: tuple[int, int], horizon: float, rng: np.random.Generator) -> Picture:
    """A wall with pictures, doors, shelves: boxes of any colour."""
    width, height = size
    picture = _wall_and_floor(size, horizon, _muted(rng), _muted(rng), rng)
    base = int(np.clip(horizon, 0.1, 1) * height)
    for _ in range(int(rng.integers(2, 8))):
        w, h = int(width * rng.uniform(0.05, 0.35)), int(height * rng.uniform(0.05, 0.5))
        x = int(rng.uniform(-0.1, 1) * width)
        y = base - h if rng.random() < 0.4 else int(rng.uniform(-0.1, 0.8) * base)
        x0, y0 = max(x, 0), max(y, 0)
        colour = _vivid(rng) if rng.random() < 0.5 else _muted(rng)
        picture[y0 : max(y + h, 0), x0 : max(x + w, 0)] = colour
    return picture


def _lawn(size: tuple[int, int], horizon: float, rng: np.random.Generator) -> Picture:
    """A sky over grass or sand, with bushes."""
    import cv2

    width, height = size
    sky = np.array([rng.uniform(120, 215), rng.uniform(170, 225), rng.uniform(215, 250)])
    ground = [(86, 122, 60), (120, 132, 74), (190, 172, 132), (112, 106, 98)][rng.integers(4)]
    picture = _wall_and_floor(size, horizon, sky, np.array(ground, float), rng)
    base = int(np.clip(horizon, 0.05, 1) * height)
    for _ in range(int(rng.integers(0, 7))):
        middle = (int(rng.uniform(0, width)), int(base - rng.uniform(-0.02, 0.1) * height))
        axes = (int(rng.uniform(0.04, 0.2) * width), int(rng.uniform(0.04, 0.25) * height))
        green = (rng.uniform(20, 90), rng.uniform(60, 120), rng.uniform(20, 70))
        cv2.ellipse(picture, middle, axes, 0, 0, 360, green, -1)
    return picture


def _blotches(size: tuple[int, int], horizon: float, rng: np.random.Generator) -> Picture:
    """A wall out of focus: soft spots of any colour."""
    import cv2

    cells = int(rng.integers(3, 9))
    coarse = rng.uniform(20, 235, (cells, cells, 3)).astype(np.float32)
    grey = coarse.mean(2, keepdims=True)
    coarse = grey + (coarse - grey) * np.float32(rng.uniform(0.2, 1))
    return cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC).clip(0, 255)


def _stripes(size: tuple[int, int], horizon: float, rng: np.random.Generator) -> Picture:
    """Wallpaper, a fence, a curtain: two colours in turn."""
    width, height = size
    picture = _wall_and_floor(size, horizon, _muted(rng), _muted(rng), rng)
    angle = rng.uniform(0, np.pi) if rng.random() < 0.4 else 0.0
    period = rng.uniform(0.04, 0.25) * width
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    phase = (x * np.cos(angle) + y * np.sin(angle)) / period + rng.random()
    wall = (np.arange(height) < np.clip(horizon, 0.1, 1) * height)[:, None]
    picture[(phase % 1 < rng.uniform(0.25, 0.6)) & wall] = _muted(rng)
    return picture


def _tiles(size: tuple[int, int], horizon: float, rng: np.random.Generator) -> Picture:
    """A gym's tiles or bricks, with joints."""
    width, height = size
    picture = _wall_and_floor(size, horizon, _muted(rng), _muted(rng), rng)
    step = rng.uniform(0.06, 0.18) * height
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    row = np.floor(y / step)
    shift = 0.5 * (row % 2) if rng.random() < 0.5 else 0.0
    across = (x / (step * rng.uniform(1, 2.2)) + shift) % 1
    joint = (across < 0.06) | (y / step % 1 < 0.1)
    picture[joint] = _muted(rng)
    return picture


def _confetti(size: tuple[int, int], horizon: float, rng: np.random.Generator) -> Picture:
    """A climbing wall, a market: many spots of bright colour."""
    import cv2

    width, height = size
    picture = _wall_and_floor(size, horizon, _muted(rng), _muted(rng), rng)
    for _ in range(int(rng.integers(12, 40))):
        middle = (int(rng.uniform(0, width)), int(rng.uniform(0, height)))
        radius = max(1, int(rng.uniform(0.01, 0.05) * width))
        cv2.circle(picture, middle, radius, tuple(map(float, _vivid(rng))), -1)
    return picture


BACKDROPS: dict[str, Callable[[tuple[int, int], float, np.random.Generator], Picture]] = {
    "plain": _plain, "room": _room, "lawn": _lawn, "blotches": _blotches, "stripes": _stripes,
}  # fmt: skip
"""Of training."""

HELD_OUT_BACKDROPS = {"tiles": _tiles, "confetti": _confetti}
"""Of tests alone."""


def draw_backdrop(
    kind: str, size: tuple[int, int], horizon: float, rng: np.random.Generator
) -> Picture:
    """(h, w, 3) float32.

    Args:
        kind: A name of ``BACKDROPS`` or ``HELD_OUT_BACKDROPS``.
        size: (width, height) pixels.
        horizon: Where the floor begins, in picture heights from the top.
        rng: Of everything else.
    """
    return {**BACKDROPS, **HELD_OUT_BACKDROPS}[kind](size, horizon, rng)


def _wall_and_floor(
    size: tuple[int, int],
    horizon: float,
    wall: np.ndarray,
    floor: np.ndarray,
    rng: np.random.Generator,
) -> Picture:
    width, height = size
    base = int(np.clip(horizon, 0, 1) * height)
    picture = np.empty((height, width, 3), np.float32)
    picture[:base], picture[base:] = wall, floor
    shade = np.linspace(1, rng.uniform(0.75, 1), height)[:, None, None]
    return (picture * shade).astype(np.float32)


def _muted(rng: np.random.Generator) -> np.ndarray:
    grey = rng.uniform(50, 225)
    return np.clip(grey + rng.normal(0, 18, 3), 10, 250)


def _vivid(rng: np.random.Generator) -> np.ndarray:
    return rng.uniform(15, 245, 3)
