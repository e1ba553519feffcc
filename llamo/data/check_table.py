"""Tables of questions or captions without their clips."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from llamo.data.check_report import DataReport, Finding, concerning
from llamo.data.check_text import Asked, judge_labels, judge_questions
from llamo.data.tables import Row, read_table
from llamo.errors import LlamoError

_CLIP_KEYS = ("motion", "clip", "sequence", "babel_id", "video_name", "name")


def check_table(path: Path) -> DataReport | None:
    """Questions or captions without their clips; None for a table of something else."""
    try:
        rows = read_table(path)
    except LlamoError as error:
        return DataReport(path.name, "table", findings=[Finding("labels", "error", str(error))])
    asked = [one for row in rows for one in _asked(row)]
    if not asked:
        return None
    report = DataReport(path.name, "table", questions=len(asked))
    report.findings += judge_questions(asked)
    answers = [one.answer for one in asked if one.question]
    report.findings += judge_labels(answers, "answers")
    empty = [one.where for one in asked if not one.answer.strip()]
    report.findings += concerning("golds", "error", "an empty answer or caption", empty, len(asked))
    turned = [
        row.where
        for row in rows
        for a, b in (("start", "end"), ("start_s", "end_s"), ("start_frame", "end_frame"))
        if _is_turned(_number(row.cells.get(a)), _number(row.cells.get(b)))
    ]
    report.findings += concerning("spans", "error", "ends before it starts", turned, len(rows))
    return report.sort()


def _asked(row: Row) -> Iterator[Asked]:
    cells = row.cells
    clip = next((str(cells[k]) for k in _CLIP_KEYS if cells.get(k) not in (None, "")), row.where)
    split = str(cells["split"]) if cells.get("split") else None
    if "question" in cells and "answer" in cells:
        kind = str(cells.get("type") or cells.get("query_type") or "")
        answer = "I can't tell" if cells["answer"] is None else str(cells["answer"])
        yield Asked(row.where, clip, str(cells["question"]), answer, split, kind, _person(row))
        return
    for key in ("captions", "body_parts_auto", "body_parts_human"):
        for caption in cells.get(key) or () if isinstance(cells.get(key), list) else ():
            yield Asked(row.where, clip, "", str(caption), split)


def _person(row: Row) -> str | None:
    """As named, or the subject's folder of a file of AMASS."""
    for key in ("person", "subject", "actor"):
        if row.cells.get(key) not in (None, ""):
            return str(row.cells[key])
    path = row.cells.get("amass_path")
    return path.rpartition("/")[0] or None if isinstance(path, str) else None


def _is_turned(start: float | None, end: float | None) -> bool:
    """Not where the end is open, nor of 0 to 0, which is HumanML3D's mark for the whole clip."""
    return start is not None and end is not None and end <= start and (start, end) != (0, 0)


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
