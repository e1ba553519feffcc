"""The plan of a training: parameters counted exactly, memory beside what is measured."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import torch
from small_llms import save_llm, write_recipe
from typer.testing import CliRunner

from llamo.cli import app
from llamo.train.llm.build import build_model, build_processor, choose_trained, load_encoder
from llamo.train.llm.memory import LiveTensors, Load
from llamo.train.llm.plan import plan_training, stage_bytes
from llamo.train.llm.recipe import is_llm_recipe, read_llm_recipe
from llamo.train.llm.trainer import checkpoint_activations

pytest.importorskip("peft")
pytest.importorskip("accelerate")

PUBLISHED = {
    "qwen2.5-7b": 7_615_616_512, "llama-3.1-8b": 8_030_261_248, "vicuna-1.5-7b": 6_738_415_616,
}  # fmt: skip
"""Parameters of the LMs, as counted from their released weights."""


@pytest.mark.parametrize("name", PUBLISHED)
def test_shipped_recipes_begin_with_their_command_and_plan_their_lm(repository: Path, name: str):
    path = repository / "train" / "recipes" / f"{name}.yaml"
    assert path.read_text().startswith(f"# llamo train train/recipes/{name}.yaml --data")
    assert is_llm_recipe(path) and read_llm_recipe(name) == read_llm_recipe(path)
    plan = plan_training(path, devices=8)
    align, instruct = plan.stages
    for stage in (align, instruct):
        assert stage.parameters.by_part["language_model"] == PUBLISHED[name]
        assert 12e9 < stage.bytes["weights"] < 20e9
        assert stage.samples == stage.micro_batch * stage.accumulated * 8
    assert align.parameters.trainable < 0.02 * PUBLISHED[name]
    assert (
        instruct.parameters.trainable - align.parameters.trainable
        == (instruct.parameters.by_part["adapters"])
    )


def memory_recipe(folder: Path, tune_what: str, checkpointing: bool) -> Path:
    """Around an LM whose activations weigh as much as its weights."""
    save_llm(
        folder / "lm", "qwen2", hidden_size=64, intermediate_size=192, num_hidden_layers=4,
        vocab_size=512,
    )  # fmt: skip
    return write_recipe(
        folder, language_model={"tune": tune_what}, gradient_checkpointing=checkpointing
    )


def memory_batch(load: Load, motion_width: int, motion_id: int) -> dict[str, torch.Tensor]:
    """Inputs of exactly that load."""
    ids = torch.randint(0, 250, (load.rows, load.tokens))
    ids[:, 20:24] = motion_id
    mask = torch.ones_like(ids)
    mask[0, :5] = 0  # shorter, as some row of every batch is: attention then needs a mask
    labels = torch.full_like(ids, -100)
    labels[:, -load.answer_tokens :] = ids[:, -load.answer_tokens :]
    place = torch.arange(load.question_tokens).repeat(load.rows, 1)
    return {
        "input_ids": ids, "attention_mask": mask, "labels": labels,
        "question_positions": place, "question_mask": torch.ones_like(place, dtype=torch.bool),
        "motion_features": torch.randn(load.rows, load.frames, motion_width),
    }  # fmt: skip


@pytest.mark.parametrize("checkpointing", [False, True])
@pytest.mark.parametrize("tune_what", ["lora", "full"])
def test_planned_memory_is_what_a_step_takes(tmp_path: Path, tune_what: str, checkpointing: bool):
    recipe = read_llm_recipe(memory_recipe(tmp_path, tune_what, checkpointing))
    encoder, processor = load_encoder(recipe.encoder), build_processor(recipe)
    model = build_model(recipe, encoder, processor)
    load = Load(rows=4, tokens=160, answer_tokens=32, frames=100, question_tokens=16)
    parameters, planned = stage_bytes(recipe, model.config, "instruct", load)
    choose_trained(model, "instruct")
    trained = [one for one in model.parameters() if one.requires_grad]
    assert parameters.trainable == sum(one.numel() for one in trained)
    assert parameters.frozen == sum(one.numel() for one in model.parameters()) - (
        parameters.trainable
    )
    if checkpointing:
        checkpoint_activations(model)
    model.train()
    optimizer = torch.optim.AdamW(trained, fused=True)
    batch = memory_batch(load, encoder.width, processor.motion_token_id)
    with LiveTensors() as live:
        for one in model.parameters():
            live.hold(one)
        for _ in range(2):
            model(**batch).loss.backward()
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
    assert planned["total"] == pytest.approx(live.peak, rel=0.10), planned


@pytest.mark.skipif(
    not torch.cuda.is_available() or torch.cuda.get_device_properties(0).total_memory < 60e9,
    reason="needs a CUDA device of 60 GB or more",
)
def test_a_model_of_7b_trains_on_a_gpu_in_the_memory_that_was_planned(repository: Path):
    command = [sys.executable, "benchmarks/training_speed.py", "--shape", "7b", "--checkpointing"]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "speed.json"
        subprocess.run([*command, "--out", str(out)], cwd=repository, check=True, timeout=1800)
        figures = json.loads(out.read_text())
    assert figures["planned_gb"] == pytest.approx(figures["memory_gb"], rel=0.10)


def test_the_plan_is_told_before_anything_is_loaded(tmp_path: Path):
    recipe = write_recipe(tmp_path)
    for weights in (tmp_path / "lm").glob("*.safetensors"):
        weights.unlink()
    result = CliRunner().invoke(app, ["train", str(recipe), "--plan", "--json"])
    assert result.exit_code == 0, result.output
    planned = json.loads(result.stdout)
    assert [stage["name"] for stage in planned["stages"]] == ["align", "instruct"]
    assert planned["stages"][0]["tokens"] == 2 * 512
    text = CliRunner().invoke(app, ["train", str(recipe), "--plan"]).stdout
    assert "trainable" in text and "GB a device" in text
    tiny = CliRunner().invoke(app, ["train", "train/recipes/llamo-tiny.yaml", "--plan"])
    assert tiny.exit_code == 1
