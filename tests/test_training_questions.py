"""Questions to train on: made from a seed, easy ones first, in words and with noise."""

from __future__ import annotations

import re
from functools import partial

import numpy as np
import pytest
import torch

from llamo.data.splice import Segment, Sequence
from llamo.encoders.motion import MotionEncoder
from llamo.motion import Motion
from llamo.processing import LlamoProcessor
from llamo.train.batches import EASY, READING, BatchDrawer
from llamo.train.figure_clips import figure_clips
from llamo.train.instruct import draw_batch, same_answer
from llamo.train.new_model import TEMPLATE
from llamo.train.question_noise import FILLERS, renumbered, scuffed
from llamo.train.question_pool import (
    PoolQuestion,
    QuestionPool,
    SequenceMaker,
    facts_for,
    make_pool,
    scene_in_words,
)
from llamo.train.recipe import InstructStage, PoolStage
from llamo.train.tokenizer import train_tokenizer


@pytest.fixture(scope="module")
def clips():
    return figure_clips(seed=0, count=2)


def test_sequences_depend_on_seed_and_number_alone(clips):
    one = SequenceMaker(clips, PoolStage().shares, seed=3)
    two = SequenceMaker(clips, PoolStage().shares, seed=3)
    first, questions, _ = one.make(5)
    again, same_questions, _ = two.make(5)
    np.testing.assert_array_equal(first.motion.joints, again.motion.joints)
    assert [q.question for q in questions] == [q.question for q in same_questions]
    assert (
        len(one.make(6).sequence.motion) != len(first.motion) or questions != one.make(6).questions
    )


def test_a_measured_question_finds_its_number_in_the_text(clips):
    from llamo.kinematics import measure

    maker = SequenceMaker(clips, PoolStage().shares, seed=0)
    found = 0
    for number in range(10):
        sequence = maker.make(number).sequence
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
    angle = PoolQuestion(
        "How far?", "41 degrees", "left knee most 41 | right knee most 75", (), (), "measure"
    )
    changed = [renumbered(angle, rng) for _ in range(20)]
    for one in changed:
        assert one.facts == f"left knee most {one.answer.split()[0]} | right knee most 75"
    twice = PoolQuestion(
        "How far?", "41 degrees", "left knee most 41 | right knee most 41", (), (), "measure"
    )
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
