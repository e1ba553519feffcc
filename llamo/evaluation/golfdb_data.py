"""GolfDB's annotations, from a table made of the released one; no pickle is opened."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llamo.errors import InvalidData
from llamo.evaluation.items import read_text, refuse

EVENTS = (
    "address", "toe_up", "mid_backswing", "top", "mid_downswing", "impact", "mid_follow_through",
    "finish",
)  # fmt: skip
_ADDRESS, _IMPACT = EVENTS.index("address"), EVENTS.index("impact")


@dataclass(frozen=True)
class Swing:
    """One swing.

    Args:
        id: Of the table.
        video: Where it was cut from; several swings may come from one video.
        frames: Of the eight events, counted from the clip's start.
        length: Frames of the clip.
        slow: Whether it is in slow motion, None where the table does not say.
        split: Of the four-fold cross-validation, None where the table does not say.
    """

    id: str
    video: str
    frames: tuple[int, ...]
    length: int
    slow: bool | None = None
    split: str | None = None

    @property
    def tolerance(self) -> int:
        """Frames that an event may be off: a thirtieth of address to impact, at least one."""
        return max(round((self.frames[_IMPACT] - self.frames[_ADDRESS]) / 30), 1)


def read_golfdb(path: str | Path) -> list[Swing]:
    """Read a CSV, or a JSON list of objects, with ``id`` and ``events`` (ten frames).

    ``events`` are the clip's start, the eight events and the clip's end, counted in the video.
    ``youtube_id``, ``slow`` and ``split`` are optional.

    Raises:
        UnreadableFile: The file cannot be read.
        InvalidData: Rows that do not follow the format, each named.
    """
    path = Path(path)
    swings: list[Swing] = []
    problems: list[str] = []
    for number, row in enumerate(_rows(path), start=1):
        try:
            swing = _swing(row)
            if any(swing.id == other.id for other in swings):
                raise InvalidData(f"id {swing.id!r} stands twice")
            swings.append(swing)
        except InvalidData as error:
            problems.append(f"row {number}: {error}")
    refuse(path.name, problems)
    if not swings:
        raise InvalidData(f"{path} holds no swings.")
    return swings


def _rows(path: Path) -> Sequence[Any]:
    if path.suffix == ".pkl":
        raise InvalidData(
            f"{path.name} is a pickle, which could run code; write it as a table first: "
            "pandas.read_pickle(FILE).to_json(TABLE, orient='records')."
        )
    text = read_text(path)
    if path.suffix != ".json":
        return list(csv.DictReader(io.StringIO(text)))
    try:
        held = json.loads(text)
    except (ValueError, RecursionError):
        held = None
    if not isinstance(held, list):
        raise InvalidData(f"{path.name} must be a JSON list of objects (orient='records').")
    return held


def _swing(row: Any) -> Swing:
    missing = [name for name in ("id", "events") if not isinstance(row, dict) or name not in row]
    if missing:
        raise InvalidData(f"{', '.join(missing)} missing")
    events = [int(number) for number in re.findall(r"\d+", str(row["events"]))]
    if len(events) != len(EVENTS) + 2 or sorted(events) != events:
        raise InvalidData(f"events must be ten frames in order, got {row['events']!r}")
    start, *frames, end = events
    slow, split = row.get("slow"), row.get("split")
    return Swing(
        id=str(row["id"]),
        video=str(row.get("youtube_id") or row["id"]),
        frames=tuple(frame - start for frame in frames),
        length=end - start,
        slow=None if slow in (None, "") else str(slow).lower() in ("1", "1.0", "true"),
        split=None if split in (None, "") else str(split),
    )
