"""What a question asks for: something that the video shows, or what the motion tells.

Learnt from the questions' texts alone, of which there are far more than of films: in a minute,
after the see stage has been tuned.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import torch
from rich.console import Console
from rich.progress import track

from llamo.cross_talker.words import SeenWords, asking_loss
from llamo.model import LlamoForConditionalGeneration
from llamo.processing import LlamoProcessor
from llamo.train.collate import shares_of, write
from llamo.train.question_noise import scuffed
from llamo.train.question_pool import PoolQuestion, QuestionPool

_STEPS = 1000
_BATCH = 256
_LEARNING_RATE = 1e-3
_WEIGHT_DECAY = 0.05
_SCUFFED = 0.4
"""Share of the questions with slips of the pen."""

_DROPPED = 0.15
"""Share of the words that are not read, so that none alone decides."""

_PIXELS = 0.4
"""Share of the questions that ask for something seen."""


def learn_to_ask(
    model: LlamoForConditionalGeneration, processor: LlamoProcessor, pool: QuestionPool, seed: int
) -> None:
    """Train what chooses among the things seen, in place.

    Args:
        model: With a video encoder that has words; nothing else of it changes.
        processor: Reads the questions.
        pool: With questions for pixels and for motion.
        seed: Of everything that is drawn.
    """
    seen = model.cross_talker.seen
    assert isinstance(seen, SeenWords)
    by_kind = _by_kind(pool)
    parameters = [*seen.read.parameters(), *seen.asked.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=_LEARNING_RATE, weight_decay=_WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, _STEPS)
    rng = np.random.default_rng([seed, 11])
    embeddings = model.get_input_embeddings()
    for _ in track(range(_STEPS), "what is asked for", console=Console(stderr=True)):
        some = [_drawn(by_kind, rng) for _ in range(_BATCH)]
        batch = write(processor, some, answers=False, num_viewpoints=0)
        rows = torch.arange(len(some))[:, None]
        words = embeddings(batch["input_ids"][rows, batch["question_positions"]]).detach()
        kept = torch.from_numpy(rng.random(batch["question_mask"].shape) >= _DROPPED)
        mask = batch["question_mask"] & kept
        loss = asking_loss(seen.log_shares(words, mask), shares_of([one.shown_by for one in some]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()


def _by_kind(pool: QuestionPool) -> dict[bool, dict[str, list[PoolQuestion]]]:
    """Questions by whether they are for pixels, and by kind."""
    found: dict[bool, dict[str, list[PoolQuestion]]] = {
        True: defaultdict(list), False: defaultdict(list),
    }  # fmt: skip
    for clip in pool.clips:
        for one in clip.questions:
            found[bool(one.shown_by)][one.kind].append(one)
    return found


def _drawn(
    by_kind: dict[bool, dict[str, list[PoolQuestion]]], rng: np.random.Generator
) -> PoolQuestion:
    kinds = by_kind[bool(rng.random() < _PIXELS)]
    some = kinds[str(rng.choice(sorted(kinds)))]
    one = some[int(rng.integers(len(some)))]
    asked = scuffed(one.question, rng) if rng.random() < _SCUFFED else one.question
    # Nothing is measured: the question is all that is read.
    return PoolQuestion(asked, "", "", (), (), one.kind, shown_by=one.shown_by)
