"""``llamo find`` and ``llamo describe``: what happens in a clip, and when."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from llamo.cli_options import Clip, Json, Opening


def find(
    clip: Clip,
    question: Annotated[str, typer.Argument(help='Such as "when does the person wave?"')],
    *,
    as_json: Json = False,
    opening: Opening,
) -> None:
    """Tell when something happens in a motion."""
    from llamo.answerable import checked_question

    checked_question(question)  # before anything is loaded
    found = opening.session(clip).find(question)
    if as_json:
        typer.echo(json.dumps(found.to_dict(), ensure_ascii=False))
        return
    for span in found.spans:
        typer.echo(f"{span.start_s:.2f} to {span.end_s:.2f} s  {span.act}, score {span.score:.2f}")
    if found.reason is not None:
        typer.echo(f"not found: {found.reason}")


def describe(clip: Clip, *, as_json: Json = False, opening: Opening) -> None:
    """Tell what happens in a motion, in order."""
    told = opening.session(clip).describe()
    typer.echo(json.dumps(told.to_dict(), ensure_ascii=False) if as_json else str(told))
