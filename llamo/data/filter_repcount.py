"""``llamo data filter-repcount``: RepCount's clips in which a whole person is estimated throughout.

Paper: Mo-RepCount is the part of RepCount whose videos show a whole person. Here: a clip stays when
the estimator follows one person from head to feet in 90 % of the frames, and loses them for no
longer than a second. Because: the paper does not tell its rule; this one is told, and can be
changed.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from llamo.clip import VIDEO_SUFFIXES
from llamo.data.tables import read_text
from llamo.encoders.estimator import Estimate, estimate_video
from llamo.encoders.estimator.refusals import whole_frames
from llamo.errors import InvalidData, LlamoError, MissingDependency, UnreadableFile
from llamo.formats import write_motion

LEAST_WHOLE = 0.9
"""Share of a clip's frames that must show the whole person."""

LONGEST_GAP_S = 1.0
"""Seconds for which the person may be lost, or partly out of the picture."""

NO_VIDEO, NO_COUNT = "no video", "no count"


@dataclass(frozen=True)
class Seen:
    """What the estimator saw of one clip.

    Args:
        whole: Share of the frames with a whole person.
        gap_s: Longest time without one.
        refused: Why nothing was estimated, empty where something was.
    """

    whole: float = 0.0
    gap_s: float = 0.0
    refused: str = ""


@dataclass
class Filtered:
    """What was kept, and why the rest was not.

    Args:
        kept: Names of clips.
        dropped: Names with the reason.
        rule: The limits that were used.
    """

    kept: list[str] = field(default_factory=list)
    dropped: dict[str, str] = field(default_factory=dict)
    rule: dict[str, float] = field(default_factory=dict)

    @property
    def reasons(self) -> dict[str, int]:
        """How often each kind of reason, the most frequent first."""
        kinds = Counter(why.split(":")[0] for why in self.dropped.values())
        return dict(kinds.most_common())

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {**asdict(self), "reasons": self.reasons}


def filter_repcount(
    table: str | Path,
    videos: str | Path,
    out: str | Path,
    *,
    motions: str | Path | None = None,
    least_whole: float = LEAST_WHOLE,
    longest_gap_s: float = LONGEST_GAP_S,
    estimate: Callable[[Path], Estimate] = estimate_video,
    progress: Callable[[int, int], object] | None = None,
) -> Filtered:
    """Write the rows of the clips to keep, and beside them what was dropped and why.

    ``OUT`` has the columns of ``table``; ``OUT.dropped.csv`` has ``type, name, count, why``;
    ``OUT.seen.jsonl`` what was seen of each clip: stopped and started again, or with other limits,
    nothing is estimated twice.

    Args:
        table: RepCount's annotations.
        videos: Folder of the videos, at any depth.
        out: The table to write.
        motions: Folder for the estimated motions, None to keep none.
        least_whole, longest_gap_s: The rule.
        estimate: Gives the motion in a video.
        progress: Told (clips done, clips in all).

    Raises:
        UnreadableFile: The table or folder cannot be read, or the output not be written.
        InvalidData: The table is none of RepCount's, or no video is there.
        MissingDependency: The extra ``video`` is not installed.
    """
    table, out = Path(table), Path(out)
    columns, rows = _rows(table)
    if not Path(videos).is_dir():
        raise UnreadableFile(f"{videos} is no folder; name the folder of RepCount's videos.")
    if out.absolute() == table.absolute():
        raise InvalidData(f"{out} would replace the table that is read; give another name.")
    found = {
        path.stem: path
        for path in sorted(Path(videos).rglob("*"))
        if path.suffix.lower() in VIDEO_SUFFIXES
    }
    if not any(_stem(row) in found for row in rows):
        raise InvalidData(f"{videos} holds none of the {len(rows)} videos that {table.name} names.")
    folder = None if motions is None else Path(motions)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    diary = _Diary(out.with_name(f"{out.name}.seen.jsonl"), folder)
    result = Filtered(rule={"least_whole": least_whole, "longest_gap_s": longest_gap_s})
    kept: list[dict[str, str]] = []
    for done, row in enumerate(rows):
        if progress is not None:
            progress(done, len(rows))
        why = _why_not(row, found, diary, estimate, least_whole, longest_gap_s)
        if why is None:
            kept.append(row)
            result.kept.append(row["name"])
        else:
            result.dropped[row["name"]] = why
    if progress is not None:
        progress(len(rows), len(rows))
    _write(out, columns, kept)
    dropped = [
        {**row, "why": result.dropped[row["name"]]} for row in rows if row["name"] in result.dropped
    ]
    _write(out.with_name(f"{out.name}.dropped.csv"), ["type", "name", "count", "why"], dropped)
    return result


def seen_of(estimate: Estimate) -> Seen:
    """How much of the whole person a clip shows."""
    landmarks = estimate.landmarks
    whole = whole_frames(landmarks)
    times = landmarks.times_s
    frame_s = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    gap_s = longest = 0.0
    lengths = np.append(np.diff(times), frame_s)
    for there, length in zip(whole, lengths, strict=True):
        gap_s = 0.0 if there else gap_s + float(length)
        longest = max(longest, gap_s)
    return Seen(round(float(whole.mean()), 4), round(longest, 3))


def _why_not(
    row: dict[str, str],
    found: dict[str, Path],
    diary: _Diary,
    estimate: Callable[[Path], Estimate],
    least_whole: float,
    longest_gap_s: float,
) -> str | None:
    """Why a clip is dropped, None to keep it."""
    video = found.get(_stem(row))
    if video is None:
        return NO_VIDEO
    if not row["count"].strip():
        return NO_COUNT
    seen = diary.see(video, estimate)
    if seen.refused:
        return f"refused: {seen.refused}"
    if seen.whole < least_whole:
        return f"not whole: head, trunk and legs are seen in {seen.whole:.0%} of the frames"
    if seen.gap_s > longest_gap_s:
        return f"lost: the whole person is out of sight for {seen.gap_s:.1f} s"
    return None


class _Diary:
    """What was seen of each video, on disk as soon as it is known."""

    def __init__(self, path: Path, motions: Path | None) -> None:
        self._path, self._motions = path, motions
        self._known: dict[tuple, Seen] = {}
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                try:
                    entry = json.loads(line)
                    self._known[tuple(entry["key"])] = Seen(**entry["seen"])
                except (ValueError, KeyError, TypeError):  # a line cut short by a kill
                    continue

    def see(self, video: Path, estimate: Callable[[Path], Estimate]) -> Seen:
        status = video.stat()
        key = (video.name, status.st_size, status.st_mtime_ns)
        motion = None if self._motions is None else self._motions / f"{video.stem}.npz"
        known = self._known.get(key)
        if known is not None and (known.refused or motion is None or motion.is_file()):
            return known
        try:
            found = estimate(video)
            seen = seen_of(found)
            if motion is not None:
                part = motion.with_name(f"{video.stem}.part.npz")
                write_motion(found.motion, part)
                os.replace(part, motion)
        except MissingDependency:
            raise
        except LlamoError as error:
            seen = Seen(refused=" ".join(str(error).split()))
        self._known[key] = seen
        with self._path.open("a", encoding="utf-8") as diary:
            diary.write(json.dumps({"key": key, "seen": asdict(seen)}) + "\n")
        return seen


def _rows(table: Path) -> tuple[list[str], list[dict[str, str]]]:
    reader = csv.DictReader(io.StringIO(read_text(table), newline=""))
    columns = list(reader.fieldnames or ())
    if not {"type", "name", "count"} <= set(columns):
        raise InvalidData(f"{table.name} needs RepCount's columns type, name, count, L1, L2 ...")
    rows = [
        {key: value or "" for key, value in row.items() if key is not None} for row in reader
    ]  # fmt: skip
    return columns, [row for row in rows if row["name"].strip()]


def _stem(row: dict[str, str]) -> str:
    return Path(row["name"].strip()).stem


def _write(path: Path, columns: list[str], rows: list[dict[str, str]]) -> None:
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, columns, extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        os.replace(part, path)
    except OSError as error:
        raise UnreadableFile(f"cannot write {path}: {error.strerror or error}.") from None
