"""Options that several verbs of the command line take, each stated once."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from llamo.assistant import Assistant
    from llamo.session import Session

Clip = Annotated[
    str, typer.Argument(help="Motion file, FILE#INDEX in a file of many clips, or video.")
]
Fps = Annotated[float | None, typer.Option(help="Frames a second, where the file does not say.")]
Up = Annotated[str | None, typer.Option(help="Up axis of the file: y, z or x.")]
Unit = Annotated[str | None, typer.Option(help="Unit of the file: m, cm, mm or in.")]
BodyModel = Annotated[
    Path | None, typer.Option(help="SMPL model file, for exact joints of SMPL parameters.")
]
Person = Annotated[
    int | None, typer.Option(min=1, help="Whom to follow in a video, counted from the left.")
]
Estimator = Annotated[
    str | None,
    typer.Option(help="Of a video: mediapipe, a .task file, rtmpose, or a ViTPose by name."),
]
Model = Annotated[Path | None, typer.Option(help="Weights folder; llamo-tiny by default.")]
Device = Annotated[str | None, typer.Option(help="cpu, cuda, cuda:1 ...; found by default.")]
Dtype = Annotated[
    str | None, typer.Option(help="Of the language model: float32 or bfloat16; as it is kept.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Out = Annotated[Path, typer.Option(help="Folder for the report and the predictions.")]
BatchSize = Annotated[int, typer.Option(min=1, help="Questions that the model sees at once.")]
Limit = Annotated[int | None, typer.Option(min=1, help="Ask the first so many questions only.")]
Controls = Annotated[bool, typer.Option(help="Measure what a blind guess would score, too.")]
Predictions = Annotated[Path | None, typer.Option(help="Score this file, ask no model.")]
Seed = Annotated[int, typer.Option(help="Of intervals, folds and shuffling.")]
Clips = Annotated[
    Path | None, typer.Option(help="Folder of the clips; not needed with --predictions.")
]
Overwrite = Annotated[bool, typer.Option(help="Throw away what the folder holds of another run.")]


def load_assistant(model: Path | None, device: str | None, dtype: str | None = None) -> Assistant:
    """Who answers, by the options ``--model``, ``--device`` and ``--dtype``."""
    from llamo.assistant import Assistant

    return Assistant.from_pretrained(model, device, dtype)


def open_clip(clip: str, model: Path | None, device: str | None, **words: Any) -> Session:
    """A clip, opened; what an estimate of a video has to say goes to stderr."""
    from llamo.clip import is_video
    from llamo.terminal import progress, show_notes

    assistant = load_assistant(model, device)
    if not is_video(clip):
        return assistant.open(clip, **words)
    with progress("estimating") as told:
        session = assistant.open(clip, progress=told, **words)
    show_notes(session.notes)
    return session


@dataclass(frozen=True)
class Opening:
    """The options of every verb that opens a clip."""

    model: Model = None
    device: Device = None
    fps: Fps = None
    up: Up = None
    unit: Unit = None
    body_model: BodyModel = None
    person: Person = None
    estimator: Estimator = None

    def session(self, clip: str) -> Session:
        """The clip, opened."""
        return open_clip(clip, **{one.name: getattr(self, one.name) for one in fields(self)})


@dataclass(frozen=True)
class Run:
    """The options of every evaluation that may ask a model."""

    model: Model = None
    device: Device = None
    dtype: Dtype = None
    batch_size: BatchSize = 64
    limit: Limit = None
    controls: Controls = True
    predictions: Predictions = None
    seed: Seed = 0
    overwrite: Overwrite = False

    def assistant(self) -> Assistant | None:
        """Who answers; nobody where answers are given."""
        if self.predictions:
            return None
        return load_assistant(self.model, self.device, self.dtype)

    def options(self) -> dict[str, Any]:
        """What evaluations take beside who answers."""
        whole = {one.name: getattr(self, one.name) for one in fields(self)}
        who = ("model", "device", "dtype")
        return {name: value for name, value in whole.items() if name not in who}


def with_options(verb: Callable[..., None]) -> Callable[..., None]:
    """A verb for the command line, which sees the fields of its dataclasses as options.

    Args:
        verb: With parameters such as ``run: Run``, by keyword.
    """
    own = inspect.signature(verb, eval_str=True).parameters.values()
    groups: dict[str, Any] = {
        one.name: one.annotation for one in own if is_dataclass(one.annotation)
    }

    def command(**given: Any) -> None:
        for name, group in groups.items():
            given[name] = group(**{one.name: given.pop(one.name) for one in fields(group)})
        verb(**given)

    seen = [one for one in own if one.name not in groups]
    for group in groups.values():
        seen += inspect.signature(group, eval_str=True).parameters.values()
    seen = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in seen]
    command.__signature__ = inspect.Signature(seen)  # type: ignore[attr-defined]
    command.__annotations__ = {one.name: one.annotation for one in seen}
    command.__name__, command.__doc__ = verb.__name__, verb.__doc__
    return command
