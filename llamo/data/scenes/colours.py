"""Colours by the words that people use for them, far enough apart that nobody would quarrel."""

from __future__ import annotations

import colorsys

import numpy as np

Colour = tuple[float, float, float]
"""Red, green and blue in 0-255."""

# Hue in degrees, saturation and value in 0-1: from, to. After the eleven basic terms of Berlin and
# Kay (1969); between two of them a gap is left.
_RANGES: dict[str, tuple[tuple[float, float], tuple[float, float], tuple[float, float]]] = {
    "red": ((-8, 6), (0.78, 0.95), (0.62, 0.88)),
    "orange": ((20, 30), (0.85, 1.0), (0.92, 1.0)),
    "yellow": ((50, 58), (0.75, 0.95), (0.9, 1.0)),
    "green": ((95, 150), (0.55, 0.9), (0.35, 0.7)),
    "blue": ((208, 232), (0.65, 0.92), (0.45, 0.85)),
    "purple": ((268, 284), (0.5, 0.8), (0.4, 0.65)),
    "pink": ((325, 342), (0.3, 0.5), (0.93, 1.0)),
    "brown": ((20, 30), (0.55, 0.75), (0.3, 0.42)),
    "black": ((0, 360), (0.0, 0.1), (0.05, 0.11)),
    "white": ((0, 360), (0.0, 0.04), (0.93, 1.0)),
    "grey": ((0, 360), (0.0, 0.06), (0.42, 0.58)),
}
NAMES = tuple(_RANGES)


def draw_colour(name: str, rng: np.random.Generator) -> Colour:
    """One of the colours that go by a name."""
    (h0, h1), (s0, s1), (v0, v1) = _RANGES[name]
    hue = float(rng.uniform(h0, h1)) / 360 % 1
    red, green, blue = colorsys.hsv_to_rgb(hue, float(rng.uniform(s0, s1)), rng.uniform(v0, v1))
    return 255 * red, 255 * green, 255 * float(blue)
