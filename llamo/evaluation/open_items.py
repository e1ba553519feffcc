"""Open questions as the benchmarks ask them."""

from __future__ import annotations

from pathlib import Path

from llamo.data.question_forms import OpenQuestion
from llamo.evaluation.clip_files import find_clip
from llamo.evaluation.items import Item


def open_item(one: OpenQuestion, folder: Path | None, fps: float | None = None) -> Item:
    """A question as the benchmarks ask it.

    Args:
        one: The question.
        folder: Of the clips, None where none will be opened.
        fps: Frames a second of ``.npy`` clips.
    """
    fields = {"id": one.id, "clip": one.clip, "question": one.question, "answer": one.answer}
    return Item(
        where=f"question {one.id}",
        id=one.id,
        clip=find_clip(one.clip, folder, fps),
        question=one.question,
        answer=one.answer,
        type=one.axis,
        groups=(one.axis,) if one.axis else (),
        fields={**fields, "axis": one.axis} if one.axis else fields,
    )
