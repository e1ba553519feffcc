"""Questions about clips as they come from files, and which of them are kept for validation."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from llamo.data.question import Span

TRAIN, VALIDATION = "train", ("val", "validation")


class Sample(Protocol):
    """What training needs to know of a question, such as ``llamo.data.own.OwnSample``.

    Args:
        motion: Motion file, ``FILE#INDEX``, or video.
        question, answer: In words.
        split: ``train``, ``val`` or ``test``; None leaves it to the recipe.
        person: Who moves; all of a person's clips are trained on, or none.
        spans_s: Seconds of the clip that hold the answer, where that is known.
        cut_s: The part of the file that all this is about; None for the whole.
        settings: What the file does not tell, as keywords of ``read_clip``.
    """

    @property
    def motion(self) -> Path: ...
    @property
    def question(self) -> str: ...
    @property
    def answer(self) -> str: ...
    @property
    def split(self) -> str | None: ...
    @property
    def person(self) -> str | None: ...
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

    All questions about a person, or about a clip of nobody named, go the same way.

    Args:
        samples: Of one source.
        share: Of the people or clips to keep, where the data name no split.
        seed: Which ones.
    """
    train: list[Sample] = []
    kept: list[Sample] = []
    named = any(sample.split is not None for sample in samples)
    for sample in samples:
        if named:
            if sample.split in (None, TRAIN):
                train.append(sample)
            elif sample.split in VALIDATION:
                kept.append(sample)
        elif _luck(sample.person or _file(sample.motion), seed) < share:
            kept.append(sample)
        else:
            train.append(sample)
    return train, kept


def _file(motion: Path) -> str:
    """Name of the file: clips of one recording stay together."""
    return motion.name.rpartition("#")[0] or motion.name


def _luck(name: str, seed: int) -> float:
    """A number in 0-1 that hangs on the name alone, not on what else is in the file."""
    digest = hashlib.sha256(f"{seed} {name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
