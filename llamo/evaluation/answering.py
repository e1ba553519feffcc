"""Put questions to the assistant in batches, write answers as they come, go on after a stop."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llamo.errors import InvalidData, LlamoError
from llamo.evaluation.items import Clip, Item
from llamo.evaluation.predictions import Marks, Output, to_line, write_predictions

if TYPE_CHECKING:
    from llamo.assistant import Assistant
    from llamo.session import Session

Show = Callable[["Assistant", Clip], "Session"]
"""How a clip is shown to the model: as it is, or with its motion zeroed."""


def show_clip(assistant: Assistant, clip: Clip) -> Session:
    """Open a clip as a user would."""
    return assistant.open(clip.path, **clip.settings)


def answer_items(
    items: Sequence[Item],
    clips: Mapping[int, Clip],
    assistant: Assistant,
    path: Path,
    marks: Marks,
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
        marks: What each line says about an output.
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
                lines.append(to_line(items[i], outputs[i], marks))
            out.write("".join(lines))
            out.flush()
            report(len(batch))
    write_predictions(path, items, outputs, marks)
    return outputs


def _open(show: Show, assistant: Assistant, clip: Clip, item: Item) -> Session:
    try:
        return show(assistant, clip)
    except LlamoError as error:
        raise InvalidData(f"{item.where} (id {item.id}): {error}") from error


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
