"""``llamo eval repcount``: counting repetitions on RepCount."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from llamo.evaluation.benchmark import Benchmark, RunOptions, run_benchmark
from llamo.evaluation.clip_files import check_clips, find_clip
from llamo.evaluation.counting import CountMeasure
from llamo.evaluation.items import Item
from llamo.evaluation.published import REPCOUNT, published
from llamo.evaluation.repcount_data import Counted, RepCountFile, read_repcount
from llamo.evaluation.run_folder import sha256

if TYPE_CHECKING:
    from llamo.assistant import Assistant

PHRASES = {
    "battle_rope": "battle rope waves",
    "bench_pressing": "bench presses",
    "front_raise": "front raises",
    "jump_jack": "jumping jacks",
    "pommelhorse": "circles on the pommel horse",
    "pull_up": "pull-ups",
    "push_up": "push-ups",
    "situp": "sit-ups",
    "squat": "squats",
}
UNNAMED = "How many times does the person repeat the movement?"

_NOTE = (
    "Another subset than ours: the rule by which Mo-RepCount was filtered is not published. Most "
    "frequent counts, without a look at the clip, are the control `majority` above."
)


def evaluate_repcount(
    annotations: str | Path,
    out_dir: str | Path,
    assistant: Assistant | None = None,
    *,
    clips: str | Path | None = None,
    training: str | Path | None = None,
    name_exercise: bool = True,
    **options: Unpack[RunOptions],
) -> dict[str, Any]:
    """Evaluate on an annotation file of RepCount.

    Args:
        annotations: CSV with ``type, name, count, L1 ... Ln``.
        out_dir: Folder for ``report.json``, ``report.md``, ``predictions.jsonl``, ``controls/``.
        assistant: Who answers; None when ``predictions`` are given.
        clips: Folder of videos, motions, or poses (T, 99) under the names of the file, with any
            suffix; needed when a model is asked.
        training: CSV to fit the control ``question_only`` on.
        name_exercise: Whether the question says which exercise is to be counted.
        options: As for ``run_benchmark``.

    Returns:
        What ``report.json`` holds.

    Raises:
        UnreadableFile: A file cannot be read.
        InvalidData: A file does not follow the format, or clips are not there.
    """
    held = read_repcount(annotations)
    folder = None if clips is None else Path(clips)
    items = [_item(one, folder, name_exercise) for one in held.clips]
    if assistant is not None:
        check_clips(items, folder)
    known = None
    if training is not None:
        known = [_item(one, None, name_exercise) for one in read_repcount(training).clips]
    asked = "known class: the question names the exercise"
    if not name_exercise:
        asked = "class not told: the question does not name the exercise"
    benchmark = Benchmark(
        name="repcount" if name_exercise else "repcount, class not told",
        items=items,
        data_sha256=sha256([Path(annotations)]),
        measure=CountMeasure(sorted({one.exercise for one in held.clips})),
        training=known,
        facts={"about": [asked, *_oddities(held)]},
        anchors=published(REPCOUNT, note=_NOTE),
    )
    return run_benchmark(benchmark, out_dir, assistant, **options)


def _item(one: Counted, folder: Path | None, name_exercise: bool) -> Item:
    phrase = PHRASES.get(one.exercise) if name_exercise else None
    question = UNNAMED if phrase is None else f"How many {phrase} does the person do?"
    fields = {"id": one.name, "name": one.name, "type": one.exercise, "question": question}
    return Item(
        where=f"clip {one.name}",
        id=one.name,
        clip=find_clip(one.name, folder, one.fps),
        question=question,
        answer=str(one.count),
        type="count",
        groups=(one.exercise,),
        fields={**fields, "answer": one.count},
    )


def _oddities(held: RepCountFile) -> list[str]:
    told = []
    if held.without_count:
        told.append(f"left out, the count is empty: {', '.join(held.without_count)}")
    if held.other_than_pairs:
        names = ", ".join(held.other_than_pairs)
        told.append(f"the count is not the number of cycles, and kept: {names}")
    zero = [one.name for one in held.clips if one.count == 0]
    if zero:
        told.append(f"count 0, so MAE over g + 1e-9 explodes where it is missed: {', '.join(zero)}")
    return told
