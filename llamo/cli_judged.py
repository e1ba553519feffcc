"""``llamo eval``: the benchmarks whose answers a judge decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from llamo.cli_eval import evaluate, show_average
from llamo.cli_options import Clips, Fps, Out, Run, with_options
from llamo.terminal import progress

if TYPE_CHECKING:
    from llamo.evaluation.benchmark import Benchmark
    from llamo.evaluation.judged import Judging

Questions = Annotated[Path, typer.Option(help="File or folder of questions with their answers.")]


@dataclass(frozen=True)
class Judged:
    """The options of every evaluation that a judge decides."""

    judge: Annotated[
        str, typer.Option(help="rule, a folder of weights, or the URL of an OpenAI-compatible API.")
    ] = "rule"
    judge_model: Annotated[str | None, typer.Option(help="Of a judge behind a URL.")] = None
    judge_prompt: Annotated[
        Path | None, typer.Option(help="Text with {question}, {answer} and {prediction}.")
    ] = None
    judge_price: Annotated[
        tuple[float, float] | None, typer.Option(help="Of a million tokens in, and out.")
    ] = None
    plan: Annotated[bool, typer.Option("--plan", help="Tell what judging will take, and stop.")] = (
        False
    )

    def judging(self, device: str | None) -> Judging:
        """Who judges, and where its estimate is told."""
        from llamo.evaluation.judge.choose import choose_judge
        from llamo.evaluation.judged import Judging

        chosen = choose_judge(self.judge, self.judge_model, device)
        return Judging(chosen, self.judge_price, tell=lambda line: typer.echo(line, err=True))


@evaluate.command("movid-bench")
@with_options
def eval_movid_bench(
    data: Questions,
    out: Out,
    run: Run,
    judged: Judged,
    part: Annotated[str, typer.Option(help="motion or video.")] = "motion",
    clips: Clips = None,
    fps: Fps = None,
) -> None:
    """MoVid-Bench: open questions on five axes, accuracy and score."""
    from llamo.evaluation.judge.choose import choose_rubric
    from llamo.evaluation.judge.rubric import CORRECTNESS
    from llamo.evaluation.movid_bench import movid_bench

    rubric = choose_rubric(CORRECTNESS, judged.judge_prompt)
    _evaluate(
        lambda judging: movid_bench(
            data, out, part=part, clips=clips, fps=fps, judging=judging, rubric=rubric
        ),
        out, clips, run, judged,
    )  # fmt: skip


@evaluate.command("swing")
@with_options
def eval_swing(
    data: Questions,
    out: Out,
    run: Run,
    judged: Judged,
    clips: Clips = None,
    fps: Fps = None,
) -> None:
    """Questions on a swing beside a coach's answers: four criteria, 0 to 5."""
    from llamo.evaluation.judge.choose import choose_rubric
    from llamo.evaluation.judge.rubric import COACHING
    from llamo.evaluation.swing import swing

    rubric = choose_rubric(COACHING, judged.judge_prompt)
    _evaluate(
        lambda judging: swing(data, out, clips=clips, fps=fps, judging=judging, rubric=rubric),
        out, clips, run, judged,
    )  # fmt: skip


def _evaluate(
    make: Callable[[Judging], Benchmark], out: Path, clips: Path | None, run: Run, judged: Judged
) -> None:
    """Plan, or answer, judge and report; the questions are read before any model is loaded."""
    from llamo.evaluation.judged import plan_judging, run_judged

    judging, options = judged.judging(run.device), run.options()
    benchmark = make(judging)
    if judged.plan:
        given = {name: options[name] for name in ("predictions", "limit", "controls")}
        typer.echo(plan_judging(benchmark, judging, **given))
        return
    assistant = run.assistant() if benchmark.given is None else None
    with progress("evaluating") as told:
        benchmark = make(replace(judging, progress=told))
        report = run_judged(benchmark, out, assistant, clips, progress=told, **options)
    _show(report, out)


def _show(report: Mapping[str, Any], out: Path) -> None:
    for column, one in {"overall": report["overall"], **report.get("by_type", {})}.items():
        for name in report["values"]:
            if one[name]["n"]:
                typer.echo(f"{column:16} {name:16} {show_average(one[name])}")
    undecided = report["overall"]["unparsed"]
    if undecided:
        typer.echo(f"no verdict on {undecided} of {report['overall']['n']} questions", err=True)
    typer.echo(f"{out / 'report.md'}", err=True)
