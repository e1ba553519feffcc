"""How well an exercise was done, for the kinematic text of training, as inference reads it."""

from __future__ import annotations

import torch

from llamo.encoders.motion import MotionEncoder
from llamo.kinematics import Measurement
from llamo.motion import Motion
from llamo.technique import heard_wrong, read_form


def form_of(
    motion: Motion, encoder: MotionEncoder, encoded: torch.Tensor, exercise: str | None = None
) -> tuple[Measurement, ...]:
    """The verdict as a measurement, or none.

    Args:
        motion: A clip.
        encoder: Its encoder.
        encoded: What that made of it, (T, H).
        exercise: Which one it is, None for the one that it is most like.
    """
    heard = 0.0
    if encoder.settings.concepts:
        odds = encoder.log_odds(encoded).double().cpu().numpy()
        heard = heard_wrong(odds, encoder.settings.concept_words)
    return read_form(motion, exercise, heard)
