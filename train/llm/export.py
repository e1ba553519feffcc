"""The weights folder of a training around an LM, and the same with its adapters merged in."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from llamo.config import LlamoConfig
from llamo.encoders.motion import MotionEncoder
from llamo.errors import InvalidData, ModelError
from llamo.language import merge_lora
from llamo.model import LlamoForConditionalGeneration
from llamo.model_info import CARD_FILE, LICENCE_FILE, weights_folder
from llamo.processing import LlamoProcessor
from llamo.train.card import write_llm_card
from llamo.train.llm.recipe import LlmRecipe


def write_weights(
    processor: LlamoProcessor,
    encoder: MotionEncoder,
    recipe: LlmRecipe,
    stage: Path,
    folder: Path,
    words: str,
) -> Path:
    """Write what ``Assistant.from_pretrained`` loads.

    Beside adapters the folder holds the name of their LM, not the LM: some hundred MB for 7B. An LM
    that was trained itself is in it. The licence is that of the encoder's weights; a card says what
    else binds.

    Args:
        processor, encoder, recipe: Of the training.
        stage: Folder of its last stage, with ``config.json`` and ``model.safetensors``.
        folder: To write.
        words: What was trained on, for the card.
    """
    folder.mkdir(parents=True, exist_ok=True)
    state = load_file(stage / "model.safetensors")
    if recipe.precision == "bf16":  # held in 32 bit to be trained, it was computed with in 16
        state = {
            name: one.bfloat16() if name.startswith("language_model.") else one
            for name, one in state.items()
        }
    state |= {f"motion_encoder.{name}": one for name, one in encoder.state_dict().items()}
    save_file(
        {name: one.contiguous() for name, one in state.items()},
        folder / "model.safetensors",
        metadata={"format": "pt"},
    )
    LlamoConfig.from_pretrained(stage).save_pretrained(folder)
    processor.save_pretrained(folder)
    (folder / "recipe.json").write_text(json.dumps(asdict(recipe), indent=2) + "\n")
    (folder / "validation.json").write_text((stage / "done.json").read_text())
    source = weights_folder(recipe.encoder)
    if (source / LICENCE_FILE).is_file():
        shutil.copyfile(source / LICENCE_FILE, folder / LICENCE_FILE)
    results = json.loads((stage / "done.json").read_text())
    write_llm_card(folder, recipe, source, words, results)
    return folder


def merge(folder: str | Path, out: str | Path, dtype: str = "bfloat16") -> Path:
    """Write a model whose adapters are added to its LM: it names no other folder, and is faster.

    A quantised LM is loaded anew in ``dtype`` first: adapters cannot be added to 4-bit weights
    without loss.

    Args:
        folder: Weights with adapters.
        out: Folder to write; must be empty or new.
        dtype: Of the LM's weights: bfloat16, float16 or float32.

    Raises:
        ModelError: No weights with adapters.
        InvalidData: ``out`` is not empty, or no such dtype.
    """
    source, target = weights_folder(folder), Path(out)
    kind = getattr(torch, dtype, None)
    if kind not in (torch.bfloat16, torch.float16, torch.float32):
        raise InvalidData(f"dtype must be bfloat16, float16 or float32, got {dtype!r}.")
    if target.exists() and any(target.iterdir()):
        raise InvalidData(f"{target} is not empty; name a new folder.")
    config = LlamoConfig.from_pretrained(source)
    if config.lora is None:
        raise ModelError(f"{source} holds no adapters; there is nothing to merge.")
    config.quantization = None
    model = LlamoForConditionalGeneration.from_pretrained(source, config=config)
    model.language_model.to(kind)  # type: ignore[arg-type]
    merge_lora(model.language_model)
    model.config.lora = model.config.language_model = None
    model.config.text_config = model.language_model.config
    model.save_pretrained(target)
    LlamoProcessor.from_pretrained(source).save_pretrained(target)
    beside = ("calibration.json", "validation.json", "recipe.json", LICENCE_FILE, CARD_FILE)
    for name in beside:
        if (source / name).is_file():
            shutil.copyfile(source / name, target / name)
    return target
