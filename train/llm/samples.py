"""Questions about clips as they come from files, and which of them are kept for validation."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from llamo.data.leaks import Splittable, group_samples, source_of
from llamo.data.question import Span

TRAIN, VALIDATION = "train", ("val", "validation")


class Sample(Splittable, Protocol):
    """What training needs to know of a question, such as ``llamo.data.own.OwnSample``.

    Args:
        motion: Motion file, ``FILE#INDEX``, or video.
        file: The file alone, without ``#INDEX``.
        source: The recording that the clip belongs to; None where its name says all.
        question, answer: In words.
        split: ``train``, ``val`` or ``test``; None leaves it to the recipe.
        person: Who moves; all of a person's clips are trained on, or none.
        spans_s: Seconds of the clip that hold the answer, where that is known.
        cut_s: The part of the file that all this is about; None for the whole.
        settings: What the file does not tell, as keywords of ``read_clip``.
        where: For messages: ``questions.csv line 3``.
    """

    @property
    def question(self) -> str: ...
    @property
    def answer(self) -> str: ...
    @property
    def spans_s(self) -> tuple[Span, ...]: ...
    @property
    def cut_s(self) -> Span | None: ...
    @property
    def settings(self) -> dict[str, Any]: ...


def divide(
    samples: Sequence[Sample], share: float, seed: int = 0
) -> tuple[list[Sample], list[Sample]]:
    """What is trained on, and what is kept to validate; a split that the data name is obeyed.

    What belongs together goes the same way: a person, a recording, its cuts and mirror images (see
    ``llamo.data.leaks``). So does a question of no split with those that have one.

    Args:
        samples: Of one source.
        share: Of the people or clips to keep, where the data name no split.
        seed: Which ones.
    """
    train: list[Sample] = []
    kept: list[Sample] = []
    named = any(sample.split is not None for sample in samples)
    groups = group_samples(samples)
    names: dict[int, str] = {}
    written: dict[int, str] = {}
    for sample, group in zip(samples, groups, strict=True):
        names[group] = min(_name(sample), names.get(group, _name(sample)))
        if sample.split is not None:
            written.setdefault(group, sample.split)
    for sample, group in zip(samples, groups, strict=True):
        if named:
            split = sample.split or written.get(group, TRAIN)
            if split == TRAIN:
                train.append(sample)
            elif split in VALIDATION:
                kept.append(sample)
        elif _luck(names[group], seed) < share:
            kept.append(sample)
        else:
            train.append(sample)
    return train, kept


def _name(sample: Sample) -> str:
    """The person's, or the recording's without its folder, so that data may be moved."""
    return sample.person or Path(source_of(sample)).name


def _luck(name: str, seed: int) -> float:
    """A number in 0-1 that hangs on the name alone, not on what else there is."""
    digest = hashlib.sha256(f"{seed} {name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
