"""Questions on estimated motion against the same questions on the recorded motion.

    python benchmarks/estimated_motion.py --data DIR --cache DIR [--each 10] [--drawn-errors]
                                          [--no-filming] [--out table.md]

The questions are those of `llamo data evalset`: people and wordings that training never saw. Each
recording is drawn in clothes of its own, from any side, filmed and estimated, and both
are asked. A clip that the estimator refuses counts as wrong. With `--drawn-errors` the estimate is
`as_estimated` of the recording: no picture is needed, and many more clips can be asked.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path

import numpy as np

from llamo import Assistant, Motion
from llamo.data.estimated import as_estimated
from llamo.data.export import export_eval_set
from llamo.evaluation.items import Item, read_items
from llamo.evaluation.metrics import figure
from llamo.evaluation.predictions import Output
from llamo.evaluation.scorer import Scorer
from llamo.evaluation.tables import with_interval
from llamo.train.filmed_motion import Shot, film

LONG_S, LONG_FPS, SHORT_FPS = 6.0, 10.0, 15.0
"""Clips are filmed at the rate of a cheap camera, longer ones at a lower one, to spare time."""


@dataclass(frozen=True)
class Asked:
    """One question, and whether it was answered right on the recording and on its estimate."""

    type: str
    clip: str
    recorded: bool
    estimated: bool


def questions(data: Path, folder: Path, each: int, seed: int = 5) -> list[Item]:
    """So many of each type, type by type in turn: the first of each, the second of each, ..."""
    file = folder / "questions.jsonl"
    if not file.is_file():
        export_eval_set(data, folder, seed=seed, per_type=each)
    by_type: dict[str, list[Item]] = {}
    for item in read_items(file):
        by_type.setdefault(item.type, []).append(item)
    in_turn = chain.from_iterable(zip_longest(*by_type.values()))
    return [item for item in in_turn if item is not None]


def shot(item: Item, motion: Motion) -> Shot:
    """The recording filmed from any side; equal recordings give equal shots."""
    slow = motion.resample(LONG_FPS if motion.duration_s > LONG_S else SHORT_FPS)
    rng = np.random.default_rng(int(np.abs(slow.joints[::7]).sum(dtype=np.float64) * 1e4))
    turn_deg, seed = float(rng.uniform(-180, 180)), int(rng.integers(1 << 30))
    return Shot(f"qa {item.clip.file.stem}", slow, turn_deg, seed, {"held_out": True})


def estimated(
    item: Item, motion: Motion, cache: Path, drawn_errors: bool, filming: bool
) -> Motion | None:
    """The estimate of a recording; None where it is refused.

    Raises:
        LookupError: It is not filmed yet, and shall not be.
    """
    if drawn_errors:
        rng = np.random.default_rng(int(np.abs(motion.joints[::7]).sum(dtype=np.float64) * 1e4))
        return as_estimated(motion, rng)
    for filmed in film([shot(item, motion)], cache, filming):
        found = filmed.estimate()
        return None if found is None else found.motion
    raise LookupError(item.id)


def ask(items: list[Item], cache: Path, drawn_errors: bool, filming: bool) -> Iterator[Asked]:
    """Both motions of each question."""
    assistant, scorer = Assistant.from_pretrained(), Scorer(items)

    def is_right(item: Item, motion: Motion) -> bool:
        answer = assistant.open(motion).ask(item.question)
        told = Output(answer.answer, answer.confidence, answer.abstained)
        return scorer(item, told).correct

    for item in items:
        motion = item.clip.read()
        try:
            seen = estimated(item, motion, cache, drawn_errors, filming)
        except LookupError:
            continue
        clip = item.clip.path
        right = seen is not None and is_right(item, seen)
        yield Asked(item.type, clip, is_right(item, motion), right)


def table(asked: list[Asked]) -> list[str]:
    """A line a type, and one of all."""
    by_type: dict[str, list[Asked]] = {}
    for one in asked:
        by_type.setdefault(one.type, []).append(one)
    lines = ["| questions | n | recorded | estimated | lost, points |", "|---|---|---|---|---|"]
    for name, rows in [*sorted(by_type.items()), ("all", asked)]:
        clips = [row.clip for row in rows]
        told = {
            "recorded": figure([row.recorded for row in rows], clips),
            "estimated": figure([row.estimated for row in rows], clips),
        }
        lost = figure([float(row.recorded) - float(row.estimated) for row in rows], clips)
        low, high = (100 * edge for edge in lost["ci95"])
        lines.append(
            f"| {name} | {len(rows)} | {with_interval(told['recorded'], 2)} | "
            f"{with_interval(told['estimated'], 2)} | "
            f"{100 * lost['accuracy']:.0f} [{low:.0f}, {high:.0f}] |"
        )
    return lines


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with motion/*.npz")
    parser.add_argument("--cache", type=Path, required=True, help="folder of what was filmed")
    parser.add_argument("--each", type=int, default=10, help="questions of a type")
    parser.add_argument("--drawn-errors", action="store_true", help="film nothing, draw the errors")
    parser.add_argument("--no-filming", action="store_true", help="only what was filmed before")
    parser.add_argument("--out", type=Path, help="also write the table")
    given = parser.parse_args()
    items = questions(given.data, given.cache / f"questions-{given.each}", given.each)
    asked = list(ask(items, given.cache, given.drawn_errors, not given.no_filming))
    lines = table(asked)
    print("\n".join(lines))
    if given.out:
        given.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
