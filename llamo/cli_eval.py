"""``llamo eval``: the benchmarks, and the comparison of two runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from llamo.cli_options import Clips, Controls, Json, Limit, Out, Overwrite, Run, Seed, with_options
from llamo.terminal import progress

evaluate = typer.Typer(no_args_is_help=True, help="Measure the model on a benchmark.")


@evaluate.command("qa")
@with_options
def eval_qa(
    data: Annotated[Path, typer.Option(help="JSON lines with motion, question, answer, type.")],
    out: Out,
    run: Run,
) -> None:
    """Questions and answers of a JSON-lines file, by protocol vocab, with controls."""
    from llamo.evaluation.qa import evaluate_qa

    assistant = run.assistant()
    with progress("evaluating") as told:
        report = evaluate_qa(data, out, assistant, **run.options(), progress=told)
    _show_accuracy(report, out)


@evaluate.command("babel-qa")
@with_options
def eval_babel_qa(
    data: Annotated[Path, typer.Option(help="Folder of the released BABEL-QA.")],
    out: Out,
    run: Run,
    split: Annotated[str, typer.Option(help="train, val or test.")] = "test",
    fps: Annotated[float, typer.Option(help="Frames a second of its motions.")] = 30.0,
    up: Annotated[str, typer.Option(help="Up axis of its motions: auto, y or z.")] = "auto",
    aggregate: Annotated[str, typer.Option(help="micro, or nspose.")] = "micro",
) -> None:
    """BABEL-QA (HumanMotionQA) as released."""
    from llamo.evaluation.babel_qa import evaluate_babel_qa

    assistant = run.assistant()
    with progress("evaluating") as told:
        report = evaluate_babel_qa(
            data,
            split,
            out,
            assistant,
            fps=fps,
            up=up,
            aggregate=aggregate,
            **run.options(),
            progress=told,
        )
    _show_accuracy(report, out)


@evaluate.command("humman-qa")
@with_options
def eval_humman_qa(
    data: Annotated[Path, typer.Option(help="Folder in the form of BABEL-QA.")],
    out: Out,
    run: Run,
    split: Annotated[str, typer.Option(help="train, val or test.")] = "test",
    fps: Annotated[float, typer.Option(help="Frames a second of its motions.")] = 30.0,
    up: Annotated[str, typer.Option(help="Up axis of its motions: auto, y or z.")] = "auto",
) -> None:
    """HuMMan-QA, by protocol vocab."""
    from llamo.evaluation.humman_qa import evaluate_humman_qa

    assistant = run.assistant()
    with progress("evaluating") as told:
        report = evaluate_humman_qa(
            data, split, out, assistant, fps=fps, up=up, **run.options(), progress=told
        )
    _show_accuracy(report, out)


@evaluate.command("repcount")
@with_options
def eval_repcount(
    data: Annotated[Path, typer.Option(help="RepCount's annotations, such as test.csv.")],
    out: Out,
    run: Run,
    clips: Clips = None,
    training: Annotated[
        Path | None, typer.Option(help="Annotations to fit the control question_only on.")
    ] = None,
    name_exercise: Annotated[
        bool, typer.Option(help="Say in the question which exercise is to be counted.")
    ] = True,
) -> None:
    """Counting repetitions on RepCount: OBO, MAE, OBZ, RMSE."""
    from llamo.evaluation.repcount import evaluate_repcount

    assistant = run.assistant()
    with progress("evaluating") as told:
        report = evaluate_repcount(
            data,
            out,
            assistant,
            clips=clips,
            training=training,
            name_exercise=name_exercise,
            **run.options(),
            progress=told,
        )
    for name in ("obo", "mae", "obz", "rmse"):
        typer.echo(f"{name.upper():16} {show_average(report['overall'][name])}")
    typer.echo(f"{out / 'report.md'}", err=True)


@evaluate.command("golfdb")
def eval_golfdb(
    data: Annotated[Path, typer.Option(help="CSV or JSON made of GolfDB's table.")],
    out: Out,
    predictions: Annotated[Path, typer.Option(help="JSON lines with id and eight frames.")],
    split: Annotated[str | None, typer.Option(help="Score this split alone.")] = None,
    limit: Limit = None,
    controls: Controls = True,
    seed: Seed = 0,
    overwrite: Overwrite = False,
) -> None:
    """GolfDB: when the eight events of a golf swing happen, as predicted elsewhere."""
    from llamo.evaluation.golfdb import evaluate_golfdb

    report = evaluate_golfdb(
        data, out, split=split, limit=limit, controls=controls, predictions=predictions, seed=seed,
        overwrite=overwrite,
    )  # fmt: skip
    typer.echo(f"{'PCE':16} {show_average(report['overall']['pce'])}")
    typer.echo(f"{out / 'report.md'}", err=True)


@evaluate.command("humanml3d-captions")
@with_options
def eval_humanml3d_captions(
    data: Annotated[Path, typer.Option(help="Folder of the released HumanML3D.")],
    out: Out,
    run: Run,
    split: Annotated[str, typer.Option(help="train, val or test.")] = "test",
    references: Annotated[str, typer.Option(help="all captions of a motion, or first.")] = "all",
    all_lengths: Annotated[
        bool, typer.Option("--all-lengths", help="Not just 40 to 199 frames.")
    ] = False,
) -> None:
    """Describing the motions of HumanML3D: BLEU, ROUGE-L, CIDEr."""
    from llamo.evaluation.humanml3d_captions import evaluate_humanml3d_captions

    assistant = run.assistant()
    with progress("evaluating") as told:
        report = evaluate_humanml3d_captions(
            data,
            split,
            out,
            assistant,
            references=references,
            all_lengths=all_lengths,
            **run.options(),
            progress=told,
        )
    for name in ("bleu_1", "bleu_4", "rouge_l", "cider"):
        typer.echo(f"{name:16} {show_average(report['overall'][name])}")
    typer.echo(f"{out / 'report.md'}", err=True)


@evaluate.command("compare")
def eval_compare(
    a: Annotated[Path, typer.Argument(help="Folder of a run, or its predictions.jsonl.")],
    b: Annotated[Path, typer.Argument(help="The other run, on the same questions.")],
    by: Annotated[str, typer.Option(help="Field of the lines to compare.")] = "correct",
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Compare two runs question by question: difference, interval, paired tests."""
    from llamo.evaluation.compare import compare_runs, comparison_text

    found = compare_runs(a, b, by=by, seed=seed)
    typer.echo(json.dumps(found, ensure_ascii=False) if as_json else comparison_text(found))


def _show_accuracy(report: Mapping[str, Any], out: Path) -> None:
    for name, figure in {"overall": report["overall"], **report["by_type"]}.items():
        if figure["n"]:  # else a column of the benchmark that this file does not ask
            typer.echo(f"{name:16} {_figure(figure)}")
    typer.echo(f"{out / 'report.md'}", err=True)


def show_average(one: Mapping[str, Any]) -> str:
    """An average with its interval, for a terminal."""
    return _figure({**one, "accuracy": one["mean"]})


def _figure(figure: Mapping[str, Any]) -> str:
    low, high = figure["ci95"]
    return f"{figure['accuracy']:.3f} [{low:.3f}, {high:.3f}]  n {figure['n']}"
