"""``llamo report``: a page for the athlete."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from llamo.cli_options import Clip, Opening


def report(
    clip: Clip,
    *,
    out: Annotated[Path, typer.Option("--out", "-o", help="Page to write: .html.")],
    exercise: Annotated[
        str | None, typer.Option(help="An exercise, such as squat, or a .yaml of your own.")
    ] = None,
    ask: Annotated[
        list[str] | None, typer.Option(help="A question for the page; may be given many times.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="Of the page.")] = None,
    opening: Opening,
) -> None:
    """Write one page about a motion: moments, numbers, strengths, what to work on, answers."""
    from llamo.answerable import checked_question
    from llamo.kinematics import read_exercise
    from llamo.report.handout.page import check_report

    check_report(out)  # what would fail after the work is refused before it
    questions = [checked_question(one) for one in ask or ()]
    chosen = None if exercise is None else read_exercise(exercise)
    opening.session(clip).report(out, questions, exercise=chosen, title=title)
    typer.echo(f"{out}", err=True)
