"""Questions about clips as they come from files, and which of them are kept for validation."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from llamo.data.question import Span
from llamo.errors import InvalidData

TRAIN, VALIDATION = "train", ("val", "validation")


class Sample(Protocol):
    """What training needs to know of a question; any class with these attributes will do.

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


@dataclass(frozen=True)
class LineSample:
    """A line of a JSON-lines file; attributes as of :class:`Sample`."""

    motion: Path
    question: str
    answer: str
    split: str | None = None
    person: str | None = None
    spans_s: tuple[Span, ...] = ()
    cut_s: Span | None = None
    settings: dict[str, Any] = field(default_factory=dict)


def read_samples(path: str | Path) -> list[Sample]:
    """Read JSON lines with ``motion, question, answer`` and perhaps ``split, person, spans_s``.

    Motions are relative to the file.

    Raises:
        InvalidData: No such file, or a line that does not follow the format.
    """
    path = Path(path)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidData(f"questions {path} cannot be read: {error}") from None
    samples: list[Sample] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            motion, question, answer = (row[name] for name in ("motion", "question", "answer"))
            spans = tuple((float(start), float(end)) for start, end in row.get("spans_s") or ())
            texts = [motion, question, answer, row.get("split") or "", row.get("person") or ""]
            if not all(isinstance(text, str) for text in texts) or not all(texts[:3]):
                raise TypeError("texts must be texts")
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise InvalidData(
                f"{path} line {number}: expected JSON with motion, question and answer ({error!r})."
            ) from None
        samples.append(
            LineSample(
                path.parent / motion, question, answer, row.get("split"), row.get("person"), spans
            )
        )
    if not samples:
        raise InvalidData(f"{path} holds no questions.")
    return samples


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
