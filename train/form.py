"""How well an exercise was done, for the kinematic text of training, as inference reads it."""

from __future__ import annotations

import torch

from llamo.encoders.motion import MotionEncoder
from llamo.kinematics import Measurement, asks_form
from llamo.motion import Motion
from llamo.technique import FormReader, heard_wrong, named_exercise


def form_reader(motion: Motion, encoder: MotionEncoder, encoded: torch.Tensor) -> FormReader:
    """Who tells how well an exercise was done in a clip.

    Args:
        motion: The clip.
        encoder: Its encoder.
        encoded: What that made of it, (T, H).
    """
    heard = 0.0
    if encoder.settings.concepts:
        odds = encoder.log_odds(encoded).double().cpu().numpy()
        heard = heard_wrong(odds, encoder.settings.concept_words)
    return FormReader(motion, heard)


def form_for(question: str, reader: FormReader) -> tuple[Measurement, ...]:
    """The verdict beside a question that asks for it, as a measurement; none beside any other."""
    return reader.of(named_exercise(question)) if asks_form(question) else ()
