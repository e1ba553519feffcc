"""Put questions to the assistant in batches, write answers as they come, go on after a stop."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llamo.errors import InvalidData, LlamoError
from llamo.evaluation.items import Clip, Item, read_text, refuse
from llamo.evaluation.vocab import Score, Vocabulary, score

if TYPE_CHECKING:
    from llamo.assistant import Assistant, Session

OUTPUT_FIELDS = ("text", "prediction", "correct", "confidence", "abstained")
"""What a line of ``predictions.jsonl`` adds to the question's own fields."""

Show = Callable[["Assistant", Clip], "Session"]
"""How a clip is shown to the model: as it is, or with its motion zeroed."""


@dataclass(frozen=True)
class Output:
    """What the model gave back.

    Args:
        text: As generated.
        confidence: 0-1, None where a predictions file does not say.
        abstained: Whether it says that the motion cannot settle the question.
    """

    text: str
    confidence: float | None
    abstained: bool


class Scorer:
    """Scores outputs under ``vocab``; each type's vocabulary is read off the whole file once."""

    def __init__(self, items: Sequence[Item]) -> None:
        answers: dict[str, list[str]] = {}
        for item in items:
            answers.setdefault(item.type, [])
            if item.answer is not None:
                answers[item.type].append(item.answer)
        self.vocabularies = {kind: Vocabulary(known) for kind, known in answers.items()}

    def __call__(self, item: Item, output: Output) -> Score:
        vocabulary = self.vocabularies[item.type]
        return score(output.text, output.abstained, item.answer, item.accept, vocabulary)


def show_clip(assistant: Assistant, clip: Clip) -> Session:
    """Open a clip as a user would."""
    return assistant.open(clip.path, **clip.settings)


def answer_items(
    items: Sequence[Item],
    clips: Mapping[int, Clip],
    assistant: Assistant,
    path: Path,
    scorer: Scorer,
    *,
    batch_size: int,
    show: Show = show_clip,
    options: Mapping[str, Any] | None = None,
    answered: Callable[[int], object] | None = None,
) -> dict[int, Output]:
    """Answer the items that ``path`` does not hold yet, and write each batch to it at once.

    Questions on one clip follow each other, so that a clip is opened once; at most one batch of
    clips is open at a time. At the end the file stands in the items' order.

    Args:
        items: All items, scored or not.
        clips: Positions to answer, and the clip to show for each.
        assistant: Who answers.
        path: JSON lines of what was answered, here or by a run before.
        scorer: Scores what is written.
        batch_size: Questions that the model sees at once.
        show: How a clip is opened.
        options: Switches of ``answer_batch`` (``use_motion_tokens``, ``use_kinematic_text``).
        answered: Called with the number of questions answered since the last call.

    Raises:
        InvalidData: A clip cannot be opened.
    """
    report = answered or (lambda count: None)
    outputs = _resume(path, items, clips)
    report(len(outputs))
    first = {clip: i for i, clip in reversed(list(clips.items()))}
    pending = sorted((i for i in clips if i not in outputs), key=lambda i: (first[clips[i]], i))
    sessions: dict[Clip, Session] = {}
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8", errors="backslashreplace") as out:
        for start in range(0, len(pending), batch_size):
            batch = pending[start : start + batch_size]
            needed: dict[Clip, Item] = {}
            for i in batch:
                needed.setdefault(clips[i], items[i])
            sessions = {clip: sessions[clip] for clip in needed if clip in sessions}
            for clip, item in needed.items():
                if clip not in sessions:
                    sessions[clip] = _open(show, assistant, clip, item)
            answers = assistant.answer_batch(
                [(sessions[clips[i]], items[i].question) for i in batch],
                batch_size=batch_size,
                **(options or {}),
            )
            lines = []
            for i, answer in zip(batch, answers, strict=True):
                outputs[i] = Output(answer.answer, answer.confidence, answer.abstained)
                lines.append(to_line(items[i], outputs[i], scorer))
            out.write("".join(lines))
            out.flush()
            report(len(batch))
    write_predictions(path, items, outputs, scorer)
    return outputs


def _open(show: Show, assistant: Assistant, clip: Clip, item: Item) -> Session:
    try:
        return show(assistant, clip)
    except LlamoError as error:
        raise InvalidData(f"{item.where} (id {item.id}): {error}") from error


def to_line(item: Item, output: Output, scorer: Scorer) -> str:
    """A line of ``predictions.jsonl``: the question's own fields, then what came out."""
    scored = scorer(item, output)
    confidence = output.confidence
    values = (output.text, scored.prediction, scored.correct, confidence, output.abstained)
    record = {**item.fields, **dict(zip(OUTPUT_FIELDS, values, strict=True))}
    return json.dumps(record, ensure_ascii=False) + "\n"


def write_predictions(
    path: Path, items: Sequence[Item], outputs: Mapping[int, Output], scorer: Scorer
) -> None:
    """Write all predictions in the items' order, replacing the file in one step."""
    beside = path.with_name(path.name + ".part")
    with beside.open("w", encoding="utf-8", errors="backslashreplace") as out:
        out.writelines(to_line(items[i], outputs[i], scorer) for i in sorted(outputs))
    os.replace(beside, path)


def _resume(path: Path, items: Sequence[Item], wanted: Mapping[int, Clip]) -> dict[int, Output]:
    """Outputs that ``path`` holds already; a last line that was cut short is cut off."""
    if not path.exists():
        return {}
    position = {items[i].id: i for i in wanted}
    outputs: dict[int, Output] = {}
    end = 0
    with path.open("rb") as lines:
        for line in lines:
            try:
                record = json.loads(line) if line.endswith(b"\n") else None
            except ValueError:
                record = None
            if record is None:
                break
            end += len(line)
            i = position.get(str(record["id"]))
            if i is not None:
                outputs[i] = Output(record["text"], record["confidence"], record["abstained"])
    os.truncate(path, end)
    return outputs


def read_outputs(path: str | Path, items: Sequence[Item]) -> tuple[dict[int, Output], str]:
    """Read a predictions file made elsewhere: one line for each item, with its ``id``.

    The text is ``text``, or ``answer`` as ``llamo answer`` writes it; ``abstained`` and
    ``confidence`` are optional.

    Returns:
        Outputs by position, and the model named in the lines (``model``), or the file's name.

    Raises:
        UnreadableFile: The file cannot be read.
        InvalidData: A line does not follow the format, or items have no line.
    """
    path = Path(path)
    position = {item.id: i for i, item in enumerate(items)}
    outputs: dict[int, Output] = {}
    problems: list[str] = []
    model = path.name
    for number, record in _records(path):
        try:
            if not isinstance(record, dict) or "id" not in record:
                raise InvalidData("expected an object with id and text")
            output = _output(record)
        except InvalidData as error:
            problems.append(f"line {number}: {error}")
            continue
        i = position.get(str(record["id"]))
        if i is not None and i in outputs:
            problems.append(f"line {number}: id {record['id']!r} is answered twice")
        elif i is not None:
            outputs[i] = output
            model = str(record.get("model", model))
    refuse(path.name, problems)
    left = [item.id for i, item in enumerate(items) if i not in outputs]
    if left:
        raise InvalidData(
            f"{path.name} answers {len(outputs)} of {len(items)} questions; "
            f"ids without a line: {', '.join(left[:5])}{' ...' if len(left) > 5 else ''}."
        )
    return outputs, model


def _records(path: Path) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except (ValueError, RecursionError):
                yield number, None


def _output(record: Mapping[str, Any]) -> Output:
    text = record.get("text", record.get("answer"))
    if not isinstance(text, str):
        raise InvalidData(f"text must be what the model said, got {text!r}")
    confidence = record.get("confidence")
    if confidence is not None and not (
        isinstance(confidence, int | float) and 0 <= confidence <= 1
    ):
        raise InvalidData(f"confidence must lie in 0-1, got {confidence!r}")
    return Output(text, confidence, bool(record.get("abstained", False)))
