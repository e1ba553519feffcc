"""Data of one's own: a folder of videos or motions, and a table of questions about them.

Columns ``clip, question, answer``; optional ``person, split, start_s, end_s, source, type, fps, up,
unit``. Released data sets come in the same form, from ``llamo.data.released``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llamo.answerable import checked_question
from llamo.clip import VIDEO_SUFFIXES, is_video
from llamo.data.question import CANT_TELL, Span
from llamo.data.tables import TABLE_SUFFIXES, Row, check_columns, read_table, refuse
from llamo.errors import InvalidData, InvalidQuestion, UnreadableFile

SPLITS = ("train", "val", "test")

COLUMNS = (
    "clip", "question", "answer", "person", "split", "start_s", "end_s", "source", "type", "fps",
    "up", "unit", "motion", "id", "spans_s", "cut_s", "says",
)  # fmt: skip
"""Columns that are read; ``motion`` is another name of ``clip``."""

MOTION_SUFFIXES = (".npz", ".npy", ".bvh", ".c3d", ".trc", ".json", ".pt")

_SPLIT_NAMES = {
    "train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val",
    "dev": "val", "test": "test", "testing": "test",
}  # fmt: skip


@dataclass(frozen=True)
class OwnSample:
    """A question about a clip, with its answer.

    Args:
        motion: Motion file, ``FILE#INDEX`` in a file of many clips, or video.
        question, answer: As written; an answer that starts with ``CANT_TELL`` abstains.
        split: ``train``, ``val`` or ``test``; None where nobody has said.
        person: Who moves; None where nobody is named.
        spans_s: Seconds of the clip in which the answer is to be seen.
        source: The recording that the clip was cut from or is a mirror image of; None where the
            clip's name says all (see ``llamo.data.leaks``).
        type: Answers of one type compete when scored; None leaves it to the answer's form.
        cut_s: The part of the file that all this is about; None for the whole. Spans count from
            the start of the part.
        fps, up, unit: What the file does not tell; a video tells all of it.
        where: For messages: ``questions.csv line 3``.
    """

    motion: Path
    question: str
    answer: str
    split: str | None = None
    person: str | None = None
    spans_s: tuple[Span, ...] = ()
    source: str | None = None
    type: str | None = None
    cut_s: Span | None = None
    fps: float | None = None
    up: str | None = None
    unit: str | None = None
    where: str = ""

    @property
    def abstains(self) -> bool:
        """The right answer is that the motion does not tell."""
        return self.answer.startswith(CANT_TELL)

    @property
    def file(self) -> Path:
        """The file on disk, without ``#INDEX``."""
        return _file(self.motion)

    @property
    def settings(self) -> dict[str, Any]:
        """What is known beside the path, as keywords of ``read_motion`` and ``open``."""
        known = {"fps": self.fps, "up": self.up, "unit": self.unit}
        return {name: value for name, value in known.items() if value is not None}


def read_own(path: str | Path, clips: str | Path | None = None) -> list[OwnSample]:
    """Read questions about clips of one's own.

    Args:
        path: A table (``.csv``, ``.tsv``, ``.jsonl``), or a folder that holds one; or several named
            after their splits (``train.jsonl``, ``val.jsonl``, ``test.jsonl``).
        clips: Folder that ``clip`` is relative to; default: the table's own. A clip may be named
            without its ending.

    Returns:
        Samples in the order of the tables.

    Raises:
        UnreadableFile: A table cannot be read.
        InvalidData: Lines that do not follow the format, each named with file and number.
    """
    samples: list[OwnSample] = []
    for table, split in _tables(Path(path)):
        folder = table.parent if clips is None else Path(clips)
        if not folder.is_dir():
            raise UnreadableFile(f"{folder} is no folder; name the folder of the clips.")
        rows = read_table(table)
        check_columns(rows[0], [("clip", "motion"), "question", "answer"], COLUMNS, table.name)
        finder = _ClipFinder(folder)
        problems: list[str] = []
        for row in rows:
            try:
                samples.append(_sample(row, finder, split))
            except InvalidData as error:
                problems.append(f"{row.where.removeprefix(table.name + ' ')}: {error}")
        refuse(table.name, problems)
    return samples


def _tables(path: Path) -> list[tuple[Path, str | None]]:
    """The tables to read, each with the split that its name says."""
    if not path.is_dir():
        return [(path, None)]
    found = sorted(one for one in path.iterdir() if one.suffix.lower() in TABLE_SUFFIXES)
    by_split = [(one, _SPLIT_NAMES.get(one.stem.lower())) for one in found]
    named = [(one, split) for one, split in by_split if split is not None]
    if len(found) == 1:
        return by_split
    if named and len(named) == len({split for _, split in named}):
        return sorted(named, key=lambda one: SPLITS.index(one[1] or ""))
    names = ", ".join(one.name for one in found) or "none"
    raise InvalidData(
        f"{path} must hold one table of questions ({', '.join(TABLE_SUFFIXES)}), or train.jsonl, "
        f"val.jsonl and test.jsonl; found {names}."
    )


class _ClipFinder:
    """Clips of a folder by the names that people give them: with or without ending."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._found: dict[str, Path] = {}

    def find(self, name: str) -> Path:
        if name not in self._found:
            self._found[name] = self._look(name)
        return self._found[name]

    def _look(self, name: str) -> Path:
        given = self._folder / name
        try:
            if given.is_file() or _file(given).is_file():
                return given
            beside = sorted(
                one
                for one in given.parent.glob(f"{_plain(given.name)}.*")
                if one.suffix.lower() in (*MOTION_SUFFIXES, *VIDEO_SUFFIXES)
                and one.stem == given.name
            )
        except (OSError, ValueError):  # a name too long, or with a null character
            beside = []
        motions = [one for one in beside if not is_video(one)] or beside  # read faster than videos
        if not motions:
            raise InvalidData(f"clip {name[-80:]!r} is not in {self._folder}")
        if len(motions) > 1:
            names = ", ".join(one.name for one in motions)
            raise InvalidData(f"clip {name!r} may be {names}; write its ending")
        return motions[0]


def _plain(name: str) -> str:
    """A name for ``glob``, in which no letter stands for others."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


def _sample(row: Row, finder: _ClipFinder, split: str | None) -> OwnSample:
    cells = row.cells
    motion = finder.find(_text(cells, "clip" if "clip" in cells else "motion"))
    fps = _number(cells, "fps")
    if fps is not None and fps <= 0:
        raise InvalidData(f"fps must be above 0, got {fps:g}")
    told = [name for name in ("fps", "up", "unit") if cells.get(name) not in (None, "")]
    if told and is_video(motion):
        raise InvalidData(
            f"{' and '.join(told)} cannot be told of a video, which has its own frame rate and "
            f"whose motion comes in metres and y-up; leave it empty for {motion.name}"
        )
    if fps is None and _file(motion).suffix.lower() == ".npy":
        raise InvalidData(f"fps is missing; {motion.name} is .npy, which does not say it")
    said = _optional(cells, "split")
    if said is not None:
        split = _SPLIT_NAMES.get(said.lower())
        if split is None:
            raise InvalidData(f"split must be {', '.join(SPLITS)} or empty, got {said!r}")
    try:
        question = checked_question(_text(cells, "question"))
    except InvalidQuestion as error:
        raise InvalidData(str(error).rstrip(".")) from None
    return OwnSample(
        motion=motion,
        question=question,
        answer=_answer(cells),
        split=split,
        person=_optional(cells, "person"),
        spans_s=_spans(cells),
        source=_optional(cells, "source"),
        type=_optional(cells, "type"),
        cut_s=next(iter(_pairs("cut_s", [cells["cut_s"]])), None) if cells.get("cut_s") else None,
        fps=fps,
        up=_optional(cells, "up"),
        unit=_optional(cells, "unit"),
        where=row.where,
    )


def _answer(cells: Any) -> str:
    """The answer's text; null in JSON marks a question that the motion does not settle.

    Such a row may tell in ``says`` how the model is to put it.
    """
    if cells.get("answer", "") is None:
        said = _optional(cells, "says") or f"{CANT_TELL}."
        if not said.startswith(CANT_TELL):
            raise InvalidData(f"says must start with {CANT_TELL!r}, got {said!r}")
        return said
    return _text(cells, "answer")


def _text(cells: Any, name: str) -> str:
    value = cells.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not " ".join(value.split()):
        raise InvalidData(f"{name} must be a text that is not empty, got {value!r}")
    return " ".join(value.split())


def _optional(cells: Any, name: str) -> str | None:
    value = cells.get(name)
    return None if value is None or value == "" else _text(cells, name)


def _number(cells: Any, name: str) -> float | None:
    value = cells.get(name)
    if value is None or value == "":
        return None
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise InvalidData(f"{name} must be a number, got {value!r}")
    return number


def _spans(cells: Any) -> tuple[Span, ...]:
    start, end = _number(cells, "start_s"), _number(cells, "end_s")
    if (start is None) != (end is None):
        raise InvalidData("start_s and end_s go together; fill in both or none")
    pairs: list[Any] = [] if start is None else [(start, end)]
    more = cells.get("spans_s") or []
    if isinstance(more, str):
        try:
            more = json.loads(more)
        except (ValueError, RecursionError):
            more = None
    if not isinstance(more, list | tuple):
        raise InvalidData(f"spans_s must be a list of [start, end], got {cells['spans_s']!r}")
    return _pairs("start_s and end_s", [*pairs, *more])


def _pairs(name: str, pairs: Iterable[Any]) -> tuple[Span, ...]:
    spans: list[Span] = []
    for pair in pairs:
        good = isinstance(pair, list | tuple) and len(pair) == 2
        numbers = [one for one in pair if isinstance(one, int | float)] if good else []
        if len(numbers) != 2 or not 0 <= numbers[0] < numbers[1] < math.inf:
            raise InvalidData(f"{name} must be seconds from 0 on, the start before the end")
        spans.append((float(numbers[0]), float(numbers[1])))
    return tuple(spans)


def _file(path: Path) -> Path:
    head, mark, index = str(path).rpartition("#")
    return Path(head) if mark and index.isdigit() and not path.is_file() else path
