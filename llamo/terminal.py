"""What a terminal shows: answers, facts, notes and progress."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from llamo.errors import LlamoError

if TYPE_CHECKING:
    from llamo.answer import Answer

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
