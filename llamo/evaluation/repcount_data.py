"""RepCount's annotation files as released, dirty names and odd counts told."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from pathlib import Path

from llamo.errors import InvalidData
from llamo.evaluation.items import read_text, refuse

CLEAN_TYPES = {
    "squant": "squat",
    "pullups": "pull_up",
    "pushups": "push_up",
    "frontraise": "front_raise",
    "benchpressing": "bench_pressing",
    "jumpjacks": "jump_jack",
}
"""Names of one exercise under which the released files hold two."""

_BOUNDARY = re.compile(r"L\d+")


@dataclass(frozen=True)
class Counted:
    """One clip with its count.

    Args:
        name: File name of the clip, such as ``stu5_11.mp4``.
        exercise: Cleaned type.
        count: Repetitions, as stated.
        fps: Frames a second, None where the file does not say.
    """

    name: str
    exercise: str
    count: int
    fps: float | None = None


@dataclass
class RepCountFile:
    """What an annotation file holds.

    Args:
        clips: Clips with a count.
        without_count: Names of clips whose count is empty; they are left out.
        other_than_pairs: Names of clips whose count is not the number of their cycles; the stated
            count is kept.
    """

    clips: list[Counted] = field(default_factory=list)
    without_count: list[str] = field(default_factory=list)
    other_than_pairs: list[str] = field(default_factory=list)


def read_repcount(path: str | Path) -> RepCountFile:
    """Read ``type,name,count`` with the cycles' boundaries ``L1 ... Ln`` (``fps`` optional).

    Raises:
        UnreadableFile: The file cannot be read.
        InvalidData: Columns are missing, or rows do not follow the format, each named by its line.
    """
    path = Path(path)
    reader = csv.DictReader(io.StringIO(read_text(path)))
    missing = {"type", "name", "count"} - set(reader.fieldnames or ())
    if missing:
        raise InvalidData(
            f"{path.name} has no column {', '.join(sorted(missing))}; expected RepCount's "
            "type, name, count, L1, L2 ..."
        )
    held = RepCountFile()
    problems: list[str] = []
    first_seen: dict[str, int] = {}
    for row in reader:
        try:
            name = (row["name"] or "").strip()
            if not name or name in first_seen:
                raise InvalidData(f"name {name!r} is empty or stands twice")
            first_seen[name] = reader.line_num
            _add(held, name, row)
        except InvalidData as error:
            problems.append(f"line {reader.line_num}: {error}")
    refuse(path.name, problems)
    if not held.clips:
        raise InvalidData(f"{path} holds no clip with a count.")
    return held


def _add(held: RepCountFile, name: str, row: dict[str, str | None]) -> None:
    count = _number("count", row["count"])
    if count is None:
        held.without_count.append(name)
        return
    if count != int(count):
        raise InvalidData(f"count must be a whole number, got {count:g}")
    boundaries = [key for key in row if key and _BOUNDARY.fullmatch(key)]
    marks = sum(_number(key, row[key]) is not None for key in boundaries)
    if boundaries and marks != 2 * count:
        held.other_than_pairs.append(name)
    kind = (row["type"] or "").strip()
    fps = _number("fps", row.get("fps"))
    held.clips.append(Counted(name, CLEAN_TYPES.get(kind, kind), int(count), fps))


def _number(name: str, text: str | None) -> float | None:
    text = (text or "").strip()
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise InvalidData(f"{name} must be a number from 0 on, got {text!r}")
    return value
