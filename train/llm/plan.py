"""What a recipe will take, told before anything is loaded."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from transformers import AutoConfig, PretrainedConfig

from llamo.config import LlamoConfig
from llamo.errors import InvalidData, LlamoError
from llamo.model import LlamoForConditionalGeneration
from llamo.model_info import weights_folder
from llamo.train.llm.build import ALIGN, INSTRUCT
from llamo.train.llm.memory import (
    Load,
    Parameters,
    activation_bytes,
    count_parameters,
    meta_model,
)
from llamo.train.llm.mixture import accumulation
from llamo.train.llm.parallel import read_parallel, sharded_parts
from llamo.train.llm.recipe import LlmRecipe, Stage, read_llm_recipe

CLIP_S = 20.0
"""Clips of this length are planned for; features of longer ones take little beside the LM."""

ANSWER_SHARE = 0.25
"""Share of ``max_tokens`` that is planned to be answer."""

GB = 1e9


@dataclass(frozen=True)
class StagePlan:
    """What a stage takes on each device.

    Args:
        name: "align" or "instruct".
        parameters: How many, and their bytes.
        steps: Optimiser steps; None: they follow from the data.
        samples: Of an optimiser step, over all devices.
        tokens: Of an optimiser step, at most.
        micro_batch, accumulated: Samples at once, and how often, for a step.
        bytes: Of each device, by what takes them; ``total`` is the most at once.
    """

    name: str
    parameters: Parameters
    steps: int | None
    samples: int
    tokens: int
    micro_batch: int
    accumulated: int
    bytes: dict[str, int]


@dataclass(frozen=True)
class Plan:
    """What a recipe takes.

    Args:
        recipe: Its name.
        language_model: Whose sizes were planned for.
        devices: How many.
        stages: Those with steps.
    """

    recipe: str
    language_model: str
    devices: int
    stages: tuple[StagePlan, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        """A table for people."""
        count = "1 device" if self.devices == 1 else f"{self.devices} devices"
        lines = [f"{self.recipe}: {self.language_model}, {count}"]
        for stage in self.stages:
            of = stage.parameters
            sizes = [f"{name} {size / GB:.2f}" for name, size in stage.bytes.items() if size]
            steps = "steps by the data" if stage.steps is None else f"{stage.steps} steps"
            lines += [
                "",
                f"{stage.name}: {steps} of {stage.samples} samples, at most {stage.tokens:,} "
                f"tokens ({stage.micro_batch} samples x {stage.accumulated} a device)",
                f"  trainable {of.trainable:,}, frozen {of.frozen:,}",
                "  " + ", ".join(f"{part} {count:,}" for part, count in of.by_part.items()),
                "  GB a device: " + ", ".join(sizes),
            ]
        lines += ["", "Beside these the driver takes about 1 GB, and the allocator some per cent."]
        return "\n".join(lines)


def plan_training(recipe: str | Path | LlmRecipe, devices: int = 1) -> Plan:
    """Plan a recipe; nothing is loaded but configs.

    Args:
        recipe: Path of a YAML file, or its settings.
        devices: Processes that will train together.

    Raises:
        InvalidData: A recipe that is wrong, or whose LM's sizes are neither stated nor found.
    """
    settings = recipe if isinstance(recipe, LlmRecipe) else read_llm_recipe(recipe)
    config = planned_config(settings)
    whole, frames = meta_model(config), round(10 * CLIP_S)
    stages = []
    for name in (ALIGN, INSTRUCT):
        stage: Stage = getattr(settings, name)
        if stage.steps == 0:
            continue
        micro, accumulated = accumulation(stage.batch_size, stage.per_device_batch_size, devices)
        tokens = settings.data.max_tokens
        load = Load(micro, tokens, max(1, round(ANSWER_SHARE * tokens)), frames)
        parameters, sizes = stage_bytes(settings, config, name, load, accumulated, devices, whole)
        stages.append(
            StagePlan(
                name, parameters, stage.steps, stage.batch_size, stage.batch_size * tokens,
                micro, accumulated, sizes,
            )
        )  # fmt: skip
    return Plan(settings.name, settings.language_model.name, devices, tuple(stages))


def stage_bytes(
    recipe: LlmRecipe,
    config: LlamoConfig,
    stage: str,
    load: Load,
    accumulated: int = 1,
    devices: int = 1,
    whole: LlamoForConditionalGeneration | None = None,
) -> tuple[Parameters, dict[str, int]]:
    """Parameters of a stage, and bytes of each device by what takes them.

    Args:
        recipe: Precision, quantisation, sharing.
        config: Every size.
        stage: "align" or "instruct".
        load: A micro-batch.
        accumulated: Micro-batches of a step.
        devices: How many there are.
        whole: From ``meta_model``, where it has been built before.
    """
    of_lm = recipe.language_model
    half = recipe.precision == "bf16"
    frozen_half = half and of_lm.tune == "lora"
    parameters = count_parameters(
        whole or meta_model(config), stage, half=frozen_half, quantization=of_lm.quantization
    )
    share_weights, share_gradients, share_states = sharded_parts(read_parallel(recipe.parallel))
    weights = parameters.weight_bytes / (devices if share_weights else 1)
    gradients = parameters.trainable_bytes / (devices if share_gradients else 1)
    states = 2 * 4 * parameters.trainable / (devices if share_states else 1)
    activations = activation_bytes(
        config, stage, load, half=half, checkpointing=recipe.gradient_checkpointing
    )
    gathered = 0.0
    if share_weights and devices > 1:  # a layer is computed while the next one is fetched
        gathered = 2 * parameters.largest_layer_bytes + parameters.outer_bytes
    elif devices > 1:  # gradients are exchanged from buckets of their own size
        gathered = gradients
    if half and not frozen_half and not share_weights:  # autocast's copies in 16 bit
        gathered += parameters.trainable_bytes / 2
    if of_lm.quantization:  # a layer's weights are unpacked to be used
        gathered += parameters.largest_layer_bytes
    # While nothing is accumulated, gradients come to be as activations go.
    working = activations + gradients if accumulated > 1 else max(activations, gradients)
    return parameters, {
        "weights": round(weights),
        "gradients": round(gradients),
        "optimiser": round(states),
        "activations": activations,
        "exchange": round(gathered),
        "total": round(weights + states + working + gathered),
    }


def planned_config(recipe: LlmRecipe) -> LlamoConfig:
    """Every size of the model, without its weights."""
    model = {"motion_config": _encoder_config(recipe.encoder), **recipe.model}
    return LlamoConfig(text_config=_text_config(recipe), lora=recipe.lora, **model)


def _text_config(recipe: LlmRecipe) -> PretrainedConfig:
    """The LM's sizes: a folder's own, else the recipe's, else the hub's."""
    name, stated = recipe.language_model.name, recipe.language_model.config
    if stated and not (Path(name) / "config.json").is_file():
        return AutoConfig.for_model(**stated)
    try:
        return AutoConfig.from_pretrained(name)
    except (OSError, ValueError) as error:
        raise InvalidData(
            f"the sizes of {name} are not at hand ({str(error).splitlines()[0]}); state them in "
            "the recipe: language_model.config."
        ) from None


def _encoder_config(folder: str | None) -> dict[str, Any] | None:
    """Sizes of the frozen encoder, from the config of its folder."""
    try:
        content = json.loads((weights_folder(folder) / "config.json").read_text())
    except (OSError, ValueError) as error:
        raise InvalidData(f"the encoder's sizes cannot be read: {error}") from None
    except LlamoError as error:
        raise InvalidData(f"the encoder's sizes are not at hand: {error}") from None
    return content["motion_config"] if content.get("model_type") == "llamo" else content
