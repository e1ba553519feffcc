"""Stage 4: instruction tuning (section 3.4): enhancer, Cross Talker and language model together.

The encoders are frozen and their features come from the question pool. One clip is enhanced once
for all its questions of a step, as in use.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch

from llamo.data.question import CANT_TELL
from llamo.decoding import answer_greedy
from llamo.evaluation.facts import check_facts
from llamo.model import LlamoForConditionalGeneration
from llamo.outputs import Prompt
from llamo.processing import LlamoProcessor
from llamo.train.batches import BatchDrawer
from llamo.train.collate import collate
from llamo.train.loop import Loop, StageData
from llamo.train.question_pool import PoolQuestion, QuestionPool
from llamo.train.recipe import InstructStage
from llamo.train.streams import videos_of

EASY, LOOKING, COPYING, READING, MIXED = "easy", "looking", "copying", "reading", "mixed"
_FIRST = {EASY: 0.56, LOOKING: 0.26, COPYING: 0.1, READING: 0.08}
_THEN = {MIXED: 0.5, EASY: 0.27, COPYING: 0.07, READING: 0.04, LOOKING: 0.12}
"""Kinds of batches, and how often each comes: during ``easy_share`` of the steps, and at the end.

Asked everything from the start, the model learns to speak and to abstain, and stays for long on
that plateau without looking at the motion; asked for simple things first, it looks within some
hundred steps, and falls back if too much else comes too soon. What was learnt first goes on to the
end, or the rest would wash it away.
"""

_MIXING_SHARE = 0.25
"""Share of the steps in which the first mixture turns into the last."""

_EASY_YES_NO = 0.4
"""Share of yes/no among the easy questions, once the acts have names."""


def instruct(
    model: LlamoForConditionalGeneration,
    processor: LlamoProcessor,
    drawer: BatchDrawer,
    validation: QuestionPool | None,
    stage: InstructStage,
    out: Path,
    *,
    seed: int = 0,
    device: str = "cpu",
) -> None:
    """Train a model in place; resume where an earlier run stopped."""

    def draw(rng: np.random.Generator, step: int) -> dict[str, torch.Tensor]:
        progress = (step / stage.steps - stage.easy_share) / _MIXING_SHARE
        return draw_batch(drawer, rng, progress, looks=model.config.use_motion_tokens)

    tune(
        model, processor, draw, validation, stage, out, title="instruction tuning",
        validate_every=max(1, stage.steps // 4), seed=seed, device=device,
    )  # fmt: skip


PASSES = 3
"""Of the language model over a batch on a processor, which is busy with padding as with words."""


class Tuning(Protocol):
    """What a stage that tunes says of its optimiser."""

    @property
    def steps(self) -> int: ...

    @property
    def learning_rate(self) -> float: ...

    @property
    def weight_decay(self) -> float: ...


def tune(
    model: LlamoForConditionalGeneration,
    processor: LlamoProcessor,
    draw: Callable[[np.random.Generator, int], dict[str, torch.Tensor]],
    validation: QuestionPool | None,
    stage: Tuning,
    out: Path,
    *,
    title: str,
    validate_every: int | None = None,
    seed: int = 0,
    device: str = "cpu",
) -> None:
    """Train a model on drawn batches, in place; resume where an earlier run stopped.

    Args:
        model: What is trained; its encoders are frozen.
        processor: Of the model.
        draw: Gives the batch of a step.
        validation: Asked now and then; None asks nothing.
        stage: Steps, learning rate and weight decay.
        out: Folder of the checkpoint and the curve.
        title: Shown beside the progress bar.
        validate_every: Steps between validations; None validates at the half and at the end.
        seed: Of everything that is drawn.
        device: Where it is trained; the model ends on the CPU.
    """
    torch.manual_seed(seed)
    put_on(model, device)

    def validate() -> dict[str, float]:
        return validation_accuracy(model, processor, validation) if validation else {}

    loop = Loop(
        {"model": model},
        out,
        steps=stage.steps,
        learning_rate=stage.learning_rate,
        weight_decay=stage.weight_decay,
        title=title,
        validate_every=validate_every,
    )
    batches = StageData(draw, seed, device, beside=False)
    loop.run(batches, partial(batch_loss, model), validate)
    model.to("cpu").eval()  # type: ignore[arg-type]


def put_on(model: LlamoForConditionalGeneration, device: str) -> None:
    """Where a model is trained, and in how many passes its language model reads a batch there."""
    model.to(device)  # type: ignore[arg-type]
    model.passes = 1 if device.startswith("cuda") else PASSES


def batch_loss(
    model: LlamoForConditionalGeneration, batch: dict[str, torch.Tensor]
) -> torch.Tensor:
    """The loss of whatever a batch holds: where to look, words alone, or answers about clips."""
    if "labels" not in batch:
        return model.looking_loss(**batch)
    if "motion_features" not in batch:
        words = (batch[name] for name in ("input_ids", "attention_mask", "labels"))
        return model.language_loss(*words)
    return model(**batch).loss


def draw_batch(
    drawer: BatchDrawer,
    rng: np.random.Generator,
    progress: float,
    looks: bool = True,
) -> dict[str, torch.Tensor]:
    """A batch of the curriculum.

    Where prompts hold no kinematic text, there is nothing to copy or to read: answers would be
    chance. Such steps ask simple questions instead.

    Args:
        drawer: Of the pool.
        rng: Source of every choice.
        progress: 0 or less at the beginning, 1 or more when everything is asked.
        looks: False for a model without motion tokens, which has nothing to look with.
    """
    progress = min(max(progress, 0.0), 1.0)
    kinds = list(_THEN)
    shares = [(1 - progress) * _FIRST.get(kind, 0) + progress * _THEN[kind] for kind in kinds]
    kind = rng.choice(kinds, p=shares)
    reads = drawer.processor.use_kinematic_text
    if (
        kind == EASY
        or (kind == LOOKING and not looks)
        or (kind in (COPYING, READING) and not reads)
    ):
        return drawer.easy(rng, yes_no=_EASY_YES_NO if progress > 0 else 0.0)
    return getattr(drawer, str(kind))(rng)


@dataclass(frozen=True)
class Outcome:
    """How a question went.

    Args:
        kind: Of the question.
        clip: Number of the clip, for intervals clustered by clip.
        right: 1 or 0; of a description the share of right facts (F1).
        looked: Share of the viewpoints in the answer's segment, of questions of order.
    """

    kind: str
    clip: int
    right: float
    looked: float | None = None


def validation_accuracy(
    model: LlamoForConditionalGeneration, processor: LlamoProcessor, pool: QuestionPool
) -> dict[str, float]:
    """Exact accuracy of each kind of question; of descriptions how many facts are right.

    And the share of viewpoints in the answer's span.
    """
    right: dict[str, list[float]] = defaultdict(list)
    for one in ask_pool(model, processor, pool):
        right["describe, facts (F1)" if one.kind == "describe" else one.kind].append(one.right)
        if one.looked is not None:
            right["viewpoints in the answer's segment"].append(one.looked)
    return {name: float(np.mean(values)) for name, values in sorted(right.items())}


@torch.no_grad()
def ask_pool(
    model: LlamoForConditionalGeneration, processor: LlamoProcessor, pool: QuestionPool
) -> list[Outcome]:
    """Answer every question of a pool."""
    model.eval()
    device = next(model.parameters()).device
    outcomes = []
    order = np.argsort(pool.lengths, kind="stable")
    for first in range(0, len(order), 24):
        numbers = order[first : first + 24]
        clips = [pool.clips[index] for index in numbers]
        questions = [one for clip in clips for one in clip.questions]
        owners = [row for row, clip in enumerate(clips) for _ in clip.questions]
        features = [torch.from_numpy(clip.features).float() for clip in clips]
        batch: dict[str, Any] = collate(
            processor,
            features,
            questions,
            owners,
            rate_hz=pool.rate_hz,
            train=False,
            videos=videos_of(clips),
        )
        batch = {name: value.to(device) for name, value in batch.items()}
        result = answer_greedy(
            model,
            eos_token_id=processor.tokenizer.eos_token_id,
            pad_token_id=processor.tokenizer.pad_token_id,
            **batch,
        )
        texts = processor.tokenizer.batch_decode(result.tokens, skip_special_tokens=True)
        for row, (one, text) in enumerate(zip(questions, texts, strict=True)):
            looked = _looked(result.prompt, row, one) if one.kind == "order" else None
            right = (
                check_facts(text, one.answer).f1
                if one.kind == "describe"
                else float(same_answer(text, one.answer))
            )
            outcomes.append(Outcome(one.kind, int(numbers[owners[row]]), right, looked))
    model.train()
    return outcomes


def _looked(prompt: Prompt, row: int, one: PoolQuestion) -> float | None:
    """Share of a question's viewpoints in the one span that holds its answer."""
    if prompt.talk is None or prompt.clip is None or one.answer.startswith(CANT_TELL):
        return None
    chosen = prompt.talk.selection
    times = prompt.clip.time_s[row, chosen.frames[row][chosen.valid[row]]]
    ((start_s, end_s),) = one.looks_s
    return float(((times >= start_s) & (times <= end_s)).float().mean())


def same_answer(text: str, answer: str) -> bool:
    """Equal but for case; of an abstention, whatever its reason."""
    text, answer = text.strip().lower(), answer.strip().lower()
    if answer.startswith(CANT_TELL.lower()):
        return text.startswith(CANT_TELL.lower())
    return text == answer
