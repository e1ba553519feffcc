"""Where a person's points lie in a picture -> the body in space, by the lifter that ships."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from llamo.encoders.estimator.camera import Camera
from llamo.encoders.lifter_input import POINTS, Seen, body_size
from llamo.errors import ModelError
from llamo.skeleton import SMPL22

if TYPE_CHECKING:
    from llamo.encoders.lifter import Lifter

FASTEST_HZ = 30.0
"""Of clips that the lifter learnt from; of faster ones it reads every other frame, in turns."""


@cache
def shipped_lifter() -> Lifter:
    """The one in the package.

    Raises:
        ModelError: This installation carries none.
    """
    folder = Path(str(files("llamo"))) / "weights" / "lifter"
    if not (folder / "model.safetensors").is_file():
        raise ModelError("this installation carries no lifter; install it from the repository.")
    from llamo.encoders.lifter import Lifter

    return Lifter.from_pretrained(folder)


def body_of(seen: Seen, lifter: Lifter | None = None) -> np.ndarray:
    """(T, 22, 3) from the pelvis, in sizes of the body; at any rate."""
    lifter = lifter or shipped_lifter()
    turns = min(int(np.ceil(seen.fps / FASTEST_HZ - 1e-6)), len(seen.image))
    body = np.empty((len(seen.image), len(SMPL22), 3))
    for first in range(turns):
        some = slice(first, None, turns)
        body[some] = lifter.lift(seen.part(some, seen.fps / turns))
    return body - body[:, :1]


def span_of(image: np.ndarray, size: tuple[int, int]) -> float:
    """How large the body of ``POINTS`` (T, N, 2) is in pictures of a size: ``Seen.span``."""
    return body_size(image, POINTS) / Camera.assumed(size).focal
