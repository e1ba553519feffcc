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
from typing import Any

import numpy as np
import torch

from llamo.model import LlamoForConditionalGeneration
from llamo.train.batches import BatchDrawer
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
    """Train a model in place; resume where an earlier run stopped."""
    torch.manual_seed(seed)
    model.to(device)  # type: ignore[arg-type]

    def draw(rng: np.random.Generator, step: int) -> dict[str, Any]:
        words = drawer.reading(rng) if step % 2 else drawer.copying(rng, motion=False)
        return {"looking": drawer.looking(rng), "words": words}

    def loss(batch: dict[str, Any]) -> torch.Tensor:
        words = (batch["words"][name] for name in ("input_ids", "attention_mask", "labels"))
        read = model.language_loss(*words)
        if not model.config.use_motion_tokens:
            return read
        return model.looking_loss(**batch["looking"]) + read

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
