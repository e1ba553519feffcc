"""Recipes of a LLaMo around a pretrained LM, told from others by their ``language_model``."""

from __future__ import annotations

from dataclasses import dataclass, field
from inspect import signature
from pathlib import Path
from typing import Any

import yaml
from transformers import SchedulerType

from llamo.config import LlamoConfig
from llamo.errors import InvalidData
from llamo.train.build_settings import build_settings
from llamo.train.recipe import find_recipe


@dataclass(frozen=True)
class LanguageModel:
    """Which language model, and how much of it is trained.

    Args:
        name: Name on the model hub, or a folder.
        tune: "lora" trains adapters, "full" trains all of it.
        lora: Keyword arguments of ``peft.LoraConfig``; all linear layers unless it says otherwise.
        quantization: "4bit" (QLoRA) or "8bit" through bitsandbytes, or None.
        attn_implementation: Default: flash-attn where installed, else sdpa.
        template: Prompt of a model whose tokenizer has no chat template, with ``{question}``,
            ``{motion}`` and ``{measured}``.
        config: What its ``config.json`` says, for a plan where that cannot be reached.
    """

    name: str
    tune: str = "lora"
    lora: dict[str, Any] = field(
        default_factory=lambda: {"r": 64, "lora_alpha": 128, "lora_dropout": 0.05}
    )
    quantization: str | None = None
    attn_implementation: str | None = None
    template: str | None = None
    config: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """Questions to train on.

    Args:
        path: File of questions; relative to the recipe.
        weight: How often it is drawn beside the others; without any weights, by their sizes.
    """

    path: str
    weight: float | None = None


@dataclass(frozen=True)
class Data:
    """What is trained on, and what is asked to see how well.

    Args:
        sources: The mixture; ``--data`` takes its place.
        validation_share: Share of the people (or clips, where nobody is named) kept for validation,
            unless the data name a split.
        validation_limit: Most questions asked at a validation.
        max_tokens: Samples whose prompt and answer are longer are left out.
        kinematic_text: Whether measurements stand in the prompt.
        text_dropout: Share of the samples without them, so that motion tokens count.
        cache: Folder of the encoded clips, shared by runs; default: in the run's folder.
        workers: Processes that encode clips, and that make batches beside the training.
    """

    sources: tuple[Source, ...] = ()
    validation_share: float = 0.1
    validation_limit: int = 512
    max_tokens: int = 512
    kinematic_text: bool = True
    text_dropout: float = 0.1
    cache: str | None = None
    workers: int = 2


@dataclass(frozen=True)
class Stage:
    """One stage of training.

    Args:
        steps: Optimiser steps; None: as many as ``epochs`` make, 0 leaves the stage out.
        epochs: Times that each sample is seen.
        batch_size: Samples of an optimiser step, over all devices.
        per_device_batch_size: Samples that a device sees at once; the rest is accumulated.
        learning_rate: Peak, for enhancer and Cross Talker.
        language_learning_rate: Peak, for adapters or language model; None: the same.
        schedule: As transformers names them.
        warm_up: Share of the steps.
        weight_decay: Of matrices; biases and norms have none.
        max_grad_norm: Longer gradients are cut.
        check_every: Steps between checkpoints, each with a validation.
    """

    steps: int | None = None
    epochs: float = 1.0
    batch_size: int = 128
    per_device_batch_size: int = 16
    learning_rate: float = 1e-3
    language_learning_rate: float | None = None
    schedule: str = "cosine"
    warm_up: float = 0.03
    weight_decay: float = 0.0
    max_grad_norm: float = 1.0
    check_every: int = 200


@dataclass(frozen=True)
class LlmRecipe:
    """A training around a pretrained language model.

    Args:
        name: Name of the model.
        language_model: The LM.
        encoder: Weights folder whose motion encoder is used; None: llamo-tiny's.
        model: Keyword arguments of ``LlamoConfig``.
        data: The mixture.
        align: Enhancer and Cross Talker learn, the LM is frozen.
        instruct: They and the adapters, or the LM, learn.
        precision: "bf16" or "fp32".
        gradient_checkpointing: Compute activations twice instead of keeping them.
        parallel: "fsdp", "deepspeed-zero2", "deepspeed-zero3" or a file of such settings; None:
            every device holds all.
        report_to: "tensorboard", "wandb" or both; nothing is sent anywhere unless wandb is named.
        seed: Of everything that is drawn.
    """

    name: str
    language_model: LanguageModel
    encoder: str | None = None
    model: dict[str, Any] = field(default_factory=dict)
    data: Data = field(default_factory=Data)
    align: Stage = field(default_factory=lambda: Stage(batch_size=256))
    instruct: Stage = field(
        default_factory=lambda: Stage(learning_rate=2e-5, language_learning_rate=2e-4)
    )
    precision: str = "bf16"
    gradient_checkpointing: bool = True
    parallel: str | None = None
    report_to: tuple[str, ...] = ("tensorboard",)
    seed: int = 0

    @property
    def lora(self) -> dict[str, Any] | None:
        """Arguments of the adapters; None where the LM itself is trained."""
        return dict(self.language_model.lora) if self.language_model.tune == "lora" else None


def is_llm_recipe(path: str | Path) -> bool:
    """Whether a recipe trains around a pretrained LM; False for a file that cannot be read."""
    try:
        content = yaml.safe_load(find_recipe(path).read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return False
    return isinstance(content, dict) and "language_model" in content


def read_llm_recipe(path: str | Path) -> LlmRecipe:
    """Read and check a recipe.

    Args:
        path: A YAML file, or the name of a recipe that ships, such as ``qwen2.5-7b``.

    Raises:
        InvalidData: No YAML mapping, an unknown key, or a value that cannot be.
    """
    try:
        content = yaml.safe_load(find_recipe(path).read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InvalidData(f"recipe {path} cannot be read: {error}") from None
    recipe = build_settings(LlmRecipe, content, str(path))
    _check(recipe, str(path))
    return recipe


def _check(recipe: LlmRecipe, where: str) -> None:
    """Raise for values that would only fail after the model was loaded."""
    lm = recipe.language_model
    chosen = [
        ("language_model.tune", lm.tune, ("lora", "full")),
        ("language_model.quantization", lm.quantization, (None, "4bit", "8bit")),
        ("precision", recipe.precision, ("bf16", "fp32")),
        *[("report_to", one, ("tensorboard", "wandb")) for one in recipe.report_to],
    ]
    for name, value, allowed in chosen:
        if value not in allowed:
            raise InvalidData(
                f"{where}: {name} must be one of {', '.join(map(str, allowed))}, got {value!r}."
            )
    known_to_model = set(signature(LlamoConfig.__init__).parameters) - {"self", "kwargs"}
    if unknown := set(recipe.model) - known_to_model:
        raise InvalidData(f"{where}: model: unknown {', '.join(sorted(unknown))}.")
    schedules = [one.value for one in SchedulerType]
    for stage in (recipe.align, recipe.instruct):
        if stage.schedule not in schedules:
            raise InvalidData(
                f"{where}: schedule must be one of {', '.join(schedules)}, got {stage.schedule!r}."
            )
    if lm.quantization and lm.tune != "lora":
        raise InvalidData(f"{where}: quantised weights cannot be trained; write tune: lora.")
    if len({source.weight is None for source in recipe.data.sources}) > 1:
        raise InvalidData(f"{where}: give all data.sources a weight, or none.")
    if not 0 <= recipe.data.validation_share < 1:
        raise InvalidData(f"{where}: data.validation_share must be at least 0 and below 1.")
    for stage_name in ("align", "instruct"):
        stage = getattr(recipe, stage_name)
        for name in ("batch_size", "per_device_batch_size", "check_every"):
            if getattr(stage, name) < 1:
                raise InvalidData(f"{where}: {stage_name}.{name} must be at least 1.")
        if stage.batch_size % stage.per_device_batch_size:
            raise InvalidData(
                f"{where}: {stage_name}.batch_size {stage.batch_size} must be a multiple of "
                f"per_device_batch_size {stage.per_device_batch_size}."
            )
