"""Protocol ``judge:ID``: free answers, decided by a judge whose every reply is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from llamo.evaluation import metrics
from llamo.evaluation.benchmark import Benchmark, RunOptions, chosen_controls, run_benchmark
from llamo.evaluation.clip_files import check_clips
from llamo.evaluation.items import Item
from llamo.evaluation.judge.asking import Estimate, Replies
from llamo.evaluation.judge.judges import Judge, RuleJudge
from llamo.evaluation.judge.rubric import Case, Rubric, Verdict
from llamo.evaluation.judged_text import judged_text
from llamo.evaluation.measure import Control
from llamo.evaluation.predictions import Output, read_outputs
from llamo.evaluation.question_forms import open_item, question_files, read_questions
from llamo.evaluation.run_folder import sha256

if TYPE_CHECKING:
    from llamo.assistant import Assistant

REPLIES = "judge.jsonl"


@dataclass(frozen=True)
class Judging:
    """Who judges, and what is told about it.

    Args:
        judge: Who decides.
        price: Of a million tokens in, and out; None tells no cost.
        tell: Called with the estimate, before the judge is asked.
        progress: Called with (cases judged, cases to judge).
    """

    judge: Judge = field(default_factory=RuleJudge)
    price: tuple[float, float] | None = None
    tell: Callable[[str], object] | None = None
    progress: Callable[[int, int], object] | None = None


@dataclass(frozen=True)
class JudgedMeasure:
    """A judge's verdicts, averaged by column and over all.

    Args:
        judging: Who judges.
        rubric: What is asked.
        out: Folder of the run; the replies are kept there in ``judge.jsonl``.
        columns: Groups, in order.
    """

    judging: Judging
    rubric: Rubric
    out: Path
    columns: Sequence[str] = ()

    @property
    def protocol(self) -> str:
        return f"judge:{self.judging.judge.id}"

    @cached_property
    def replies(self) -> Replies:
        return Replies(self.out / REPLIES, self.judging.judge, self.rubric)

    def verdict(self, item: Item, output: Output) -> Verdict | None:
        """None where the judge was not asked yet, or gave no verdict that can be read."""
        reply = self.replies.of(_case(item, output))
        return None if reply is None else self.rubric.read(reply.text)

    def marks(self, item: Item, output: Output) -> dict[str, Any]:
        verdict = self.verdict(item, output)
        if verdict is None:
            return dict.fromkeys(self.rubric.values)
        return {name: bool(one) if name == "correct" else one for name, one in verdict.items()}

    def report(
        self,
        items: Sequence[Item],
        outputs: Mapping[int, Output],
        controls: Mapping[str, Control],
        *,
        seed: int,
    ) -> dict[str, Any]:
        runs = [outputs, *(control.outputs for control in controls.values())]
        cases = [_case(items[i], one) for run in runs for i, one in run.items()]
        estimate = self.replies.estimate(cases)
        if self.judging.tell is not None:
            self.judging.tell(estimate.text(self.judging.judge, self.judging.price))
        self.replies.ask(cases, self.judging.progress)
        verdicts = [{i: self.verdict(items[i], one) for i, one in run.items()} for run in runs]
        main = _Averages(self, items, verdicts[0], seed)
        found = {
            "motions": len({item.clip for item in items}),
            "values": list(self.rubric.values),
            **main.report(),
            "controls": {},
            "judge": self._judge(cases),
        }
        for (name, control), given in zip(controls.items(), verdicts[1:], strict=True):
            one = _Averages(self, items, given, seed)
            figures = {**one.report(), "gain": main.gain(one)}
            found["controls"][name] = (
                figures if control.fit is None else {**figures, "fit": control.fit}
            )
        return found

    def text(self, report: Mapping[str, Any], anchors: str) -> str:
        return judged_text(report, anchors)

    def estimate(
        self, items: Sequence[Item], outputs: Mapping[int, Output] | None, runs: int
    ) -> Estimate:
        """What judging will take at most, before anything is asked.

        Args:
            items: What is asked.
            outputs: Answers, None where there are none yet: the right ones stand in.
            runs: The model's own and the controls.
        """
        said = outputs or {i: Output(item.answer or "") for i, item in enumerate(items)}
        one = self.replies.estimate([_case(items[i], output) for i, output in said.items()])
        return Estimate(one.calls * runs, one.kept, one.tokens_in * runs, one.tokens_out * runs)

    def _judge(self, cases: Sequence[Case]) -> dict[str, Any]:
        asked = [reply for case in dict.fromkeys(cases) if (reply := self.replies.of(case))]
        return {
            "id": self.judging.judge.id,
            "prompt_sha256": self.rubric.sha256,
            "replies": len(asked),
            "unparsed": sum(self.rubric.read(reply.text) is None for reply in asked),
            "served": sorted({reply.served for reply in asked if reply.served}),
            "tokens_in": sum(reply.tokens_in or 0 for reply in asked),
            "tokens_out": sum(reply.tokens_out or 0 for reply in asked),
        }


def judged_benchmark(
    name: str,
    data: str | Path,
    out_dir: str | Path,
    *,
    rubric: Rubric,
    anchors: str,
    axes: Sequence[str] = (),
    clips: str | Path | None = None,
    fps: float | None = None,
    judging: Judging | None = None,
) -> Benchmark:
    """A benchmark of open questions in a form of MoVid, ready to run.

    Args:
        name: Of the benchmark.
        data: File or folder of questions.
        out_dir: Folder of the run.
        rubric: What the judge is asked.
        anchors: Published tables, for the report.
        axes: What questions are grouped by; none: not at all.
        clips: Folder of the motions or videos; needed when a model is asked.
        fps: Frames a second of ``.npy`` clips.
        judging: Who judges; the rule by default.

    Raises:
        UnreadableFile: A file cannot be read.
        InvalidData: Entries that do not follow the format.
    """
    questions = read_questions(data, axes)
    folder = None if clips is None else Path(clips)
    said = [one.prediction for one in questions]
    return Benchmark(
        name=name,
        items=[open_item(one, folder, fps) for one in questions],
        data_sha256=sha256(question_files(data)),
        measure=JudgedMeasure(judging or Judging(), rubric, Path(out_dir), axes),
        given=None if None in said else [Output(text or "") for text in said],
        anchors=anchors,
    )


def plan_judging(
    benchmark: Benchmark,
    judging: Judging,
    *,
    predictions: str | Path | None = None,
    limit: int | None = None,
    controls: bool | Sequence[str] = True,
) -> str:
    """What judging a run will take at most, in a line; nobody is asked.

    Args:
        benchmark: A judged one.
        judging: Who judges.
        predictions, limit, controls: As for ``run_benchmark``.
    """
    measure = benchmark.measure
    assert isinstance(measure, JudgedMeasure)
    outputs = None
    if predictions is not None:
        outputs, _ = read_outputs(predictions, benchmark.items, limit)
    elif benchmark.given is not None:
        outputs = dict(enumerate(benchmark.given[:limit]))
    runs = 1 + len(chosen_controls(controls, with_model=outputs is None))
    estimate = measure.estimate(list(benchmark.items)[:limit], outputs, runs)
    return estimate.text(judging.judge, judging.price)


def run_judged(
    benchmark: Benchmark,
    out_dir: str | Path,
    assistant: Assistant | None,
    clips: str | Path | None,
    **options: Unpack[RunOptions],
) -> dict[str, Any]:
    """``run_benchmark``, once the clips that a model will be shown are found to be there.

    Raises:
        InvalidData: Clips are not there.
        JudgeError: The judge cannot be asked; answers and replies so far are kept.
    """
    if assistant is not None:
        check_clips(benchmark.items, None if clips is None else Path(clips))
    return run_benchmark(benchmark, out_dir, assistant, **options)


def _case(item: Item, output: Output) -> Case:
    return Case(item.question, item.answer or "", output.text)


class _Averages:
    """Values of one run, averaged over all its questions or over a column's."""

    def __init__(
        self,
        measure: JudgedMeasure,
        items: Sequence[Item],
        verdicts: Mapping[int, Verdict | None],
        seed: int,
    ) -> None:
        self.values, self.columns = measure.rubric.values, measure.columns
        self.items, self.verdicts, self.seed = items, verdicts, seed

    def report(self) -> dict[str, Any]:
        found: dict[str, Any] = {"overall": self._over(list(self.verdicts))}
        if self.columns:
            found["macro"] = {name: self._macro(name) for name in self.values}
            found["by_type"] = {
                column: self._over([i for i in self.verdicts if column in self.items[i].groups])
                for column in self.columns
            }
        return found

    def gain(self, other: _Averages) -> dict[str, Any]:
        """How far this run's first value lies above another's, where both are decided."""
        first = self.values[0]
        gaps = {}
        for i, there in other.verdicts.items():
            here = self.verdicts[i]
            if here is not None and there is not None:
                gaps[i] = here[first] - there[first]
        clips = [self.items[i].clip for i in gaps]
        return metrics.average(list(gaps.values()), clips, seed=self.seed)

    def _over(self, positions: Sequence[int]) -> dict[str, Any]:
        """``n`` questions, of which ``unparsed`` have no verdict; averages of the rest."""
        decided = [i for i in positions if self.verdicts[i] is not None]
        clips = [self.items[i].clip for i in decided]
        averages = {
            name: metrics.average(self._values(name, decided), clips, seed=self.seed)
            for name in self.values
        }
        return {"n": len(positions), "unparsed": len(positions) - len(decided), **averages}

    def _macro(self, name: str) -> dict[str, Any]:
        decided = [i for i, verdict in self.verdicts.items() if verdict is not None]
        one = metrics.macro(
            np.array(self._values(name, decided)), [self.items[i].groups[0] for i in decided],
            [self.items[i].clip for i in decided], seed=self.seed,
        )  # fmt: skip
        return {"mean": one["accuracy"], "n": one["n"], "ci95": one["ci95"]}

    def _values(self, name: str, positions: Sequence[int]) -> list[float]:
        verdicts = (self.verdicts[i] for i in positions)
        return [verdict[name] for verdict in verdicts if verdict is not None]
