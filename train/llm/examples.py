"""Samples with their encoded clips, as the model's inputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

from llamo.data.question import Span
from llamo.processing import LlamoProcessor
from llamo.train.collate import frames_inside
from llamo.train.llm.features import FeatureCache, clip_name
from llamo.train.llm.samples import Sample

_AT_ONCE = 256  # prompts written together, to count their tokens


@dataclass(frozen=True)
class Example:
    """A question ready to be learnt.

    Args:
        key: The clip in the cache.
        question, answer: In words.
        facts: The kinematic text beside it, "" for none.
        spans_s: Seconds that hold the answer.
        length: Tokens of prompt and answer.
    """

    key: str
    question: str
    answer: str
    facts: str
    spans_s: tuple[Span, ...]
    length: int


def make_examples(
    samples: Sequence[Sample],
    keys: dict[str, str],
    cache: FeatureCache,
    processor: LlamoProcessor,
    max_tokens: int,
) -> tuple[list[Example], int]:
    """Put questions, clips and measurements together.

    Args:
        samples: Questions; those whose clip has no key are left out.
        keys: Of each clip, from ``FeatureCache.fill``.
        cache: The encoded clips.
        processor: Writes the prompts.
        max_tokens: Longer samples are left out.

    Returns:
        Examples in the order of the samples, and how many were too long.
    """
    known = [(sample, keys[clip_name(sample)]) for sample in samples if clip_name(sample) in keys]
    facts = [""] * len(known)
    if processor.use_kinematic_text:
        clips = {key: cache.read(key) for key in dict.fromkeys(key for _, key in known)}
        facts = [clips[key].facts(sample.question) for sample, key in known]
    lengths: list[int] = []
    for first in range(0, len(known), _AT_ONCE):
        part = [sample for sample, _ in known[first : first + _AT_ONCE]]
        batch = processor(
            [sample.question for sample in part],
            kinematic_text=facts[first : first + _AT_ONCE],
            answers=[sample.answer for sample in part],
        )
        lengths += batch["attention_mask"].sum(1).tolist()
    examples = []
    for (sample, key), text, length in zip(known, facts, lengths, strict=True):
        if length <= max_tokens:
            examples.append(
                Example(key, sample.question, sample.answer, text, sample.spans_s, length)
            )
    return examples, len(known) - len(examples)


class ExampleSet(Dataset[dict[str, Any]]):
    """Examples with their features.

    An item is asked for by its number, or by (number, place in the plan of batches); the place
    decides, with the seed, whether the kinematic text is left out.

    Args:
        examples: From :func:`make_examples`.
        cache: The encoded clips.
        text_dropout: Share of the places without kinematic text.
        seed: Which places.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        cache: FeatureCache,
        text_dropout: float = 0.0,
        seed: int = 0,
    ) -> None:
        self.examples, self.cache = list(examples), cache
        self.text_dropout, self.seed = text_dropout, seed

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, at: int | tuple[int, int]) -> dict[str, Any]:
        number, place = at if isinstance(at, tuple) else (at, None)
        one = self.examples[number]
        silent = place is not None and (
            np.random.default_rng([self.seed, 13, place]).random() < self.text_dropout
        )
        return {
            "features": self.cache.features(one.key),
            "question": one.question,
            "answer": one.answer,
            "facts": "" if silent else one.facts,
            "spans_s": one.spans_s,
        }


class Collator:
    """Items of an :class:`ExampleSet` -> inputs of ``LlamoForConditionalGeneration.forward``.

    Args:
        processor: Writes the prompts.
        rate_hz: Features a second.
    """

    def __init__(self, processor: LlamoProcessor, rate_hz: float) -> None:
        self.processor, self.rate_hz = processor, rate_hz

    def __call__(self, items: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        batch = dict(
            self.processor(
                [one["question"] for one in items],
                answers=[one["answer"] for one in items],
                kinematic_text=[one["facts"] for one in items],
                motion_features=[one["features"] for one in items],
                # where no frame is left out, as many tokens as the longest clip has frames
                num_viewpoints=self.processor.num_viewpoints
                or max(len(one["features"]) for one in items),
            )
        )
        time_s = torch.arange(batch["motion_features"].shape[1]) / self.rate_hz  # (T,)
        inside = frames_inside([one["spans_s"] for one in items], time_s)  # (B, T)
        batch["viewpoint_targets"] = inside & batch["motion_mask"]
        return batch
