"""``llamo eval humanml3d-captions``: describing the motions of HumanML3D."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from llamo.errors import InvalidData, UnreadableFile
from llamo.evaluation.benchmark import Benchmark, RunOptions, run_benchmark
from llamo.evaluation.captioning import CaptionMeasure
from llamo.evaluation.captions_data import Captioned, CaptionedSplit, read_captions
from llamo.evaluation.clip_files import check_clips
from llamo.evaluation.items import Clip, Item
from llamo.evaluation.published import HUMANML3D, published
from llamo.evaluation.run_folder import sha256

if TYPE_CHECKING:
    from llamo.assistant import Assistant

QUESTION = "Describe what the person does."
REFERENCES = ("all", "first")
SHORTEST, TOO_LONG = 40, 200
"""Frames of the motions that the usual evaluators take: 40 <= T < 200."""

_NOTE = (
    "Released scripts disagree in tokenizer and references, by several points: not to be held "
    "against the table above unless both are the same. R@3 needs the evaluators' weights."
)


def evaluate_humanml3d_captions(
    data_dir: str | Path,
    split: str,
    out_dir: str | Path,
    assistant: Assistant | None = None,
    *,
    references: str = "all",
    all_lengths: bool = False,
    **options: Unpack[RunOptions],
) -> dict[str, Any]:
    """Evaluate descriptions of whole motions.

    Args:
        data_dir: Folder with ``SPLIT.txt``, ``texts/NAME.txt`` and ``new_joint_vecs/NAME.npy``;
            with ``predictions`` the motions may be missing.
        split: ``train``, ``val`` or ``test``.
        out_dir: Folder for ``report.json``, ``report.md``, ``predictions.jsonl``, ``controls/``.
        assistant: Who answers; None when ``predictions`` are given.
        references: ``all`` captions of a motion, or its ``first`` alone.
        all_lengths: Take motions outside the lengths of the usual evaluators, too.
        options: As for ``run_benchmark``.

    Returns:
        What ``report.json`` holds.

    Raises:
        UnreadableFile: A file cannot be read.
        InvalidData: A file does not follow the format, or motions are not there.
    """
    if references not in REFERENCES:
        raise InvalidData(f"references {references!r} is not known; expected all or first.")
    held = read_captions(data_dir, split)
    motions = Path(data_dir) / "new_joint_vecs"
    everything = [_item(one, motions) for one in held.motions]
    if assistant is not None:
        check_clips(everything, motions)
    items, lengths = (everything, "all") if all_lengths else _usual(everything)
    benchmark = Benchmark(
        name=f"humanml3d-captions {split}",
        items=items,
        data_sha256=sha256(held.files),
        measure=CaptionMeasure(references),
        elsewhere={item.id for item in everything},
        facts={"about": [f"lengths: {lengths}", *_left_out(held)]},
        anchors=published(HUMANML3D, note=_NOTE),
    )
    return run_benchmark(benchmark, out_dir, assistant, **options)


def _item(one: Captioned, motions: Path) -> Item:
    fields = {"id": one.name, "name": one.name, "question": QUESTION}
    return Item(
        where=f"motion {one.name}",
        id=one.name,
        clip=Clip(str(motions / f"{one.name}.npy")),
        question=QUESTION,
        answer=one.captions[0],
        type="caption",
        accept=one.captions[1:],
        fields={**fields, "answer": one.captions[0], "accept": list(one.captions[1:])},
    )


def _usual(items: Sequence[Item]) -> tuple[list[Item], str]:
    """Items whose motions have the usual length, and what was done about it."""
    frames = [_frames(item.clip.file) for item in items]
    if None in frames:
        return list(items), "not looked at, as motions are missing"
    usual = [
        item
        for item, count in zip(items, frames, strict=True)
        if count is not None and SHORTEST <= count < TOO_LONG
    ]
    if not usual:
        raise InvalidData(
            f"no motion has {SHORTEST} to {TOO_LONG - 1} frames; take all lengths (--all-lengths)."
        )
    others = len(items) - len(usual)
    return usual, f"{SHORTEST} <= frames < {TOO_LONG}; {others} others left out"


def _frames(path: Path) -> int | None:
    """How many frames a file holds, None where it is not there; its numbers are not read."""
    if not path.is_file():
        return None
    try:
        return len(np.load(path, mmap_mode="r", allow_pickle=False))
    except (OSError, ValueError, EOFError, TypeError) as error:
        raise UnreadableFile(f"{path} cannot be read: {' '.join(str(error).split())}.") from None


def _left_out(held: CaptionedSplit) -> list[str]:
    told = []
    if held.parts:
        told.append(f"left out: {held.parts} captions of a part of a motion")
    if held.only_parts:
        told.append(f"left out: {len(held.only_parts)} motions with no other captions")
    return told
