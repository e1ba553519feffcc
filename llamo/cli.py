"""The command line: the verbs of the Python API, thin; heavy imports stand in the verbs."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import llamo
from llamo.cli_data import data
from llamo.cli_judged import evaluate
from llamo.cli_live import live
from llamo.cli_moments import describe, find
from llamo.cli_options import (
    BatchSize,
    BodyModel,
    Clip,
    Device,
    Dtype,
    Estimator,
    Fps,
    Json,
    Model,
    Person,
    Unit,
    Up,
    load_assistant,
    open_clip,
    with_options,
)
from llamo.cli_report import report
from llamo.cli_serve import serve
from llamo.cli_technique import technique
from llamo.cli_train import merge, train
from llamo.errors import InvalidData, LlamoError
from llamo.terminal import friendly, measured_table, one_line, progress, rows, show_notes

INTERRUPTED = 130
"""Exit code after Ctrl-C: 128 + SIGINT, as shells have it."""


class _OneLineErrors(TyperGroup):
    """The input's faults are one line and exit code 1; other errors keep their traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except LlamoError as error:
            typer.echo(f"error: {one_line(error)}", err=True)
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None


app = typer.Typer(
    name="llamo",
    cls=_OneLineErrors,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Ask a human motion a question.",
)


def main() -> None:
    """Entry point of the ``llamo`` command."""
    try:
        app()
    except KeyboardInterrupt:  # Ctrl-C while the command line itself was being read
        sys.exit(INTERRUPTED)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"llamo {llamo.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    pass


@app.command()
def ask(
    clip: Clip,
    question: Annotated[str, typer.Argument(help="What to ask, in English.")],
    as_json: Json = False,
    model: Model = None,
    device: Device = None,
    fps: Fps = None,
    up: Up = None,
    unit: Unit = None,
    body_model: BodyModel = None,
    person: Person = None,
    estimator: Estimator = None,
    save_view: Annotated[
        Path | None, typer.Option(help="Picture (.png) or film (.mp4) of what it looked at.")
    ] = None,
) -> None:
    """Answer one question about a motion, or about the motion in a video."""
    from llamo.answerable import checked_question

    checked_question(question)  # before anything is loaded
    if save_view is not None:
        from llamo.report.view import check_view

        check_view(save_view)
    session = open_clip(
        clip, model, device, fps=fps, up=up, unit=unit, body_model=body_model, person=person,
        estimator=estimator,
    )  # fmt: skip
    answer = session.ask(question)
    typer.echo(json.dumps(answer.to_dict(), ensure_ascii=False) if as_json else friendly(answer))
    if save_view is not None:
        with progress("drawing") as told:
            session.save_view(answer, save_view, told)
        typer.echo(f"{save_view}", err=True)


@app.command()
def chat(
    clip: Clip,
    model: Model = None,
    device: Device = None,
    fps: Fps = None,
    up: Up = None,
    unit: Unit = None,
    body_model: BodyModel = None,
    person: Person = None,
    estimator: Estimator = None,
) -> None:
    """Ask a motion many questions; Ctrl-D ends."""
    from llamo.answerable import checked_question

    session = open_clip(
        clip, model, device, fps=fps, up=up, unit=unit, body_model=body_model, person=person,
        estimator=estimator,
    )  # fmt: skip
    typer.echo(f"{clip}: {session.motion.duration_s:.1f} s. Ask away; Ctrl-D ends.", err=True)
    while True:
        try:
            question = input("> " if sys.stdin.isatty() else "")
        except (EOFError, KeyboardInterrupt):
            typer.echo(err=True)
            return
        if not question.strip():
            continue
        try:
            turn = session.chat(question)
            if turn.question != checked_question(question):  # it leaned on the turn before
                typer.echo(f"understood as: {turn.question}")
            typer.echo(friendly(turn))
        except LlamoError as error:
            typer.echo(f"error: {one_line(error)}", err=True)


@app.command()
def answer(
    questions: Annotated[Path, typer.Argument(help="JSON lines with motion and question.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="JSON lines with the answers.")],
    model: Model = None,
    device: Device = None,
    dtype: Dtype = None,
    batch_size: BatchSize = 64,
) -> None:
    """Answer a file of questions; stopped and started again, it goes on where it was."""
    from llamo.answer_file import answer_file

    assistant = load_assistant(model, device, dtype)
    with progress("answering") as told:
        tally = answer_file(assistant, questions, out, batch_size=batch_size, progress=told)
    answered = tally.lines - tally.failed
    kept = f", {tally.kept} of them before" if tally.kept else ""
    typer.echo(f"{answered} of {tally.lines} lines answered{kept}: {out}", err=True)
    if tally.failed:
        raise InvalidData(f'{tally.failed} lines could not be answered; see their "error".')


@app.command()
def info(
    file: Annotated[str | None, typer.Argument(help="Motion file, or weights folder.")] = None,
    model: Annotated[
        bool, typer.Option("--model", help="Tell about a model; llamo-tiny without a path.")
    ] = False,
    as_json: Json = False,
    fps: Fps = None,
    up: Up = None,
    unit: Unit = None,
    body_model: BodyModel = None,
) -> None:
    """Tell what a motion file or a model holds."""
    facts: dict[str, Any]
    if model:
        from llamo.model_info import describe_model

        facts = describe_model(None if file is None else Path(file))
    elif file is None:
        raise InvalidData("info needs a motion file, or --model.")
    else:
        from llamo.formats import describe

        _check_no_video(file)

        facts = describe(file, fps=fps, up=up, unit=unit, body_model=body_model)
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False, default=str))
    else:
        typer.echo("\n".join(rows(facts)))


@app.command()
def measure(
    clip: Clip,
    exercise: Annotated[
        str | None, typer.Option(help="An exercise, such as squat, or a .yaml of your own.")
    ] = None,
    as_json: Json = False,
    fps: Fps = None,
    up: Up = None,
    unit: Unit = None,
    body_model: BodyModel = None,
) -> None:
    """Measure a motion: everything, or what an exercise asks for and what is good."""
    from llamo.measuring import measure_clip

    measured, notes = measure_clip(clip, exercise, fps=fps, up=up, unit=unit, body_model=body_model)
    show_notes(notes)
    typer.echo(json.dumps(measured.to_dict()) if as_json else measured_table(measured))


@app.command()
def convert(
    source: Annotated[str, typer.Argument(help="Motion file, or FILE#INDEX.")],
    target: Annotated[Path, typer.Argument(help="File to write: .npz or .bvh.")],
    fps: Fps = None,
    up: Up = None,
    unit: Unit = None,
    body_model: BodyModel = None,
) -> None:
    """Write a motion as llamo's own .npz or as BVH."""
    from llamo.formats import read_motion, write_motion

    _check_no_video(source)
    motion = read_motion(source, fps=fps, up=up, unit=unit, body_model=body_model)
    write_motion(motion, target)
    typer.echo(f"{target}: {motion!r}", err=True)


@app.command()
def estimate(
    video: Annotated[Path, typer.Argument(help="Video of one person.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Motion to write: .npz or .bvh.")],
    overlay: Annotated[
        Path | None, typer.Option(help="Video to write, .mp4, with the skeleton drawn on it.")
    ] = None,
    person: Person = None,
    estimator: Estimator = None,
    device: Device = None,
    as_json: Json = False,
) -> None:
    """Estimate a person's motion from a video."""
    from llamo.estimating import estimate_file

    with progress("estimating") as told:
        facts = estimate_file(video, out, overlay, told, person, estimator, device)
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False))
    else:
        typer.echo("\n".join(rows(facts)))


def _check_no_video(path: str) -> None:
    from llamo.clip import is_video

    if is_video(path):
        raise InvalidData(
            f"expected a motion file, got the video {path}; estimate its motion first: "
            f"llamo estimate {path} -o motion.npz"
        )


for _verb in (find, describe, report, technique, live, serve, train, merge):
    app.command()(with_options(_verb))
app.add_typer(evaluate, name="eval")
app.add_typer(data, name="data")


if __name__ == "__main__":
    main()
