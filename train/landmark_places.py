"""Where a pose detector puts its points on a body: beside SMPL's joints, not on them.

Fitted on films, whose bodies are known: each point lies on the line of sight through its pixel, so
its offsets from a joint, along the bones and axes of the body, solve linear equations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from llamo.encoders.lifter_input import POINTS, body_size
from llamo.skeleton import SMPL22

PARTS = tuple(dict.fromkeys(name.rpartition("_")[2] for name in POINTS))
"""``nose``, ``ear``, ``shoulder``, ...: a part has the same offsets on both sides."""

Places = Mapping[str, np.ndarray]
"""Offsets of each of ``PARTS``, in sizes of the body, along its directions (`directions`)."""

_VISIBLE = 0.7
_ROUNDS = 8
_NEAR_M = 0.01  # errors are weighed as absolute ones beyond this


class Sight(NamedTuple):
    """A film as the fit takes it.

    Args:
        body_m: (T, 22, 3) from the camera: x right, y down, z away.
        rays: (T, N, 2) slopes of the lines of sight through ``POINTS``.
        visibility: (T, N).
    """

    body_m: np.ndarray
    rays: np.ndarray
    visibility: np.ndarray


def directions(body: np.ndarray, point: str) -> tuple[np.ndarray, list[np.ndarray]]:
    """The joint that a point of ``POINTS`` belongs to (T, 3), and unit vectors from there (T, 3).

    They are along bones and the axes of the trunk; a point of the left and its twin see themselves
    as each other's mirror image.
    """
    at = {name: body[:, place] for place, name in enumerate(SMPL22.joints)}
    side, _, part = point.rpartition("_")
    left, up, ahead = _axes(at)
    outwards = left if side == "left" else -left

    def joint(name: str) -> np.ndarray:
        return at[f"{side}_{name}"]

    def bone(start: str, end: str) -> np.ndarray:
        return _unit(joint(end) - joint(start))

    if part in ("nose", "ear"):
        beside = [outwards] if part == "ear" else []
        return at["head"], [_unit(at["head"] - at["neck"]), ahead, *beside]
    if part == "shoulder":
        return joint(part), [outwards, up, ahead, bone("shoulder", "elbow")]
    if part == "hip":
        return joint(part), [outwards, up, ahead, bone("hip", "knee")]
    chains = {
        "elbow": ("shoulder", "elbow", "wrist"),
        "wrist": ("shoulder", "elbow", "wrist"),
        "knee": ("hip", "knee", "ankle"),
        "ankle": ("knee", "ankle", "foot"),
        "heel": ("knee", "ankle", "foot"),
        "foot": ("knee", "ankle", "foot"),
    }
    first, middle, last = chains[part]
    start = joint("ankle" if part == "heel" else part)
    return start, [bone(first, middle), bone(middle, last)]


def fit_places(films: Sequence[Sight]) -> Places:
    """Offsets with the least absolute errors across the lines of sight."""
    places = {}
    for part in PARTS:
        rows, wanted = [], []
        for film in films:
            size = body_size(film.body_m, SMPL22.joints)
            for number, point in enumerate(POINTS):
                seen = film.visibility[:, number] > _VISIBLE
                if point.rpartition("_")[2] != part or not seen.any():
                    continue
                start, ways = directions(film.body_m[seen], point)
                for axis in (0, 1):
                    slope = film.rays[seen, number, axis]
                    rows.append(
                        size * np.stack([way[:, axis] - slope * way[:, 2] for way in ways], 1)
                    )
                    wanted.append(slope * start[:, 2] - start[:, axis])
        places[part] = _least_absolute(np.concatenate(rows), np.concatenate(wanted))
    return places


def points_on(body: np.ndarray, places: Places) -> np.ndarray:
    """(T, N, 3) where the detector would put ``POINTS`` on a body (T, 22, 3)."""
    size = body_size(body, SMPL22.joints)
    found = []
    for point in POINTS:
        start, ways = directions(body, point)
        offsets = places[point.rpartition("_")[2]]
        found.append(start + size * sum(o * way for o, way in zip(offsets, ways, strict=True)))
    return np.stack(found, 1)


def _least_absolute(rows: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """By least squares again and again, each error weighed by how large it was before."""
    weights = np.ones(len(wanted))
    ridge = 1e-7 * len(wanted) * np.eye(rows.shape[1])
    for _ in range(_ROUNDS):
        weighed = rows * weights[:, None]
        offsets = np.linalg.solve(weighed.T @ rows + ridge, weighed.T @ wanted)
        weights = 1 / np.maximum(np.abs(rows @ offsets - wanted), _NEAR_M)
    return offsets


def _axes(at: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The trunk's own left, up and ahead, each (T, 3), where y points down and z away."""
    hips, shoulders = (
        (at[f"left_{part}"] + at[f"right_{part}"]) / 2 for part in ("hip", "shoulder")
    )
    left = _unit(at["left_shoulder"] - at["right_shoulder"] + at["left_hip"] - at["right_hip"])
    up = _unit(shoulders - hips)
    ahead = _unit(np.cross(left, up))
    return left, _unit(np.cross(ahead, left)), ahead


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)
