"""Open questions with their answers, in the forms in which MoVid and its relatives ship them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from llamo.errors import InvalidData, UnreadableFile
from llamo.evaluation.clip_files import find_clip
from llamo.evaluation.items import Item, read_text, refuse
from llamo.evaluation.predictions import read_records

_AXIS_FIELDS = ("axis", "type", "category", "task")
_CLIP_FIELDS = ("motion", "video", "video_name", "clip", "name")
_PLACEHOLDER = re.compile(r"<(?:video|image|motion)>\s*")


@dataclass(frozen=True)
class OpenQuestion:
    """One question.

    Args:
        id: Of the file, numbered where it stands more than once; else file and position.
        clip: What it is about, as named there.
        question: Without the placeholders of a chat.
        answer: The right one.
        axis: Which of the axes it belongs to, empty where there are none.
        prediction: An answer that stands in the file, None where none does.
    """

    id: str
    clip: str
    question: str
    answer: str
    axis: str
    prediction: str | None = None


def question_files(path: str | Path) -> list[Path]:
    """The file itself, or all ``.json`` and ``.jsonl`` files of a folder.

    Raises:
        UnreadableFile: Neither is there.
    """
    path = Path(path)
    if not path.is_dir():
        return [path]
    found = sorted(one for one in path.iterdir() if one.suffix in (".json", ".jsonl"))
    if not found:
        raise UnreadableFile(f"{path} holds no .json or .jsonl file.")
    return found


def read_questions(path: str | Path, axes: Sequence[str] = ()) -> list[OpenQuestion]:
    """Read questions in any of the accepted forms.

    Args:
        path: A ``.json`` or ``.jsonl`` file, or a folder of them.
        axes: Beginnings of words, one of which each entry (or its file's name) has to tell.

    Raises:
        UnreadableFile: A file cannot be read.
        InvalidData: Entries that follow none of the forms, each named.
    """
    found: list[OpenQuestion] = []
    for file in question_files(path):
        problems = []
        for number, entry in enumerate(_entries(file)):
            try:
                found += _questions(entry, file.stem, number, axes)
            except InvalidData as error:
                problems.append(f"entry {number}: {error}")
        refuse(file.name, problems)
    if not found:
        raise InvalidData(f"{path} holds no questions.")
    return _told_apart(found)


def open_item(one: OpenQuestion, folder: Path | None, fps: float | None = None) -> Item:
    """A question as the benchmarks ask it.

    Args:
        one: The question.
        folder: Of the clips, None where none will be opened.
        fps: Frames a second of ``.npy`` clips.
    """
    fields = {"id": one.id, "clip": one.clip, "question": one.question, "answer": one.answer}
    return Item(
        where=f"question {one.id}",
        id=one.id,
        clip=find_clip(one.clip, folder, fps),
        question=one.question,
        answer=one.answer,
        type=one.axis,
        groups=(one.axis,) if one.axis else (),
        fields={**fields, "axis": one.axis} if one.axis else fields,
    )


def _entries(path: Path) -> Sequence[Any]:
    if path.suffix == ".jsonl":
        return [record for _, record in read_records(path)]
    try:
        held = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise InvalidData(f"{path} is not JSON: {' '.join(str(error).split())}.") from None
    if isinstance(held, dict):  # by id
        return [
            {"id": key, **entry} if isinstance(entry, dict) else entry
            for key, entry in held.items()
        ]
    if not isinstance(held, list):
        raise InvalidData(f"{path} must hold a list of questions.")
    return held


def _questions(entry: Any, stem: str, number: int, axes: Sequence[str]) -> Iterator[OpenQuestion]:
    if not isinstance(entry, dict):
        raise InvalidData("expected an object {...}")
    key = str(entry.get("id", f"{stem}-{number}"))
    named = next((entry[name] for name in _CLIP_FIELDS if isinstance(entry.get(name), str)), key)
    pairs = _pairs(entry)
    predicted = entry.get("pred")
    axis = _axis(entry, stem, axes) if axes else ""
    for turn, (question, answer) in enumerate(pairs, start=1):
        if not isinstance(question, str) or not isinstance(answer, str):
            raise InvalidData("question and answer must be texts")
        text = _PLACEHOLDER.sub("", question).strip()
        if not text or not answer.strip():
            raise InvalidData("question or answer is empty")
        yield OpenQuestion(
            id=key if len(pairs) == 1 else f"{key}-{turn}",
            clip=named,
            question=text,
            answer=answer.strip(),
            axis=axis,
            prediction=predicted if isinstance(predicted, str) and len(pairs) == 1 else None,
        )


def _pairs(entry: dict[str, Any]) -> list[tuple[Any, Any]]:
    """Questions and answers of an entry, in whichever form it has."""
    if "instruction" in entry and "output" in entry:
        extra = entry.get("input")
        question = entry["instruction"]
        return [(f"{question}\n{extra}" if extra else question, entry["output"])]
    turns = entry.get("QA")
    if isinstance(turns, list) and turns and all(isinstance(one, dict) for one in turns):
        return [(one.get("Q"), one.get("A")) for one in turns]
    turns = entry.get("conversations")
    if isinstance(turns, list) and turns and all(isinstance(one, dict) for one in turns):
        if len(turns) % 2 or any(
            one.get("from") not in (("human", "user"), ("gpt", "assistant"))[i % 2]
            for i, one in enumerate(turns)
        ):
            raise InvalidData("conversations must alternate between human and gpt")
        values = [one.get("value") for one in turns]
        return list(zip(values[::2], values[1::2], strict=True))
    for question, answer in (("question", "answer"), ("Q", "A")):
        if question in entry and answer in entry:
            return [(entry[question], entry[answer])]
    raise InvalidData(
        "expected instruction and output, QA, conversations, question and answer, or Q and A"
    )


def _axis(entry: dict[str, Any], stem: str, axes: Sequence[str]) -> str:
    named = [entry[name] for name in _AXIS_FIELDS if isinstance(entry.get(name), str)]
    for text in (*named, *re.split(r"[^A-Za-z]+", stem)):
        word = re.sub(r"[^a-z]", "", text.lower())
        found = next((axis for axis in axes if word.startswith(axis)), None)
        if found is not None:
            return found
    raise InvalidData(
        f"no axis; expected one of {', '.join(axes)} as {', '.join(_AXIS_FIELDS)}, or in the "
        "file's name"
    )


def _told_apart(questions: Sequence[OpenQuestion]) -> list[OpenQuestion]:
    """Ids that stand more than once, as those of clips do, numbered in order."""
    often = {key for key, count in Counter(one.id for one in questions).items() if count > 1}
    seen: Counter[str] = Counter()
    apart = []
    for one in questions:
        if one.id in often:
            seen[one.id] += 1
            one = replace(one, id=f"{one.id}#{seen[one.id]}")
        apart.append(one)
    return apart
