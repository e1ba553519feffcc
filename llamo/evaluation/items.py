"""Questions with known answers: what a benchmark is made of, and the JSON-lines file of them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from llamo.answerable import checked_question
from llamo.errors import InvalidData, InvalidQuestion, UnreadableFile
from llamo.evaluation.vocab import normalise
from llamo.motion import Motion

_SHOWN_PROBLEMS = 5


@dataclass(frozen=True)
class Clip:
    """A motion file and what it does not say itself.

    Args:
        path: A file, or ``FILE#INDEX`` in a file of many clips.
        fps: Frames a second, None where the file says.
        up: Up axis, None where the file says or the format fixes it.
        unit: Unit of length, None where the file says or the format fixes it.
    """

    path: str
    fps: float | None = None
    up: str | None = None
    unit: str | None = None

    @property
    def settings(self) -> dict[str, Any]:
        """What is known beside the path, as keywords of ``read_motion`` and ``open``."""
        known = {"fps": self.fps, "up": self.up, "unit": self.unit}
        return {name: value for name, value in known.items() if value is not None}

    @property
    def file(self) -> Path:
        """The file on disk, without ``#INDEX``."""
        head, mark, index = self.path.rpartition("#")
        return Path(head if mark and index.isdigit() else self.path)

    def read(self) -> Motion:
        """The motion itself."""
        from llamo.formats import read_motion

        return read_motion(self.path, **self.settings)


@dataclass(frozen=True)
class Item:
    """One question about one clip, with its answer.

    Args:
        where: For messages: ``questions.jsonl: line 3``.
        id: Unique in its file.
        clip: What is asked about.
        question: As put to the model.
        answer: What is right; None where the motion cannot settle the question.
        type: Questions of one type share a vocabulary of answers.
        accept: Further right answers.
        groups: The columns of the report that this question counts in.
        person: Who moves, None where nobody is named.
        fields: The line as it came, copied into the predictions.
    """

    where: str
    id: str
    clip: Clip
    question: str
    answer: str | None
    type: str
    accept: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    person: str | None = None
    fields: dict[str, Any] = field(default_factory=dict, compare=False, hash=False)

    @property
    def key(self) -> tuple[str, ...] | None:
        """The answer as it is compared, None where only an abstention is right."""
        return None if self.answer is None else normalise(self.answer)


def read_items(path: str | Path, *, without_clips: bool = False) -> list[Item]:
    """Read a JSON-lines file of ``id, motion, question, answer, type`` (``fps``, ``accept``).

    ``motion`` is relative to the file. ``fps`` is required for ``.npy``. ``"answer": null`` marks a
    question that the motion cannot settle. ``person`` (or ``subject``, ``actor``) is optional.

    Args:
        path: The file.
        without_clips: Take motions that are not there: nothing will be asked about them.

    Raises:
        UnreadableFile: The file cannot be read.
        InvalidData: Lines that do not follow the format, each named with its number.
    """
    path = Path(path)
    items: list[Item] = []
    problems: list[str] = []
    first_seen: dict[str, int] = {}
    for number, text in _lines(path):
        try:
            item = _item(_fields(text), path.parent, f"{path.name}: line {number}", without_clips)
            if item.id in first_seen:
                raise InvalidData(f"id {item.id!r} stands on line {first_seen[item.id]} already")
        except InvalidData as error:
            problems.append(f"line {number}: {error}")
            continue
        first_seen[item.id] = number
        items.append(item)
    refuse(path.name, problems)
    if not items:
        raise InvalidData(f"{path} holds no questions.")
    return items


def refuse(name: str, problems: Sequence[str]) -> None:
    """Raise one error that lists the problems of a file, if there are any.

    Raises:
        InvalidData: There are problems.
    """
    if not problems:
        return
    shown = "; ".join(problems[:_SHOWN_PROBLEMS])
    more = len(problems) - _SHOWN_PROBLEMS
    raise InvalidData(f"{name}: {shown}" + (f"; and {more} more" if more > 0 else "") + ".")


def read_text(path: Path) -> str:
    """A text file as UTF-8.

    Raises:
        UnreadableFile: Missing, or not text.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be read: {error.strerror or error}.") from None
    except UnicodeDecodeError:
        raise UnreadableFile(f"{path} is not UTF-8 text.") from None


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    for number, text in enumerate(read_text(path).split("\n"), start=1):
        if text.strip():
            yield number, text


def _fields(text: str) -> dict[str, Any]:
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidData(f"not JSON ({' '.join(str(error).split())})") from None
    if not isinstance(fields, dict):
        raise InvalidData(f"expected an object {{...}}, got {type(fields).__name__}")
    return fields


def _item(fields: dict[str, Any], folder: Path, where: str, without_clips: bool) -> Item:
    missing = [
        name for name in ("id", "motion", "question", "answer", "type") if name not in fields
    ]
    if missing:
        raise InvalidData(f"{', '.join(missing)} missing; each line needs them all")
    accept = fields.get("accept") or []
    if not isinstance(accept, list):
        raise InvalidData("accept must be a list of answers")
    clip = _clip(fields, folder, without_clips)
    question = _words("question", fields["question"])
    try:
        checked_question(question)
    except InvalidQuestion as error:
        raise InvalidData(str(error).rstrip(".")) from None
    return Item(
        where=where,
        id=_name("id", fields["id"]),
        clip=clip,
        question=question,
        answer=None if fields["answer"] is None else answer_text("answer", fields["answer"]),
        type=_name("type", fields["type"]),
        accept=tuple(answer_text("accept", one) for one in accept),
        groups=(_name("type", fields["type"]),),
        person=_person(fields),
        fields=fields,
    )


def _clip(fields: dict[str, Any], folder: Path, without_clips: bool) -> Clip:
    motion = _words("motion", fields["motion"])
    fps = fields.get("fps")
    if fps is not None and (
        isinstance(fps, bool)
        or not isinstance(fps, int | float)
        or not (math.isfinite(fps) and fps > 0)
    ):
        raise InvalidData(f"fps must be a positive number, got {fps!r}")
    for name in ("up", "unit"):
        if not isinstance(fields.get(name), str | None):
            raise InvalidData(f"{name} must be a text, got {fields[name]!r}")
    clip = Clip(str(folder / motion), fps, fields.get("up"), fields.get("unit"))
    try:
        found = without_clips or Path(clip.path).is_file() or clip.file.is_file()
    except (OSError, ValueError):  # a name too long, or with a null character
        found = False
    if not found:
        raise InvalidData(f"motion file {motion} is not there")
    if clip.file.suffix.lower() == ".npy" and fps is None:
        raise InvalidData(f"fps missing; {motion} is .npy, which does not say its frame rate")
    return clip


def _person(fields: dict[str, Any]) -> str | None:
    named = (fields.get(name) for name in ("person", "subject", "actor"))
    return next((str(person) for person in named if person is not None), None)


def _words(name: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise InvalidData(f"{name} must be a text that is not empty, got {value!r}")
    return value


def _name(name: str, value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return _words(name, value)


def answer_text(name: str, value: object) -> str:
    """A right answer as text; a number is taken as written.

    Raises:
        InvalidData: Neither text nor number, or nothing is left of it once normalised.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    text = _words(name, value)
    if not normalise(text):
        raise InvalidData(f"{name} {text!r} holds no word that counts")
    return text
