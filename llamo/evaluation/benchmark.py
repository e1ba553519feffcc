"""Run a benchmark: answers, controls, report. A benchmark brings its items; this does the rest."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from llamo.clip import is_video
from llamo.errors import InvalidData
from llamo.evaluation.answering import answer_items, show_clip
from llamo.evaluation.controls import (
    WITH_MODEL,
    WITHOUT_MODEL,
    Guess,
    majority,
    mean_pose,
    question_only,
    shuffled,
)
from llamo.evaluation.items import Clip, Item
from llamo.evaluation.measure import Control, Measure
from llamo.evaluation.predictions import Output, read_outputs, write_predictions
from llamo.evaluation.run_folder import claim, given_key, run_key, sha256, write_report

if TYPE_CHECKING:
    from llamo.assistant import Assistant
    from llamo.session import Session

_SWITCHES = {
    "zeroed_tokens": {"use_motion_tokens": False},
    "zeroed_text": {"use_kinematic_text": False},
}


Blind = Callable[[Sequence[Item]], Control]
"""Guesses the answers without a look at the clips."""


@dataclass(frozen=True)
class Benchmark:
    """What a benchmark asks.

    Args:
        name: ``qa``, ``babel-qa``; other questions on the same data need another name.
        items: All questions, whatever part of them is asked.
        data_sha256: Of the files with the questions.
        measure: Makes figures of what the model says.
        training: Questions to fit ``question_only`` on, None to fit on the items themselves.
        blind: Guesses without the clip, by name, in the place of ``majority`` and
            ``question_only``.
        elsewhere: Ids of the data set's other splits, which a file of predictions may hold.
        given: Answers that stand beside the questions, scored where nobody else answers.
        facts: More for the report: how the data was read.
        anchors: Published figures for ``report.md``, each under its own protocol.
    """

    name: str
    items: Sequence[Item]
    data_sha256: str
    measure: Measure
    training: Sequence[Item] | None = None
    blind: Mapping[str, Blind] | None = None
    elsewhere: Container[str] = ()
    given: Sequence[Output] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    anchors: str = ""


class RunOptions(TypedDict, total=False):
    """Keywords of ``run_benchmark`` that every benchmark passes on."""

    batch_size: int
    limit: int | None
    controls: bool | Sequence[str]
    predictions: str | Path | None
    seed: int
    overwrite: bool
    progress: Callable[[int, int], object] | None
    command: str | None


def run_benchmark(
    benchmark: Benchmark,
    out_dir: str | Path,
    assistant: Assistant | None,
    *,
    batch_size: int = 64,
    limit: int | None = None,
    controls: bool | Sequence[str] = True,
    protocol: str | None = None,
    predictions: str | Path | None = None,
    seed: int = 0,
    overwrite: bool = False,
    progress: Callable[[int, int], object] | None = None,
    command: str | None = None,
) -> dict[str, Any]:
    """Answer, score, compare with the controls; write ``report.json`` and ``report.md``.

    A run that was stopped goes on where it was, if data, model and settings are the same.

    Args:
        benchmark: What to ask.
        out_dir: Folder for the report and the predictions.
        assistant: Who answers; None when ``predictions`` are given.
        batch_size: Questions that the model sees at once.
        limit: Ask the first so many questions only.
        controls: Which to run; True for all, False for none. With ``predictions`` only those that
            need no model.
        protocol: The measure's own, to be sure of it; None takes it as it is.
        predictions: Score this file instead of asking a model.
        seed: Of intervals, folds and shuffling.
        overwrite: Throw away what ``out_dir`` holds of another run.
        progress: Called with (questions answered, questions in all), controls included.
        command: As it stands in the report; the process's own by default.

    Returns:
        What ``report.json`` holds.

    Raises:
        InvalidData: Unknown names, data that does not fit, or ``out_dir`` holds another run.
    """
    measure = benchmark.measure
    if protocol not in (None, measure.protocol):
        raise InvalidData(
            f"protocol {protocol!r} is not known here; expected {measure.protocol!r}."
        )
    if batch_size < 1 or (limit is not None and limit < 1):
        raise InvalidData("batch_size and limit must be 1 or more.")
    out, items = Path(out_dir), list(benchmark.items)[:limit]
    given = benchmark.given if assistant is None and predictions is None else None
    blind = _blind(benchmark, seed)
    with_model = predictions is None and given is None
    chosen = chosen_controls(controls, with_model=with_model, blind=list(blind))
    main, about = out / "predictions.jsonl", (benchmark.name, benchmark.data_sha256)
    shown = _shown(items, [name for name in chosen if name in WITH_MODEL], seed)
    if predictions is not None:
        outputs, model = read_outputs(predictions, benchmark.items, limit, benchmark.elsewhere)
        itself = main.exists() and main.samefile(predictions)
        key = given_key(*about, sha256([Path(predictions)]), limit)
        claim(out, None if itself else key, overwrite or itself)
    elif given is not None:
        outputs, model = dict(enumerate(given[:limit])), "answers beside the questions"
        claim(out, given_key(*about, benchmark.data_sha256, limit), overwrite)
    else:
        if assistant is None:
            raise InvalidData("nothing answers: give an assistant, or a file of predictions.")
        model = assistant.name
        claim(out, run_key(*about, items, assistant, seed, limit), overwrite)
        count = _counter(progress, len(items) + sum(len(clips) for clips in shown.values()))
        clips = {i: item.clip for i, item in enumerate(items)}
        outputs = answer_items(
            items, clips, assistant, main, measure.marks, batch_size=batch_size, answered=count
        )
    results = {}
    for name in chosen:
        if name in blind:
            results[name] = blind[name](items)
            continue
        assert assistant is not None
        others = answer_items(
            items, shown[name], assistant, _control_path(out, name), measure.marks,
            batch_size=batch_size, answered=count, options=_SWITCHES.get(name),
            show=_show_still if name == "zeroed_motion" else show_clip,
        )  # fmt: skip
        results[name] = Control(others)
    figures = measure.report(items, outputs, results, seed=seed)
    written = {main: outputs, **{_control_path(out, name): results[name].outputs for name in shown}}
    for path, held in written.items():  # again: a judge's verdicts are known only now
        write_predictions(path, items, held, measure.marks)
    report = {
        "benchmark": benchmark.name,
        "protocol": measure.protocol,
        **figures,
        "model": model,
        "command": command or _command(),
        "data_sha256": benchmark.data_sha256,
        **benchmark.facts,
    }
    write_report(report, out, measure.text(report, benchmark.anchors))
    return report


def _control_path(out: Path, name: str) -> Path:
    return out / "controls" / f"{name}.jsonl"


def chosen_controls(
    controls: bool | Sequence[str], *, with_model: bool, blind: Sequence[str] = WITHOUT_MODEL
) -> list[str]:
    """Names of the controls to run; those that ask the model only where there is one.

    Raises:
        InvalidData: An unknown name.
    """
    known = [*blind, *WITH_MODEL]
    if isinstance(controls, bool):
        wanted = known if controls else []
    else:
        unknown = sorted(set(controls) - set(known))
        if unknown:
            raise InvalidData(
                f"controls {', '.join(unknown)} are not known; expected {', '.join(known)}."
            )
        wanted = [name for name in known if name in controls]
    return [name for name in wanted if with_model or name in blind]


def _blind(benchmark: Benchmark, seed: int) -> Mapping[str, Blind]:
    if benchmark.blind is not None:
        return benchmark.blind

    def words(items: Sequence[Item]) -> Control:
        guesses, fit = question_only(items, benchmark.training, seed=seed)
        return Control(_said(guesses), fit)

    return {
        "majority": lambda items: Control(_said(majority(items)), "self"),
        "question_only": words,
    }


def _said(guesses: Sequence[Guess]) -> dict[int, Output]:
    return {i: Output(guess or "", abstained=guess is None) for i, guess in enumerate(guesses)}


def _shown(items: Sequence[Item], names: Sequence[str], seed: int) -> dict[str, dict[int, Clip]]:
    """The clip that each control with a model shows to each question."""
    own = {i: item.clip for i, item in enumerate(items)}
    shown = dict.fromkeys(names, own)
    if "shuffled_motion" in shown:
        partners = shuffled(items, seed=seed)
        shown["shuffled_motion"] = {i: other.clip for i, other in partners.items()}
    return shown


def _show_still(assistant: Assistant, clip: Clip) -> Session:
    motion = assistant.open(clip.path).motion if is_video(clip.path) else clip.read()
    return assistant.open(mean_pose(motion))


def _counter(progress: Callable[[int, int], object] | None, total: int) -> Callable[[int], object]:
    done = 0

    def count(answered: int) -> None:
        nonlocal done
        done += answered
        if progress is not None:
            progress(done, total)

    return count


def _command() -> str:
    return shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
