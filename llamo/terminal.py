"""What a terminal shows: answers, facts, notes and progress."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from llamo.errors import LlamoError

if TYPE_CHECKING:
    from llamo.answer import Answer
    from llamo.kinematics import Measured

MOMENTS_SHOWN = 6
"""The strongest viewpoints a terminal shows; ``--json`` has them all."""


def friendly(answer: Answer) -> str:
    """An answer for a terminal: text, moments looked at, measurements used, confidence."""
    lines = [answer.answer]
    if answer.viewpoints:
        strongest = sorted(answer.viewpoints, key=lambda one: -one.score)[:MOMENTS_SHOWN]
        times = sorted(one.time_s for one in strongest)
        lines.append("looked at " + ", ".join(f"{time_s:.1f} s" for time_s in times))
    if answer.measurements:
        lines.append("measured " + ", ".join(str(one) for one in answer.measurements))
    lines.append(f"confidence {answer.confidence:.2f}")
    return "\n".join(lines)


def measured_table(measured: Measured) -> str:
    """Measurements for a terminal: events, numbers beside what is good, what to work on."""
    lines: list[str] = []
    if measured.exercise is not None:
        lines.append(f"{measured.exercise.replace('_', ' ')}: {len(measured.performances)} found")
    for number, one in enumerate(measured.performances, 1):
        events = ", ".join(f"{name} {time_s:.2f} s" for name, time_s in one.events_s.items())
        sides = "".join(f", {role} {side}" for role, side in one.roles.items())
        lines.append(f"  {number}: {events.replace('_', ' ')}{sides}")
    table = [
        (
            one.measurement.name.replace("_", " "),
            f"{one.measurement.value:.3g} ± {one.measurement.uncertainty:.2g}",
            one.measurement.unit.replace("ratio", "").replace("count", ""),
            _span(one.good),
            one.verdict,
        )
        for one in measured.findings
    ]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        lines.append("  ".join(cells).rstrip())
    lines += [f"work on: {one.advice} ({one.source})" for one in measured.to_work_on]
    for name, share in measured.beyond_anatomy.items():
        lines.append(
            f"note: {name.replace('_', ' ')} came out beyond anatomy in {share:.1%} of the frames "
            "and is not told there"
        )
    return "\n".join(lines)


def _span(good: tuple[float | None, float | None]) -> str:
    low, high = good
    if low is None:
        return "" if high is None else f"at most {high:g}"
    return f"at least {low:g}" if high is None else f"{low:g} to {high:g}"


@contextmanager
def progress(doing: str) -> Iterator[Callable[[int, int], object]]:
    """A bar on stderr; gives a function of (done, total)."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining

    columns = (TextColumn(doing), BarColumn(), MofNCompleteColumn(), Remaining())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(doing, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def show_notes(notes: Iterable[str]) -> None:
    """Remarks on stderr, a line each."""
    for note in notes:
        typer.echo(f"note: {note}", err=True)


def rows(facts: dict[str, Any], indent: str = "") -> Iterator[str]:
    """Nested facts as aligned ``name  value`` rows."""
    width = max((len(str(name)) for name in facts), default=0)
    for name, value in facts.items():
        if isinstance(value, dict):
            yield f"{indent}{name}"
            yield from rows(value, indent + "  ")
        else:
            if isinstance(value, (list, tuple)):
                value = ", ".join(str(one) for one in value)
            elif isinstance(value, float):
                value = f"{value:g}"
            yield f"{indent}{name!s:{width}}  {value}"


def one_line(error: LlamoError) -> str:
    """An error's message without line breaks."""
    return " ".join(str(error).split())
