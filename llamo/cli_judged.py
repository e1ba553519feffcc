"""``llamo eval``: the benchmarks whose answers a judge decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from llamo.cli_eval import evaluate, show_average
from llamo.cli_options import (
    BatchSize,
    Clips,
    Controls,
    Device,
    Fps,
    Limit,
    Model,
    Out,
    Overwrite,
    Predictions,
    Seed,
    load_assistant,
)
from llamo.terminal import progress

if TYPE_CHECKING:
    from llamo.evaluation.benchmark import Benchmark
    from llamo.evaluation.judged import Judging

Questions = Annotated[Path, typer.Option(help="File or folder of questions with their answers.")]
JudgeName = Annotated[
    str, typer.Option(help="rule, a folder of weights, or the URL of an OpenAI-compatible API.")
]
JudgeModel = Annotated[str | None, typer.Option(help="Of a judge behind a URL.")]
JudgePrompt = Annotated[
    Path | None, typer.Option(help="Text with {question}, {answer} and {prediction}.")
]
JudgePrice = Annotated[
    tuple[float, float] | None, typer.Option(help="Of a million tokens in, and out.")
]
Plan = Annotated[bool, typer.Option("--plan", help="Tell what judging will take, and stop.")]


@evaluate.command("movid-bench")
def eval_movid_bench(
    data: Questions,
    out: Out,
    part: Annotated[str, typer.Option(help="motion or video.")] = "motion",
    clips: Clips = None,
    fps: Fps = None,
    judge: JudgeName = "rule",
    judge_model: JudgeModel = None,
    judge_prompt: JudgePrompt = None,
    judge_price: JudgePrice = None,
    plan: Plan = False,
    model: Model = None,
    device: Device = None,
    batch_size: BatchSize = 64,
    limit: Limit = None,
    controls: Controls = True,
    predictions: Predictions = None,
    seed: Seed = 0,
    overwrite: Overwrite = False,
) -> None:
    """MoVid-Bench: open questions on five axes, accuracy and score."""
    from llamo.evaluation.judge.choose import choose_rubric
    from llamo.evaluation.judge.rubric import CORRECTNESS
    from llamo.evaluation.movid_bench import movid_bench

    rubric = choose_rubric(CORRECTNESS, judge_prompt)
    _evaluate(
        lambda judging: movid_bench(
            data, out, part=part, clips=clips, fps=fps, judging=judging, rubric=rubric
        ),
        out, clips, _judging(judge, judge_model, judge_price, device), plan, model, device,
        batch_size=batch_size, limit=limit, controls=controls, predictions=predictions, seed=seed,
        overwrite=overwrite,
    )  # fmt: skip


@evaluate.command("swing")
def eval_swing(
    data: Questions,
    out: Out,
    clips: Clips = None,
    fps: Fps = None,
    judge: JudgeName = "rule",
    judge_model: JudgeModel = None,
    judge_prompt: JudgePrompt = None,
    judge_price: JudgePrice = None,
    plan: Plan = False,
    model: Model = None,
    device: Device = None,
    batch_size: BatchSize = 64,
    limit: Limit = None,
    controls: Controls = True,
    predictions: Predictions = None,
    seed: Seed = 0,
    overwrite: Overwrite = False,
) -> None:
    """Questions on a swing beside a coach's answers: four criteria, 0 to 5."""
    from llamo.evaluation.judge.choose import choose_rubric
    from llamo.evaluation.judge.rubric import COACHING
    from llamo.evaluation.swing import swing

    rubric = choose_rubric(COACHING, judge_prompt)
    _evaluate(
        lambda judging: swing(data, out, clips=clips, fps=fps, judging=judging, rubric=rubric),
        out, clips, _judging(judge, judge_model, judge_price, device), plan, model, device,
        batch_size=batch_size, limit=limit, controls=controls, predictions=predictions, seed=seed,
        overwrite=overwrite,
    )  # fmt: skip


def _evaluate(
    make: Callable[[Judging], Benchmark],
    out: Path,
    clips: Path | None,
    judging: Judging,
    plan: bool,
    model: Path | None,
    device: str | None,
    **options: Any,
) -> None:
    """Plan, or answer, judge and report; the questions are read before any model is loaded."""
    from llamo.evaluation.judged import plan_judging, run_judged

    benchmark = make(judging)
    if plan:
        given = {name: options[name] for name in ("predictions", "limit", "controls")}
        typer.echo(plan_judging(benchmark, judging, **given))
        return
    ask_model = options["predictions"] is None and benchmark.given is None
    assistant = load_assistant(model, device) if ask_model else None
    with progress("evaluating") as told:
        benchmark = make(replace(judging, progress=told))
        report = run_judged(benchmark, out, assistant, clips, progress=told, **options)
    _show(report, out)


def _judging(
    judge: str, model: str | None, price: tuple[float, float] | None, device: str | None
) -> Judging:
    from llamo.evaluation.judge.choose import choose_judge
    from llamo.evaluation.judged import Judging

    chosen = choose_judge(judge, model, device)
    return Judging(chosen, price, tell=lambda line: typer.echo(line, err=True))


def _show(report: Mapping[str, Any], out: Path) -> None:
    for column, one in {"overall": report["overall"], **report.get("by_type", {})}.items():
        for name in report["values"]:
            if one[name]["n"]:
                typer.echo(f"{column:16} {name:16} {show_average(one[name])}")
    undecided = report["overall"]["unparsed"]
    if undecided:
        typer.echo(f"no verdict on {undecided} of {report['overall']['n']} questions", err=True)
    typer.echo(f"{out / 'report.md'}", err=True)
