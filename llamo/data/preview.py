"""``llamo data preview``: some generated questions, and what the question alone gives away."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from llamo.data.baseline import leak_table, leaks
from llamo.data.clips import load_clips, split
from llamo.data.library import ClipLibrary
from llamo.data.question import Question
from llamo.data.questions import ask_about

_SEQUENCES = 700


def preview_rows(data_dir: str | Path, count: int, *, seed: int = 0) -> list[dict]:
    """``count`` training questions, each about a sequence of its own.

    Returns:
        Dicts of kind, question, answer, sequence (its acts) and span_s.

    Raises:
        InvalidData: The folder does not hold the packs.
    """
    library, _ = _libraries(data_dir)
    rng = np.random.default_rng(seed)
    rows: list[dict] = []
    while len(rows) < count:
        sequence = library.draw(rng)
        questions = ask_about(sequence, rng)
        if not questions:
            continue
        question = questions[int(rng.integers(len(questions)))]
        acts = [" ".join(filter(None, (s.says, s.side, s.direction))) for s in sequence.segments]
        if sequence.kind == "repeat":
            acts = [f"{len(acts)} x {acts[0]}"]
        rows.append(
            {
                "kind": question.kind,
                "question": question.question,
                "answer": question.answer,
                "sequence": ", ".join(acts),
                "span_s": question.span_s,
            }
        )
    return rows


def preview(data_dir: str | Path, count: int = 20, *, seed: int = 0) -> list[dict]:
    """Print questions with answers, then majority and question-only accuracy by type.

    Returns:
        The rows of ``preview_rows``.
    """
    rows = preview_rows(data_dir, count, seed=seed)
    for row in rows:
        span = row["span_s"]
        where = "" if span is None else f"  ({span[0]:.1f}-{span[1]:.1f} s)"
        print(f"[{row['kind']}] {row['question']}\n    {row['answer']}{where}")
        print(f"    of: {row['sequence']}")
    fit, test = _questions_of(data_dir, seed)
    print(f"\nguessed from the question alone ({len(fit)} to fit, {len(test)} of other people):")
    print(leak_table(leaks(fit, test)))
    return rows


def _libraries(data_dir: str | Path) -> tuple[ClipLibrary, ClipLibrary]:
    clips = load_clips(data_dir)
    train, held = split(clips)
    return ClipLibrary(train), ClipLibrary(held or train)


def _questions_of(data_dir: str | Path, seed: int) -> tuple[list[Question], list[Question]]:
    rng = np.random.default_rng([seed, 1])
    fit, test = (
        [question for _ in range(_SEQUENCES) for question in ask_about(library.draw(rng), rng)]
        for library in _libraries(data_dir)
    )
    return fit, test
