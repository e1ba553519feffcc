"""``llamo eval humman-qa``: HuMMan-QA, which has the form of BABEL-QA."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from llamo.evaluation.babel_qa import evaluate_babel_qa
from llamo.evaluation.benchmark import RunOptions
from llamo.evaluation.published import HUMMAN_QA, published

if TYPE_CHECKING:
    from llamo.assistant import Assistant

_NOTE = "Under other protocols than the columns above, and not to be held against them."


def evaluate_humman_qa(
    data_dir: str | Path,
    split: str,
    out_dir: str | Path,
    assistant: Assistant | None = None,
    *,
    fps: float = 30.0,
    up: str = "auto",
    **options: Unpack[RunOptions],
) -> dict[str, Any]:
    """Evaluate on a split of HuMMan-QA, by protocol ``vocab``.

    Args:
        data_dir: Folder in the form of BABEL-QA.
        split, out_dir, assistant, fps, up: As for ``evaluate_babel_qa``.
        options: As for ``run_benchmark``.

    Returns:
        What ``report.json`` holds.

    Raises:
        UnreadableFile: A file cannot be read.
        InvalidData: The folder does not follow the format.
    """
    anchors = published(HUMMAN_QA, note=_NOTE)
    return evaluate_babel_qa(
        data_dir, split, out_dir, assistant,
        fps=fps, up=up, name="humman-qa", anchors=anchors, **options,
    )  # fmt: skip
