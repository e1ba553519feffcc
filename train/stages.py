"""A whole training, stage by stage: encoder, questions, model, weights folder.

Each stage leaves its result in a folder of its own; a run that was stopped goes on where it was.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path

import torch
from rich.console import Console

from llamo.data.clips import LabelledClip, load_clips, split
from llamo.encoders.estimator.detection import check_installed
from llamo.encoders.motion import MotionEncoder
from llamo.encoders.video import VideoEncoder
from llamo.errors import InvalidData
from llamo.loading import choose_device
from llamo.train.adapt_motion import adapt_motion
from llamo.train.align import align
from llamo.train.batches import BatchDrawer
from llamo.train.claim import claim_recipe
from llamo.train.export import export
from llamo.train.figure_clips import figure_clips
from llamo.train.finetune import finetune
from llamo.train.instruct import instruct
from llamo.train.new_model import new_model
from llamo.train.pretrain_motion import pretrain_motion
from llamo.train.pretrain_video import pretrain_video
from llamo.train.question_pool import QuestionPool, make_pool
from llamo.train.recipe import PoolStage, Recipe, read_recipe
from llamo.train.see import see

STAGES = ("video", "encoder", "pool", "align", "instruct", "adapt", "see", "export")
_VALIDATION_SEQUENCES = 240
_FILMED_TO_VALIDATE = 0.5  # of a model that learns to see


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
        ModelError: There is no such device.
        MissingDependency: The recipe films, and MediaPipe is not installed.
    """
    if stage is not None and stage not in STAGES:
        raise InvalidData(f"stage must be one of {', '.join(STAGES)}, got {stage!r}.")
    device = str(choose_device(device or "cpu"))
    settings = read_recipe(recipe)
    if stage in ("video", "adapt", "see") and getattr(settings, stage) is None:
        raise InvalidData(f"{recipe} has no stage {stage}; give it a section {stage}.")
    if settings.see is not None and settings.video is None:
        raise InvalidData(f"{recipe} has a section see, but no section video to see with.")
    if settings.adapt is not None and stage in (None, "adapt", "see", "export"):
        check_installed()  # hours from now it would be too late
    folder = Path(out) if out is not None else Path("runs") / settings.name
    _claim(folder, settings)
    if settings.finetune is not None:
        if stage is not None:
            raise InvalidData("a recipe that fine-tunes has no stages; leave --stage out.")
        return finetune(settings, settings.finetune, data, folder, device=device)
    console = Console(stderr=True)
    train_clips, held_out = _clips(settings, data)
    console.print(f"{len(train_clips)} clips to train on, {len(held_out)} held out")
    clock = _Clock(folder)

    video_encoder = None
    if settings.video is not None:
        with clock.stage("video"):
            video_encoder = _video_encoder(train_clips, held_out, settings, folder, device)
    if stage == "video":
        return folder / "video" / "encoder"
    # What sees last has learnt without seeing until then.
    seen_first = video_encoder if settings.see is None else None
    with clock.stage("encoder"):
        done = folder / "encoder" / "encoder"
        if (done / "model.safetensors").exists():
            encoder = MotionEncoder.from_pretrained(done).requires_grad_(False)
        else:
            encoder = pretrain_motion(
                train_clips, held_out, settings.encoder, folder / "encoder",
                seed=settings.seed, device=device,
            )  # fmt: skip
    if stage == "encoder":
        return done
    with clock.stage("pool"):
        pool = make_pool(
            train_clips, encoder, settings.pool, folder / "pool", seed=settings.seed,
            video_encoder=seen_first, filmed=_filmed(settings),
        )  # fmt: skip
        validation = _validation_pool(held_out, encoder, seen_first, settings, folder)
    if stage == "pool":
        return folder / "pool"
    with clock.stage("align"):
        torch.manual_seed(settings.seed)
        model, processor = new_model(encoder, pool, settings.instruct, seen_first)
        drawer = BatchDrawer(pool, processor, settings.instruct)
        if settings.align.steps:
            align(
                model, drawer, settings.align, folder / "align", seed=settings.seed, device=device,
            )  # fmt: skip
    if stage == "align":
        return folder / "align"
    with clock.stage("instruct"):
        instruct(
            model, processor, drawer, validation, settings.instruct, folder / "instruct",
            seed=settings.seed, device=device,
        )  # fmt: skip
    if stage == "instruct":
        return folder / "instruct"
    if settings.adapt is not None:
        with clock.stage("adapt"):
            encoder = adapt_motion(
                encoder, train_clips, held_out, settings.adapt, folder / "adapt",
                seed=settings.seed, device=device,
            )  # fmt: skip
            model.motion_encoder = encoder
            if settings.see is None:
                validation = _validation_pool(
                    held_out, encoder, seen_first, settings, folder / "adapt"
                )
    if stage == "adapt":
        return folder / "adapt"
    if settings.see is not None:
        assert video_encoder is not None
        with clock.stage("see"):
            validation = _validation_pool(
                held_out, encoder, video_encoder, settings, folder / "see"
            )
            see(
                model, processor, video_encoder, train_clips, validation, settings.see,
                settings.instruct, folder / "see", seed=settings.seed, device=device,
            )  # fmt: skip
    if stage == "see":
        return folder / "see"
    return export(model, processor, validation, folder / settings.name, settings)


def _video_encoder(
    clips: list[LabelledClip],
    held_out: list[LabelledClip],
    settings: Recipe,
    folder: Path,
    device: str,
) -> VideoEncoder:
    """The one that the recipe names, or one of its own."""
    assert settings.video is not None
    if settings.video.encoder is not None:
        return VideoEncoder.from_pretrained(settings.video.encoder, **settings.video.model)
    if (folder / "video" / "encoder" / "model.safetensors").exists():
        return VideoEncoder.from_pretrained(folder / "video" / "encoder")
    return pretrain_video(
        clips, held_out, settings.video, folder / "video", seed=settings.seed, device=device
    )


def _clips(settings: Recipe, data: str | Path) -> tuple[list[LabelledClip], list[LabelledClip]]:
    clips = load_clips(data, settings.packs) if settings.packs else []
    train_clips, held_out = split(clips) if settings.hold_out else (clips, [])
    if settings.figures:
        train_clips = train_clips + figure_clips(settings.seed)
    if not train_clips:
        raise InvalidData("the recipe trains on nothing: name packs, or set figures: true.")
    return train_clips, held_out


def _validation_pool(
    held_out: list[LabelledClip],
    encoder: MotionEncoder,
    video_encoder: VideoEncoder | None,
    settings: Recipe,
    folder: Path,
) -> QuestionPool | None:
    """Unseen people asked in unseen wordings."""
    if not held_out:
        return None
    stage = PoolStage(
        sequences=_VALIDATION_SEQUENCES,
        shares={"single": 0.45, "splice": 0.4, "repeat": 0.15},
        workers=settings.pool.workers,
    )
    return make_pool(
        held_out, encoder, stage, folder / "validation", seed=settings.seed + 1, held_out=True,
        video_encoder=video_encoder, filmed=_filmed(settings),
    )  # fmt: skip


def _filmed(settings: Recipe) -> float:
    if settings.see is not None:
        return _FILMED_TO_VALIDATE
    return 0.0 if settings.video is None else settings.video.filmed


def _claim(folder: Path, settings: Recipe) -> None:
    wanted = asdict(settings)
    for stage in ("finetune", "video"):  # runs from before there were such stages go on
        if wanted[stage] is None:
            del wanted[stage]
    for stage in ("adapt", "see"):  # they come last, and may be given to a run that is there
        del wanted[stage]
    claim_recipe(folder, wanted)


class _Clock:
    """Seconds of each stage, added up over resumed runs, in ``seconds.json``."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "seconds.json"

    def stage(self, name: str) -> _Clock:
        clock = _Clock(self._path.parent)
        clock._name = name
        return clock

    _name = ""

    def __enter__(self) -> None:
        self._started = time.monotonic()

    def __exit__(self, *_: object) -> None:
        seconds = json.loads(self._path.read_text()) if self._path.exists() else {}
        spent = seconds.get(self._name, 0) + time.monotonic() - self._started
        self._path.write_text(json.dumps({**seconds, self._name: round(spent, 1)}) + "\n")
