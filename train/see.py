"""The see stage: a finished model of motion learns to look at the video as well (section 3.1).

Paper: video and motion are there from the first step of instruction tuning. Here: the model learns
motion alone first, and gets its video stream (``train/grow_video.py``) for a last, shorter tuning,
in which part of the sequences are filmed and all kinds of questions go on being asked. Because:
what motion tells takes most of the training and needs no film. What became of it when llamo-tiny
was tried so is told in ``docs/experiments.md``.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from llamo.data.clips import LabelledClip
from llamo.encoders.motion import MotionEncoder
from llamo.encoders.video import VideoEncoder
from llamo.model import LlamoForConditionalGeneration
from llamo.processing import LlamoProcessor
from llamo.train.batches import BatchDrawer
from llamo.train.claim import claim
from llamo.train.grow_video import grow_video
from llamo.train.instruct import (
    COPYING,
    EASY,
    LOOKING,
    MIXED,
    READING,
    draw_batch,
    tune,
)
from llamo.train.question_pool import QuestionPool, make_pool
from llamo.train.recipe import InstructStage, SeeStage

_SHARES = {MIXED: 0.5, EASY: 0.25, COPYING: 0.06, READING: 0.1, LOOKING: 0.09}
"""Of the kinds of batches. More is read than before: what "wrong" and "correct" mean in a sentence
is the last thing that a language model from scratch gets right."""


def see(
    model: LlamoForConditionalGeneration,
    processor: LlamoProcessor,
    video_encoder: VideoEncoder,
    clips: list[LabelledClip],
    validation: QuestionPool | None,
    stage: SeeStage,
    instruct: InstructStage,
    out: Path,
    *,
    seed: int = 0,
    device: str = "cpu",
) -> None:
    """Grow and tune a model in place; resume where an earlier run stopped.

    Args:
        model: Of motion alone, with its motion encoder.
        processor: Writes the prompts.
        video_encoder: Frozen.
        clips: To train on.
        validation: Unseen people, some of them filmed; None where nobody is held out.
        stage: Sizes and steps.
        instruct: Noise, dropout and questions a step, as of instruction tuning.
        out: Folder of the pool, the checkpoint and the curve.
        seed: Of everything that is drawn.
        device: Of the tuning.

    Raises:
        InvalidData: The folder was begun with other settings.
    """
    claim(out / "settings.json", asdict(stage), f"{out} was begun with other settings; delete it.")
    assert isinstance(model.motion_encoder, MotionEncoder)
    pool = make_pool(
        clips, model.motion_encoder, stage.pool, out / "pool", seed=seed + 2,
        video_encoder=video_encoder, filmed=stage.filmed,
    )  # fmt: skip
    torch.manual_seed(seed)  # of the new parts
    grow_video(model, processor, video_encoder)
    drawer = BatchDrawer(pool, processor, instruct)

    def draw(rng: np.random.Generator, _: int) -> dict[str, torch.Tensor]:
        return draw_batch(drawer, rng, 1.0, model.config.use_motion_tokens, _SHARES)

    tune(
        model, processor, draw, validation, stage, out, title="video and motion", seed=seed,
        device=device,
    )  # fmt: skip
