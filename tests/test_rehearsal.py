"""Rehearsal: fine-tuning takes every kind of batch that the first training drew."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny import waving_motion

from llamo.encoders.motion import MotionEncoder
from llamo.formats import write_motion
from llamo.train import finetune, instruct
from llamo.train.batches import BatchDrawer
from llamo.train.figure_clips import figure_clips
from llamo.train.new_model import new_model
from llamo.train.question_pool import make_pool
from llamo.train.recipe import InstructStage, PoolStage
from llamo.train.stages import run

SMALL = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2,
         "intermediate_size": 32}  # fmt: skip


def test_every_kind_of_batch_has_a_loss_that_trains(tmp_path: Path):
    torch.manual_seed(0)
    encoder = MotionEncoder(width=32, conv_layers=1, attention_layers=1, heads=2).eval()
    clips = figure_clips(seed=0, count=1)
    pool = make_pool(clips, encoder, PoolStage(sequences=16, workers=0), tmp_path)
    stage = InstructStage(
        model={"width": 32, "heads": 2, "num_viewpoints": 4}, language_model=SMALL, vocabulary=400,
        clips_per_step=4,
    )  # fmt: skip
    model, processor = new_model(encoder, pool, stage)
    drawer = BatchDrawer(pool, processor, stage)
    for kind in (instruct.EASY, instruct.LOOKING, instruct.COPYING, instruct.READING,
                 instruct.MIXED):  # fmt: skip
        model.zero_grad()
        loss = instruct.batch_loss(model, getattr(drawer, kind)(np.random.default_rng(0)))
        loss.backward()
        assert torch.isfinite(loss), kind
        assert any(one.grad is not None and one.grad.any() for one in model.parameters()), kind


def test_scenes_in_words_are_rehearsed(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """They hold no motion; fine-tuning once took them for questions about clips."""
    monkeypatch.setattr(finetune, "figure_clips", lambda seed: figure_clips(seed, count=1))
    monkeypatch.setattr(instruct, "_THEN", {instruct.READING: 1.0})
    mydata = tmp_path / "mydata"
    mydata.mkdir()
    write_motion(waving_motion(), mydata / "a.npz")
    row = {"clip": "a.npz", "question": "What is it?", "answer": "squat", "split": "train"}
    (mydata / "train.jsonl").write_text(json.dumps(row) + "\n")
    (tmp_path / "own.yaml").write_text(
        f"name: own\npacks: []\nfinetune: {{start: {tiny_model}, copies: 0, steps: 2,"
        " rehearsal: 4, rehearsal_share: 1.0}"
    )
    weights = run(tmp_path / "own.yaml", mydata, tmp_path / "mine")
    assert (weights / "model.safetensors").is_file()
