"""``predictions.jsonl``: what a model said to each question, written here or elsewhere."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from llamo.errors import InvalidData
from llamo.evaluation.items import Item, read_text, refuse

_SHOWN_IDS = 5


@dataclass(frozen=True)
class Output:
    """What the model gave back.

    Args:
        text: As generated.
        confidence: 0-1, None where a predictions file does not say.
        abstained: Whether it says that the motion cannot settle the question.
        more: What else a line of a predictions file holds.
    """

    text: str
    confidence: float | None = None
    abstained: bool = False
    more: Mapping[str, Any] = field(default_factory=dict, compare=False, hash=False)


Marks = Callable[[Item, Output], Mapping[str, Any]]
"""What a line says about an output beside its text: how it was read, whether it is right."""


def to_line(item: Item, output: Output, marks: Marks) -> str:
    """A line of ``predictions.jsonl``: the question's own fields, then what came out."""
    record = {
        **item.fields,
        "text": output.text,
        **marks(item, output),
        "confidence": output.confidence,
        "abstained": output.abstained,
    }
    return json.dumps(record, ensure_ascii=False) + "\n"


def write_predictions(
    path: Path, items: Sequence[Item], outputs: Mapping[int, Output], marks: Marks
) -> None:
    """Write all predictions in the items' order, replacing the file in one step."""
    beside = path.with_name(path.name + ".part")
    with beside.open("w", encoding="utf-8", errors="backslashreplace") as out:
        out.writelines(to_line(items[i], outputs[i], marks) for i in sorted(outputs))
    os.replace(beside, path)


def read_outputs(
    path: str | Path,
    items: Sequence[Item],
    limit: int | None = None,
    elsewhere: Container[str] = (),
) -> tuple[dict[int, Output], str]:
    """Read a predictions file made elsewhere: one line for each item, with its ``id``.

    The text is ``text``, or ``answer`` as ``llamo answer`` writes it; ``abstained`` and
    ``confidence`` are optional.

    Args:
        path: The file.
        items: All questions of the benchmark.
        limit: Only the first so many are scored; lines for the others are passed over.
        elsewhere: Ids of the data set's other splits; their lines are passed over, too.

    Returns:
        Outputs by position, and the model named in the lines (``model``), or the file's name.

    Raises:
        UnreadableFile: The file cannot be read.
        InvalidData: A line does not follow the format or answers a question that is not asked
            or was answered before, or questions have no line.
    """
    path = Path(path)
    position = {item.id: i for i, item in enumerate(items)}
    first_seen: dict[str, int] = {}
    outputs: dict[int, Output] = {}
    problems: list[str] = []
    unknown: list[str] = []
    model = path.name
    for number, record in read_records(path):
        try:
            if not isinstance(record, dict) or "id" not in record:
                raise InvalidData("expected an object with id and text")
            key = str(record["id"])
            if key not in position:
                unknown += [] if key in elsewhere else [key]
                continue
            if key in first_seen:
                raise InvalidData(f"id {key!r} is answered on line {first_seen[key]} already")
            first_seen[key] = number
            outputs[position[key]] = _output(record)
            model = str(record.get("model", model))
        except InvalidData as error:
            problems.append(f"line {number}: {error}")
    refuse(path.name, problems)
    if unknown:
        raise InvalidData(
            f"{path.name} answers {len(unknown)} questions that are not asked here: ids "
            f"{shown_ids(unknown)}. The benchmark's ids look like {shown_ids(list(position))}."
        )
    asked = items[:limit]
    left = [item.id for i, item in enumerate(asked) if i not in outputs]
    if left:
        raise InvalidData(
            f"{path.name} answers {len(asked) - len(left)} of {len(asked)} questions; "
            f"ids without a line: {shown_ids(left)}."
        )
    return {i: outputs[i] for i in range(len(asked))}, model


def shown_ids(ids: Sequence[str]) -> str:
    """The first few ids, for a message."""
    return ", ".join(ids[:_SHOWN_IDS]) + (" ..." if len(ids) > _SHOWN_IDS else "")


def read_records(path: Path) -> Iterator[tuple[int, Any]]:
    """Line numbers and what stands on them; None where a line is not JSON."""
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except (ValueError, RecursionError):
                yield number, None


def _output(record: Mapping[str, Any]) -> Output:
    text = record.get("text", record.get("answer"))
    if isinstance(text, int | float) and not isinstance(text, bool):
        text = str(text)  # a system that only counts
    if not isinstance(text, str):
        raise InvalidData(f"text must be what the model said, got {text!r}")
    confidence = record.get("confidence")
    if confidence is not None and not (
        isinstance(confidence, int | float) and 0 <= confidence <= 1
    ):
        raise InvalidData(f"confidence must lie in 0-1, got {confidence!r}")
    return Output(text, confidence, bool(record.get("abstained", False)), record)
