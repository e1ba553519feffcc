"""Training: recipes, material, the loop that resumes, and all stages on figures alone."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import nn
from transformers import LlamaConfig, LlamaForCausalLM

from llamo import Assistant
from llamo.data.splice import Segment, Sequence
from llamo.encoders.motion import MotionEncoder
from llamo.errors import InvalidData, ModelError
from llamo.motion import Motion
from llamo.processing import LlamoProcessor
from llamo.train.batches import EASY, READING, BatchDrawer
from llamo.train.feature_splices import (
    FeatureSplicer,
    change_tempo,
    find_classes,
    make_examples,
)
from llamo.train.figure_clips import figure_clips
from llamo.train.instruct import draw_batch, same_answer
from llamo.train.loop import Loop, StageData
from llamo.train.new_model import TEMPLATE, new_model
from llamo.train.pretrain_motion import Heads, pretraining_loss, with_concepts
from llamo.train.question_noise import FILLERS, renumbered, scuffed
from llamo.train.question_pool import (
    PoolQuestion,
    QuestionPool,
    SequenceMaker,
    facts_for,
    make_pool,
    scene_in_words,
)
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
align: {steps: 2}
"""


@pytest.fixture(scope="module")
def clips():
    return figure_clips(seed=0, count=2)


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


def test_concepts_are_the_heads_logits_beside_the_same_features_each_head_as_loud(clips):
    torch.manual_seed(0)
    classes = find_classes(clips)
    examples = make_examples(clips, classes)
    encoder = MotionEncoder(width=32, conv_layers=1, attention_layers=1, heads=2).eval()
    heads = Heads(32, classes)
    grown = with_concepts(encoder, heads, examples, classes.words())
    assert grown.width == 32 + sum(classes.sizes())
    assert MotionEncoder(**grown.config).width == grown.width
    features = [grown.encode(clip.motion)[0] for clip in clips]
    plain, _ = encoder.encode(clips[0].motion)
    torch.testing.assert_close(features[0][:, :32], plain)
    logits = torch.cat(heads(plain), dim=-1)
    for channel in range(3):
        both = torch.stack([logits[:, channel], features[0][:, 32 + channel]])
        assert torch.corrcoef(both)[0, 1] > 0.999
    variance = torch.cat(features)[:, 32:].var(0)
    of_heads = torch.stack([part.sum() for part in variance.split(classes.sizes())])
    worded = [head for head, words in zip(heads(plain), classes.words(), strict=True) if words]
    torch.testing.assert_close(
        grown.log_odds(features[0]), torch.cat(worded, -1), atol=1e-4, rtol=0
    )
    torch.testing.assert_close(of_heads / of_heads.mean(), torch.ones(5), atol=0.2, rtol=0)


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


@pytest.fixture(scope="module")
def pool(clips, tmp_path_factory: pytest.TempPathFactory) -> QuestionPool:
    encoder = MotionEncoder(width=32, conv_layers=1, attention_layers=1, heads=2).eval()
    folder = tmp_path_factory.mktemp("pool")
    return make_pool(clips, encoder, PoolStage(sequences=40, workers=0), folder)


@pytest.fixture
def drawer(pool: QuestionPool) -> BatchDrawer:
    processor = LlamoProcessor(
        train_tokenizer(pool.texts(), 600), num_viewpoints=4, template=TEMPLATE
    )
    return BatchDrawer(pool, processor, InstructStage(clips_per_step=4, question_noise=0.0))


def questions_of(drawer: BatchDrawer, batch: dict[str, torch.Tensor]) -> list[PoolQuestion]:
    """The pool's questions that a batch asks, by their words and answers."""
    known = {
        (one.question.lower(), one.answer.lower()): one
        for clip in drawer.pool.clips
        for one in clip.questions
    }
    rows = [
        ids[positions][mask]
        for ids, positions, mask in zip(
            batch["input_ids"], batch["question_positions"], batch["question_mask"], strict=True
        )
    ]
    said = [labels[labels != -100] for labels in batch["labels"]]
    decode = partial(drawer.processor.tokenizer.batch_decode, skip_special_tokens=True)
    asked = zip(decode(rows), decode(said), strict=True)
    return [known[question.strip(), answer.strip()] for question, answer in asked]


def test_easy_batches_ask_one_simple_thing_about_one_act(drawer: BatchDrawer):
    for seed in range(5):
        batch = drawer.easy(np.random.default_rng(seed))
        assert {one.kind for one in questions_of(drawer, batch)} <= set(EASY)
        assert batch["clip_index"].tolist() == list(range(len(batch["clip_index"])))


def test_looking_batches_hold_no_answer_and_every_question_has_its_frames(drawer: BatchDrawer):
    batch = drawer.looking(np.random.default_rng(0))
    assert "labels" not in batch
    assert batch["viewpoint_targets"].any(1).all()
    assert not batch["viewpoint_targets"].all(1).any()


def test_scenes_in_words_say_acts_limbs_ways_and_verdicts_in_order():
    def scene(*segments: Segment, hidden: tuple[str, ...] = ()) -> str:
        motion = Motion(np.zeros((20, 22, 3), np.float32), 20.0)
        return scene_in_words(Sequence(motion, segments, hidden=frozenset(hidden)))

    wave = Segment(0, 1, 0, "wave", side="right", limb="hand")
    walk = Segment(1, 2, 1, "walk", direction="forward")
    squat = Segment(2, 3, 2, exercise="deep squat", correct=False)
    assert scene(wave, walk, squat) == "wave right hand | walk forward | deep squat wrong"
    assert scene(walk, walk, wave) == "walk forward | wave right hand"
    assert scene(wave, Segment(1, 2, 1)) == ""
    assert scene(wave, hidden=("legs",)) == ""


def test_reading_batches_hold_the_answer_in_words_and_no_motion(drawer: BatchDrawer):
    batch = drawer.reading(np.random.default_rng(0))
    assert "motion_features" not in batch
    asked = questions_of(drawer, batch)
    assert {one.kind for one in asked} <= set(READING)
    prompts = drawer.processor.tokenizer.batch_decode(batch["input_ids"])
    for one, prompt in zip(asked, prompts, strict=True):
        assert one.scene
        assert one.scene.lower() in prompt
        assert one.kind != "action" or one.answer.lower() in one.scene


def test_mixed_batches_ask_both_of_a_yes_no_pair(drawer: BatchDrawer):
    for seed in range(5):
        asked = questions_of(drawer, drawer.mixed(np.random.default_rng(seed)))
        answers = [one.answer for one in asked if one.kind == "yes_no"]
        assert answers.count("yes") == answers.count("no")


def test_some_questions_of_order_are_read_from_viewpoints_that_hold_the_answer(drawer: BatchDrawer):
    shown = 0
    for seed in range(12):
        batch = drawer.mixed(np.random.default_rng(seed))
        asked = questions_of(drawer, batch)
        for one, forced, holds in zip(
            asked, batch["forced_viewpoints"], batch["viewpoint_targets"], strict=True
        ):
            frames = forced[forced >= 0]
            assert holds[frames].all()
            assert one.kind == "order" or not len(frames)
            shown += len(frames) > 0
    assert shown


def test_noise_spares_what_a_question_turns_on():
    rng = np.random.default_rng(0)
    asked = "Please tell me which hand the person uses before the second squat, left or right?"
    heard = {scuffed(asked, rng, rate=0.9) for _ in range(20)}
    assert len(heard) == 20
    for text in heard:
        kept = [word for word in text.split() if word in asked.split()]
        assert [w for w in kept if w not in FILLERS and w.lower() != "please"] == (
            "which hand before second squat, left or right?".split()
        )
    assert scuffed(asked, rng, rate=0.0) == asked


def test_a_number_to_copy_changes_in_text_and_answer_alike():
    rng = np.random.default_rng(0)
    count = PoolQuestion("How many?", "5", "reps 5 | each 1.5 s | drop 5", (), (), "count")
    changed = [renumbered(count, rng) for _ in range(20)]
    assert len({one.answer for one in changed}) > 5
    for one in changed:
        assert re.fullmatch(rf"reps {one.answer} \| each \d+\.\d s \| drop 5", one.facts)
    angle = PoolQuestion("How far?", "41 degrees", "knee L 41 R 75", (), (), "measure")
    changed = [renumbered(angle, rng) for _ in range(20)]
    for one in changed:
        assert one.facts == f"knee L {one.answer.split()[0]} R 75"
    twice = PoolQuestion("How far?", "41 degrees", "knee L 41 R 41", (), (), "measure")
    assert renumbered(twice, rng) == twice


def test_training_begins_with_simple_questions_and_ends_with_all(drawer: BatchDrawer):
    def several_on_a_clip(progress: float) -> float:
        batches = [draw_batch(drawer, np.random.default_rng(n), progress) for n in range(16)]
        owners = [
            batch["clip_index"].tolist()
            for batch in batches
            if "labels" in batch and "clip_index" in batch
        ]
        return float(np.mean([len(set(rows)) < len(rows) for rows in owners]))

    assert several_on_a_clip(-0.5) == several_on_a_clip(0.0) == 0
    assert several_on_a_clip(1.0) == several_on_a_clip(3.0) > 0.4
