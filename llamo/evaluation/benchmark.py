"""Run a benchmark: answers, controls, report. A benchmark brings its items; this does the rest."""

from __future__ import annotations

import hashlib
import json
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from llamo.clip import is_video
from llamo.errors import InvalidData, UnreadableFile
from llamo.evaluation.answering import answer_items, show_clip
from llamo.evaluation.controls import (
    CONTROLS,
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

if TYPE_CHECKING:
    from llamo.assistant import Assistant, Session

_SWITCHES = {
    "zeroed_tokens": {"use_motion_tokens": False},
    "zeroed_text": {"use_kinematic_text": False},
}


@dataclass(frozen=True)
class Benchmark:
    """What a benchmark asks.

    Args:
        name: ``qa``, ``babel-qa``.
        items: All questions, whatever part of them is asked.
        data_sha256: Of the files with the questions.
        measure: Makes figures of what the model says.
        training: Questions to fit ``question_only`` on, None to fit on the items themselves.
        facts: More for the report: how the data was read.
        anchors: Published figures for ``report.md``, each under its own protocol.
    """

    name: str
    items: Sequence[Item]
    data_sha256: str
    measure: Measure
    training: Sequence[Item] | None = None
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
    chosen = _chosen(controls, with_model=predictions is None)
    main = out / "predictions.jsonl"
    shown = _shown(items, chosen, seed)
    if predictions is not None:
        outputs, model = read_outputs(predictions, benchmark.items, limit)
        _claim(out, None, overwrite or not main.exists() or main.samefile(predictions))
        write_predictions(main, items, outputs, measure.marks)
    else:
        if assistant is None:
            raise InvalidData("nothing answers: give an assistant, or a file of predictions.")
        model = assistant.name
        _claim(out, _run_key(benchmark, items, assistant, seed, limit), overwrite)
        count = _counter(progress, len(items) + sum(len(clips) for clips in shown.values()))
        clips = {i: item.clip for i, item in enumerate(items)}
        outputs = answer_items(
            items, clips, assistant, main, measure.marks, batch_size=batch_size, answered=count
        )
    results = {}
    for name in chosen:
        if name in WITHOUT_MODEL:
            results[name] = _guessed(name, items, benchmark.training, seed)
            continue
        assert assistant is not None
        given = answer_items(
            items, shown[name], assistant, out / "controls" / f"{name}.jsonl", measure.marks,
            batch_size=batch_size, answered=count, options=_SWITCHES.get(name),
            show=_show_still if name == "zeroed_motion" else show_clip,
        )  # fmt: skip
        results[name] = Control(given)
    report = {
        "benchmark": benchmark.name,
        "protocol": measure.protocol,
        **measure.report(items, outputs, results, seed=seed),
        "model": model,
        "command": command or _command(),
        "data_sha256": benchmark.data_sha256,
        **benchmark.facts,
    }
    _write_report(report, out, measure.text(report, benchmark.anchors))
    return report


def _chosen(controls: bool | Sequence[str], with_model: bool) -> list[str]:
    if isinstance(controls, bool):
        wanted = list(CONTROLS) if controls else []
    else:
        unknown = sorted(set(controls) - set(CONTROLS))
        if unknown:
            raise InvalidData(
                f"controls {', '.join(unknown)} are not known; expected {', '.join(CONTROLS)}."
            )
        wanted = [name for name in CONTROLS if name in controls]
    return [name for name in wanted if with_model or name in WITHOUT_MODEL]


def _shown(items: Sequence[Item], chosen: Sequence[str], seed: int) -> dict[str, dict[int, Clip]]:
    """The clip that each control with a model shows to each question."""
    own = {i: item.clip for i, item in enumerate(items)}
    shown = {name: own for name in chosen if name not in WITHOUT_MODEL}
    if "shuffled_motion" in shown:
        partners = shuffled(items, seed=seed)
        shown["shuffled_motion"] = {i: other.clip for i, other in partners.items()}
    return shown


def _show_still(assistant: Assistant, clip: Clip) -> Session:
    motion = assistant.open(clip.path).motion if is_video(clip.path) else clip.read()
    return assistant.open(mean_pose(motion))


def _guessed(
    name: str, items: Sequence[Item], training: Sequence[Item] | None, seed: int
) -> Control:
    fit = "self"
    guesses: list[Guess]
    if name == "majority":
        guesses = majority(items)
    else:
        guesses, fit = question_only(items, training, seed=seed)
    outputs = {i: Output(guess or "", abstained=guess is None) for i, guess in enumerate(guesses)}
    return Control(outputs, fit)


def _run_key(
    benchmark: Benchmark, items: Sequence[Item], assistant: Assistant, seed: int, limit: int | None
) -> dict[str, Any]:
    """What has to be the same for a stopped run to go on."""
    motions = hashlib.sha256()
    for clip in sorted({item.clip for item in items}, key=lambda one: (one.path, str(one))):
        about = clip.file.stat()
        known = (clip.path, clip.settings, about.st_size, about.st_mtime_ns)
        motions.update(repr(known).encode())
    return {
        "benchmark": benchmark.name,
        "data": benchmark.data_sha256,
        "motions": motions.hexdigest(),
        "model": assistant.name,
        "weights": assistant.fingerprint,
        "seed": seed,
        "limit": limit,
    }


def _claim(out: Path, key: dict[str, Any] | None, overwrite: bool) -> None:
    """Make ``out`` this run's folder, or find that it is already."""
    path = out / "run.json"
    held: dict[str, Any] = {}
    if path.exists():
        try:
            held = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            held = {}
    if key is not None and held == key:
        return
    stale = [one for one in (out / "predictions.jsonl", *out.glob("controls/*.jsonl"))
             if one.exists()]  # fmt: skip
    if stale and not overwrite:
        known = [name for name in key or () if name in held]
        other = [name for name in known if held[name] != (key or {})[name]]
        raise InvalidData(
            f"{out} holds predictions of another run"
            + (f" (other {', '.join(other)})" if other else "")
            + "; choose another folder, or pass overwrite (--overwrite) to start anew."
        )
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnreadableFile(f"{out} cannot be a folder: {error.strerror or error}.") from None
    if key is None:
        path.unlink(missing_ok=True)
        return
    for one in stale:
        one.unlink()
    path.write_text(json.dumps(key, indent=1) + "\n", encoding="utf-8")


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


def sha256(paths: Sequence[Path]) -> str:
    """Of the files' contents, one after the other."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _write_report(report: Mapping[str, Any], out: Path, text: str) -> None:
    held = json.dumps(report, indent=1, ensure_ascii=False) + "\n"
    (out / "report.json").write_text(held, encoding="utf-8")
    (out / "report.md").write_text(text, encoding="utf-8")
