"""Training around a pretrained LM: real entry points, two questions, kills, several processes."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from small_llms import save_llm, save_questions, write_recipe
from typer.testing import CliRunner

from llamo import Assistant
from llamo.cli import app
from llamo.encoders.motion import MotionEncoder
from llamo.errors import InvalidData, MissingDependency
from llamo.loading import load_model
from llamo.train.llm.build import build_model, build_processor, choose_trained, load_encoder
from llamo.train.llm.callbacks import WHOLE
from llamo.train.llm.export import merge
from llamo.train.llm.features import FeatureCache
from llamo.train.llm.memory import LiveTensors, Load
from llamo.train.llm.mixture import MicroBatches, accumulation, plan_batches
from llamo.train.llm.parallel import parallel_arguments, read_parallel, sharded_parts
from llamo.train.llm.plan import plan_training, stage_bytes
from llamo.train.llm.recipe import is_llm_recipe, read_llm_recipe
from llamo.train.llm.run import tune
from llamo.train.llm.samples import LineSample, divide, read_samples
from llamo.train.llm.trainer import LlamoTrainer, checkpoint_activations

pytest.importorskip("peft")
pytest.importorskip("accelerate")


def llamo(*words: object) -> str:
    """Run the command line in this process; its output."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout.strip().splitlines()[-1]


def curve(folder: Path, name: str = "loss") -> list[float]:
    """One quantity of a stage, in the order of the steps."""
    lines = (json.loads(line) for line in (folder / "curve.jsonl").open())
    return [line[name] for line in lines if name in line]


def accuracy(folder: Path) -> float:
    """Of the best checkpoint of a stage."""
    return json.loads((folder / "done.json").read_text())["accuracy"]


def few(steps: int = 4, **changes: Any) -> dict[str, Any]:
    """A short stage."""
    return {"steps": steps, "check_every": steps, "learning_rate": 1e-3, **changes}


NONE: dict[str, Any] = {"steps": 0}
ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("kind", ["qwen2", "llama"])
def test_both_stages_learn_two_questions_by_heart(tmp_path: Path, kind: str):
    save_llm(tmp_path / "lm", kind)
    questions, recipe = save_questions(tmp_path), write_recipe(tmp_path)
    run = tmp_path / "run"
    weights = Path(llamo("train", recipe, "--data", questions, "--out", run, "--device", "cpu"))
    assert accuracy(run / "align") == 1, "the LM is frozen: what stands before it learnt both"
    assert accuracy(run / "instruct") == 1
    assert weights == run / "small"
    assistant = Assistant.from_pretrained(weights)
    assert [assistant.open(tmp_path / f"clip-{n}.npz").ask("What?").answer for n in range(2)] == [
        "L", "S",
    ]  # fmt: skip


def test_alignment_leaves_the_language_model_as_it_was_and_tuning_changes_adapters_alone(
    tmp_path: Path,
):
    questions = save_questions(tmp_path)
    recipe = write_recipe(tmp_path, align=few(), instruct=few())
    run = tmp_path / "run"
    llamo("train", recipe, "--data", questions, "--out", run, "--device", "cpu")
    aligned = load_file(run / "align" / "model.safetensors")
    assert all(name.startswith(("enhancer.", "cross_talker.")) for name in aligned)
    tuned = load_file(run / "instruct" / "model.safetensors")
    learnt = [name for name in tuned if name.startswith("language_model.")]
    assert learnt and all("lora_" in name for name in learnt)
    assert any(tuned[name].any() for name in learnt if "lora_B" in name)
    assert (run / "small" / "model.safetensors").stat().st_size < 1e6  # no LM in it


def test_merged_weights_answer_alike_and_need_no_other_folder(tmp_path: Path):
    questions = save_questions(tmp_path)
    recipe = write_recipe(tmp_path, align=few(2), instruct=few(8, learning_rate=1e-2))
    weights = llamo("train", recipe, "--data", questions, "--out", tmp_path / "run")
    merged = llamo("merge", weights, "-o", tmp_path / "merged", "--dtype", "float32")
    before = load_model(Path(weights))[0]
    (tmp_path / "lm").rename(tmp_path / "gone")
    after = load_model(Path(merged))[0]
    assert after.config.lora is None and after.config.language_model is None
    assert not any("lora_" in name for name, _ in after.named_parameters())
    ids = torch.arange(20)[None]
    logits = [one.language_model(ids).logits for one in (before, after)]
    torch.testing.assert_close(logits[0], logits[1], atol=1e-4, rtol=1e-4)
    with pytest.raises(InvalidData, match="not empty"):
        merge(weights, tmp_path / "merged")


def test_full_tuning_holds_the_language_model_itself(tmp_path: Path):
    questions = save_questions(tmp_path)
    recipe = write_recipe(
        tmp_path, language_model={"tune": "full"}, align=few(2), instruct=few(),
        gradient_checkpointing=True,
    )  # fmt: skip
    weights = Path(llamo("train", recipe, "--data", questions, "--out", tmp_path / "run"))
    (tmp_path / "lm").rename(tmp_path / "gone")
    model = load_model(weights)[0]
    tuned = load_file(weights / "model.safetensors")
    name = "language_model.model.layers.0.mlp.up_proj.weight"
    torch.testing.assert_close(model.state_dict()[name], tuned[name])
    assert not torch.equal(
        tuned[name], load_file(tmp_path / "gone" / "model.safetensors")[name[15:]]
    )


@pytest.mark.parametrize("kind", ["qwen2", "llama"])
def test_qlora_trains_on_four_bit_weights(tmp_path: Path, kind: str):
    pytest.importorskip("bitsandbytes")
    save_llm(tmp_path / "lm", kind, hidden_size=64)
    questions = save_questions(tmp_path)
    recipe = write_recipe(
        tmp_path, language_model={"quantization": "4bit"}, precision="bf16",
        gradient_checkpointing=True, align=few(2), instruct=few(12, learning_rate=1e-2),
    )  # fmt: skip
    weights = llamo("train", recipe, "--data", questions, "--out", tmp_path / "run")
    losses = curve(tmp_path / "run" / "instruct")
    assert losses[-1] < losses[0]
    model = load_model(Path(weights))[0]
    assert (
        type(model.language_model.model.layers[0].mlp.up_proj.base_layer).__name__ == "Linear4bit"
    )
    llamo("merge", weights, "-o", tmp_path / "merged", "--dtype", "float32")
    assert load_model(tmp_path / "merged")[0].config.quantization is None


class Killed(BaseException):
    """As if the process had been killed: nothing catches it, nothing is saved."""


@pytest.mark.parametrize("at", [2, 5, 6])
def test_a_run_killed_at_any_step_ends_where_the_unbroken_one_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int, unbroken: tuple[Path, Path]
):
    folder, whole = unbroken
    step, seen = LlamoTrainer.training_step, []

    def until_killed(*args: Any, **kwargs: Any) -> Any:
        if len(seen) == at:
            raise Killed
        seen.append(1)
        return step(*args, **kwargs)

    run = tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr(LlamoTrainer, "training_step", until_killed)
        with pytest.raises(Killed):
            tune(folder / "recipe.yaml", folder / "questions.jsonl", run, device="cpu")
    half = run / "align" / "checkpoint-9"  # killed again, while it was writing
    half.mkdir()
    (half / "trainer_state.json").write_text("{")
    tune(folder / "recipe.yaml", folder / "questions.jsonl", run, device="cpu")
    assert curve(run / "align") == curve(whole / "align")
    assert curve(run / "align", "eval_loss") == curve(whole / "align", "eval_loss")
    for name, tensor in load_file(run / "align" / "model.safetensors").items():
        assert torch.equal(tensor, load_file(whole / "align" / "model.safetensors")[name]), name


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Eight steps with dropout and noise, four samples in micro-batches, checked every other."""
    folder = tmp_path_factory.mktemp("unbroken")
    save_questions(folder, 5)
    stage = {
        "steps": 8, "batch_size": 4, "per_device_batch_size": 2, "check_every": 2,
        "learning_rate": 1e-3,
    }  # fmt: skip
    write_recipe(
        folder, align=stage, instruct=NONE, model={"selection_noise": 0.5, "dropout": 0.1},
        data={"text_dropout": 0.5, "kinematic_text": True},
    )  # fmt: skip
    run = folder / "run"
    tune(folder / "recipe.yaml", folder / "questions.jsonl", run, device="cpu")
    return folder, run


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
    stage = few(5, batch_size=8, per_device_batch_size=2, learning_rate=1e-4)
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


def test_tensorboard_is_written_and_a_logger_that_is_missing_is_named(tmp_path: Path):
    pytest.importorskip("tensorboard")
    questions = save_questions(tmp_path)
    recipe = write_recipe(tmp_path, report_to=["tensorboard"], align=few(2), instruct=NONE)
    tune(recipe, questions, tmp_path / "run", device="cpu")
    assert list((tmp_path / "run" / "align" / "tensorboard").glob("events*"))
    if importlib.util.find_spec("wandb") is None:
        recipe = write_recipe(tmp_path, report_to=["wandb"])
        with pytest.raises(MissingDependency, match="wandb"):
            tune(recipe, questions, tmp_path / "other", device="cpu")


def test_the_best_checkpoint_is_kept_not_the_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    questions = save_questions(tmp_path)
    recipe = write_recipe(tmp_path, align=few(6, check_every=2), instruct=NONE)
    told = iter([0.2, 0.9, 0.5])
    evaluate = LlamoTrainer.evaluate

    def pretend(self: LlamoTrainer, *args: Any, **kwargs: Any) -> dict[str, float]:
        return {**evaluate(self, *args, **kwargs), "eval_accuracy": next(told)}

    monkeypatch.setattr(LlamoTrainer, "evaluate", pretend)
    run = tmp_path / "run"
    tune(recipe, questions, run, device="cpu")
    assert json.loads((run / "align" / "done.json").read_text())["step"] == 4
    best = load_file(run / "align" / "checkpoint-4" / "model.safetensors")
    for name, tensor in load_file(run / "align" / "model.safetensors").items():
        assert torch.equal(tensor, best[name])
    assert (run / "align" / "checkpoint-6" / WHOLE).exists()


def test_validation_accuracy_is_what_greedy_decoding_answers(tmp_path: Path):
    """One pass over the right answers tells as much as writing the answers does."""
    from llamo.decoding import answer_greedy

    questions = read_samples(save_questions(tmp_path, 8))
    recipe = read_llm_recipe(write_recipe(tmp_path))
    encoder, processor = load_encoder(recipe.encoder), build_processor(recipe)
    model = build_model(recipe, encoder, processor).eval()
    cache = FeatureCache(tmp_path / "features", encoder)
    keys, _ = cache.fill(questions)
    features = [cache.features(keys[str(one.motion)]) for one in questions]
    settings = {"eos_token_id": processor.tokenizer.eos_token_id, "max_new_tokens": 4}
    found = answer_greedy(model, **processor(["What?"] * 8, motion_features=features), **settings)
    assert found.tokens.shape == (8, 4)
    batch = processor(["What?"] * 8, motion_features=features, answers=["abc"] * 8)
    said = found.tokens.clone()
    said[::2, 1] = (said[::2, 1] + 1) % 250  # every other answer has one wrong token
    batch["input_ids"][:, -4:] = batch["labels"][:, -4:] = said
    with torch.no_grad():
        scored, whole = model(**batch, answers_only=True), model(**batch)
    assert scored.answers_right.tolist() == [False, True] * 4
    assert float(scored.answer_losses.sum() / 32) == pytest.approx(float(whole.loss), abs=1e-5)


def test_every_pass_sees_each_sample_once_and_neighbours_in_length_together():
    lengths = np.random.default_rng(0).integers(20, 400, size=64)
    plan = plan_batches([64], lengths, steps=16, batch_size=8, seed=3)
    assert sorted(plan[:].ravel()) == sorted([*range(64), *range(64)])
    spread = np.ptp(lengths[plan], axis=1).mean()
    assert spread < 0.25 * np.ptp(lengths[np.arange(64).reshape(8, 8)], axis=1).mean()
    assert (np.diff(lengths[plan], axis=1) >= 0).all()
    again = plan_batches([64], lengths, steps=16, batch_size=8, seed=3)
    assert (plan == again).all()
    assert (plan != plan_batches([64], lengths, steps=16, batch_size=8, seed=4)).any()


def test_sources_are_drawn_by_weight_not_by_size():
    plan = plan_batches([1000, 10], [9] * 1010, steps=100, batch_size=10, weights=[1.0, 3.0])
    small = plan[plan >= 1000]
    assert 0.70 < len(small) / plan.size < 0.80
    counts = np.bincount(small - 1000, minlength=10)
    assert np.ptp(counts) <= 1  # one pass after another
    by_size = plan_batches([90, 10], [9] * 100, steps=10, batch_size=10)
    assert (np.sort(by_size.ravel()) == np.arange(100)).all()
    with pytest.raises(InvalidData, match="nothing to train on"):
        plan_batches([0], [], steps=1, batch_size=1)


def test_a_step_has_the_same_samples_on_any_number_of_devices():
    plan = plan_batches([40], range(40), steps=4, batch_size=8)
    for devices in (1, 2, 4):
        micro, accumulated = accumulation(8, 2, devices)
        batches = list(MicroBatches(plan, micro))
        assert len(batches) == 4 * devices * accumulated
        for step in range(4):
            mine = batches[step * devices * accumulated : (step + 1) * devices * accumulated]
            assert [number for one in mine for number, _ in one] == plan[step].tolist()
    assert accumulation(8, 16, 2) == (4, 1)
    with pytest.raises(InvalidData, match="among 3 processes"):
        accumulation(8, 2, 3)


def test_a_person_is_trained_on_or_kept_never_both():
    samples = [
        LineSample(Path(f"{number}.npz"), "What?", "x", person=f"p{number % 7}")
        for number in range(70)
    ]
    train, kept = divide(samples, 0.3)
    assert train and kept and len(train) + len(kept) == 70
    assert not {one.person for one in train} & {one.person for one in kept}
    clips = [LineSample(Path(f"a.pkl#{number}"), "What?", "x") for number in range(9)]
    assert 0 in map(len, divide(clips, 0.5))  # one recording
    named = [
        LineSample(Path("a"), "?", "x", split=split) for split in ("train", "val", "test", None)
    ]
    assert [len(part) for part in divide(named, 0.5)] == [2, 1]


def test_a_clip_is_encoded_once_wherever_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    encoder = MotionEncoder(width=32, conv_layers=1, attention_layers=1, heads=2)
    (sample, _) = read_samples(save_questions(tmp_path))
    cache = FeatureCache(tmp_path / "cache", encoder)
    keys, refused = cache.fill([sample])
    assert not refused
    clip = cache.read(keys[str(sample.motion)])
    assert clip.features.shape[1] == 32 and "lasts" in clip.facts("How long does it take?")
    moved = tmp_path / "elsewhere.npz"
    moved.write_bytes(sample.motion.read_bytes())
    encoded = []
    monkeypatch.setattr(MotionEncoder, "encode", lambda *a: encoded.append(a))
    again = LineSample(moved, "What?", "x")
    keys_again, _ = FeatureCache(tmp_path / "cache", encoder).fill([sample, again])
    assert not encoded and set(keys_again.values()) == set(keys.values())
    other = MotionEncoder(width=32, conv_layers=1, attention_layers=1, heads=2)
    assert FeatureCache(tmp_path / "cache", other).key(sample) not in keys.values()
    cut = LineSample(sample.motion, "What?", "x", cut_s=(0.0, 1.0))
    assert cache.key(cut) not in keys.values()


def test_broken_clips_are_left_out_by_name_and_nothing_left_is_an_error(tmp_path: Path):
    path = save_questions(tmp_path, 3)
    (tmp_path / "clip-1.npz").write_bytes(b"not a motion")
    recipe = write_recipe(tmp_path, align=few(1), instruct=NONE)
    tune(recipe, path, tmp_path / "run", device="cpu")
    left_out = [json.loads(line) for line in (tmp_path / "run" / "left_out.jsonl").open()]
    assert [Path(one["clip"]).name for one in left_out] == ["clip-1.npz"]
    for number in range(3):
        (tmp_path / f"clip-{number}.npz").unlink()
    with pytest.raises(InvalidData, match="nothing is left"):
        tune(recipe, path, tmp_path / "other", device="cpu")


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"align": {"batch_size": 3}}, "multiple of"),
        ({"align": {"stepz": 3}}, "unknown stepz"),
        ({"align": {"learning_rate": "fast"}}, "learning_rate must be"),
        ({"language_model": {"tune": "some"}}, "tune must be one of"),
        ({"language_model": {"tune": "full", "quantization": "4bit"}}, "cannot be trained"),
        ({"precision": "fp8"}, "precision must be"),
        ({"report_to": ["telegram"]}, "report_to must be"),
        ({"data": {"sources": [{"path": "a"}, {"path": "b", "weight": 2.0}]}}, "all data.sources"),
    ],
)
def test_a_wrong_recipe_is_one_clear_line(tmp_path: Path, change: dict[str, Any], part: str):
    with pytest.raises(InvalidData, match=part):
        read_llm_recipe(write_recipe(tmp_path, **change))


def test_another_recipe_does_not_go_on_from_this_one(tmp_path: Path):
    questions = save_questions(tmp_path)
    tune(write_recipe(tmp_path, align=few(1), instruct=NONE), questions, tmp_path / "run")
    with pytest.raises(InvalidData, match="another recipe"):
        tune(write_recipe(tmp_path, align=few(2), instruct=NONE), questions, tmp_path / "run")


def test_questions_that_do_not_follow_the_format_are_named_by_line(tmp_path: Path):
    path = tmp_path / "questions.jsonl"
    for line in ("{", '{"motion": "a.npz"}', '{"motion": 3, "question": "a", "answer": "b"}'):
        path.write_text('{"motion": "a.npz", "question": "a", "answer": "b"}\n' + line)
        with pytest.raises(InvalidData, match="line 2"):
            read_samples(path)
    with pytest.raises(InvalidData, match="cannot be read"):
        read_samples(tmp_path / "nowhere.jsonl")


PUBLISHED = {
    "qwen2.5-7b": 7_615_616_512, "llama-3.1-8b": 8_030_261_248, "vicuna-1.5-7b": 6_738_415_616,
}  # fmt: skip
"""Parameters of the LMs, as counted from their released weights."""


@pytest.mark.parametrize("name", PUBLISHED)
def test_shipped_recipes_begin_with_their_command_and_plan_their_lm(repository: Path, name: str):
    path = repository / "train" / "recipes" / f"{name}.yaml"
    assert path.read_text().startswith(f"# llamo train train/recipes/{name}.yaml --data")
    assert is_llm_recipe(path) and read_llm_recipe(path).name == name
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
