"""Fine-tuning on questions of one's own: finished weights learn new words about new clips.

The encoder stays as it is. A new word needs no new token: the tokenizer has one for every byte, and
spells what it does not know in pieces, which the language model learns to write.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from llamo.calibration import Calibration
from llamo.errors import ModelError
from llamo.loading import load_model
from llamo.model import LlamoForConditionalGeneration
from llamo.model_info import CARD_FILE, LICENCE_FILE, weights_folder
from llamo.processing import LlamoProcessor
from llamo.train.batches import BatchDrawer
from llamo.train.export import confidence_of
from llamo.train.figure_clips import figure_clips
from llamo.train.finetune_data import Source, drawing, open_source
from llamo.train.instruct import draw_batch, tune, validation_accuracy
from llamo.train.question_pool import make_pool
from llamo.train.recipe import FinetuneStage, PoolStage, Recipe

SHIPPED = "llamo-tiny"
_LEAST_TO_CALIBRATE = 20  # answers; fewer say less of a new scale than the old one does


def finetune(
    recipe: Recipe, stage: FinetuneStage, data: str | Path, folder: Path, *, device: str = "cpu"
) -> Path:
    """Fine-tune finished weights; stopped and called again, it goes on where it was.

    Args:
        recipe: Whose name and seed are used.
        stage: Settings.
        data: Folder of ``llamo data import``, or shards of ``llamo data shard``.
        folder: For the weights; what training needs beside them stands in ``tuning/`` there.
        device: Of the training.

    Returns:
        ``folder``.

    Raises:
        InvalidData: The data is not what ``llamo data import`` makes, or it changed since this
            folder was begun.
        ModelError: There are no weights to start from.
    """
    start = weights_folder(None if stage.start == SHIPPED else stage.start)
    tuning = folder / "tuning"
    model, processor = load_model(start)
    encoder = model.motion_encoder
    if encoder is None:
        raise ModelError(f"{start} has no motion encoder to read clips with.")
    source = open_source(data, encoder, processor, stage, recipe.seed, tuning, start)
    rehearsal, words = None, source.words
    if stage.rehearsal and stage.rehearsal_share > 0:
        known = make_pool(
            figure_clips(recipe.seed), encoder,
            PoolStage(sequences=stage.rehearsal, shares={"figures": 1.0}, workers=0),
            tuning / "rehearsal", seed=recipe.seed,
        )  # fmt: skip
        rehearsal = BatchDrawer(known, processor, drawing(stage))
        words += ", and figures that move by rule"

    def draw(rng: np.random.Generator, step: int) -> dict[str, torch.Tensor]:
        if rehearsal is not None and rng.random() < stage.rehearsal_share:
            return draw_batch(rehearsal, rng, 1.0, looks=model.config.use_motion_tokens)
        return source.draw(rng, step)

    tune(
        model, processor, draw, source.validation, stage, tuning, title="fine-tuning",
        seed=recipe.seed, device=device,
    )  # fmt: skip
    _export(model, processor, source, start, folder, recipe, words)
    return folder


def _export(
    model: LlamoForConditionalGeneration,
    processor: LlamoProcessor,
    source: Source,
    start: Path,
    folder: Path,
    recipe: Recipe,
    words: str,
) -> None:
    """Weights with the licence of those they come from, a calibration and a card."""
    results: dict[str, float] = {}
    calibration = Calibration.load(start)
    validation = source.validation
    if validation is not None:
        results = validation_accuracy(model, processor, validation)
        model.eval()
        asked = sum(len(clip.questions) for clip in validation.clips)
        if asked >= _LEAST_TO_CALIBRATE:
            fitted = confidence_of(model, processor, validation)
            calibration = replace(fitted, least_sure=calibration.least_sure)
    calibration.save(folder)
    if (start / LICENCE_FILE).is_file():
        shutil.copyfile(start / LICENCE_FILE, folder / LICENCE_FILE)
    _write_card(folder, recipe, start, words, results)
    model.half().save_pretrained(folder)
    model.float()
    processor.save_pretrained(folder)


def _write_card(
    folder: Path, recipe: Recipe, start: Path, data: str, results: dict[str, float]
) -> None:
    """A card that says where the weights come from; one that somebody wrote stays as it is."""
    path = folder / CARD_FILE
    if path.exists():
        return
    rows = "".join(f"| {name} | {value:.3f} |\n" for name, value in results.items())
    table = f"| validation | accuracy |\n|---|---|\n{rows}" if rows else "None were measured.\n"
    path.write_text(
        f"---\nlibrary_name: llamo\n---\n\n# {folder.resolve().name}\n\n"
        f"`{start.name}`, fine-tuned by recipe `{recipe.name}` (`recipe.json`) on questions of "
        "its owner's.\n\n"
        f"## Licence\n\nThat of `{start.name}` (`{LICENCE_FILE}`), and what the owner's data asks "
        "for.\n\n"
        f"## Data\n\n{data}.\n\n"
        f"## Results\n\nExact answers on the validation questions, one seed.\n\n{table}\n"
        "## Limits\n\nIt was tuned on few clips, and has forgotten some of what it knew. It is no "
        "medical device.\n",
        encoding="utf-8",
    )
