"""Training around an LM in two processes: torchrun over gloo, FSDP, and DeepSpeed's settings."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from small_llms import curve, few, save_llm, save_questions, write_recipe

from llamo.errors import InvalidData, MissingDependency
from llamo.loading import load_model
from llamo.train.llm.parallel import parallel_arguments, read_parallel, sharded_parts
from llamo.train.llm.recipe import read_llm_recipe
from llamo.train.llm.run import tune

pytest.importorskip("peft")
pytest.importorskip("accelerate")
ROOT = Path(__file__).resolve().parent.parent


def torchrun(*words: object) -> None:
    """The command line in two processes that speak over gloo."""
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    command += ["--master-port", "0", "--rdzv-backend", "c10d", "--rdzv-endpoint", "localhost:0"]
    command += ["-m", "llamo.cli", *map(str, words)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment, timeout=900, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr[-3000:]


def parallel_recipe(folder: Path, **changes: Any) -> tuple[Path, Path]:
    """Eight samples a step in pairs: one process takes four of them, each of two takes two."""
    # small steps: Adam makes a step of full size even of a gradient that is only rounding
    stage = few(5, batch_size=8, per_device_batch_size=2, learning_rate=1e-4, check_every=3)
    return write_recipe(folder, align=stage, instruct=stage, **changes), save_questions(folder, 9)


def test_two_processes_give_the_losses_of_one(tmp_path: Path):
    recipe, questions = parallel_recipe(tmp_path)
    tune(recipe, questions, tmp_path / "one", device="cpu")
    torchrun("train", recipe, "--data", questions, "--out", tmp_path / "two", "--device", "cpu")
    for stage in ("align", "instruct"):
        for name in ("loss", "eval_loss", "eval_questions"):
            one, two = (curve(tmp_path / run / stage, name) for run in ("one", "two"))
            assert one and np.allclose(one, two, atol=1e-4), (stage, name, one, two)


@pytest.mark.parametrize(("kind", "what"), [("qwen2", "lora"), ("llama", "full")])
def test_fsdp_trains_as_one_process_does(tmp_path: Path, kind: str, what: str):
    save_llm(tmp_path / "lm", kind)
    changes = {"language_model": {"tune": what}, "gradient_checkpointing": True}
    recipe, questions = parallel_recipe(tmp_path, **changes)
    tune(recipe, questions, tmp_path / "one", device="cpu")
    recipe, _ = parallel_recipe(tmp_path, parallel="fsdp", **changes)
    torchrun("train", recipe, "--data", questions, "--out", tmp_path / "two", "--device", "cpu")
    for stage in ("align", "instruct"):
        for name in ("loss", "eval_loss"):
            one, two = (curve(tmp_path / run / stage, name) for run in ("one", "two"))
            assert np.allclose(one, two, atol=1e-3), (stage, name, one, two)
    one, two = (load_model(tmp_path / run / "small")[0].state_dict() for run in ("one", "two"))
    for name, tensor in one.items():
        torch.testing.assert_close(two[name], tensor, atol=2e-3, rtol=0.0, msg=name)
    if kind == "llama":
        goes_on_after_a_kill(tmp_path / "two" / "instruct", recipe, questions)


def goes_on_after_a_kill(stage: Path, recipe: Path, questions: Path) -> None:
    """Take away what the last steps left, as if they had never been; the same end comes again."""
    losses, weights = curve(stage), load_file(stage / "model.safetensors")
    shutil.rmtree(stage / "checkpoint-5")
    (stage / "done.json").unlink()
    (stage / "model.safetensors").unlink()
    out = stage.parent
    torchrun("train", recipe, "--data", questions, "--out", out, "--device", "cpu")
    assert np.allclose(curve(stage), losses, atol=1e-5)
    for name, tensor in load_file(stage / "model.safetensors").items():
        torch.testing.assert_close(tensor, weights[name], atol=1e-6, rtol=1e-5, msg=name)


def test_fsdp_in_one_process_and_deepspeed_without_its_package_say_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    questions = save_questions(tmp_path)
    recipe = write_recipe(tmp_path, parallel="fsdp")
    with pytest.raises(InvalidData, match="torchrun"):
        tune(recipe, questions, tmp_path / "run", device="cpu")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    recipe = read_llm_recipe(write_recipe(tmp_path, parallel="deepspeed-zero2"))
    with pytest.raises(MissingDependency, match="pip install deepspeed"):
        parallel_arguments(recipe, 2)


def test_shipped_deepspeed_settings_are_read_by_accelerate():
    from accelerate.utils.deepspeed import HfDeepSpeedConfig

    for level in (2, 3):
        settings = read_parallel(f"deepspeed-zero{level}")
        config = HfDeepSpeedConfig(settings)
        assert config.is_zero2() == (level == 2) and config.is_zero3() == (level == 3)
        assert sharded_parts(settings) == (level == 3, True, True)
    assert sharded_parts(read_parallel("fsdp")) == (True, True, True)
    assert sharded_parts(None) == (False, False, False)
    with pytest.raises(InvalidData, match="fsdp"):
        read_parallel("nothing-like-that")
