"""The verdict in the kinematic text: who is asked, what is heard, what training makes of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from exercise_clips import clip_of, with_fault
from tiny import waving_motion

from llamo import Assistant, Motion
from llamo.kinematics import FORM, kinematic_text, measure, relevant
from llamo.technique import FormReader, heard_wrong, judge_technique
from llamo.technique.courses import repetitions_like
from llamo.technique.judge import judge_repetitions, oriented
from llamo.technique.reference import read_reference
from llamo.train.question_noise import can_be_read, otherwise, rejudged
from llamo.train.question_pool import PoolQuestion

SQUAT = "deep squat"


@pytest.fixture(scope="module")
def squat() -> Motion:
    return clip_of(read_reference(SQUAT).mean)


@pytest.fixture(scope="module")
def shallow() -> Motion:
    return clip_of(with_fault(read_reference(SQUAT).mean, "left_knee_flexion", -40))


def odds_of(probability: float) -> float:
    return float(np.log(probability / (1 - probability)))


def as_a_whole(motion: Motion) -> float:
    """What the repetitions' manner says, no surer than any witness may be."""
    reference = read_reference(SQUAT)
    angles, _ = oriented(repetitions_like(motion, reference.mean).angles, reference)
    return float(np.clip(reference.manner.log_odds(angles).mean(), -odds_of(0.99), odds_of(0.99)))


@pytest.mark.parametrize("heard", [0.0, 5.0, 8.0])
def test_angles_the_whole_and_the_encoder_are_heard_together(squat, heard):
    judged = judge_technique(squat, SQUAT)
    assert judged.verdict == "correct" and not judged.striking
    (form,) = FormReader(squat, heard).of(SQUAT)
    assert form.name == FORM and form.unit == "ratio"
    odds = odds_of(1 - judged.confidence) + as_a_whole(squat) + heard
    assert form.value == pytest.approx(np.clip(1 / (1 + np.exp(-odds)), 0.01, 0.99))


def test_a_striking_fault_decides_though_the_whole_is_as_usual(shallow):
    judged = judge_technique(shallow, SQUAT)
    assert judged.verdict == "not correct" and judged.striking
    assert as_a_whole(shallow) < 0
    assert FormReader(shallow).of(SQUAT)[0].value == pytest.approx(judged.confidence)


def test_an_estimate_is_judged_by_its_angles_alone(shallow):
    graded = np.full(shallow.joints.shape[:2], 0.9)
    graded[:, ::2] = 0.7
    estimate = replace(shallow, confidence=graded.astype(np.float32))
    assert estimate.estimated and not shallow.estimated
    judged = judge_technique(estimate, SQUAT)
    assert judged.verdict == "not correct"
    assert FormReader(estimate).of(SQUAT)[0].value == pytest.approx(judged.confidence)


def test_the_exercise_is_found_by_its_likeness(squat):
    reader = FormReader(squat)
    assert reader.of() == reader.of(SQUAT)
    assert reader.all()[""] == reader.all()[SQUAT]
    assert "standing shoulder abduction" not in reader.all()


def test_what_is_like_no_exercise_is_not_judged():
    still = Motion(np.repeat(waving_motion(2.0).joints[:1], 60, axis=0), 20.0)
    assert FormReader(still).of() == ()
    assert FormReader(still).all() == {}


def test_the_encoder_is_heard_where_it_has_words_for_it():
    words = [["wave", "squat"], [], ["wrong", "correct"]]
    odds = np.array([[9.0, 9.0, 2.0, -1.0], [9.0, 9.0, 0.0, -1.0]])
    assert heard_wrong(odds, words) == pytest.approx(2.0)
    assert heard_wrong(odds[:, :2], words[:2]) == 0.0


def test_the_text_says_it_first_and_to_nobody_else(squat):
    measured = [*measure(squat), *FormReader(squat).of(SQUAT)]
    asked = "Is the squat with both arms and legs done correctly, how deep and how fast is it?"
    for question in ("Is it correct?", asked):
        assert kinematic_text(relevant(measured, question)).startswith("form correct ")
    assert "form" not in kinematic_text(relevant(measured, "How many squats?"))


def test_a_session_compares_once_and_only_where_it_is_asked(squat, monkeypatch):
    session = Assistant.from_pretrained().open(squat)
    judged = []

    def counted(repetitions, reference, exercise):
        judged.append(exercise)
        return judge_repetitions(repetitions, reference, exercise)

    monkeypatch.setattr("llamo.technique.reading.judge_repetitions", counted)
    assert session.measured_for("How many squats?") == list(session.measurements)
    assert judged == []
    for _ in range(2):
        names = [one.name for one in session.measured_for("Is the deep squat done correctly?")]
        assert names.count(FORM) == 1
    answer = session.ask("Is the deep squat done correctly?")
    assert FORM in [one.name for one in answer.measurements]
    assert judged == [SQUAT]


def test_a_verdict_on_one_side_is_not_told_where_sides_are_in_doubt():
    lunge = read_reference("side lunge").mean
    faulty = clip_of(with_fault(lunge, "right_knee_flexion", -40))
    assert FormReader(faulty).of("side lunge")
    assert FormReader(faulty, sides_told=False).of("side lunge") == ()


def test_a_model_that_hears_no_concepts_still_reads_the_verdict(squat, monkeypatch):
    session = Assistant.from_pretrained().open(squat)
    monkeypatch.setattr(session.assistant.model.config, "concept_names", None)
    (form,) = FormReader(squat).of(SQUAT)
    assert form in session.measured_for("Is the deep squat done correctly?")
    monkeypatch.setattr(session, "encoded", None)
    assert form in session.measured_for("Is the deep squat done correctly?")


def test_another_verdict_has_another_answer():
    rng = np.random.default_rng(0)
    asked = PoolQuestion(
        "Is it wrong?", "yes", "form wrong 93 % | reps 1", (), (), "correct",
        scene="deep squat wrong",
    )  # fmt: skip
    assert can_be_read(asked)
    changed = [rejudged(asked, rng) for _ in range(40)]
    assert {one.answer for one in changed} == {"yes", "no"}
    for one in changed:
        assert one.facts.startswith("form wrong" if one.answer == "yes" else "form correct")
        assert one.facts.endswith("| reps 1")
    assert {otherwise(asked, rng).answer for _ in range(20)} == {"yes", "no"}


def test_a_verdict_that_errs_is_not_to_be_copied():
    rng = np.random.default_rng(0)
    wrong = PoolQuestion(
        "Is it good?", "yes", "form wrong 60 %", (), (), "correct", scene="squat correct"
    )
    silent = replace(wrong, facts="reps 1")
    for one in (wrong, silent):
        assert not can_be_read(one)
        assert all(rejudged(one, rng) == one for _ in range(10))
