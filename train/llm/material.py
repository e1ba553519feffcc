"""All that a training reads: questions of all sources, encoded clips, what is validated on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import Progress

from llamo.data.importing import has_published_splits
from llamo.data.leaks import find_leaks
from llamo.data.own import read_own
from llamo.encoders.motion import MotionEncoder
from llamo.errors import InvalidData
from llamo.processing import LlamoProcessor
from llamo.train.llm.examples import Example, make_examples
from llamo.train.llm.features import FeatureCache, clip_name
from llamo.train.llm.mixture import plan_batches
from llamo.train.llm.recipe import LlmRecipe, Stage
from llamo.train.llm.samples import Sample, divide


@dataclass(frozen=True)
class Material:
    """What is trained on.

    Args:
        train: Examples of all sources, one source after the other.
        sizes: Examples of each source.
        weights: How often each is drawn; None: by its size.
        validation: Examples to ask.
        validated_on: "validation", or "training" where nothing was kept.
        cache: The encoded clips.
        words: What is trained on, for the card.
    """

    train: list[Example]
    sizes: list[int]
    weights: list[float | None]
    validation: list[Example]
    validated_on: str
    cache: FeatureCache
    words: str

    def steps(self, stage: Stage) -> int:
        """Optimiser steps of a stage."""
        if stage.steps is not None:
            return stage.steps
        return round(np.ceil(stage.epochs * len(self.train) / stage.batch_size))

    @property
    def fingerprint(self) -> str:
        """SHA-256 of all that is trained and validated on."""
        parts = (self.train, self.validation, self.sizes, self.weights)
        return hashlib.sha256(repr(parts).encode()).hexdigest()

    def plan(self, stage: Stage, seed: int) -> np.ndarray:
        """Samples of every step, (steps, batch_size)."""
        return plan_batches(
            self.sizes,
            [one.length for one in self.train],
            steps=self.steps(stage),
            batch_size=stage.batch_size,
            weights=self.weights,
            seed=seed,
        )


def read_material(
    recipe: LlmRecipe,
    encoder: MotionEncoder,
    processor: LlamoProcessor,
    out: Path,
    *,
    data: str | Path | None = None,
    samples: Mapping[str, Sequence[Sample]] | None = None,
    beside: Path = Path("."),
    leads: bool = True,
) -> Material:
    """Read and encode what a recipe names.

    Args:
        recipe: Settings.
        encoder: The frozen encoder.
        processor: Writes the prompts.
        out: Folder of the run; ``left_out.jsonl`` there tells which clips were of no use, and why.
        data: File of questions that takes the place of the sources.
        samples: Questions of each source, in place of files.
        beside: Folder that the sources' paths are relative to.
        leads: Whether this process is the first of several, which does the work.

    Raises:
        InvalidData: No data, broken files, splits that leak, or nothing left to train on.
    """
    given, names, weights = _sources(recipe, data, samples, beside)
    cache = FeatureCache(recipe.data.cache or out / "features", encoder)
    left_out = out / "left_out.jsonl"
    known = {} if leads else _read_left_out(left_out)  # the first process has tried these already
    every = [sample for part in given for sample in part if clip_name(sample) not in known]
    with Progress(console=Console(stderr=True), transient=True, disable=not leads) as bar:
        task = bar.add_task("encoding clips", total=None)
        keys, refused = cache.fill(
            every,
            recipe.data.workers if leads else 0,
            lambda done, total: bar.update(task, completed=done, total=total),
        )
    if leads:
        lines = (json.dumps({"clip": c, "reason": why}) + "\n" for c, why in refused.items())
        left_out.write_text("".join(lines))
    train: list[Example] = []
    validation: list[Example] = []
    sizes: list[int] = []
    too_long = 0
    for part in given:
        learnt, kept = divide(part, recipe.data.validation_share, recipe.seed)
        limit = recipe.data.max_tokens
        examples, longer = make_examples(learnt, keys, cache, processor, limit)
        asked, longer_too = make_examples(kept, keys, cache, processor, limit)
        train, validation = train + examples, validation + asked
        sizes.append(len(examples))
        too_long += longer + longer_too
    if not train:
        reason = next(iter(refused.values()), f"{too_long} samples are longer than max_tokens")
        raise InvalidData(f"nothing is left to train on: {reason}")
    validated_on = "validation" if validation else "training"
    validation = _some(validation or train, recipe.data.validation_limit, recipe.seed)
    if leads:
        Console(stderr=True).print(
            f"{len(train)} questions to train on, {len(validation)} to validate on"
            f"{'' if validated_on == 'validation' else ' (of the same: nothing was kept)'}; "
            f"left out: {len(refused)} clips, {too_long} questions of more than "
            f"{recipe.data.max_tokens} tokens"
        )
    words = f"{len(train)} questions about clips ({', '.join(names)})"
    return Material(train, sizes, weights, validation, validated_on, cache, words)


def _read_left_out(path: Path) -> dict[str, str]:
    rows = (json.loads(line) for line in path.read_text().splitlines())
    return {row["clip"]: row["reason"] for row in rows}


def _sources(
    recipe: LlmRecipe,
    data: str | Path | None,
    samples: Mapping[str, Sequence[Sample]] | None,
    beside: Path,
) -> tuple[list[Sequence[Sample]], list[str], list[float | None]]:
    """Questions and name of each source, and how often each is drawn."""
    if samples is not None:
        for part in samples.values():
            _refuse_leaks(part)
        return list(samples.values()), list(samples), [None] * len(samples)
    if data is not None:
        return [_read(Path(data))], [Path(data).name], [None]
    if not recipe.data.sources:
        raise InvalidData(
            "the recipe names no data.sources; give a file of questions: --data FILE."
        )
    sources = recipe.data.sources
    return (
        [_read(beside / one.path) for one in sources],
        [Path(one.path).name for one in sources],
        [one.weight for one in sources],
    )


def _read(path: Path) -> Sequence[Sample]:
    samples = read_own(path)
    if not has_published_splits(path if path.is_dir() else path.parent):
        _refuse_leaks(samples)
    return samples


def _refuse_leaks(samples: Sequence[Sample]) -> None:
    if leaks := find_leaks(samples):
        raise InvalidData(
            f"the splits leak: {'; '.join(leaks[:5])}. Those of a released data set are kept as "
            "they are if it is imported first: llamo data import."
        )


def _some(examples: list[Example], limit: int, seed: int) -> list[Example]:
    """At most ``limit``, any of them, by length: neighbours are padded little."""
    chosen = np.random.default_rng([seed, 17]).permutation(len(examples))[:limit]
    return sorted((examples[at] for at in chosen), key=lambda one: one.length)
