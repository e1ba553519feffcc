"""Batches of controls: without kinematic text, at another rate; and what a scene does not tell."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from llamo.encoders.motion import MotionEncoder
from llamo.processing import LlamoProcessor
from llamo.train.align import align
from llamo.train.batches import BatchDrawer
from llamo.train.instruct import draw_batch
from llamo.train.new_model import TEMPLATE, new_model
from llamo.train.question_pool import PoolClip, PoolQuestion, QuestionPool
from llamo.train.recipe import AlignStage, InstructStage
from llamo.train.shards import Window
from llamo.train.tokenizer import train_tokenizer

KINDS = ("easy", "looking", "copying", "reading", "mixed")
STAGE = InstructStage(
    model={"width": 32, "heads": 2, "num_viewpoints": 4},
    language_model={"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2,
                    "intermediate_size": 32},
    vocabulary=300, clips_per_step=2, question_noise=0.0,
)  # fmt: skip
WAVE = PoolQuestion("what is it?", "wave", "arm left", ((0, 2),), (), "action", scene="wave")
COUNT = PoolQuestion("how often?", "5", "reps 5", ((0, 2),), (), "count", scene="wave")
ORDER = PoolQuestion(
    "what follows the wave?", "bow", "", ((3, 5),), ((0, 2),), "order", scene="wave | bow"
)


def pool_of(*clips: tuple[int, list[PoolQuestion]], rate_hz: float = 10.0) -> QuestionPool:
    """Clips of so many frames with their questions; features are random."""
    rng = np.random.default_rng(0)
    known = [
        PoolClip(rng.standard_normal((frames, 32)).astype(np.float16), tuple(asked))
        for frames, asked in clips
    ]
    return Window(known).with_features([clip.features for clip in known], rate_hz)


def drawer_of(pool: QuestionPool) -> BatchDrawer:
    tokenizer = train_tokenizer(pool.texts(), 300)
    return BatchDrawer(pool, LlamoProcessor(tokenizer, num_viewpoints=4, template=TEMPLATE), STAGE)


def kinds_drawn(progress: float, text: bool, looks: bool = True) -> list[str]:
    """What 200 steps draw."""
    drawn: list[str] = []
    told = {kind: lambda rng, kind=kind, **_: drawn.append(kind) for kind in KINDS}
    drawer = SimpleNamespace(processor=SimpleNamespace(use_kinematic_text=text), **told)
    for seed in range(200):
        draw_batch(drawer, np.random.default_rng(seed), progress, looks)  # type: ignore[arg-type]
    return drawn


@pytest.mark.parametrize("progress", [0.0, 1.0])
def test_without_kinematic_text_nothing_is_copied_or_read(progress: float):
    """The facts would be missing from the prompt, and the answer would be chance."""
    usual, control = kinds_drawn(progress, text=True), kinds_drawn(progress, text=False)
    assert {"copying", "reading"} <= set(usual)
    instead = {"copying": "easy", "reading": "easy"}
    assert control == [instead.get(kind, kind) for kind in usual]
    assert set(kinds_drawn(progress, text=False, looks=False)) <= {"easy", "mixed"}


@pytest.mark.parametrize(
    ("looks", "reads"), [(True, True), (True, False), (False, True), (False, False)]
)
def test_alignment_trains_what_a_model_has(tmp_path: Path, looks: bool, reads: bool):
    torch.manual_seed(0)
    pool = pool_of((40, [WAVE, COUNT]), (60, [ORDER]))
    encoder = MotionEncoder(width=32, conv_layers=1, attention_layers=1, heads=2)
    stage = replace(STAGE, model={**STAGE.model, "use_motion_tokens": looks})
    model, processor = new_model(encoder, pool, stage)
    processor.use_kinematic_text = reads
    before = {name: value.clone() for name, value in model.state_dict().items()}
    align(model, BatchDrawer(pool, processor, stage), AlignStage(steps=3), tmp_path / "align")
    moved = {name for name, value in model.state_dict().items() if (value != before[name]).any()}
    assert any(name.startswith("cross_talker.select") for name in moved) == looks
    assert any(name.startswith("language_model.model.layers") for name in moved) == reads


@pytest.mark.parametrize("rate_hz", [5.0, 10.0])
def test_easy_clips_and_pieces_are_as_short_at_any_rate(rate_hz: float):
    short, long = round(8 * rate_hz), round(15 * rate_hz)
    drawer = drawer_of(pool_of((short, [WAVE, COUNT]), (long, [WAVE, COUNT]), rate_hz=rate_hz))
    for seed in range(5):
        easy = drawer.easy(np.random.default_rng(seed))
        assert set(easy["motion_mask"].sum(1).tolist()) == {short}
        copying = drawer.copying(np.random.default_rng(seed))
        assert set(copying["motion_mask"].sum(1).tolist()) == {2 * rate_hz}


def test_no_scene_in_words_is_asked_for_what_only_pixels_tell():
    shirt = replace(WAVE, question="is the shirt red?", answer="yes", kind="yes_no", pixels=True)
    drawer = drawer_of(pool_of((40, [WAVE, shirt, COUNT])))
    for seed in range(5):
        asked = drawer.reading(np.random.default_rng(seed))["input_ids"]
        assert not any("shirt" in one for one in drawer.processor.tokenizer.batch_decode(asked))
