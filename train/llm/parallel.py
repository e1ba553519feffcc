"""Several devices that share one model: FSDP, and DeepSpeed's ZeRO, from a file of settings."""

from __future__ import annotations

import importlib.util
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from llamo.errors import InvalidData, MissingDependency
from llamo.train.llm.recipe import LlmRecipe

PATIENCE_S = 6 * 3600
"""How long processes wait for each other: the first may encode clips for hours."""


def shipped_configs() -> dict[str, Path]:
    """Settings that come with llamo, by name: ``fsdp``, ``deepspeed-zero2``, ``...-zero3``."""
    folder = Path(str(files("llamo.train"))) / "configs"
    return {path.stem: path for path in sorted(folder.glob("*.json"))}


def read_parallel(name: str | None) -> dict[str, Any] | None:
    """Settings of a name or file; None for none.

    Raises:
        InvalidData: No such name or file, or no JSON mapping.
    """
    if name is None:
        return None
    shipped = shipped_configs()
    path = shipped.get(name, Path(name))
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        known = ", ".join(shipped)
        raise InvalidData(
            f"parallel must be one of {known}, or a JSON file; got {name!r} ({error})."
        ) from None
    if not isinstance(settings, dict):
        raise InvalidData(f"{path} must hold a JSON mapping of settings.")
    return settings


def is_deepspeed(settings: dict[str, Any]) -> bool:
    """Whether settings are DeepSpeed's; else FSDP's."""
    return "zero_optimization" in settings


def sharded_parts(settings: dict[str, Any] | None) -> tuple[bool, bool, bool]:
    """Which parts the devices share out: weights, gradients, optimiser states."""
    if settings is None:
        return False, False, False
    if is_deepspeed(settings):
        level = int(settings["zero_optimization"].get("stage", 0))
        return level >= 3, level >= 2, level >= 1
    return True, True, True


def parallel_arguments(recipe: LlmRecipe, devices: int) -> dict[str, Any]:
    """Arguments of ``TrainingArguments``.

    Raises:
        InvalidData: Nothing to share with, or weights that cannot be shared.
        MissingDependency: DeepSpeed is not installed.
    """
    settings = read_parallel(recipe.parallel)
    if settings is None:
        return {}
    if is_deepspeed(settings):
        if importlib.util.find_spec("deepspeed") is None:
            raise MissingDependency(
                "parallel: deepspeed needs DeepSpeed, which builds on the machine it runs on: "
                "pip install deepspeed. FSDP (parallel: fsdp) needs nothing more."
            )
        return {"deepspeed": settings}
    if devices < 2:
        raise InvalidData(
            "parallel: fsdp shares a model among processes; start several: "
            "torchrun --nproc-per-node N -m llamo.cli train ..."
        )
    if recipe.language_model.quantization:
        raise InvalidData(
            "quantised weights are not shared out; leave parallel out, so that each device "
            "holds all (4-bit weights of 7B take 4 GB)."
        )
    settings = {**settings, "activation_checkpointing": recipe.gradient_checkpointing}
    return {"fsdp": True, "fsdp_config": settings}


def checkpoints_by_itself(recipe: LlmRecipe) -> bool:
    """Whether FSDP computes activations twice, so that the model need not."""
    settings = read_parallel(recipe.parallel)
    return settings is not None and not is_deepspeed(settings)
