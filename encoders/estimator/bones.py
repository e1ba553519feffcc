"""One skeleton for a whole clip: a person's bones do not grow and shrink, estimated ones do."""

from __future__ import annotations

import numpy as np

from llamo.encoders.estimator.landmarks import INDEX
from llamo.skeleton import other_side

_SURE = 0.5
"""Least visibility of both ends of a bone in frames that tell its length."""

_MIDDLES = {
    "pelvis": ("left_hip", "right_hip"),
    "neck": ("left_shoulder", "right_shoulder"),
    "head": ("left_ear", "right_ear"),
}
"""Joints half way between a pair. Bones to the pair run from there, so both keep their distance."""

_FACE = ("nose", "left_eye", "left_eye_inner", "left_eye_outer", "left_mouth")
_LEFT_BONES = {
    "left_hip": "pelvis", "left_knee": "left_hip", "left_ankle": "left_knee",
    "left_heel": "left_ankle", "left_foot": "left_ankle", "left_shoulder": "neck",
    "left_elbow": "left_shoulder", "left_wrist": "left_elbow", "left_pinky": "left_wrist",
    "left_index": "left_wrist", "left_thumb": "left_wrist", "left_ear": "head",
    **dict.fromkeys(_FACE, "head"),
}  # fmt: skip
_PARENT = {"neck": "pelvis", "head": "neck"} | {
    side(child): side(parent) for side in (str, other_side) for child, parent in _LEFT_BONES.items()
}
"""Each joint's parent, every parent before its children; the pelvis is the root."""


def on_one_skeleton(world_m: np.ndarray, visibility: np.ndarray) -> np.ndarray:
    """Give every bone its own length throughout; directions stay.

    A bone's length is its median over the frames in which both ends are visible, and that of its
    twin on the other side.

    Args:
        world_m: (T, 33, 3) metres.
        visibility: (T, 33) in 0-1.

    Returns:
        (T, 33, 3) metres from the middle of the hips.
    """
    at, sure = _with_middles(world_m, visibility)
    lengths = {child: _length(child, at, sure) for child in _PARENT}
    posed = {"pelvis": np.zeros_like(world_m[:, 0])}
    for child, parent in _PARENT.items():
        bone = at[child] - at[parent]
        now = np.maximum(np.linalg.norm(bone, axis=-1, keepdims=True), 1e-6)
        length = (lengths[child] + lengths[other_side(child)]) / 2
        posed[child] = posed[parent] + bone / now * length
    return np.stack([posed[name] for name in INDEX], axis=1)


def _with_middles(
    world_m: np.ndarray, visibility: np.ndarray
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Each joint's places (T, 3), and when it is seen (T,)."""
    at = {name: world_m[:, place] for name, place in INDEX.items()}
    sure = {name: visibility[:, place] >= _SURE for name, place in INDEX.items()}
    for name, (left, right) in _MIDDLES.items():
        at[name] = (at[left] + at[right]) / 2
        sure[name] = sure[left] & sure[right]
    return at, sure


def _length(child: str, at: dict[str, np.ndarray], sure: dict[str, np.ndarray]) -> float:
    parent = _PARENT[child]
    lengths = np.linalg.norm(at[child] - at[parent], axis=-1)  # (T,)
    seen = sure[child] & sure[parent]
    return float(np.median(lengths[seen] if seen.any() else lengths))
