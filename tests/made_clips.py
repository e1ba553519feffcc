"""Labelled clips of a standing figure whose hands swing, or who walks."""

from __future__ import annotations

from typing import Any

import numpy as np

from llamo.data.clips import LabelledClip
from llamo.motion import Motion
from llamo.skeleton import SMPL22

POSE = np.array(
    [
        [0, 0.95, 0], [0.1, 0.9, 0], [-0.1, 0.9, 0], [0, 1.05, 0], [0.1, 0.5, 0], [-0.1, 0.5, 0],
        [0, 1.2, 0], [0.1, 0.08, 0], [-0.1, 0.08, 0], [0, 1.3, 0], [0.1, 0.02, 0.15],
        [-0.1, 0.02, 0.15], [0, 1.45, 0], [0.08, 1.4, 0], [-0.08, 1.4, 0], [0, 1.6, 0],
        [0.18, 1.4, 0], [-0.18, 1.4, 0], [0.2, 1.1, 0], [-0.2, 1.1, 0], [0.22, 0.85, 0],
        [-0.22, 0.85, 0],
    ],
    np.float32,
)  # fmt: skip


def made_clip(
    action: str, *, side: str | None = None, frames: int = 40, pack: str = "made", **labels: Any
) -> LabelledClip:
    """A standing figure: the hand of its side swings, and with a direction it walks 1 m/s."""
    joints = np.repeat(POSE[None], frames, axis=0).copy()
    swing = 0.3 * np.sin(np.linspace(0, 2 * np.pi, frames))
    for name in ("left", "right"):
        if side in (name, "both"):
            joints[:, SMPL22.index(f"{name}_wrist"), 2] += swing
    if labels.get("direction") == "forward":
        joints[..., 2] += np.arange(frames)[:, None] / 20
    limb = "hand" if side else None
    part = f"{side} {limb}" if side in ("left", "right") else None
    return LabelledClip(
        pack, 0, action, 1, Motion(joints, 20.0), action, action, side=side, body_part=part,
        side_named=bool(side), **labels,
    )  # fmt: skip


def five_clips() -> list[LabelledClip]:
    """A wave, a squat, a walk, a clap and a catch."""
    return [
        made_clip("wave", side="left"),
        made_clip("squat", exercise="deep squat", correct=True),
        made_clip("walk", direction="forward", frames=50),
        made_clip("clap", side="both"),
        made_clip("catch", side="right"),
    ]
