"""``llamo eval swing``: questions on a swing, answered beside a coach, scored by a judge."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from llamo.evaluation.benchmark import Benchmark, RunOptions
from llamo.evaluation.judge.rubric import COACHING, Rubric
from llamo.evaluation.judged import Judging, judged_benchmark, run_judged
from llamo.evaluation.published import SWING, published

if TYPE_CHECKING:
    from llamo.assistant import Assistant

_NOTE = (
    "Not to be held against the table above: neither the questions nor the judge's prompt are "
    "published. Only scores are given above, as the rule that makes accuracies of them is not told."
)


def swing(
    data: str | Path,
    out_dir: str | Path,
    *,
    clips: str | Path | None = None,
    fps: float | None = None,
    judging: Judging | None = None,
    rubric: Rubric = COACHING,
) -> Benchmark:
    """The benchmark, ready to run.

    Args:
        data: File or folder of questions with a coach's answers, in a form of MoVid.
        out_dir: Folder of the run.
        clips: Folder of the motions or videos; needed when a model is asked.
        fps: Frames a second of ``.npy`` clips.
        judging: Who judges; the rule by default, which can only tell that an answer is the coach's.
        rubric: What the judge is asked.

    Raises:
        UnreadableFile: A file cannot be read.
        InvalidData: Entries that do not follow the format.
    """
    return judged_benchmark(
        "swing", data, out_dir, rubric=rubric, clips=clips, fps=fps, judging=judging,
        anchors=published(SWING, note=_NOTE),
    )  # fmt: skip


def evaluate_swing(
    data: str | Path,
    out_dir: str | Path,
    assistant: Assistant | None = None,
    *,
    clips: str | Path | None = None,
    fps: float | None = None,
    judging: Judging | None = None,
    rubric: Rubric = COACHING,
    **options: Unpack[RunOptions],
) -> dict[str, Any]:
    """Evaluate on a coach's answers; ``pred`` in the file is scored as it stands.

    Args:
        data, out_dir, clips, fps, judging, rubric: As for ``swing``.
        assistant: Who answers; None when answers are given.
        options: As for ``run_benchmark``.

    Returns:
        What ``report.json`` holds.

    Raises:
        UnreadableFile: A file cannot be read.
        InvalidData: Entries that do not follow the format, or clips that are not there.
        JudgeError: The judge cannot be asked.
    """
    benchmark = swing(data, out_dir, clips=clips, fps=fps, judging=judging, rubric=rubric)
    return run_judged(benchmark, out_dir, assistant, clips, **options)
