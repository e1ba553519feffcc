"""The questions of ``claims.py``: few kinds and short prompts, for trainings of some minutes.

The whole of a run's questions, eighteen kinds beside ten measurements each, takes hours to learn.
In ten minutes every system fails at it alike, and a table would compare nothing. Left here are
kinds that can be learnt in that time (yes or no cannot: it stays at chance); all systems see the
same.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from llamo.data.question import CANT_TELL
from llamo.processing import LlamoProcessor
from llamo.train.batches import BatchDrawer
from llamo.train.collate import write
from llamo.train.motion_tokens import (
    MotionTokenizer,
    TokenDrawer,
    kept_tokenizer,
    restored_pool,
    token_pool,
)
from llamo.train.question_pool import PoolQuestion, QuestionPool
from llamo.train.recipe import InstructStage

KINDS = ("action", "exercise", "side", "correct", "count", "order")
LONGEST_S = 24.0
CLAUSES = 6
"""Of the kinematic text; what a question is about stands first."""

_TOLD = ("side", "correct", "count")
"""Kinds whose answer the kinematic text of a clip of one act tells."""


class Pools:
    """Training and validation questions as each row sees them.

    Args:
        run: Folder of the training.
    """

    def __init__(self, run: Path) -> None:
        self._run = run

    @cached_property
    def _native(self) -> list[QuestionPool]:
        return [short(QuestionPool(self._run / part)) for part in ("pool", "validation")]

    def seen(self, motion: str) -> list[QuestionPool]:
        """Training and validation pool."""
        if motion == "native":
            return self._native
        tokenizer = self._tokenizer(motion)
        see = token_pool if motion == "tokens" else restored_pool
        return [see(pool, tokenizer) for pool in self._native]

    def drawer(
        self, motion: str, training: QuestionPool, processor: LlamoProcessor, stage: InstructStage
    ) -> BatchDrawer:
        """Draws from the training pool that ``seen`` gave, each with noise on the features."""
        if motion != "tokens":
            return BatchDrawer(training, processor, stage)
        tokenizer = self._tokenizer(motion)
        return TokenDrawer(training, self._native[0], tokenizer, processor, stage)

    def _tokenizer(self, motion: str) -> MotionTokenizer:
        """One for all rows and seeds, trained on the training clips alone."""
        kind = "vq" if motion == "tokens" else motion
        return kept_tokenizer(self._native[0].clips, kind, self._run / "claims" / f"{kind}.pt")


def short(pool: QuestionPool) -> QuestionPool:
    """The pool's shorter clips, with few kinds of questions and short measurements beside them.

    Every question can be settled, and what comes before or after is always an act, not its side.
    """
    acts = {one.answer for clip in pool.clips for one in clip.questions if one.kind == "action"}
    kept = pool.asking(lambda one: one.kind in KINDS and not one.answer.startswith(CANT_TELL)
                       and (one.kind != "order" or one.answer in acts))  # fmt: skip
    kept.clips = [
        replace(
            clip,
            questions=tuple(replace(one, facts=_first_of(one.facts)) for one in clip.questions),
        )
        for clip in kept.clips
        if len(clip.features) <= LONGEST_S * pool.rate_hz
    ]
    kept.lengths = np.array([len(clip.features) for clip in kept.clips])
    return kept


def _first_of(facts: str) -> str:
    return " | ".join(facts.split(" | ")[:CLAUSES])


class TellingDrawer:
    """Questions whose answer stands in the kinematic text, for a language model alone.

    Args:
        pool: Clips of which those of one act are asked about.
        processor: Writes the prompts.
        count: Questions of a batch.
    """

    def __init__(self, pool: QuestionPool, processor: LlamoProcessor, count: int) -> None:
        self._processor, self._count = processor, count
        self._asked: dict[str, list[PoolQuestion]] = {kind: [] for kind in _TOLD}
        for clip in pool.clips:
            if not any(one.kind == "order" for one in clip.questions):
                for one in clip.questions:
                    if one.kind in _TOLD and one.facts:
                        self._asked[one.kind].append(one)
        self._asked = {kind: asked for kind, asked in self._asked.items() if asked}

    def draw(self, rng: np.random.Generator) -> dict[str, torch.Tensor]:
        """A batch, every kind as often."""
        kinds = list(self._asked.values())
        picks = [kinds[rng.integers(len(kinds))] for _ in range(self._count)]
        asked = [some[rng.integers(len(some))] for some in picks]
        return write(self._processor, asked, num_viewpoints=0)
