"""What is drawn: hulls of balls in space over time, of one colour each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from llamo.data.scenes.colours import Colour

Points = np.ndarray
"""(T, 3) metres, y-up."""


@dataclass(frozen=True, eq=False)
class Solid:
    """The hull of some balls.

    Args:
        centres: (T, K, 3) metres.
        radii: (K,) metres.
        colour: Of it.
        what: Whose part it is and what: "0:top", "1:skin", "0:left thing" ...
        group: Solids of one group are drawn together, in their order (a head and its face).
        shown: (T,) False where it is not drawn, such as a face seen from behind; None: always.
    """

    centres: np.ndarray
    radii: np.ndarray
    colour: Colour
    what: str
    group: int
    shown: np.ndarray | None = None


def solid(
    balls: list[tuple[Points, float]],
    colour: Colour,
    what: str,
    group: int,
    shown: np.ndarray | None = None,
) -> Solid:
    """A solid of (centre (T, 3), radius) pairs."""
    centres = np.stack([centre for centre, _ in balls], axis=1)
    return Solid(centres, np.array([radius for _, radius in balls]), colour, what, group, shown)


def unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors (..., 3) of length 1; a vanishing one stays nought."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-6)
