"""Training: recipes, material, the loop that resumes, and all stages on figures alone."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from llamo import Assistant
from llamo.encoders.motion import MotionEncoder
from llamo.errors import InvalidData
from llamo.train.feature_splices import (
    FeatureSplicer,
    change_tempo,
    find_classes,
    make_examples,
)
from llamo.train.figure_clips import figure_clips
from llamo.train.instruct import EASY, BatchDrawer, same_answer
from llamo.train.loop import Loop, StageData
from llamo.train.pretrain_motion import pretraining_loss
from llamo.train.question_pool import SequenceMaker, facts_for, make_pool
from llamo.train.recipe import InstructStage, PoolStage, read_recipe
from llamo.train.stages import run
from llamo.train.tokenizer import train_tokenizer

TINY = """
name: tiny
packs: []
encoder:
  model: {width: 32, conv_layers: 1, attention_layers: 1, heads: 2}
  steps: 2
  batch_size: 4
  seconds: 3.0
pool: {sequences: 12, workers: 0}
instruct:
  model: {width: 32, heads: 2, num_viewpoints: 4}
  language_model:
    {hidden_size: 32, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 32}
  vocabulary: 400
  steps: 3
  clips_per_step: 4
"""


@pytest.fixture(scope="module")
def clips():
    return figure_clips(seed=0, count=2)


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_every_shipped_recipe_reads_and_begins_with_its_command(repository: Path):
    recipes = sorted((repository / "train" / "recipes").glob("*.yaml"))
    assert recipes
    for recipe in recipes:
        assert recipe.read_text().startswith(f"# llamo train train/recipes/{recipe.name} --data")
        assert read_recipe(recipe).name == recipe.stem


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("name: x\npacks: []\nspeed: 3", "unknown speed"),
        ("name: x\npacks: []\nencoder: {stepz: 3}", "encoder: unknown stepz"),
        ("- a list", "must be a YAML mapping"),
        ("name: [", "cannot be read"),
        ("packs: []", "name"),
    ],
)
def test_a_wrong_recipe_is_one_clear_line(tmp_path: Path, text: str, part: str):
    with pytest.raises(InvalidData, match=part):
        read_recipe(write(tmp_path / "r.yaml", text))


def test_joined_clips_keep_their_targets(clips, rng: np.random.Generator):
    classes = find_classes(clips)
    splicer = FeatureSplicer(make_examples(clips, classes), 200, single_share=0.0, noise=0.0)
    features, targets, segments, mask = splicer.sequence(rng)
    assert features.shape[0] == len(targets) == len(segments) == len(mask) == 200
    assert segments.max() >= 1
    for segment in range(segments.max() + 1):
        phrases = targets[segments == segment, 0]
        assert len(set(phrases[phrases >= 0])) == 1
    assert (targets[~mask] == -1).all()


def test_a_mirrored_example_swaps_left_and_right(clips):
    examples = make_examples(clips, find_classes(clips))
    sided = next(example for example in examples if example.targets[2] == 0)
    assert sided.mirrored().targets[2] == 1
    assert sided.mirrored().mirrored().targets == sided.targets
    assert not np.allclose(sided.mirrored().features, sided.features)


def test_twice_the_tempo_is_half_the_time_and_twice_the_speed(clips):
    features = make_examples(clips, find_classes(clips))[0].features
    fast = change_tempo(features, 2.0)
    assert len(fast) == round(len(features) / 2)
    np.testing.assert_allclose(fast[0, 66:132], 2 * features[0, 66:132], rtol=1e-5)
    np.testing.assert_allclose(fast[0, :66], features[0, :66], rtol=1e-5)


def test_pretraining_loss_by_hand():
    """Two frames of one clip, two classes: at frames and over the clip's mean logits."""
    logits = torch.zeros(1, 4, 2)
    logits[0, :, 0] = 2.0
    targets = torch.full((1, 4, 5), -1)
    targets[..., 0] = 0
    segments = torch.zeros(1, 4, dtype=torch.long)
    one = float(torch.log(1 + torch.exp(torch.tensor(-2.0))))
    blank = torch.zeros(1, 4, 2)
    loss = pretraining_loss([logits, blank, blank, blank, blank], targets, segments, 0.0)
    assert float(loss) == pytest.approx(1.3 * one, rel=1e-5)


def test_sequences_depend_on_seed_and_number_alone(clips):
    one = SequenceMaker(clips, PoolStage().shares, seed=3)
    two = SequenceMaker(clips, PoolStage().shares, seed=3)
    first, questions = one.make(5)
    again, same_questions = two.make(5)
    np.testing.assert_array_equal(first.motion.joints, again.motion.joints)
    assert [q.question for q in questions] == [q.question for q in same_questions]
    assert len(one.make(6)[0].motion) != len(first.motion) or questions != one.make(6)[1]


def test_a_measured_question_finds_its_number_in_the_text(clips):
    from llamo.kinematics import measure

    maker = SequenceMaker(clips, PoolStage().shares, seed=0)
    found = 0
    for number in range(10):
        sequence, _ = maker.make(number)
        measurements = measure(sequence.motion)
        for one in maker.ask_measured(number, measurements, ()):
            assert one.answer.split()[0] in facts_for(measurements, one.question, ()).split()
            found += 1
    assert found


def test_the_tokenizer_reads_numbers_digit_by_digit_and_forgets_nothing():
    tokenizer = train_tokenizer(["reps 12 | arm left 88 %", "how many squats?"] * 5, 400)
    assert tokenizer.decode(tokenizer("reps 47")["input_ids"]).strip() == "reps 47"
    assert len(tokenizer("123456")["input_ids"]) <= 7
    assert tokenizer("HOW MANY")["input_ids"] == tokenizer("how many")["input_ids"]
    assert tokenizer.decode(tokenizer("naïve 走る")["input_ids"]).strip() == "naïve 走る"


def test_abstentions_are_the_same_answer_whatever_their_reason():
    assert same_answer("I can't tell: both hands move.", "I can't tell: it does not happen here.")
    assert not same_answer("left hand", "I can't tell: both hands move.")
    assert same_answer(" Left hand ", "left hand")


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


def test_another_recipe_does_not_go_on_from_this_one(tmp_path: Path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "recipe.json").write_text('{"name": "other"}')
    recipe = write(tmp_path / "tiny.yaml", TINY)
    with pytest.raises(InvalidData, match="another recipe"):
        run(recipe, tmp_path, tmp_path / "run")


def test_training_begins_with_one_simple_question_about_one_act(
    clips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    encoder = MotionEncoder(width=32, conv_layers=1, attention_layers=1, heads=2).eval()
    pool = make_pool(clips, encoder, PoolStage(sequences=24, workers=0), tmp_path)
    stage = InstructStage(steps=100, easy_share=0.2, clips_per_step=4)
    drawer = BatchDrawer(pool, None, stage)
    asked: list = []
    monkeypatch.setattr("llamo.train.instruct.collate", lambda _, __, qs, *a, **k: asked.extend(qs))
    for step in range(10):
        drawer.draw(np.random.default_rng(step), step)
    assert asked
    assert {one.kind for one in asked} <= set(EASY)
    asked.clear()
    for step in range(90, 100):
        drawer.draw(np.random.default_rng(step), step)
    assert not {one.kind for one in asked} <= set(EASY)
