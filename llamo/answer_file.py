"""Answer a file of questions: JSON lines in, the same lines with answers out."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from llamo.answer import Answer
from llamo.answerable import checked_question
from llamo.assistant import Assistant
from llamo.errors import InvalidData, LlamoError, UnreadableFile
from llamo.session import Session

ANSWER_FIELDS = frozenset(
    ("schema", "answer", "confidence", "abstained", "reason", "viewpoints", "measurements",
     "model", "timing_ms", "error")
)  # fmt: skip
"""What an answered line adds to (or replaces in) the line of the question."""

_LINES_AT_ONCE = 256
_OPEN_CLIPS = 512


@dataclass(frozen=True)
class Tally:
    """How a file of questions went.

    Args:
        lines: Lines with a question, in all.
        kept: Answered by an earlier run and kept.
        failed: Lines that got an ``error`` instead of an answer.
    """

    lines: int
    kept: int
    failed: int


def answer_file(
    assistant: Assistant,
    questions: str | Path,
    answers: str | Path,
    *,
    batch_size: int = 64,
    progress: Callable[[int, int], object] | None = None,
) -> Tally:
    """Answer each line of a JSON-lines file, in order.

    A line holds ``question``, ``motion`` (or ``video``; a path relative to the file, or
    ``FILE#INDEX``) and optionally ``fps``, ``up`` and ``unit``; whatever else it holds is copied.
    A line that cannot be answered gets ``error``, and the rest go on. When ``answers`` exists
    from a run that was stopped, its answers are kept and only the others are asked.

    Args:
        assistant: Who answers.
        questions: The file to read.
        answers: The file to write.
        batch_size: Questions that the model sees at once.
        progress: Called with (lines done, lines in all).

    Raises:
        UnreadableFile: ``questions`` cannot be read, or ``answers`` not be written.
        InvalidData: ``answers`` holds answers to other questions or of another model, or is
            another kind of file.
    """
    questions, answers = Path(questions), Path(answers)
    if answers.exists() and questions.exists() and answers.samefile(questions):
        raise InvalidData(f"{answers} holds the questions; choose another file for the answers.")
    lines = _read_lines(questions)
    kept = _answered_before(answers, lines, assistant.name) if answers.exists() else {}
    prefix = next((i for i in range(len(lines)) if i not in kept), len(lines))
    try:
        answers.parent.mkdir(parents=True, exist_ok=True)
        _rewrite(answers, (kept[i] for i in range(prefix)))
    except OSError as error:
        raise UnreadableFile(f"{answers} cannot be written: {error.strerror or error}.") from None
    clips = _OpenClips(assistant, questions.parent)
    failed, report = 0, progress or (lambda done, total: None)
    report(prefix, len(lines))
    with _open(answers, "a") as out:
        for start in range(prefix, len(lines), _LINES_AT_ONCE):
            chunk = range(start, min(start + _LINES_AT_ONCE, len(lines)))
            fresh = _answer_lines(
                assistant, clips, {i: lines[i] for i in chunk if i not in kept}, batch_size
            )
            for i in chunk:
                record = kept[i] if i in kept else fresh[i]
                failed += "error" in record
                out.write(_to_json(record))
            out.flush()
            report(chunk.stop, len(lines))
    return Tally(len(lines), len(kept), failed)


@dataclass(frozen=True)
class _Line:
    """What a line of the questions holds, and what is wrong with it."""

    fields: dict[str, Any]
    error: str | None = None


class _OpenClips:
    """Each clip is opened once; the ones used longest ago are let go."""

    def __init__(self, assistant: Assistant, folder: Path) -> None:
        self.assistant = assistant
        self.folder = folder
        self.sessions: OrderedDict[str, Session | LlamoError] = OrderedDict()

    def session(self, line: dict[str, Any]) -> Session:
        settings = {name: line.get(name) for name in ("fps", "up", "unit")}
        path = clip_path(line, self.folder)
        key = json.dumps([path, settings], sort_keys=True, default=str)
        if key not in self.sessions:
            try:
                self.sessions[key] = self.assistant.open(path, **settings)
            except LlamoError as error:
                self.sessions[key] = error
            if len(self.sessions) > _OPEN_CLIPS:
                self.sessions.popitem(last=False)
        self.sessions.move_to_end(key)
        found = self.sessions[key]
        if isinstance(found, LlamoError):
            raise found
        return found


def clip_path(line: dict[str, Any], folder: Path) -> str:
    """The clip of a line, its path resolved against the folder of the questions.

    Raises:
        InvalidData: Neither ``motion`` nor ``video`` is a path.
    """
    path = line.get("motion", line.get("video"))
    if not isinstance(path, str) or not path:
        raise InvalidData('a line needs "motion" (or "video"): the path of its clip.')
    return str(folder / path)


def _answer_lines(
    assistant: Assistant, clips: _OpenClips, lines: dict[int, _Line], batch_size: int
) -> dict[int, dict[str, Any]]:
    done: dict[int, dict[str, Any]] = {}
    pairs: dict[int, tuple[Session, str]] = {}
    for i, line in lines.items():
        try:
            if line.error is not None:
                raise InvalidData(line.error)
            if "question" not in line.fields:
                raise InvalidData('a line needs "question": what to ask about its clip.')
            question = checked_question(line.fields["question"])
            pairs[i] = clips.session(line.fields), question
        except LlamoError as error:
            done[i] = _with_error(line, error)
    for i, given in zip(pairs, _answers(assistant, list(pairs.values()), batch_size), strict=True):
        if isinstance(given, Answer):
            done[i] = {**lines[i].fields, **given.to_dict()}
        else:
            done[i] = _with_error(lines[i], given)
    return done


def _answers(
    assistant: Assistant, pairs: list[tuple[Session, str]], batch_size: int
) -> list[Answer | LlamoError]:
    """Together; one by one where a question is refused, so that the others are answered."""
    try:
        return list(assistant.answer_batch(pairs, batch_size=batch_size))
    except LlamoError as error:
        if len(pairs) == 1:
            return [error]
        return [given for pair in pairs for given in _answers(assistant, [pair], batch_size)]


def _with_error(line: _Line, error: LlamoError) -> dict[str, Any]:
    return {**line.fields, "error": " ".join(str(error).split())}


def _read_lines(path: Path) -> list[_Line]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be read: {error.strerror or error}.") from None
    except UnicodeDecodeError:
        raise UnreadableFile(f"{path} is not UTF-8 text; expected JSON lines.") from None
    lines = [
        _parse(number, line)
        for number, line in enumerate(text.split("\n"), start=1)
        if line.strip()
    ]
    if not lines:
        raise InvalidData(f"{path} holds no questions.")
    return lines


def _parse(number: int, text: str) -> _Line:
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError) as error:
        return _Line({"line": number}, f"line {number} is not JSON: {error}")
    if not isinstance(fields, dict):
        return _Line({"line": number}, f"line {number} is not a JSON object")
    return _Line(_without_answer(fields))


def _answered_before(path: Path, lines: list[_Line], model: str) -> dict[int, dict[str, Any]]:
    """Answers of an earlier run by line; lines with an error, or cut short, are asked again."""
    kept: dict[int, dict[str, Any]] = {}
    try:
        held = path.read_bytes()
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be read: {error.strerror or error}.") from None
    *whole, rest = held.decode("utf-8", errors="replace").split("\n")
    if rest and (rest.endswith("}") or not rest.startswith("{")):
        whole.append(rest)  # else the last answer was cut short
    for i, text in enumerate(whole):
        try:
            record = json.loads(text)
        except (ValueError, RecursionError):
            raise InvalidData(
                f"{path} is there already and holds no answers (line {i + 1}); "
                "choose another file, or delete it."
            ) from None
        if i >= len(lines) or _without_answer(record) != lines[i].fields:
            raise InvalidData(
                f"{path} already holds answers to other questions (line {i + 1}); "
                "choose another file, or delete it."
            )
        if "error" in record:
            continue
        if record.get("model") != model:
            raise InvalidData(
                f"{path} already holds answers of {record.get('model')}, not of {model}; "
                "choose another file, or delete it."
            )
        kept[i] = record
    return kept


def _without_answer(record: Any) -> dict[str, Any]:
    if not isinstance(record, dict):
        return {}
    return {name: value for name, value in record.items() if name not in ANSWER_FIELDS}


def _rewrite(path: Path, records: Iterable[dict[str, Any]]) -> None:
    """Replace a file in one step, so that a stop in between loses nothing."""
    beside = path.with_name(path.name + ".part")
    with _open(beside, "w") as out:
        out.writelines(_to_json(record) for record in records)
    beside.replace(path)


def _open(path: Path, mode: str) -> IO[str]:
    """Half a surrogate pair, which JSON can hold and UTF-8 cannot, is written as JSON has it."""
    return path.open(mode, encoding="utf-8", errors="backslashreplace", newline="\n")


def _to_json(record: dict[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False) + "\n"
