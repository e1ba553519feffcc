"""Stage 3: instruction tuning (section 3.4): enhancer, Cross Talker and language model together.

The encoders are frozen and their features come from the question pool. One clip is enhanced once
for all its questions of a step, as in use.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn.utils.rnn import pad_sequence
from transformers import LlamaConfig

from llamo.config import LlamoConfig
from llamo.data.question import CANT_TELL
from llamo.decoding import answer_greedy
from llamo.encoders.motion import MotionEncoder
from llamo.model import LlamoForConditionalGeneration
from llamo.processing import LlamoProcessor
from llamo.train.loop import Loop, StageData
from llamo.train.question_pool import PoolQuestion, QuestionPool
from llamo.train.recipe import InstructStage
from llamo.train.tokenizer import train_tokenizer

TEMPLATE = "{question} {motion} {measured} :"
"""Prompt of the model from scratch: no words but the question's and the measurements'."""

KIND_WEIGHTS = {
    "action": 3.0, "exercise": 1.5, "correct": 4.0, "count": 4.0, "order": 3.0, "side": 1.5,
    "which_first": 0.8, "yes_no": 0.7, "unseen": 0.4, "mirror": 0.4, "measure": 0.3,
    "describe": 1.0, "faster": 0.2, "which_longer": 0.2, "time": 0.1,
}  # fmt: skip
"""How often a kind of question is drawn, beside 1 for all others.

What is asked about once a sequence (its action) would drown in what is asked many times (yes or
no); and answers whose digits a small model can only guess (seconds of a start) would drown all
others in noise.
"""

EASY = ("action", "exercise", "side", "body_part", "direction", "correct", "count")
"""What is asked first, about clips of one act.

Asked everything from the start, the model learns to speak and to abstain, and stays for long on
that plateau without looking at the motion; asked these alone, it looks within a hundred steps.
"""

_ALWAYS_EASY = 0.35
"""Share of the batches that stays easy: what is done, and how often, carries the rest."""

_LONG_ANSWER_SHARE = 0.1
"""Share of the batches that may hold descriptions."""

_NEED_FACTS = ("count", "measure")
"""Kinds whose answer is read from the kinematic text, which these never lose in training."""


def new_model(
    encoder: MotionEncoder, pool: QuestionPool, stage: InstructStage
) -> tuple[LlamoForConditionalGeneration, LlamoProcessor]:
    """A tokenizer for the pool's text, and a model from scratch around the frozen encoder."""
    tokenizer = train_tokenizer(pool.texts(), stage.vocabulary)
    count = stage.model.get("num_viewpoints", 16)
    processor = LlamoProcessor(
        tokenizer, num_viewpoints=count, template=TEMPLATE, use_history=False
    )
    text_config = LlamaConfig(
        vocab_size=len(tokenizer),
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        tie_word_embeddings=True,
        **stage.language_model,
    )
    config = LlamoConfig(
        text_config=text_config,
        motion_config=encoder.config,
        motion_token_id=processor.motion_token_id,
        **stage.model,
    )
    return LlamoForConditionalGeneration(config, motion_encoder=encoder), processor


def instruct(
    model: LlamoForConditionalGeneration,
    processor: LlamoProcessor,
    pool: QuestionPool,
    validation: QuestionPool | None,
    stage: InstructStage,
    out: Path,
    *,
    seed: int = 0,
    device: str = "cpu",
) -> None:
    """Train a model in place; resume where an earlier run stopped."""
    torch.manual_seed(seed)
    model.to(device)  # type: ignore[arg-type]
    drawer = BatchDrawer(pool, processor, stage)

    def loss(batch: dict[str, torch.Tensor]) -> torch.Tensor:
        return model(**batch).loss

    def validate() -> dict[str, float]:
        return validation_accuracy(model, processor, validation) if validation else {}

    loop = Loop(
        {"model": model},
        out,
        steps=stage.steps,
        learning_rate=stage.learning_rate,
        weight_decay=stage.weight_decay,
        title="instruction tuning",
        validate_every=max(1, stage.steps // 4),
    )
    loop.run(StageData(drawer.draw, seed, device, beside=False), loss, validate)
    model.to("cpu").eval()  # type: ignore[arg-type]


class BatchDrawer:
    """Draws training batches from a pool.

    Args:
        pool: Encoded sequences with questions.
        processor: Writes the prompts.
        stage: Sizes, noise and dropout.
    """

    def __init__(self, pool: QuestionPool, processor: LlamoProcessor, stage: InstructStage) -> None:
        self.pool, self.processor, self.stage = pool, processor, stage
        self._easy_steps = max(stage.easy_share * stage.steps, 1e-9)
        some = pool.clips[:: max(1, len(pool) // 300)]
        self._spread = np.concatenate([clip.features for clip in some]).astype(np.float32).std(0)
        self._weights = [
            np.array([KIND_WEIGHTS.get(one.kind, 1.0) for one in clip.questions])
            for clip in pool.clips
        ]

        self._easy_weights = [
            weights * np.array([one.kind in EASY for one in clip.questions])
            for weights, clip in zip(self._weights, pool.clips, strict=True)
        ]
        one_act = np.array([not _has_order(clip.questions) for clip in pool.clips])
        self._easy = np.flatnonzero(one_act & [weights.any() for weights in self._easy_weights])
        self._short_weights = [
            weights * np.array([one.kind != "describe" for one in clip.questions])
            for weights, clip in zip(self._weights, pool.clips, strict=True)
        ]

    def draw(self, rng: np.random.Generator, step: int) -> dict[str, torch.Tensor]:
        """Clips of like length with some of their questions, as the model's inputs.

        The first ``easy_share`` of the steps is easy; over as many more the rest mixes in, up to
        ``_ALWAYS_EASY``.
        """
        easy_share = max(_ALWAYS_EASY, 2 - step / self._easy_steps)
        easy = len(self._easy) > 0 and rng.random() < easy_share
        # An easy clip has few questions to ask, so a step takes more of them.
        count = self.stage.clips_per_step * (2 if easy else 1)
        among = self._easy if easy else np.arange(len(self.pool))
        some = among[rng.integers(len(among), size=8 * count)]
        some = some[np.argsort(self.pool.lengths[some], kind="stable")]
        start = int(rng.integers(len(some) - count + 1))
        chosen = some[start : start + count]
        # One long answer pads all others of its batch, so they come together.
        long_answers = rng.random() < _LONG_ANSWER_SHARE
        features, questions, owners = [], [], []
        for row, index in enumerate(chosen):
            clip = self.pool.clips[index]
            noise = rng.standard_normal(clip.features.shape, np.float32) * self._spread
            strength = self.stage.feature_noise * rng.random()
            features.append(torch.from_numpy(clip.features + strength * noise).float())
            weights = self._weights[index] if long_answers else self._short_weights[index]
            if easy:
                weights = self._easy_weights[index]
            most = self.stage.questions_per_clip // (2 if easy else 1)
            number = min(max(most, 1), int((weights > 0).sum()))
            if not number:
                continue
            picks = rng.choice(len(weights), number, replace=False, p=weights / weights.sum())
            questions += [clip.questions[pick] for pick in picks]
            owners += [row] * number
        silent = rng.random(len(questions)) < self.stage.text_dropout
        return collate(
            self.processor, features, questions, owners, silent=silent & (rng.random() < 0.5)
        )


def _has_order(questions: tuple[PoolQuestion, ...]) -> bool:
    """Asked of clips of several acts alone."""
    return any(one.kind in ("order", "which_first", "which_longer") for one in questions)


def collate(
    processor: LlamoProcessor,
    features: list[torch.Tensor],
    questions: list[PoolQuestion],
    owners: list[int],
    silent: np.ndarray | None = None,
    rate_hz: float = 10.0,
    train: bool = True,
) -> dict[str, torch.Tensor]:
    """Inputs of ``LlamoForConditionalGeneration.forward``.

    Args:
        processor: Writes the prompts.
        features: F_M of each clip, (T, H).
        questions: About any of the clips.
        owners: Which clip each question is about.
        silent: True where the kinematic text is left out; never for counts, which need it.
        rate_hz: Of the features.
        train: Add answers, and the frames that hold them.
    """
    facts = [one.facts for one in questions]
    if silent is not None:
        facts = [
            "" if quiet and one.kind not in _NEED_FACTS else one.facts
            for quiet, one in zip(silent, questions, strict=True)
        ]
    answers = [one.answer for one in questions] if train else None
    batch = dict(
        processor([one.question for one in questions], kinematic_text=facts, answers=answers)
    )
    batch["motion_features"] = pad_sequence(features, batch_first=True)
    lengths = torch.tensor([len(one) for one in features])
    frames = torch.arange(batch["motion_features"].shape[1])
    batch["motion_mask"] = frames < lengths[:, None]
    batch["clip_index"] = torch.tensor(owners)
    if train:
        spans = torch.tensor([one.span_s or (-1.0, -1.0) for one in questions])
        time_s = frames / rate_hz
        batch["viewpoint_targets"] = (
            (time_s >= spans[:, :1]) & (time_s <= spans[:, 1:]) & batch["motion_mask"][owners]
        )
    return batch


@torch.no_grad()
def validation_accuracy(
    model: LlamoForConditionalGeneration, processor: LlamoProcessor, pool: QuestionPool
) -> dict[str, float]:
    """Exact accuracy of each kind of question, and the share of viewpoints in the answer's span."""
    model.eval()
    device = next(model.parameters()).device
    right: dict[str, list[float]] = defaultdict(list)
    order = np.argsort(pool.lengths, kind="stable")
    for first in range(0, len(order), 24):
        clips = [pool.clips[index] for index in order[first : first + 24]]
        questions = [one for clip in clips for one in clip.questions]
        owners = [row for row, clip in enumerate(clips) for _ in clip.questions]
        features = [torch.from_numpy(clip.features).float() for clip in clips]
        batch: dict[str, Any] = collate(processor, features, questions, owners, train=False)
        batch = {name: value.to(device) for name, value in batch.items()}
        result = answer_greedy(
            model,
            eos_token_id=processor.tokenizer.eos_token_id,
            pad_token_id=processor.tokenizer.pad_token_id,
            **batch,
        )
        talk, clip = result.prompt.talk, result.prompt.clip
        texts = processor.tokenizer.batch_decode(result.tokens, skip_special_tokens=True)
        for row, (one, text) in enumerate(zip(questions, texts, strict=True)):
            right[one.kind].append(same_answer(text, one.answer))
            if one.kind == "order" and one.span_s is not None and talk is not None:
                assert clip is not None
                times = clip.time_s[row, talk.selection.frames[row][talk.selection.valid[row]]]
                inside = (times >= one.span_s[0]) & (times <= one.span_s[1])
                right["viewpoints in the answer's segment"].append(float(inside.float().mean()))
    model.train()
    return {name: float(np.mean(values)) for name, values in sorted(right.items())}


def same_answer(text: str, answer: str) -> bool:
    """Equal but for case; of an abstention, whatever its reason."""
    text, answer = text.strip().lower(), answer.strip().lower()
    if answer.startswith(CANT_TELL.lower()):
        return text.startswith(CANT_TELL.lower())
    return text == answer
