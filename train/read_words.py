"""The read stage: a language model from nothing learns to read, before it sees anything.

Paper (section 3.4): the language model is a pretrained one. Here: one from nothing is asked about
scenes that are written out in words, and about made-up numbers and verdicts in the kinematic text.
Because: what a question asks and where a number stands is learnt from words within minutes; beside
all else of instruction tuning it took an hour (``docs/experiments.md``).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from llamo.model import LlamoForConditionalGeneration
from llamo.train.batches import BatchDrawer
from llamo.train.instruct import tune
from llamo.train.recipe import ReadStage


def read_words(
    model: LlamoForConditionalGeneration,
    drawer: BatchDrawer,
    stage: ReadStage,
    out: Path,
    *,
    seed: int = 0,
    device: str = "cpu",
) -> None:
    """Train a model's language model in place; resume where an earlier run stopped.

    One that is given no kinematic text learns nothing here.
    """
    if not drawer.processor.use_kinematic_text:
        return

    def draw(rng: np.random.Generator, step: int) -> dict[str, torch.Tensor]:
        if step % 2:
            return drawer.reading(rng, count=stage.questions)
        return drawer.copying(rng, motion=False, count=stage.questions)

    tune(model, drawer.processor, draw, None, stage, out, title="reading", seed=seed, device=device)
