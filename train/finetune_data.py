"""What a fine-tuning is fed: a folder of clips in memory, or shards that are streamed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from llamo.clip import is_video
from llamo.data.importing import has_published_splits
from llamo.data.leaks import find_leaks
from llamo.data.own import OwnSample, read_own
from llamo.encoders.motion import MotionEncoder
from llamo.errors import InvalidData, UnreadableFile
from llamo.processing import LlamoProcessor
from llamo.train.batches import BatchDrawer
from llamo.train.claim import claim
from llamo.train.own_pool import make_own_pool
from llamo.train.question_pool import FORMAT, QuestionPool
from llamo.train.recipe import FinetuneStage, InstructStage
from llamo.train.shards import INDEX, ShardPool, Window, encoder_mark, is_sharded


@dataclass(frozen=True)
class Source:
    """What is trained on.

    Args:
        draw: A batch, from a generator, for a step.
        validation: Clips to validate on, None without any.
        words: What it is, for the card.
    """

    draw: Callable[[np.random.Generator, int], dict[str, torch.Tensor]]
    validation: QuestionPool | None
    words: str


def open_source(
    data: str | Path,
    encoder: MotionEncoder,
    processor: LlamoProcessor,
    stage: FinetuneStage,
    seed: int,
    tuning: Path,
    start: Path,
) -> Source:
    """Whatever ``data`` is, ready to draw batches from.

    Args:
        data: Folder of ``llamo data import``, or folder or address of ``llamo data shard``.
        encoder, processor: Of the weights to start from.
        stage: Settings.
        seed: Of copies and order.
        tuning: Folder for what is computed once.
        start: Folder of the weights to start from.

    Raises:
        InvalidData: The data is neither, or is not what ``tuning`` was begun with.
    """
    open_it = _stream if is_sharded(data) else _folder
    return open_it(data, encoder, processor, stage, seed, tuning, start)


def drawing(stage: FinetuneStage) -> InstructStage:
    """Sizes and noise of a batch, as the drawer of batches takes them."""
    return InstructStage(
        clips_per_step=stage.clips_per_step, questions_per_clip=stage.questions_per_clip,
        feature_noise=stage.feature_noise, clip_noise=stage.clip_noise,
        question_noise=stage.question_noise, text_dropout=stage.text_dropout,
    )  # fmt: skip


def _folder(
    data: str | Path,
    encoder: MotionEncoder,
    processor: LlamoProcessor,
    stage: FinetuneStage,
    seed: int,
    tuning: Path,
    start: Path,
) -> Source:
    """Of a folder of clips: varied and encoded once, all in memory."""
    samples = _samples(data)
    fields = [replace(one, motion=Path(one.motion.name), where="") for one in samples]
    sizes = [one.file.stat().st_size for one in samples]
    _claim(tuning, start, *map(str, zip(fields, sizes, strict=True)))
    trained = [one for one in samples if one.split == "train"]
    kept = [one for one in samples if one.split == "val"]
    pool = make_own_pool(
        trained, encoder, tuning / "train",
        copies=stage.copies, mirror=stage.mirror, seed=seed,
    )  # fmt: skip
    drawer = BatchDrawer(pool, processor, drawing(stage))
    people = len({one.person for one in trained} - {None})
    by = f" by {people} named people" if people else ""
    return Source(
        lambda rng, _: drawer.mixed(rng),
        make_own_pool(kept, encoder, tuning / "val") if kept else None,
        f"{len(trained)} questions about clips{by}",
    )


def _stream(
    data: str | Path,
    encoder: MotionEncoder,
    processor: LlamoProcessor,
    stage: FinetuneStage,
    seed: int,
    tuning: Path,
    start: Path,
) -> Source:
    """Of shards: as encoded when they were written; validation in memory, from ``val/``."""
    inside = not (Path(data) / INDEX).is_file()
    shards = ShardPool(f"{data}/train" if inside else data, seed=seed)
    if shards.encoder != encoder_mark(encoder):
        raise InvalidData(
            f"{data} was encoded by another encoder than that of {start.name}; write the shards "
            f"anew: llamo data shard DATA -o SHARDS --model {start}"
        )
    _claim(tuning, start, str(data), str(len(shards)), shards.encoder)
    settings = drawing(stage)

    def draw(rng: np.random.Generator, step: int) -> dict[str, torch.Tensor]:
        window = Window(shards.like_length(step, stage.clips_per_step))
        return BatchDrawer(window, processor, settings).of_these(range(len(window)), rng)

    validation = None
    if inside and is_sharded(f"{data}/val"):
        with suppress(UnreadableFile):  # of an address, only reading tells
            kept = ShardPool(f"{data}/val", group=1)
            validation = Window(kept.all_clips())
    return Source(draw, validation, f"{len(shards)} encoded clips, streamed")


def _samples(data: str | Path) -> list[OwnSample]:
    if not Path(data).is_dir():
        raise InvalidData(f"{data} is no folder; make one: llamo data import CLIPS TABLE -o {data}")
    samples = read_own(data)
    raw = next((one for one in samples if one.split is None or is_video(one.motion)), None)
    if raw is not None:
        what = "has no split" if raw.split is None else "is about a video"
        raise InvalidData(
            f"{raw.where} {what}; import the data first: llamo data import {data} -o mydata"
        )
    if not has_published_splits(data) and (leaks := find_leaks(samples)):
        raise InvalidData(f"the splits leak: {'; '.join(leaks[:5])}.")
    if not any(one.split == "train" for one in samples):
        raise InvalidData(f"{data} holds no questions to train on (train.jsonl).")
    return samples


def _claim(tuning: Path, start: Path, *about: str) -> None:
    """One folder, one data set: changed questions must not go on from others' checkpoint."""
    digest = hashlib.sha256("\n".join([str(FORMAT), *about]).encode())
    with (start / "config.json").open("rb") as config:
        digest.update(hashlib.file_digest(config, "sha256").digest())
    message = (
        f"{tuning.parent} was begun with other data or weights; give another --out, or delete it."
    )
    claim(tuning / "data.json", {"sha256": digest.hexdigest()}, message)
