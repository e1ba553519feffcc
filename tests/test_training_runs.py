"""Training runs: recipes are read or refused, a stopped run goes on, and all stages on figures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from small_recipes import TINY
from torch import nn
from transformers import LlamaConfig, LlamaForCausalLM

from llamo import Assistant
from llamo.encoders.motion import MotionEncoder
from llamo.errors import InvalidData, ModelError
from llamo.train.figure_clips import figure_clips
from llamo.train.loop import Loop, StageData
from llamo.train.new_model import new_model
from llamo.train.recipe import InstructStage, read_recipe
from llamo.train.stages import run
from llamo.train.tokenizer import train_tokenizer


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_every_shipped_recipe_reads_and_begins_with_its_command(repository: Path):
    recipes = sorted((repository / "train" / "recipes").glob("llamo-*.yaml"))
    assert recipes
    for recipe in recipes:
        assert recipe.read_text().startswith(f"# llamo train train/recipes/{recipe.name} --data")
        assert read_recipe(recipe).name == recipe.stem


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("name: x\npacks: []\nspeed: 3", "unknown speed"),
        ("name: x\npacks: []\nencoder: {stepz: 3}", "encoder: unknown stepz"),
        ("name: x\npacks: []\nencoder: {learning_rate: 1e-3}", "write 1.0e-3"),
        ("name: x\npacks: bandai", "packs must be a list"),
        ("- a list", "must be a YAML mapping"),
        ("name: [", "cannot be read"),
        ("packs: []", "name"),
    ],
)
def test_a_wrong_recipe_is_one_clear_line(tmp_path: Path, text: str, part: str):
    with pytest.raises(InvalidData, match=part):
        read_recipe(write(tmp_path / "r.yaml", text))


def test_a_recipe_that_is_no_text_is_one_clear_line(tmp_path: Path):
    (tmp_path / "r.yaml").write_bytes(b"name: \xff\xfe")
    with pytest.raises(InvalidData, match="cannot be read"):
        read_recipe(tmp_path / "r.yaml")


class Line(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.weight = nn.Parameter(torch.randn(3))


def train_line(out: Path, steps: int, stop_at: int | None = None) -> torch.Tensor:
    line = Line()
    data = StageData(lambda rng, _: rng.normal(size=3).astype(np.float32), seed=1)
    loop = Loop({"line": line}, out, steps=steps, learning_rate=0.1, weight_decay=0.0, title="line")
    seen = 0

    def loss(batch: torch.Tensor) -> torch.Tensor:
        nonlocal seen
        seen += 1
        if stop_at is not None and seen > stop_at:
            raise KeyboardInterrupt
        return ((line.weight - batch) ** 2).sum()

    loop.run(data, loss, lambda: {"weight": line.weight[0].item()})
    return line.weight.detach().clone()


def test_a_run_that_was_stopped_ends_where_the_unbroken_one_ends(tmp_path: Path):
    unbroken = train_line(tmp_path / "a", 20)
    with pytest.raises(KeyboardInterrupt):
        train_line(tmp_path / "b", 20, stop_at=7)
    resumed = train_line(tmp_path / "b", 20)
    torch.testing.assert_close(resumed, unbroken, rtol=0, atol=0)
    curve = [json.loads(line) for line in (tmp_path / "b" / "curve.jsonl").open()]
    assert curve[-1]["step"] == 20


def test_all_stages_make_a_model_that_answers(tmp_path: Path):
    recipe = write(tmp_path / "tiny.yaml", TINY)
    weights = run(recipe, tmp_path, tmp_path / "run")
    assistant = Assistant.from_pretrained(weights)
    answer = assistant.open(figure_clips(seed=1, count=1)[0].motion).ask("What does he do?")
    assert 0 <= answer.confidence <= 1
    assert answer.viewpoints
    before = (weights / "model.safetensors").stat().st_mtime_ns
    assert run(recipe, tmp_path, tmp_path / "run", stage="encoder").is_dir()
    assert (weights / "model.safetensors").stat().st_mtime_ns == before


def test_a_language_model_may_read_before_it_sees(tmp_path: Path):
    recipe = write(tmp_path / "tiny.yaml", TINY)
    with pytest.raises(InvalidData, match="section read would add it; its stages are encoder, "):
        run(recipe, tmp_path, tmp_path / "run", stage="read")
    write(
        recipe, TINY.replace("align: {", "read: {steps: 3, questions: 4}\nalign: {reading: 0.0, ")
    )
    taught = run(recipe, tmp_path, tmp_path / "run", stage="read")
    assert json.loads((taught / "curve.jsonl").read_text().splitlines()[-1])["step"] == 3
    learnt = torch.load(taught / "checkpoint.pt", weights_only=True)["optimizer"]["state"]
    values = torch.load(taught / "checkpoint.pt", weights_only=True)["modules"]["model"]
    read = sum(name.startswith("language_model.model.") for name in values)
    assert 0 < len(learnt) <= read  # nothing else has had a gradient: what sees is untouched
    assert run(recipe, tmp_path, tmp_path / "run").is_dir()


def test_a_recipe_may_name_a_pretrained_language_model(tmp_path: Path):
    """Its adapters are trained and kept; its own weights stay what and where they were."""
    pytest.importorskip("peft")
    tokenizer = train_tokenizer(["what does he do before he waves ? he squats"], 300)
    tokenizer.save_pretrained(tmp_path / "lm")
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=32, num_hidden_layers=1,
        num_attention_heads=2, eos_token_id=tokenizer.eos_token_id,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(tmp_path / "lm")
    scratch = TINY[TINY.index("  language_model:") : TINY.index("  vocabulary")]
    named = f"  language_model: {{name: {tmp_path / 'lm'}, lora: {{r: 2, lora_alpha: 4}}}}\n"
    recipe = write(tmp_path / "tiny.yaml", TINY.replace(scratch, named))
    weights = run(recipe, tmp_path, tmp_path / "run")
    saved = safetensors.torch.load_file(weights / "model.safetensors")
    learnt = [name for name in saved if name.startswith("language_model.")]
    assert learnt
    assert all("lora_" in name for name in learnt)
    assert any(saved[name].any() for name in learnt if "lora_B" in name)
    assistant = Assistant.from_pretrained(weights)
    answer = assistant.open(figure_clips(seed=1, count=1)[0].motion).ask("What does he do?")
    assert 0 <= answer.confidence <= 1


def test_a_recipe_that_names_no_language_model_that_exists_says_so(tmp_path: Path):
    stage = InstructStage(language_model={"name": str(tmp_path / "nowhere")})
    with pytest.raises(ModelError, match="nowhere"):
        new_model(MotionEncoder(width=32, conv_layers=1, attention_layers=1, heads=2), None, stage)


def test_another_recipe_does_not_go_on_from_this_one(tmp_path: Path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "recipe.json").write_text('{"name": "other"}')
    recipe = write(tmp_path / "tiny.yaml", TINY)
    with pytest.raises(InvalidData, match="another recipe"):
        run(recipe, tmp_path, tmp_path / "run")
