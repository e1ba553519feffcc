"""Stage 3: alignment, before anything is answered: where to look, and how to read a number.

Paper (section 3.4): the projection is trained first, the LM frozen. Here: enhancer and Cross Talker
learn to find the moment that a question's words point at, from the spans of the spliced acts; and
beside them the LM, which starts from nothing, learns to read: by turns numbers out of the kinematic
text, and scenes that are written out in words. The two share the word embeddings alone.
Because: a selection that learns only beside the answers, or after them, hardly leaves what uniform
frames give.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from llamo.model import LlamoForConditionalGeneration
from llamo.train.batches import BatchDrawer
from llamo.train.instruct import batch_loss, put_on
from llamo.train.loop import Loop, StageData
from llamo.train.recipe import AlignStage


def align(
    model: LlamoForConditionalGeneration,
    drawer: BatchDrawer,
    stage: AlignStage,
    out: Path,
    *,
    seed: int = 0,
    device: str = "cpu",
) -> None:
    """Train a model in place; resume where an earlier run stopped.

    One without motion tokens learns to read alone, one without kinematic text to look alone; one
    without either has nothing to learn here.
    """
    looks, reads = model.config.use_motion_tokens, drawer.processor.use_kinematic_text
    if not (looks or reads):
        return
    torch.manual_seed(seed)
    put_on(model, device)

    def draw(rng: np.random.Generator, step: int) -> tuple[dict[str, torch.Tensor], ...]:
        batches = []
        if reads and not (looks and rng.random() >= stage.reading):
            batches.append(drawer.reading(rng) if step % 2 else drawer.copying(rng, motion=False))
        if looks:
            batches.append(drawer.looking(rng))
        return tuple(batches)

    def loss(batches: tuple[dict[str, torch.Tensor], ...]) -> torch.Tensor:
        return torch.stack([batch_loss(model, one) for one in batches]).sum()

    loop = Loop(
        {"model": model},
        out,
        steps=stage.steps,
        learning_rate=stage.learning_rate,
        weight_decay=stage.weight_decay,
        title="alignment",
    )
    loop.run(StageData(draw, seed, device, beside=False), loss, dict)
    model.to("cpu").eval()  # type: ignore[arg-type]
