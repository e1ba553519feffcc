"""The verdict in the kinematic text: who is asked, what is heard, what training makes of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from exercise_clips import clip_of, with_fault
from tiny import waving_motion

from llamo import Assistant, Motion
from llamo.data.grammar import PEOPLE
from llamo.kinematics import asks_form, kinematic_text, measure, relevant
from llamo.technique import FORM, heard_wrong, judge_technique, read_form
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


@pytest.mark.parametrize(
    "question",
    [
        "Is the deep squat done correctly?", "Does she get it right?", "Are there any mistakes?",
        "Is everything in order with the lunge?", "Would a physiotherapist accept this?",
        "Is his form good, or is it bad?", "Is this an incorrect repetition?",
    ],
)  # fmt: skip
def test_a_question_for_the_quality_is_known(question):
    assert asks_form(question)


@pytest.mark.parametrize(
    "question",
    [
        "How many squats?", "Which hand waves, left or right?", "Does he turn to the right?",
        "What is done right before the jump?", "Is the right hand raised?",
        "Does she use the left arm or the right?",
    ],
)  # fmt: skip
def test_other_questions_ask_for_no_verdict(question):
    assert not asks_form(question)


def test_people_of_the_wordings_are_no_verdict():
    """A word for the person must not make every question about him one of technique."""
    told = [one.subject for one in PEOPLE if asks_form(f"How often does {one.subject} wave?")]
    assert told == []


def test_the_probability_is_that_of_the_verdict(squat, shallow):
    for motion in (squat, shallow):
        (form,) = read_form(motion, SQUAT)
        judged = judge_technique(motion, SQUAT)
        wrong = judged.confidence if judged.verdict == "not correct" else 1 - judged.confidence
        assert form.name == FORM and form.unit == "ratio"
        assert form.value == pytest.approx(wrong)
    assert read_form(squat, SQUAT)[0].value < 0.5 < read_form(shallow, SQUAT)[0].value


def test_the_exercise_is_found_by_its_likeness(squat):
    assert read_form(squat) == read_form(squat, SQUAT)


def test_what_is_like_no_exercise_is_not_judged():
    still = Motion(np.repeat(waving_motion(2.0).joints[:1], 60, axis=0), 20.0)
    assert read_form(still) == ()


def test_what_the_encoder_hears_is_added_to_the_odds(squat):
    alone = read_form(squat, SQUAT)[0].value
    for heard in (-1.0, 1.0, 3.0):
        both = read_form(squat, SQUAT, heard)[0].value
        assert np.log(both / (1 - both)) == pytest.approx(np.log(alone / (1 - alone)) + heard)


def test_the_encoder_is_heard_where_it_has_words_for_it():
    words = [["wave", "squat"], [], ["wrong", "correct"]]
    odds = np.array([[9.0, 9.0, 2.0, -1.0], [9.0, 9.0, 0.0, -1.0]])
    assert heard_wrong(odds, words) == pytest.approx(2.0)
    assert heard_wrong(odds[:, :2], words[:2]) == 0.0


def test_the_text_says_it_first_and_to_nobody_else(squat):
    measured = [*measure(squat), *read_form(squat, SQUAT)]
    asked = "Is the squat with both arms and legs done correctly, how deep and how fast is it?"
    for question in ("Is it correct?", asked):
        assert kinematic_text(relevant(measured, question)).startswith("form correct ")
    assert "form" not in kinematic_text(relevant(measured, "How many squats?"))


def test_a_session_compares_once_and_only_where_it_is_asked(squat, monkeypatch):
    session = Assistant.from_pretrained().open(squat)
    calls = []

    def counted(*args):
        calls.append(args[1])
        return read_form(*args)

    monkeypatch.setattr("llamo.session.read_form", counted)
    assert session.measured_for("How many squats?") == list(session.measurements)
    for _ in range(2):
        names = [one.name for one in session.measured_for("Is it done correctly?")]
        assert names.count(FORM) == 1
    assert calls == [None]
    answer = session.ask("Is the deep squat done correctly?")
    assert FORM in [one.name for one in answer.measurements]
    assert calls == [None, SQUAT]


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
