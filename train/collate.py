"""Clips and questions of a pool as the model's inputs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from llamo.data.question import Span
from llamo.processing import LlamoProcessor
from llamo.train.question_pool import PoolQuestion
from llamo.train.scene_frames import TARGETS
from llamo.train.streams import Video, pad_features, pad_videos

COPYING = {"count": 1.0, "measure": 2.0, "correct": 1.0}
"""Kinds whose answer the kinematic text tells; they never lose it in training."""


def collate(
    processor: LlamoProcessor,
    features: list[torch.Tensor],
    questions: list[PoolQuestion],
    owners: list[int],
    silent: np.ndarray | None = None,
    rate_hz: float = 10.0,
    train: bool = True,
    videos: Sequence[Video | None] | None = None,
) -> dict[str, torch.Tensor]:
    """Inputs of ``LlamoForConditionalGeneration.forward``.

    Args:
        processor: Writes the prompts.
        features: F_M of each clip, (T, H); of no frames where only the video is given.
        questions: About any of the clips.
        owners: Which clip each question is about.
        silent: True where the kinematic text is left out; never for ``COPYING``, which need it.
        rate_hz: Of the features.
        train: Add answers, and the frames that hold them.
        videos: F_V of each clip (S, H_v) with its seconds (S,), None where there is no video.
    """
    if silent is not None:
        questions = [
            replace(one, facts="") if quiet and one.kind not in COPYING else one
            for quiet, one in zip(silent, questions, strict=True)
        ]
    count = viewpoint_count(processor, features)
    batch = write(processor, questions, answers=train, num_viewpoints=count)
    batch |= pad_features(features, owners, rate_hz) | pad_videos(videos or ())
    if train:
        real = batch["motion_mask"][batch["clip_index"]]
        if not all(map(len, features)):  # what has video alone lives on the video's clock
            longer = batch["video_mask"].shape[1] - real.shape[1]
            real = functional.pad(real, (0, max(0, longer)))
        time_s = torch.arange(real.shape[1]) / rate_hz
        batch["viewpoint_targets"] = (
            frames_inside([one.looks_s for one in questions], time_s) & real
        )
        batch["anchor_targets"] = frames_inside([one.names_s for one in questions], time_s) & real
        batch["seen_targets"] = shares_of([one.shown_by for one in questions])
    return batch


def shares_of(shown_by: Sequence[Sequence[str]]) -> torch.Tensor:
    """How much each of the video encoder's targets shows of each answer; last, that none does.

    (B, targets + 1).
    """
    shares = torch.zeros(len(shown_by), len(TARGETS) + 1)
    places = {name: place for place, name in enumerate(TARGETS)}
    for row, names in zip(shares, shown_by, strict=True):
        for name in names:
            row[places[name]] = 1 / len(names)
        row[-1] = float(not names)
    return shares


def frames_inside(spans: Sequence[Iterable[Span]], time_s: torch.Tensor) -> torch.Tensor:
    """Which frames lie in any of the spans of each row, (B, T)."""
    inside = torch.zeros(len(spans), len(time_s), dtype=torch.bool)
    for row, of_row in zip(inside, spans, strict=True):
        for start_s, end_s in of_row:
            row |= (time_s >= start_s) & (time_s <= end_s)
    return inside


def write(
    processor: LlamoProcessor,
    questions: Sequence[PoolQuestion],
    answers: bool = True,
    num_viewpoints: int | None = None,
) -> dict[str, Any]:
    """The text part of a batch."""
    return dict(
        processor(
            [one.question for one in questions],
            kinematic_text=[one.facts for one in questions],
            answers=[one.answer for one in questions] if answers else None,
            num_viewpoints=num_viewpoints,
        )
    )


def viewpoint_count(processor: LlamoProcessor, features: Sequence[torch.Tensor]) -> int:
    """``<motion>`` tokens of a prompt: K, or every frame of the longest clip where K is 0."""
    return processor.num_viewpoints or max(map(len, features))
