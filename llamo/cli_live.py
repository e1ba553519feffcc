"""``llamo live``: the running count of a person before a camera."""

from __future__ import annotations

import json
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Annotated

import typer

from llamo.cli_options import Device, Json, Model, load_assistant
from llamo.terminal import friendly, show_notes

if TYPE_CHECKING:
    from llamo.live import LiveSession
    from llamo.live_update import LiveUpdate


def live(
    camera: Annotated[
        str, typer.Option(help="A camera's number, or a video that plays the part of one.")
    ] = "0",
    exercise: Annotated[
        str | None, typer.Option(help="An exercise, such as squat, or a .yaml of your own.")
    ] = None,
    every_frame: Annotated[
        bool, typer.Option(help="Look at every frame of a video, however long it takes.")
    ] = False,
    ask: Annotated[
        str | None, typer.Option(help="Ask this of what was seen, when it is over.")
    ] = None,
    as_json: Json = False,
    model: Model = None,
    device: Device = None,
) -> None:
    """Count a person before a camera as they move; Ctrl-C ends."""
    from llamo.answerable import checked_question
    from llamo.camera import pictures
    from llamo.live import LiveSession

    if ask is None:
        session = LiveSession(exercise=exercise, wait=every_frame)
    else:
        checked_question(ask)  # before anything is loaded
        session = load_assistant(model, device).live(exercise, wait=every_frame)
    with session, closing(pictures(camera, in_time=not every_frame)) as frames:
        cue = None
        with suppress(KeyboardInterrupt):  # the usual end of a camera
            for frame, time_s in frames:
                update = session.push(frame, time_s)
                _show(update, cue, as_json)
                cue = update.cue
        update = session.stop()
        _show(update, update.cue, as_json)
        _show_end(session, update, as_json)
        if ask is not None:
            opened = session.finish()
            show_notes(opened.notes)
            answer = opened.ask(ask)
            typer.echo(json.dumps(answer.to_dict()) if as_json else friendly(answer))


def _show(update: LiveUpdate, cue_before: str | None, as_json: bool) -> None:
    """What is new: a line an event, and one when the cue changes."""
    if as_json:
        if update.events or update.cue != cue_before:
            typer.echo(json.dumps(update.to_dict()))
        return
    for one in update.events:
        number = f"{one.number:3d}" if one.number else "   "
        typer.echo(f"{one.time_s:7.2f} s {number}  {one.name.replace('_', ' ')}")
    if update.cue is not None and update.cue != cue_before:
        typer.echo(f"{update.time_s or 0:7.2f} s      {update.cue}")


def _show_end(session: LiveSession, update: LiveUpdate, as_json: bool) -> None:
    if as_json:
        counts = {
            "count": update.count, "frames": session.frames, "looked_at": session.looked_at,
        }  # fmt: skip
        typer.echo(json.dumps(counts))
        return
    looked = f"{session.looked_at} of {session.frames} frames looked at"
    typer.echo(f"count {update.count}; {looked}")
