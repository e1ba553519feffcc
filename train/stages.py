"""A whole training, stage by stage: encoder, questions, model, weights folder.

Each stage leaves its result in a folder of its own; a run that was stopped goes on where it was.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from llamo.data.clips import LabelledClip, load_clips, split
from llamo.encoders.estimator.detection import check_installed
from llamo.errors import InvalidData
from llamo.loading import choose_device
from llamo.train.claim import claim_recipe
from llamo.train.figure_clips import figure_clips
from llamo.train.finetune import finetune
from llamo.train.recipe import Recipe, read_recipe
from llamo.train.small_training import SmallTraining

STAGES = (
    "video", "lift", "encoder", "pool", "read", "align", "instruct", "adapt", "see", "export",
)  # fmt: skip
_OPTIONAL = ("video", "lift", "read", "adapt", "see")
_OF_MOTION = ("encoder", "pool", "read", "align", "instruct", "adapt")


def run(
    recipe: str | Path,
    data: str | Path,
    out: str | Path | None = None,
    *,
    device: str | None = None,
    stage: str | None = None,
) -> Path:
    """Train what a recipe describes.

    Args:
        recipe: Path of a YAML file.
        data: Folder with ``labels.json`` and ``motion/``; for a recipe that fine-tunes a folder of
            ``llamo data import``.
        out: Where stages and weights go; default ``runs/NAME``.
        device: Of the training; the question pool is always made on the CPU.
        stage: Stop after this one of ``STAGES``.

    Returns:
        The weights folder, or the last stage's.

    Raises:
        InvalidData: The recipe, the data or the stage is not what it should be.
        ModelError: There is no such device, or there are no weights to start from.
        MissingDependency: The recipe films, and MediaPipe is not installed.
    """
    if stage is not None and stage not in STAGES:
        raise InvalidData(f"stage must be one of {', '.join(STAGES)}, got {stage!r}.")
    device = str(choose_device(device or "cpu"))
    settings = read_recipe(recipe)
    folder = Path(out) if out is not None else Path("runs") / settings.name
    if settings.finetune is not None:
        if stage is not None:
            raise InvalidData("a recipe that fine-tunes has no stages; leave --stage out.")
        _claim(folder, settings)
        return finetune(settings, settings.finetune, data, folder, device=device)
    stages = stages_of(settings)
    if stage is not None and stage not in stages:
        more = f"; a section {stage} would add it" if stage in _OPTIONAL else ""
        raise InvalidData(
            f"{recipe} has no stage {stage}{more}; its stages are {', '.join(stages)}."
        )
    if settings.see is not None and settings.video is None:
        raise InvalidData(f"{recipe} has a section see, but no section video to see with.")
    if {"lift", "adapt"} & set(stages[: stages.index(stage or "export") + 1]):
        check_installed()  # hours from now it would be too late
    _claim(folder, settings)
    train_clips, held_out = _clips(settings, data)
    Console(stderr=True).print(f"{len(train_clips)} clips to train on, {len(held_out)} held out")
    training = SmallTraining(settings, train_clips, held_out, folder, device)
    for name in stages:
        with _timed(name, folder):
            result: Path = getattr(training, name)()
        if name == stage:
            break
    return result


def stages_of(settings: Recipe) -> list[str]:
    """The stages of a recipe, in their order."""
    left_out = {name for name in _OPTIONAL if getattr(settings, name) is None}
    if settings.see is not None and settings.see.start is not None:
        left_out.update(_OF_MOTION)
    return [name for name in STAGES if name not in left_out]


def _clips(settings: Recipe, data: str | Path) -> tuple[list[LabelledClip], list[LabelledClip]]:
    clips = load_clips(data, settings.packs) if settings.packs else []
    train_clips, held_out = split(clips) if settings.hold_out else (clips, [])
    if settings.figures:
        train_clips = train_clips + figure_clips(settings.seed)
    if not train_clips:
        raise InvalidData("the recipe trains on nothing: name packs, or set figures: true.")
    return train_clips, held_out


def _claim(folder: Path, settings: Recipe) -> None:
    wanted = asdict(settings)
    for stage in ("finetune", "video", "lift", "read"):  # runs from before these go on
        if wanted[stage] is None:
            del wanted[stage]
    for stage in ("adapt", "see"):  # they come last, and may be given to a run that is there
        del wanted[stage]
    claim_recipe(folder, wanted)


@contextmanager
def _timed(name: str, folder: Path) -> Iterator[None]:
    """Seconds of each stage, added up over resumed runs, in ``seconds.json``."""
    path, started = folder / "seconds.json", time.monotonic()
    try:
        yield
    finally:
        seconds = json.loads(path.read_text()) if path.exists() else {}
        spent = seconds.get(name, 0) + time.monotonic() - started
        path.write_text(json.dumps({**seconds, name: round(spent, 1)}) + "\n")
