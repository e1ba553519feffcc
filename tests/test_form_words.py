"""Which questions ask how well something is done."""

from __future__ import annotations

import random

import numpy as np
import pytest

from llamo.data import wordings
from llamo.data.ask import word
from llamo.data.grammar import PEOPLE
from llamo.data.library import ClipLibrary
from llamo.data.phrases import phrase_for
from llamo.data.questions import ask_about
from llamo.kinematics import asks_form
from llamo.train.figure_clips import figure_clips


@pytest.mark.parametrize(
    "question",
    [
        "Is the deep squat done correctly?", "Does she get it right?", "Are there any mistakes?",
        "Is everything in order with the lunge?", "Would a physiotherapist accept this?",
        "Is his form good, or is it bad?", "Is this an incorrect repetition?",
        "Does he carry out the lunge right? Thanks.", "is he doing it right here",
        "Does this need work?", "Does the execution meet the standard?", "Is the squat off?",
        "Is this the right way to do it?",
    ],
)  # fmt: skip
def test_a_question_for_the_quality_is_known(question):
    assert asks_form(question)


@pytest.mark.parametrize(
    "question",
    [
        "How many squats?", "Which hand waves, left or right?", "Does he turn to the right?",
        "What is done right before the jump?", "Is the right hand raised?",
        "Does she use the left arm or the right?", "The man waves, right?",
        "Is it correct that the man walks forward?", "Does he turn right?",
        "Which hand waves, his left or his right?", "Does she kick with her right?",
        "Does she lift the left leg off the ground?", "Tell me everything he does, in order.",
        "What would a therapist call this exercise?", "Does the trainer kick?",
        "Good morning! Does he wave as well?", "What is a good caption for the clip?",
        "They catch with their left hand, right? Just the answer.",
    ],
)  # fmt: skip
def test_other_questions_ask_for_no_verdict(question):
    assert not asks_form(question)


@pytest.mark.parametrize("held_out", [False, True])
@pytest.mark.parametrize("name", ["CORRECT", "CORRECT_OR_NOT", "MISTAKE"])
def test_every_wording_of_the_quality_is_known_but_for_typing_errors(name, held_out):
    r = random.Random(0)
    asked = [
        word(name.lower(), getattr(wordings, name), r, held_out, X=phrase_for("side lunge"))[0]
        for _ in range(600)
    ]
    assert sum(map(asks_form, asked)) >= 0.99 * len(asked)


def test_hardly_any_other_question_asks_for_a_verdict():
    library = ClipLibrary(figure_clips(seed=3), {"figures": 1.0})
    rng = np.random.default_rng(0)
    asked = [
        one.question
        for _ in range(40)
        for one in ask_about(library.draw_splice(rng), rng)
        if one.kind != "correct"
    ]
    told = [one for one in asked if asks_form(one)]
    assert len(asked) > 300 and len(told) <= 0.005 * len(asked), told


def test_people_of_the_wordings_are_no_verdict():
    """A word for the person must not make every question about him one of technique."""
    told = [one.subject for one in PEOPLE if asks_form(f"How often does {one.subject} wave?")]
    assert told == []
