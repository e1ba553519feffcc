"""A whole training around a pretrained LM: encode the clips, align, instruct, write the weights.

Runs in one process or in each of several that ``torchrun`` has started; a run that was stopped goes
on from its last checkpoint.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path

from safetensors.torch import load_file

from llamo.encoders.motion import MotionEncoder
from llamo.errors import InvalidData, MissingDependency
from llamo.loading import choose_device
from llamo.processing import LlamoProcessor
from llamo.train.claim import claim_recipe
from llamo.train.llm.build import (
    ALIGN,
    INSTRUCT,
    build_model,
    build_processor,
    choose_trained,
    load_encoder,
)
from llamo.train.llm.callbacks import WEIGHTS, last_checkpoint, remove_broken_checkpoints
from llamo.train.llm.examples import Collator, ExampleSet
from llamo.train.llm.export import write_weights
from llamo.train.llm.material import Material, read_material
from llamo.train.llm.parallel import PATIENCE_S, checkpoints_by_itself
from llamo.train.llm.recipe import LlmRecipe, Stage, read_llm_recipe
from llamo.train.llm.samples import Sample
from llamo.train.recipe import find_recipe

ENCODE, EXPORT = "encode", "export"
STAGES = (ENCODE, ALIGN, INSTRUCT, EXPORT)
DONE = "done.json"


def tune(
    recipe: str | Path | LlmRecipe,
    data: str | Path | None = None,
    out: str | Path | None = None,
    *,
    device: str | None = None,
    stage: str | None = None,
    samples: Mapping[str, Sequence[Sample]] | None = None,
) -> Path:
    """Train what a recipe describes.

    Args:
        recipe: Path of a YAML file, or its settings.
        data: File of questions that takes the place of the recipe's sources.
        out: Where stages and weights go; default ``runs/NAME``.
        device: "cpu", "cuda" ...; default: CUDA where it is.
        stage: Stop after this one of ``STAGES``.
        samples: Questions of each source, in place of files.

    Returns:
        The weights folder, or the last stage's.

    Raises:
        InvalidData: The recipe, the data or the stage is not what it should be.
        ModelError: No such language model, encoder or device.
        MissingDependency: A package of the extra ``train`` or ``quant`` is not installed.
    """
    if stage is not None and stage not in STAGES:
        raise InvalidData(f"stage must be one of {', '.join(STAGES)}, got {stage!r}.")
    _check_packages()
    from accelerate.utils.memory import clear_device_cache

    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # processes that make batches fork
    settings = recipe if isinstance(recipe, LlmRecipe) else read_llm_recipe(recipe)
    beside = Path(".") if isinstance(recipe, LlmRecipe) else find_recipe(recipe).parent
    chosen = choose_device(device)
    if chosen.index:
        raise InvalidData(
            "this training takes the first GPU that it sees; write CUDA_VISIBLE_DEVICES="
            f"{chosen.index} before the command instead of --device {device}."
        )
    kind = chosen.type
    folder = Path(out) if out is not None else Path("runs") / settings.name
    encoder = load_encoder(settings.encoder)
    processor = build_processor(settings)
    with _first_process_first(kind) as leads:
        if leads:
            claim_recipe(folder, asdict(settings))
        material = read_material(
            settings, encoder, processor, folder, data=data, samples=samples, beside=beside,
            leads=leads,
        )  # fmt: skip
    if stage == ENCODE:
        return material.cache.folder
    last: Path | None = None
    for name in (ALIGN, INSTRUCT):
        of_stage: Stage = getattr(settings, name)
        of_stage = replace(of_stage, steps=material.steps(of_stage))
        if of_stage.steps:
            if not (folder / name / DONE).exists():
                _train(settings, encoder, processor, material, name, of_stage, last, kind, folder)
                clear_device_cache(garbage_collection=True)  # of the model that is gone
            last = folder / name
        if stage == name:
            break
    if last is None:
        raise InvalidData("the recipe has no steps: give align or instruct some.")
    if last.name != INSTRUCT or stage == INSTRUCT:
        return last
    weights = folder / settings.name
    if _leads():
        write_weights(processor, encoder, settings, last, weights, material.words)
    return weights


def _train(
    recipe: LlmRecipe,
    encoder: MotionEncoder,
    processor: LlamoProcessor,
    material: Material,
    name: str,
    stage: Stage,
    before: Path | None,
    device: str,
    folder: Path,
) -> None:
    """One stage, from the weights of the one ``before``; leaves its best in ``model.safetensors``.

    The model is built anew for each stage: what FSDP or DeepSpeed has shared out cannot be joined
    and shared out again.
    """
    from llamo.train.llm.trainer import LlamoTrainer, checkpoint_activations, training_arguments

    out = folder / name
    _claim_data(out, material)
    model = build_model(recipe, encoder, processor)
    if before is not None:
        model.load_state_dict(load_file(before / WEIGHTS), strict=False)
    choose_trained(model, name)
    if recipe.gradient_checkpointing and not checkpoints_by_itself(recipe):
        checkpoint_activations(model)
    assert stage.steps is not None
    seed = recipe.seed + STAGES.index(name)
    trainer = LlamoTrainer(
        model,
        training_arguments(recipe, stage, out, steps=stage.steps, device=device, seed=seed),
        material.plan(stage, seed),
        ExampleSet(material.train, material.cache, recipe.data.text_dropout, seed),
        ExampleSet(material.validation, material.cache),
        Collator(processor, encoder.rate_hz),
        stage,
    )
    with trainer.args.main_process_first(local=False):
        if trainer.is_world_process_zero():
            remove_broken_checkpoints(out)
        resume = last_checkpoint(out)
    trainer.train(resume_from_checkpoint=None if resume is None else str(resume))
    trainer.accelerator.wait_for_everyone()
    if trainer.is_world_process_zero():
        best = trainer.state.best_global_step or trainer.state.global_step
        shutil.copyfile(out / f"checkpoint-{best}" / WEIGHTS, out / WEIGHTS)
        model.config.save_pretrained(out)
        results = {
            "step": best,
            "accuracy": trainer.state.best_metric,
            "validated_on": material.validated_on,
        }
        (out / DONE).write_text(json.dumps(results, indent=2) + "\n")
    trainer.accelerator.wait_for_everyone()


def _leads() -> bool:
    return int(os.environ.get("RANK", "0")) == 0


@contextmanager
def _first_process_first(device: str) -> Iterator[bool]:
    """The first process does the work inside, the others then find it done; tells which this is."""
    from accelerate import PartialState

    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield True
        return
    state = PartialState(cpu=device == "cpu", timeout=timedelta(seconds=PATIENCE_S))
    with state.main_process_first():
        yield state.is_main_process


def _check_packages() -> None:
    for name in ("accelerate", "peft"):
        if importlib.util.find_spec(name) is None:
            raise MissingDependency(
                f"training around an LM needs {name}: pip install 'llamo[train]'."
            )


def _claim_data(out: Path, material: Material) -> None:
    """One run, one set of samples: with others, a checkpoint would go on in another order."""
    if not _leads():
        return
    path = out / "data.sha256"
    if path.exists() and path.read_text() != material.fingerprint:
        raise InvalidData(
            f"{out} was begun with other questions or clips; give another --out, or delete it."
        )
    out.mkdir(parents=True, exist_ok=True)
    path.write_text(material.fingerprint)
