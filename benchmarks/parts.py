"""What each part of a trained model brings: taken away when it is asked, nothing trained anew.

    python benchmarks/parts.py --data questions.jsonl --out DIR [--model PATH] [--limit 60]

The questions are those of ``llamo data export``; ``--limit`` takes the first so many of each type.
Without a choice of frames, the language model is fed frames evenly spaced, or all of them. A part
that a model never learnt to do without is missed more than one that training could replace:
``benchmarks/claims.py`` trains each row for itself, but for a few minutes.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from llamo import Assistant
from llamo.evaluation.items import read_items
from llamo.evaluation.qa import evaluate_qa
from llamo.terminal import progress

AS_TRAINED, UNIFORM, ALL = "as trained", "uniform frames", "all frames"
SELECTIONS = {AS_TRAINED: "text", UNIFORM: "uniform", ALL: "all"}
CONTROLS = {
    "zeroed_text": "no kinematic text", "zeroed_tokens": "no motion tokens",
    "zeroed_motion": "neither", "question_only": "question alone (a classifier)",
}  # fmt: skip


@contextmanager
def selecting(assistant: Assistant, selection: str, most: int) -> Iterator[None]:
    """The same weights with another choice of frames; ``most`` are fed where all are."""
    select, processor = assistant.model.cross_talker.select, assistant.processor
    usual = select.selection, processor.num_viewpoints
    select.selection = selection
    if selection == "all":
        processor.num_viewpoints = most
    try:
        yield
    finally:
        select.selection, processor.num_viewpoints = usual


def first_of_each(data: Path, limit: int) -> list[str]:
    """The lines of a file of questions, at most so many of a type."""
    taken: dict[str, int] = {}
    lines = []
    for line in data.read_text().splitlines():
        kind = json.loads(line)["type"]
        taken[kind] = taken.get(kind, 0) + 1
        if taken[kind] <= limit:
            lines.append(line)
    return lines


def measure(assistant: Assistant, questions: Path, out: Path) -> dict[str, dict[str, float]]:
    """Figures by part taken away, overall and for each type of question."""
    longest_s = max(item.clip.read().duration_s for item in read_items(questions))
    most = int(longest_s * assistant.model.motion_encoder.rate_hz) + 2
    found: dict[str, dict[str, float]] = {}
    for name, selection in SELECTIONS.items():
        controls = list(CONTROLS) if name == AS_TRAINED else False
        with selecting(assistant, selection, most), progress(name) as told:
            report = evaluate_qa(
                questions, out / name.replace(" ", "-"), assistant, controls=controls,
                batch_size=64 if selection != "all" else 8, progress=told,
            )  # fmt: skip
        found[name] = figures(report)
        for control, title in CONTROLS.items() if controls else ():
            found[title] = figures(report["controls"][control])
    return found


def figures(report: dict[str, Any]) -> dict[str, float]:
    """Accuracy of all questions, and of each type."""
    overall = report.get("overall", report)["accuracy"]
    types = {kind: one["accuracy"] for kind, one in report["by_type"].items()}
    return {"overall": overall, **types}


def table(found: dict[str, dict[str, float]]) -> str:
    """Markdown: a line a part taken away."""
    kinds = list(found[AS_TRAINED])
    lines = ["| taken away | " + " | ".join(kinds) + " |", "|---|" + "---|" * len(kinds)]
    for name, row in found.items():
        cells = [f"{row[kind]:.3f}" if kind == "overall" else f"{row[kind]:.2f}" for kind in kinds]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="questions.jsonl")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--limit", type=int, help="questions of a type")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    questions = given.data
    if given.limit is not None:  # beside the others: the paths of clips are relative to the file
        questions = given.data.with_name(f"{given.data.stem}-first-{given.limit}.jsonl")
        questions.write_text("\n".join(first_of_each(given.data, given.limit)) + "\n")
    found = measure(Assistant.from_pretrained(given.model), questions, given.out)
    print(table(found))
    (given.out / "parts.json").write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
