"""Tables that people write: CSV or JSON lines, each row with the line it stands on."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from llamo.errors import InvalidData, UnreadableFile
from llamo.formats.texts import MAX_TEXT_BYTES

TABLE_SUFFIXES = (".csv", ".tsv", ".jsonl")

_SHOWN_PROBLEMS = 5
_DELIMITERS = ",;\t"
_MAX_CELL = 1 << 20  # characters; a cell is a sentence, not a book


@dataclass(frozen=True)
class Row:
    """One row.

    Args:
        where: For messages: ``questions.csv line 3``.
        cells: By column; of JSON lines whatever JSON can hold.
    """

    where: str
    cells: Mapping[str, Any]


def read_table(path: str | Path) -> list[Row]:
    """Read a CSV (comma, semicolon or tab) or JSON-lines file; empty lines are passed over.

    Args:
        path: Ends in ``.csv``, ``.tsv`` or ``.jsonl``.

    Raises:
        UnreadableFile: Missing, too large, or no UTF-8 text.
        InvalidData: Lines that do not follow the format, each named with its number.
    """
    path = Path(path)
    if path.suffix.lower() not in TABLE_SUFFIXES:
        raise InvalidData(
            f"{path.name} is no table; expected a file that ends in {', '.join(TABLE_SUFFIXES)}."
        )
    text = read_text(path)
    rows = _json_rows(path, text) if path.suffix.lower() == ".jsonl" else _csv_rows(path, text)
    if not rows:
        raise InvalidData(f"{path} holds no rows.")
    return rows


def check_columns(
    row: Row, needed: Sequence[str | Sequence[str]], known: Sequence[str], name: str
) -> None:
    """Refuse a table without its columns, or with one that is nearly a known one.

    Args:
        row: The first row.
        needed: Columns that must be there, or several names of one.
        known: All columns that are read; others pass, but for what looks like a slip.
        name: Of the file.

    Raises:
        InvalidData: A column is missing or misspelt.
    """
    for one in needed:
        names = [one] if isinstance(one, str) else list(one)
        if not set(names) & set(row.cells):
            raise InvalidData(
                f"{name} has no column {names[0]!r}; expected {', '.join(known)}, "
                f"got {', '.join(map(str, row.cells))}."
            )
    for column in row.cells:
        close = get_close_matches(str(column), known, n=1, cutoff=0.8)
        if column not in known and close and close[0] not in row.cells:
            raise InvalidData(
                f"{name} has a column {column!r}, which is not read; is {close[0]!r} meant?"
            )


def read_text(path: Path) -> str:
    """A text file as UTF-8.

    Raises:
        UnreadableFile: Missing, too large, or not text.
    """
    try:
        if path.stat().st_size > MAX_TEXT_BYTES:
            raise UnreadableFile(
                f"{path} has more than {MAX_TEXT_BYTES >> 20} MiB of text; cut it."
            )
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be read: {error.strerror or error}.") from None
    except UnicodeDecodeError:
        raise UnreadableFile(f"{path} is not UTF-8 text; save it as UTF-8.") from None


def read_records(path: Path) -> Iterator[tuple[int, Any]]:
    """Line numbers and what stands on them; None where a line is not JSON."""
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except (ValueError, RecursionError):
                yield number, None


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


def _csv_rows(path: Path, text: str) -> list[Row]:
    first = text.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first.count)
    csv.field_size_limit(_MAX_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[Row] = []
    problems: list[str] = []
    columns: list[str] = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if not columns:
                columns = [cell.strip().lower() for cell in cells]
                twice = sorted({name for name in columns if name and columns.count(name) > 1})
                refuse(path.name, [f"column {name!r} stands twice" for name in twice])
                continue
            if len(cells) > len(columns):
                problems.append(
                    f"line {reader.line_num}: {len(cells)} cells for {len(columns)} columns; "
                    'text that holds the separator stands in quotes: "..."'
                )
                continue
            filled = [*cells, *[""] * (len(columns) - len(cells))]
            named = dict(zip(columns, (cell.strip() for cell in filled), strict=True))
            rows.append(Row(f"{path.name} line {reader.line_num}", named))
    except csv.Error as error:
        problems.append(f"line {reader.line_num}: {error}")
    refuse(path.name, problems)
    return rows


def _json_rows(path: Path, text: str) -> list[Row]:
    rows: list[Row] = []
    problems: list[str] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            cells = json.loads(line)
        except (ValueError, RecursionError) as error:
            problems.append(f"line {number}: not JSON ({' '.join(str(error).split())})")
            continue
        if isinstance(cells, dict):
            rows.append(Row(f"{path.name} line {number}", cells))
        else:
            problems.append(f"line {number}: expected {{...}}, got {type(cells).__name__}")
    refuse(path.name, problems)
    return rows
