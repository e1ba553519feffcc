"""Figures and tables as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def table(rows: Sequence[Sequence[str]]) -> str:
    """A table whose first row is its head."""
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join([lines[0], "|---" * len(rows[0]) + "|", *lines[1:]])


def share(value: float | None) -> str:
    """Three decimals, ``-`` where there is none."""
    return "-" if value is None else f"{value:.3f}"


def with_interval(one: Mapping[str, Any], digits: int = 3) -> str:
    """``0.500 [0.400, 0.600]`` of a figure (``accuracy``) or an average (``mean``)."""
    value = one["mean"] if "mean" in one else one["accuracy"]
    if value is None:
        return "-"
    low, high = one["ci95"]
    return f"{value:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"


def head(report: Mapping[str, Any], facts: Sequence[str]) -> str:
    """What stands above the tables of every report: who, by which protocol, on what."""
    lines = [
        f"# {report['benchmark']}: {report['model']}",
        "",
        *(f"- {fact}" for fact in facts),
        "- intervals: 95 %, bootstrap over motions",
        f"- command: `{report['command']}`",
        f"- data: sha256 `{report['data_sha256']}`",
    ]
    return "\n".join(lines)


def sections(*parts: str) -> str:
    """Parts with an empty line between; empty ones are left out."""
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"
