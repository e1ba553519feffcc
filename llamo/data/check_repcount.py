"""RepCount's annotation tables: what is wrong with names, counts, cycles and splits."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from llamo.data.check_report import DataReport, Finding, concerning
from llamo.data.check_text import judge_labels
from llamo.data.repcount import CLEAN_TYPES, RepCountFile, read_repcount
from llamo.data.tables import read_text
from llamo.errors import LlamoError

_BOUNDARY = re.compile(r"L\d+")


def is_repcount(path: Path) -> bool:
    """Whether a CSV has RepCount's columns."""
    try:
        columns = read_text(path).split("\n", 1)[0].strip().split(",")
    except LlamoError:
        return False
    return {"type", "name", "count"} <= set(columns)


def check_repcount(paths: Sequence[Path]) -> list[DataReport]:
    """Each table by itself, and the first of them with what is shared between them."""
    held = {path.name: read_repcount(path) for path in paths}
    reports = [_one(path, held[path.name]) for path in paths]
    shared = _over_tables(held)
    if shared and reports:
        reports[0].findings += shared
        reports[0].sort()
    return reports


def _one(path: Path, held: RepCountFile) -> DataReport:
    rows = list(csv.DictReader(io.StringIO(read_text(path))))
    n = len(rows)
    report = DataReport(path.name, "repcount", questions=n)
    found = report.findings
    dirty = Counter(row["type"] for row in rows if row["type"] in CLEAN_TYPES)
    for name, count in dirty.items():
        says = f"type {name!r} is {CLEAN_TYPES[name]!r} under another name"
        found.append(Finding("labels", "warning", says, count, n))
    found += judge_labels([CLEAN_TYPES.get(row["type"], row["type"]) for row in rows], "types")
    found += concerning("counts", "error", "no count", held.without_count, n)
    says = "the count is not the number of its cycles"
    found += concerning("counts", "error", says, held.other_than_pairs, n)
    zero = [one.name for one in held.clips if one.count == 0]
    found += concerning("counts", "note", "a count of 0", zero, n)
    turned, outside, overlap = [], [], []
    for row in rows:
        marks = [float(row[key]) for key in row if key and _BOUNDARY.fullmatch(key) and row[key]]
        pairs = list(zip(marks[::2], marks[1::2], strict=False))
        frames = float(row.get("num_frames") or 0)
        if any(end <= start for start, end in pairs):
            turned.append(row["name"])
        if frames and marks and max(marks) > frames:
            outside.append(row["name"])
        if any(second[0] < first[1] - 1 for first, second in pairwise(pairs)):
            overlap.append(row["name"])
    found += concerning("spans", "error", "a cycle ends before it starts", turned, n)
    says = "a cycle ends after the video's last frame"
    found += concerning("spans", "warning", says, outside, n)
    found += concerning("spans", "note", "cycles overlap, or stand out of order", overlap, n)
    rates = [float(row["fps"]) for row in rows if row.get("fps")]
    odd = [row["name"] for row in rows if row.get("fps") and not 10 <= float(row["fps"]) <= 120]
    found += concerning("fps", "warning", "a frame rate outside 10-120", odd, n)
    if rates and n - len(rates):
        found.append(Finding("fps", "warning", "no frame rate", n - len(rates), n))
    return report.sort()


def _over_tables(held: dict[str, RepCountFile]) -> list[Finding]:
    where: dict[str, list[str]] = {}
    for table, content in held.items():
        for one in content.clips:
            where.setdefault(one.name, []).append(table)
    over = [f"{name} ({', '.join(tables)})" for name, tables in where.items() if len(tables) > 1]
    return concerning("splits", "error", "a video stands in several tables", over, len(where))
