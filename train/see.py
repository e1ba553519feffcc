"""The see stage: a finished model of motion learns to look at the video as well (section 3.1).

Paper: video and motion are there from the first step of instruction tuning, and all of the model is
tuned on both.
Here: the model learns motion alone first; then it gets its video stream (``train/grow_video.py``),
which is tuned on films while all that it knew stays as it was. It is asked what only pixels tell,
one thing a film, and in the end also yes or no, and which questions are for the motion to answer.
Because: what motion tells takes most of the training and needs no film, and what was measured of it
holds on. And whoever is asked everything at once learns how to speak and not to look
(``docs/experiments.md``).
"""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch

from llamo.data.clips import LabelledClip
from llamo.encoders.motion import MotionEncoder
from llamo.encoders.video import VideoEncoder
from llamo.model import LlamoForConditionalGeneration
from llamo.parts import frozen
from llamo.processing import LlamoProcessor
from llamo.train.asking import learn_to_ask
from llamo.train.batches import BatchDrawer
from llamo.train.claim import claim
from llamo.train.grow_video import grow_video, learn_words
from llamo.train.instruct import tune
from llamo.train.question_pool import QuestionPool, make_pool
from llamo.train.recipe import InstructStage, SeeStage

PIXELS = {"colour": 3.0, "held": 2.0, "held_side": 1.0, "camera": 1.5, "people": 1.0}
"""Kinds that are asked first, and how often."""

_MIXED = 0.25
"""Share of the later steps that ask questions of all kinds, most of which the motion answers."""

_YES_NO = 0.5
"""Share of pairs of yes and no in the others."""


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
        instruct: Dropout and questions a step, as of instruction tuning.
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
        video_encoder=video_encoder, filmed=1.0,
    )  # fmt: skip
    pool = pool.filmed()
    torch.manual_seed(seed)  # of the new parts
    grow_video(model, processor, video_encoder, stage.rank)
    learning = learn_words(model, new_words(pool, processor))
    instruct = replace(instruct, feature_noise=stage.feature_noise, clip_noise=stage.clip_noise)
    everything = BatchDrawer(pool, processor, instruct)
    pixels = BatchDrawer(pool.asking(lambda one: one.pixels), processor, instruct, PIXELS)

    def draw(rng: np.random.Generator, step: int) -> dict[str, torch.Tensor]:
        if step < stage.pixels_first * stage.steps:
            return pixels.easy(rng)
        return everything.mixed(rng) if rng.random() < _MIXED else pixels.easy(rng, _YES_NO)

    tune(
        model, processor, draw, validation, stage, out, title="video and motion", seed=seed,
        device=device,
    )  # fmt: skip
    learning.remove()
    learn_to_ask(model, processor, pool, seed)
    model.requires_grad_(True)
    frozen(model.motion_encoder)
    frozen(model.video_encoder)


def new_words(pool: QuestionPool, processor: LlamoProcessor) -> set[int]:
    """Tokens that only questions for pixels hold, or their answers."""
    tokens: dict[bool, set[int]] = {True: set(), False: set()}
    texts: dict[bool, set[str]] = {True: set(), False: set()}
    for clip in pool.clips:
        for one in clip.questions:
            texts[one.pixels].update((one.question, one.answer))
            texts[False].update((one.facts, one.scene))
    for pixels, some in texts.items():
        for ids in processor.tokenizer(sorted(some), add_special_tokens=False)["input_ids"]:
            tokens[pixels].update(ids)
    return tokens[True] - tokens[False]
