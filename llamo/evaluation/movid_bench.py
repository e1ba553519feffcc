"""``llamo eval movid-bench``: MoVid-Bench, motion or video, decided by a judge.

The benchmark itself was never released; this is a reading of the paper, and a tolerant one.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from llamo.errors import InvalidData
from llamo.evaluation.benchmark import Benchmark, RunOptions
from llamo.evaluation.judge.rubric import CORRECTNESS, Rubric
from llamo.evaluation.judged import Judging, judged_benchmark, run_judged
from llamo.evaluation.published import (
    AXES,
    MOVID_MOTION,
    MOVID_MOTION_COUNTS,
    MOVID_VIDEO,
    MOVID_VIDEO_COUNTS,
    published,
    recomputed,
)

if TYPE_CHECKING:
    from llamo.assistant import Assistant

PARTS = {
    "motion": (MOVID_MOTION, MOVID_MOTION_COUNTS),
    "video": (MOVID_VIDEO, MOVID_VIDEO_COUNTS),
}

_NOTE = (
    "Not to be held against the table above: neither these questions nor their judge can be had, "
    "and judges differ by 8 to 10 points on the same answers. "
    "Theirs are means of three runs of the judge."
)


def movid_bench(
    data: str | Path,
    out_dir: str | Path,
    *,
    part: str = "motion",
    clips: str | Path | None = None,
    fps: float | None = None,
    judging: Judging | None = None,
    rubric: Rubric = CORRECTNESS,
) -> Benchmark:
    """The benchmark, ready to run.

    Args:
        data: File or folder of questions.
        out_dir: Folder of the run.
        part: ``motion`` or ``video``: which published table stands beside.
        clips: Folder of the motions or videos; needed when a model is asked.
        fps: Frames a second of ``.npy`` clips.
        judging: Who judges; the rule by default.
        rubric: What the judge is asked.

    Raises:
        UnreadableFile: A file cannot be read.
        InvalidData: Entries that do not follow the format, or an unknown part.
    """
    if part not in PARTS:
        raise InvalidData(f"part {part!r} is not known; expected {' or '.join(PARTS)}.")
    printed, counts = PARTS[part]
    return judged_benchmark(
        f"movid-bench {part}", data, out_dir, rubric=rubric, axes=AXES, clips=clips, fps=fps,
        judging=judging, anchors=published(printed, recomputed(printed, counts), note=_NOTE),
    )  # fmt: skip


def evaluate_movid_bench(
    data: str | Path,
    out_dir: str | Path,
    assistant: Assistant | None = None,
    *,
    part: str = "motion",
    clips: str | Path | None = None,
    fps: float | None = None,
    judging: Judging | None = None,
    rubric: Rubric = CORRECTNESS,
    **options: Unpack[RunOptions],
) -> dict[str, Any]:
    """Evaluate on questions in a form of MoVid; ``pred`` in the file is scored as it stands.

    Args:
        data, out_dir, part, clips, fps, judging, rubric: As for ``movid_bench``.
        assistant: Who answers; None when answers are given.
        options: As for ``run_benchmark``.

    Returns:
        What ``report.json`` holds.

    Raises:
        UnreadableFile: A file cannot be read.
        InvalidData: Entries that do not follow the format, or clips that are not there.
        JudgeError: The judge cannot be asked.
    """
    benchmark = movid_bench(
        data, out_dir, part=part, clips=clips, fps=fps, judging=judging, rubric=rubric
    )
    return run_judged(benchmark, out_dir, assistant, clips, **options)
