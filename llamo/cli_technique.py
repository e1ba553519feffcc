"""``llamo technique``: was an exercise done correctly, and what differs by how much."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from llamo.cli_options import BodyModel, Clip, Fps, Json, Unit, Up
from llamo.terminal import progress, show_notes

if TYPE_CHECKING:
    from llamo.technique import Technique

ExerciseName = Annotated[str, typer.Option(help="Name of the exercise, such as 'deep squat'.")]
Own = Annotated[
    list[str] | None,
    typer.Option(help="Clip of own correct repetitions to compare with; may be given again."),
]


def technique(
    clip: Clip,
    exercise: ExerciseName,
    own: Own = None,
    as_json: Json = False,
    fps: Fps = None,
    up: Up = None,
    unit: Unit = None,
    body_model: BodyModel = None,
) -> None:
    """Judge an exercise: correct or not, and which joint differs by how many degrees."""
    from llamo.clip import is_video, read_clip
    from llamo.technique import judge_technique
    from llamo.technique.reference import read_reference

    read_reference(exercise)  # before the work
    opened = []
    for one in (clip, *(own or ())):
        if is_video(one):
            with progress("estimating") as told:
                opened.append(read_clip(one, fps, up, unit, body_model, told))
        else:
            opened.append(read_clip(one, fps, up, unit, body_model))
    show_notes(opened[0].notes)
    motions = [one.motion for one in opened]
    found = judge_technique(motions[0], exercise, motions[1:] or None)
    if not all(one.sides_told for one in opened):
        found = found.sides_untold()
    typer.echo(json.dumps(found.to_dict()) if as_json else technique_text(found))


def technique_text(found: Technique) -> str:
    """A verdict for a terminal."""
    sure = f" (confidence {found.confidence:.2f})" if found.confidence else ""
    lines = [f"{found.exercise}: {found.verdict}{sure}"]
    if found.reason:
        lines.append(f"  {found.reason}")
    for fault in found.faults:
        lines.append(
            f"  {fault.words} than in {found.compared_with} (± {fault.uncertainty_deg:.0f} deg, "
            f"{'from the start' if fault.posture else f'at {fault.time_s:.1f} s'})"
        )
    lines += [f"work on: {fault.advice}" for fault in found.faults[:1]]
    if len(found.repetitions) > 1:
        lines += [
            f"  repetition {number}, {one.start_s:.1f}-{one.end_s:.1f} s: {one.verdict} "
            f"({one.confidence:.2f})"
            for number, one in enumerate(found.repetitions, 1)
        ]
    return "\n".join(lines)
