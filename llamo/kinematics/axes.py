"""Axes of pelvis and thorax from joint positions, in the manner of the ISB.

Wu et al., J Biomech 35 (2002) 543-548 and 38 (2005) 981-992: X forward, Y up, Z to the right. The
landmarks they are defined by (iliac spines, sternum, vertebrae) are not among 22 joints, so that
Z is taken through the two hips or shoulders and Y along the trunk, from between the hips to the
neck: pelvis and lumbar spine lean as one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from llamo.kinematics.course import Course

UP = np.array([0.0, 1.0, 0.0])

LEAST_LEVEL = 0.25
"""A body whose hips and shoulders show less than this share of their width from above faces no
way: it lies on its side."""


@dataclass(frozen=True, eq=False)
class Axes:
    """Unit vectors, (T, 3) each; NaN where they are not seen."""

    forward: np.ndarray
    up: np.ndarray
    right: np.ndarray


def pelvis_axes(course: Course) -> Axes:
    """Right through the hips exactly, up along the trunk as nearly as that allows."""
    right = unit(course.at("right_hip") - course.at("left_hip"))
    up = unit(across(course.at("neck") - course.middle("hip"), right))
    return Axes(np.cross(up, right), up, right)


def thorax_axes(course: Course) -> Axes:
    """Up along the trunk exactly, right through the shoulders as nearly as that allows."""
    up = unit(course.at("neck") - course.middle("hip"))
    right = unit(across(course.at("right_shoulder") - course.at("left_shoulder"), up))
    return Axes(np.cross(up, right), up, right)


def level_axes(course: Course) -> Axes:
    """The way a body faces over the ground: up is vertical, right by hips and shoulders.

    NaN for a body on its side, which faces no way.
    """
    right = course.at("right_hip") - course.at("left_hip")
    right = unit(right + course.at("right_shoulder") - course.at("left_shoulder"))
    up = np.broadcast_to(UP, right.shape)
    flat = across(right, up)
    flat[np.linalg.norm(flat, axis=-1) < LEAST_LEVEL] = np.nan
    right = unit(flat)
    return Axes(np.cross(up, right), up, right)


def unit(vectors: np.ndarray) -> np.ndarray:
    """(T, 3) of length one; NaN where there is none."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.where(length > 1e-6, length, np.nan)


def across(vectors: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """The part of vectors (T, 3) that stands across unit vectors (T, 3)."""
    return vectors - dot(vectors, axis)[:, None] * axis


def dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(T,) of (T, 3) and (T, 3)."""
    return (a * b).sum(-1)


def between(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(T,) degrees in 0-180; stays exact near 0 and 180, where an arc cosine does not."""
    return np.degrees(np.arctan2(np.linalg.norm(np.cross(a, b), axis=-1), dot(a, b)))
