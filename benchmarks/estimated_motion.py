"""Questions on estimated motion against the same questions on the recorded motion.

    python benchmarks/estimated_motion.py --data DIR --cache DIR [--sequences 160] [--model PATH]
                                          [--out table.md]

People and wordings that training never saw. Each recording is drawn in clothes of its own, from
any side, filmed and estimated, and asked as it was; beside both, the recording with errors drawn
at random in place of the film (`as_estimated`). A film that the estimator refuses counts as wrong;
what it does not tell because left and right are in doubt does, too.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.progress import track
from unseen_people import Case, shots, unseen_people

from llamo import Assistant
from llamo.data.estimated import as_estimated
from llamo.evaluation.metrics import average, figure
from llamo.evaluation.tables import with_interval
from llamo.session import Session
from llamo.train.filmed_motion import film

SOURCES = ("recorded", "errors drawn", "filmed")


@dataclass(frozen=True)
class Answered:
    """One question, and which of ``SOURCES`` it was answered right of."""

    kind: str
    clip: str
    right: tuple[bool, bool, bool]


def ask(assistant: Assistant, cases: list[Case], cache: Path, seed: int) -> Iterator[Answered]:
    """Every question of every case, of all three motions."""
    asked_shots = shots(cases, seed)
    both = zip(cases, asked_shots, film(asked_shots, cache), strict=True)
    for number, (case, shot, filmed) in track(enumerate(both), "films", total=len(cases)):
        rng = np.random.default_rng([seed, 3, number])
        drawn = assistant.open(as_estimated(case.motion, rng, turn_deg=shot.turn_deg))
        estimate = filmed.estimate()
        seen = None if estimate is None else assistant.open(estimate.motion)
        if seen is not None and estimate is not None:
            seen.sides_told = estimate.sides_told
        sources = (assistant.open(case.motion), drawn, seen)
        right = np.array([_right(session, case) for session in sources])
        for place, one in enumerate(case.questions):
            recorded, with_errors, on_film = right[:, place]
            yield Answered(one.kind, case.name, (recorded, with_errors, on_film))


def _right(session: Session | None, case: Case) -> list[bool]:
    if session is None:
        return [False] * len(case.questions)
    answers = session.assistant.answer_batch([(session, one.text) for one in case.questions])
    pairs = zip(answers, case.questions, strict=True)
    return [one.is_right(answer.answer) for answer, one in pairs]


def table(asked: list[Answered]) -> list[str]:
    """A line a kind, and one of all."""
    by_kind: dict[str, list[Answered]] = {}
    for one in asked:
        by_kind.setdefault(one.kind, []).append(one)
    lines = [
        "| questions | n | " + " | ".join(SOURCES) + " | lost on film, points |",
        "|---" * 6 + "|",
    ]
    for name, rows in [*sorted(by_kind.items()), ("all", asked)]:
        clips = [row.clip for row in rows]
        cells = [
            with_interval(figure([row.right[place] for row in rows], clips), 2)
            for place in range(len(SOURCES))
        ]
        lost = average([float(row.right[0]) - float(row.right[2]) for row in rows], clips)
        low, high = (100 * edge for edge in lost["ci95"])
        cells.append(f"{100 * lost['mean']:.0f} [{low:.0f}, {high:.0f}]")
        lines.append(f"| {name} | {len(rows)} | " + " | ".join(cells) + " |")
    return lines


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with motion/*.npz")
    parser.add_argument("--cache", type=Path, required=True, help="folder of what was filmed")
    parser.add_argument("--sequences", type=int, default=160)
    parser.add_argument("--seed", type=int, default=4, help="another than calibrate.py's")
    parser.add_argument("--model", type=Path, help="weights folder; llamo-tiny by default")
    parser.add_argument("--out", type=Path, help="also write the table")
    given = parser.parse_args()
    assistant = Assistant.from_pretrained(given.model)
    cases = unseen_people(given.data, given.sequences, given.seed)
    lines = table(list(ask(assistant, cases, given.cache, given.seed)))
    print("\n".join(lines))
    if given.out:
        given.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
