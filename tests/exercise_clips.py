"""Clips of exercises, made from the course of their angles."""

from __future__ import annotations

import numpy as np
from tiny import standing_joints

from llamo import Motion
from llamo.technique.courses import PHASES
from llamo.technique.joints import with_course
from llamo.technique.pose_angles import ANGLES, ANGLES_OF

FPS = 20.0
SINE = np.sin(np.pi * np.linspace(0, 1, PHASES)) ** 2


def column(name: str) -> int:
    return ANGLES.index(name)


def poses_of(angles: np.ndarray) -> np.ndarray:
    """(P, 22, 3) of a template body at given angles (P, A); leaning first, as hips follow it."""
    joints = np.repeat(standing_joints()[None].astype(np.float64), len(angles), axis=0)
    for joint in ANGLES_OF:
        joints = with_course(joints, joint, angles)
        if joint.endswith("elbow"):  # a straight elbow had hidden the upper arm's rotation
            joints = with_course(joints, joint.replace("elbow", "shoulder"), angles)
    return joints


def clip_of(angles: np.ndarray, times: int = 1, rest_s: float = 0.5) -> Motion:
    """A clip of 4 s a repetition, standing still before and after each."""
    still = round(rest_s * FPS)
    at = np.concatenate([np.zeros(still), np.linspace(0, PHASES - 1, 80), np.zeros(still)])
    course = np.stack([np.interp(at, np.arange(PHASES), one) for one in angles.T], axis=1)
    return Motion(np.tile(poses_of(course), (times, 1, 1)).astype(np.float32), FPS)


def with_fault(mean: np.ndarray, name: str, degrees: float) -> np.ndarray:
    """A course with one angle off by so much at the turn."""
    course = mean.copy()
    course[:, column(name)] += SINE * degrees
    return course
