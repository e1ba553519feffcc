"""Training around a pretrained LM: real entry points on two questions, kills, data, metric."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from small_llms import NONE, accuracy, curve, few, save_llm, save_questions, write_recipe
from typer.testing import CliRunner

from llamo import Assistant
from llamo.cli import app
from llamo.data.own import OwnSample, read_own
from llamo.encoders.motion import MotionEncoder
from llamo.errors import InvalidData, MissingDependency, ModelError
from llamo.loading import load_model
from llamo.train.llm.build import build_model, build_processor, load_encoder
from llamo.train.llm.callbacks import WHOLE
from llamo.train.llm.export import merge
from llamo.train.llm.features import FeatureCache
from llamo.train.llm.mixture import MicroBatches, accumulation, plan_batches
from llamo.train.llm.recipe import read_llm_recipe
from llamo.train.llm.run import tune
from llamo.train.llm.samples import divide
from llamo.train.llm.trainer import LlamoTrainer

pytest.importorskip("peft")
pytest.importorskip("accelerate")


def llamo(*words: object) -> str:
    """Run the command line in this process; its output."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout.strip().splitlines()[-1]


@pytest.mark.parametrize("kind", ["qwen2", "llama"])
def test_both_stages_learn_two_questions_by_heart(tmp_path: Path, kind: str):
    save_llm(tmp_path / "lm", kind)
    questions = save_questions(tmp_path)
    settle = {"steps": 80, "schedule": "linear", "check_every": 20, "learning_rate": 5e-3}
    recipe = write_recipe(tmp_path, align=settle, instruct={**settle, "steps": 20})
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


def test_weights_carry_the_licence_of_their_encoder_and_a_card(tmp_path: Path):
    questions = save_questions(tmp_path)
    recipe = write_recipe(tmp_path, align=few(1), instruct=few(1))
    (tmp_path / "encoder" / "LICENSE-WEIGHTS").write_text("for research alone\n")
    weights = llamo("train", recipe, "--data", questions, "--out", tmp_path / "run")
    merged = llamo("merge", weights, "-o", tmp_path / "merged", "--dtype", "float32")
    for folder in (Path(weights), Path(merged)):
        assert (folder / "LICENSE-WEIGHTS").read_text() == "for research alone\n"
        card = (folder / "README.md").read_text()
        assert "around `lm`" in card and "`encoder` (`LICENSE-WEIGHTS`)" in card
        assert "2 questions about clips (questions.jsonl)" in card
        assert "to questions that were trained on" in card


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


@pytest.mark.parametrize("at", [3, 10])
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
    """Six steps with dropout and noise, four samples in micro-batches, checked every other."""
    folder = tmp_path_factory.mktemp("unbroken")
    save_questions(folder, 5)
    stage = {
        "steps": 6, "batch_size": 4, "per_device_batch_size": 2, "check_every": 2,
        "learning_rate": 1e-3,
    }  # fmt: skip
    write_recipe(
        folder, align=stage, instruct=NONE, model={"selection_noise": 0.5, "dropout": 0.1},
        data={"text_dropout": 0.5, "kinematic_text": True},
    )  # fmt: skip
    run = folder / "run"
    tune(folder / "recipe.yaml", folder / "questions.jsonl", run, device="cpu")
    return folder, run


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

    questions = read_own(save_questions(tmp_path, 8))
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
        OwnSample(Path(f"{number}.npz"), "What?", "x", person=f"p{number % 7}")
        for number in range(70)
    ]
    train, kept = divide(samples, 0.3)
    assert train and kept and len(train) + len(kept) == 70
    assert not {one.person for one in train} & {one.person for one in kept}
    clips = [OwnSample(Path(f"a.pkl#{number}"), "What?", "x") for number in range(9)]
    assert 0 in map(len, divide(clips, 0.5))  # one recording
    named = [
        OwnSample(Path("a"), "?", "x", split=split) for split in ("train", "val", "test", None)
    ]
    assert [len(part) for part in divide(named, 0.5)] == [2, 1]


def test_cuts_and_mirror_images_stay_with_their_recording():
    pairs = [(f"{n:06d}.npy", f"M{n:06d}.npy") for n in range(30)]
    pairs += [(f"swing{n}.npz", f"swing{n}_mirrored.npz") for n in range(30)]
    pairs += [(f"a{n}_cut1.npz", f"a{n}_cut2.npz") for n in range(30)]
    train, kept = divide([OwnSample(Path(name), "?", "x") for two in pairs for name in two], 0.4)
    names = {one.motion.name for one in kept}
    assert train and kept
    assert all((one in names) == (other in names) for one, other in pairs)


def test_a_question_of_no_split_goes_where_its_recording_is_written():
    test, kept = (
        [OwnSample(Path(name), "?", "x", split=split), OwnSample(Path(f"M{name}"), "?", "x")]
        for name, split in (("000012.npy", "test"), ("000013.npy", "val"))
    )
    assert divide([*test, *kept], 0.5) == ([], kept)


def test_written_splits_that_leak_are_refused_unless_published(tmp_path: Path):
    path = save_questions(tmp_path, 2, person=["ann", "ann"], split=["train", "val"])
    recipe = write_recipe(tmp_path, align=few(1), instruct=NONE)
    with pytest.raises(InvalidData, match=r"the splits leak: the person 'ann'"):
        tune(recipe, path, tmp_path / "run", device="cpu")
    with pytest.raises(InvalidData, match="the splits leak"):
        tune(recipe, out=tmp_path / "other", device="cpu", samples={"mine": read_own(path)})
    (tmp_path / "import.json").write_text('{"published": true}')
    tune(recipe, path, tmp_path / "run", device="cpu", stage="encode")


def test_a_clip_is_encoded_once_wherever_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    encoder = MotionEncoder(width=32, conv_layers=1, attention_layers=1, heads=2)
    (sample, _) = read_own(save_questions(tmp_path))
    cache = FeatureCache(tmp_path / "cache", encoder)
    keys, refused = cache.fill([sample])
    assert not refused
    clip = cache.read(keys[str(sample.motion)])
    assert clip.features.shape[1] == 32 and "lasts" in clip.facts("How long does it take?")
    moved = tmp_path / "elsewhere.npz"
    moved.write_bytes(sample.motion.read_bytes())
    encoded = []
    monkeypatch.setattr(MotionEncoder, "encode", lambda *a: encoded.append(a))
    again = OwnSample(moved, "What?", "x")
    keys_again, _ = FeatureCache(tmp_path / "cache", encoder).fill([sample, again])
    assert not encoded and set(keys_again.values()) == set(keys.values())
    other = MotionEncoder(width=32, conv_layers=1, attention_layers=1, heads=2)
    assert FeatureCache(tmp_path / "cache", other).key(sample) not in keys.values()
    cut = OwnSample(sample.motion, "What?", "x", cut_s=(0.0, 1.0))
    assert cache.key(cut) not in keys.values()


def test_broken_clips_are_left_out_by_name_and_nothing_left_is_an_error(tmp_path: Path):
    path = save_questions(tmp_path, 3)
    (tmp_path / "clip-1.npz").write_bytes(b"not a motion")
    recipe = write_recipe(tmp_path, align=few(1), instruct=NONE)
    tune(recipe, path, tmp_path / "run", device="cpu")
    left_out = [json.loads(line) for line in (tmp_path / "run" / "left_out.jsonl").open()]
    assert [Path(one["clip"]).name for one in left_out] == ["clip-1.npz"]
    for number in range(3):
        (tmp_path / f"clip-{number}.npz").write_bytes(b"not a motion")
    with pytest.raises(InvalidData, match="nothing is left"):
        tune(recipe, path, tmp_path / "other", device="cpu")


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"align": {"batch_size": 3}}, "multiple of"),
        ({"align": {"stepz": 3}}, "unknown stepz"),
        ({"align": {"schedule": "sine"}}, "schedule must be one of"),
        ({"model": {"widht": 3}}, "model: unknown widht"),
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


def test_adapters_that_cannot_be_are_one_clear_line(tmp_path: Path):
    recipe = write_recipe(tmp_path, language_model={"lora": {"rank": 3}})
    with pytest.raises(ModelError, match="rank"):
        tune(recipe, save_questions(tmp_path), tmp_path / "run", device="cpu")


def test_another_recipe_does_not_go_on_from_this_one(tmp_path: Path):
    questions = save_questions(tmp_path)
    tune(write_recipe(tmp_path, align=few(1), instruct=NONE), questions, tmp_path / "run")
    with pytest.raises(InvalidData, match="another recipe"):
        tune(write_recipe(tmp_path, align=few(2), instruct=NONE), questions, tmp_path / "run")
