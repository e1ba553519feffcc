"""The model of a recipe: a frozen encoder, new parts between, and a pretrained language model."""

from __future__ import annotations

import json
from typing import Any

import torch
from transformers import AutoTokenizer

from llamo.encoders.motion import MotionEncoder
from llamo.errors import ModelError
from llamo.language import is_adapter
from llamo.loading import load_model
from llamo.model import LlamoForConditionalGeneration
from llamo.model_info import weights_folder
from llamo.processing import LlamoProcessor, concept_names
from llamo.train.llm.recipe import LlmRecipe

ALIGN, INSTRUCT = "align", "instruct"
BETWEEN = ("enhancer.", "cross_talker.")
"""What stands between the encoders and the LM."""


def load_encoder(folder: str | None) -> MotionEncoder:
    """The frozen motion encoder: of a pretraining's folder, or of any LLaMo's weights.

    Args:
        folder: ``runs/NAME/encoder/encoder``, a weights folder, or None for llamo-tiny.

    Raises:
        ModelError: The folder holds no encoder.
    """
    weights = weights_folder(folder)
    try:
        if json.loads((weights / "config.json").read_text()).get("model_type") != "llamo":
            return MotionEncoder.from_pretrained(weights).requires_grad_(False)
    except (OSError, ValueError, TypeError, RuntimeError, AttributeError) as error:
        reason = str(error).splitlines()[0]
        raise ModelError(f"{weights} holds no motion encoder: {reason}") from None
    encoder = load_model(weights)[0].motion_encoder
    if encoder is None:
        raise ModelError(f"{weights} holds no motion encoder; its model is fed features.")
    return encoder.requires_grad_(False).eval()


def build_processor(recipe: LlmRecipe) -> LlamoProcessor:
    """The prompts of the recipe's LM.

    Raises:
        ModelError: No tokenizer is found.
    """
    name = recipe.language_model.name
    try:
        tokenizer = AutoTokenizer.from_pretrained(name)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise ModelError(f"no tokenizer of a language model at {name}: {reason}") from None
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    everything = recipe.model.get("selection") == "all"
    return LlamoProcessor(
        tokenizer,
        num_viewpoints=0 if everything else recipe.model.get("num_viewpoints", 16),
        use_kinematic_text=recipe.data.kinematic_text,
        use_history=False,
        template=recipe.language_model.template,
    )


def settings_of(
    recipe: LlmRecipe, encoder: MotionEncoder, processor: LlamoProcessor
) -> dict[str, Any]:
    """Arguments of ``LlamoConfig``: what the recipe says, what encoder and tokenizer imply."""
    return {
        "motion_token_id": processor.motion_token_id,
        "concept_names": concept_names(encoder.settings.concept_words, processor.tokenizer),
        "lora": recipe.lora,
        "quantization": recipe.language_model.quantization,
        **recipe.model,
    }


def build_model(
    recipe: LlmRecipe, encoder: MotionEncoder, processor: LlamoProcessor
) -> LlamoForConditionalGeneration:
    """The model, its new parts drawn from the recipe's seed.

    Frozen weights are held in the recipe's precision; what is trained is held in single precision
    and computed with in the recipe's.

    Raises:
        ModelError: No LM of that name.
        MissingDependency: Adapters without peft, quantised weights without bitsandbytes.
    """
    torch.manual_seed(recipe.seed)
    half = recipe.precision == "bf16" and recipe.language_model.tune == "lora"
    return LlamoForConditionalGeneration.from_parts(
        encoder,
        recipe.language_model.name,
        attn_implementation=recipe.language_model.attn_implementation,
        dtype=torch.bfloat16 if half else torch.float32,
        **settings_of(recipe, encoder, processor),
    )


def choose_trained(model: LlamoForConditionalGeneration, stage: str) -> None:
    """Freeze all that a stage does not train (section 3.4).

    Args:
        model: The model; changed in place.
        stage: "align": enhancer and Cross Talker; "instruct": they and the adapters, or the LM.
    """
    has_adapters = model.config.lora is not None
    for name, parameter in model.named_parameters():
        in_language_model = name.startswith("language_model.")
        trained = name.startswith(BETWEEN) or (
            stage == INSTRUCT and in_language_model and (is_adapter(name) or not has_adapters)
        )
        # quantised weights are no floats, and cannot even be asked for a gradient
        parameter.requires_grad_(trained)
        if trained and parameter.dtype != torch.float32:
            parameter.data = parameter.data.float()
