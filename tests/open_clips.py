"""A clip that a visitor has open, and an answer about it, without a model."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from llamo.answer import Answer, FrameScores, Viewpoint
from llamo.kinematics import Measurement
from llamo.motion import Motion
from llamo.serve.filmstrip import Filmstrip
from llamo.serve.visitors import OpenClip

EVIL = '<img src=x onerror="alert(1)">'


def looked(*moments: tuple[float, float]) -> list[Viewpoint]:
    return [Viewpoint(time_s, round(30 * time_s), score) for time_s, score in moments]


def answered(text: str = "left", *moments: tuple[float, float]) -> Answer:
    scores = FrameScores(np.arange(40) / 10, np.linspace(0, 0.05, 40))
    return Answer(
        text, 0.93, False, None, tuple(looked(*moments)),
        (Measurement("left_elbow_flexion_max", 92.4, "deg", 1.2, 0.4, 0.4),), "tiny",
        {"answer": 80.0}, question="?", scores=scores,
    )  # fmt: skip


def opened(motion: Motion, name: str = "clip.npz") -> OpenClip:
    session = SimpleNamespace(motion=motion, notes=(EVIL,))
    return OpenClip(name, session, Filmstrip.of_motion(motion))  # type: ignore[arg-type]
