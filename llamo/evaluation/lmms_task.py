"""A question file as a task of lmms-eval, for LLaMo and any other model there.

The task scores under ``vocab``, as ``llamo eval qa`` does. Other models see the same file: they
need a video in each line.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from llamo.answer import abstention_reason
from llamo.errors import InvalidData
from llamo.evaluation.items import Item, read_items
from llamo.evaluation.predictions import Output
from llamo.evaluation.scorer import Scorer

_FUNCTIONS = '''"""What the task file names; written by `llamo data lmms-task`."""

from pathlib import Path

from llamo.evaluation import lmms_task

QUESTIONS = Path(__file__).with_name("questions.jsonl")


def visual(doc):
    return [doc["motion"]]


def text(doc):
    return doc["question"]


def target(doc):
    return doc["answer"] or "I can't tell"


def scored(doc, results):
    return lmms_task.scored(QUESTIONS, doc["id"], results[0])
'''


def write_task(questions: str | Path, folder: str | Path, name: str) -> Path:
    """Write ``NAME.yaml``, ``task_functions.py`` and ``questions.jsonl`` into a folder.

    Args:
        questions: As of ``llamo eval qa``.
        folder: What ``lmms_eval --include_path`` is given; created.
        name: Of the task, as ``lmms_eval --tasks`` takes it.

    Returns:
        The task file.

    Raises:
        UnreadableFile, InvalidData: As of ``read_items``; or the name is not one.
    """
    if not name.isidentifier():
        raise InvalidData(f"a task's name is of letters, digits and _, got {name!r}.")
    items = read_items(questions)
    folder = Path(folder).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / "questions.jsonl"
    kept.write_text("".join(json.dumps(_line(one)) + "\n" for one in items), encoding="utf-8")
    (folder / "task_functions.py").write_text(_FUNCTIONS, encoding="utf-8")
    task = folder / f"{name}.yaml"
    task.write_text(_task(name, kept, items), encoding="utf-8")
    return task


def scored(questions: str | Path, name: str, text: str) -> dict[str, float]:
    """1 or 0 for a text that answers the question of this id, in all and of its type."""
    items, scorer = _known(Path(questions))
    item = items[name]
    said = Output(text, abstained=abstention_reason(text) is not None)
    right = float(scorer(item, said).correct)
    return {"accuracy": right, f"accuracy_{item.type}": right}


@cache
def _known(questions: Path) -> tuple[dict[str, Item], Scorer]:
    items = read_items(questions, without_clips=True)
    return {one.id: one for one in items}, Scorer(items)


def _line(item: Item) -> dict[str, Any]:
    """The same fields in every line, as `datasets` wants them; the clip by its whole path."""
    return {
        "id": item.id,
        "motion": str(Path(item.clip.path).resolve()),
        "fps": item.clip.fps,
        "up": item.clip.up,
        "unit": item.clip.unit,
        "question": item.question,
        "answer": item.answer,
        "accept": list(item.accept),
        "type": item.type,
    }


def _task(name: str, questions: Path, items: Sequence[Item]) -> str:
    types = dict.fromkeys(item.type for item in items)
    metrics = ["accuracy", *(f"accuracy_{kind}" for kind in types)]
    functions = {
        "doc_to_visual": "visual", "doc_to_text": "text", "doc_to_target": "target",
        "process_results": "scored",
    }  # fmt: skip
    settings = {
        "task": name,
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(questions)}},
        "test_split": "test",
        "output_type": "generate_until",
        "generation_kwargs": {"max_new_tokens": 32, "do_sample": False},
        "metric_list": [
            {"metric": one, "aggregation": "mean", "higher_is_better": True} for one in metrics
        ],
        "metadata": [{"version": 1.0}],
    }
    lines = [f"{key}: !function task_functions.{value}" for key, value in functions.items()]
    return yaml.safe_dump(settings, sort_keys=False) + "\n".join(lines) + "\n"
