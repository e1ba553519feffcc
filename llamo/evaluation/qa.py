"""``llamo eval qa``: questions and answers of one's own, in a JSON-lines file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llamo.evaluation.benchmark import Benchmark, run_benchmark
from llamo.evaluation.items import read_items
from llamo.evaluation.report import PROTOCOL, VocabMeasure
from llamo.evaluation.run_folder import sha256
from llamo.evaluation.scorer import Scorer

if TYPE_CHECKING:
    from llamo.assistant import Assistant


def evaluate_qa(
    data_jsonl: str | Path,
    out_dir: str | Path,
    assistant: Assistant | None = None,
    *,
    batch_size: int = 64,
    limit: int | None = None,
    controls: bool | Sequence[str] = True,
    protocol: str = PROTOCOL,
    predictions: str | Path | None = None,
    seed: int = 0,
    overwrite: bool = False,
    progress: Callable[[int, int], object] | None = None,
    command: str | None = None,
) -> dict[str, Any]:
    """Evaluate on a file of ``id, motion, fps, question, answer, type`` (``accept``, ``person``).

    Args:
        data_jsonl: The questions; ``motion`` is relative to this file, and may be missing where
            ``predictions`` are given.
        out_dir: Folder for ``report.json``, ``report.md``, ``predictions.jsonl``, ``controls/``.
        assistant: Who answers; None when ``predictions`` are given.
        batch_size, limit, controls, protocol, predictions, seed, overwrite, progress, command: As
            for ``run_benchmark``.

    Returns:
        What ``report.json`` holds.

    Raises:
        UnreadableFile: The file cannot be read.
        InvalidData: Lines that do not follow the format, each named with its number.
    """
    path = Path(data_jsonl)
    items = read_items(path, without_clips=predictions is not None)
    benchmark = Benchmark(
        name="qa",
        items=items,
        data_sha256=sha256([path]),
        measure=VocabMeasure(Scorer(items), list(dict.fromkeys(item.type for item in items))),
    )
    return run_benchmark(
        benchmark, out_dir, assistant,
        batch_size=batch_size, limit=limit, controls=controls, protocol=protocol,
        predictions=predictions, seed=seed, overwrite=overwrite, progress=progress,
        command=command,
    )  # fmt: skip
