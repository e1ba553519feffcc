"""The weights folder: what ``Assistant.from_pretrained`` loads and people pass on."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from llamo.calibration import Calibration, Evidence
from llamo.decoding import answer_greedy
from llamo.heard import heard, shown
from llamo.model import LlamoForConditionalGeneration
from llamo.processing import LlamoProcessor
from llamo.train.card import write_card, write_licence
from llamo.train.collate import collate
from llamo.train.instruct import same_answer, validation_accuracy
from llamo.train.question_pool import QuestionPool
from llamo.train.recipe import Recipe
from llamo.train.streams import videos_of

LEAST_SURE = 0.2
"""An answer that is wrong four times of five is better not given."""


def export(
    model: LlamoForConditionalGeneration,
    processor: LlamoProcessor,
    validation: QuestionPool | None,
    folder: Path,
    recipe: Recipe,
) -> Path:
    """Write model, processor, calibration, licence, card and the recipe with its results.

    Weights are stored in half precision and computed with in single: half the size, the same
    answers.
    """
    model.eval()
    results: dict[str, float] = {}
    if validation is not None:
        calibration = confidence_of(model, processor, validation)
        replace(calibration, least_sure=LEAST_SURE).save(folder_of(folder))
        results = validation_accuracy(model, processor, validation)
        (folder / "validation.json").write_text(
            json.dumps({name: round(value, 4) for name, value in results.items()}, indent=2) + "\n"
        )
    write_licence(folder_of(folder), recipe)
    write_card(folder, recipe, results)
    (folder / "recipe.json").write_text(json.dumps(asdict(recipe), indent=2) + "\n")
    model.half().save_pretrained(folder)
    model.float()
    processor.save_pretrained(folder)
    return folder


def folder_of(folder: Path) -> Path:
    """The folder, made if missing."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@torch.no_grad()
def confidence_of(
    model: LlamoForConditionalGeneration, processor: LlamoProcessor, pool: QuestionPool
) -> Calibration:
    """Fit the calibration on people and wordings that training never saw."""
    answers, right = [], []
    order = np.argsort(pool.lengths, kind="stable")
    for first in range(0, len(order), 24):
        clips = [pool.clips[index] for index in order[first : first + 24]]
        questions = [one for clip in clips for one in clip.questions if one.kind != "describe"]
        owners = [
            row
            for row, clip in enumerate(clips)
            for one in clip.questions
            if one.kind != "describe"
        ]
        features = [torch.from_numpy(clip.features).float() for clip in clips]
        batch: dict[str, Any] = collate(
            processor, features, questions, owners, train=False, videos=videos_of(clips)
        )
        result = answer_greedy(
            model,
            eos_token_id=processor.tokenizer.eos_token_id,
            pad_token_id=processor.tokenizer.pad_token_id,
            **batch,
        )
        texts = processor.tokenizer.batch_decode(result.tokens, skip_special_tokens=True)
        told = zip(
            questions, texts, result.log_probs, heard(model, result.prompt, texts),
            shown(model, result.prompt, texts), strict=True,
        )  # fmt: skip
        for one, text, log_probs, act, seen in told:
            said = log_probs[log_probs != 0].exp().tolist() or [1.0]
            answers.append(Evidence(said, act, shown=seen))
            right.append(same_answer(text, one.answer))
    return Calibration.fit(answers, right)
