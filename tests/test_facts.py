"""Descriptions are judged by what they say, not by how."""

from __future__ import annotations

import pytest

from llamo.evaluation.facts import check_facts, mean_facts, read_clauses

TRUE = "The person waves with the left hand, then walks to the right, then squats 3 times."


def test_acts_are_read_with_their_details():
    wave, walk, squat = read_clauses(TRUE)
    assert (wave.act, wave.side, wave.way, wave.count) == (("wave",), "left", None, None)
    assert (walk.act, walk.way) == (("walk",), "right")
    assert (squat.act, squat.count) == (("squat",), "3")
    (lift,) = read_clauses("She raises the right hand, the right arm raised to 136 degrees.")
    assert (lift.side, lift.measured) == ("right", (136.0, "degrees"))


@pytest.mark.parametrize(
    ("said", "right"),
    [
        (TRUE, 6),
        ("the person waves with her left hand, walks to the right, and then squats three times", 4),
        ("The person waves with the right hand, then walks to the right, then squats 3 times.", 5),
        ("The person squats 3 times, then waves with the left hand, then walks to the right.", 4),
        ("The person waves with the left hand, then squats 4 times.", 3),
        ("The person bows.", 0),
        ("", 0),
    ],
)
def test_facts_that_hold_are_counted_in_order(said: str, right: int):
    assert check_facts(said, TRUE).right == right


def test_what_is_said_too_much_and_too_little_both_cost():
    assert check_facts(TRUE, TRUE).f1 == 1
    short, long = "The person waves.", "The person waves, then bows, then jumps."
    assert check_facts(short, long).f1 == check_facts(long, short).f1 == 0.5


@pytest.mark.parametrize(("said", "right"), [("131", 3), ("147", 2), ("15", 2)])
def test_a_measurement_may_be_a_little_off(said: str, right: int):
    truth = "The person raises the left arm, the left arm raised to 136 degrees."
    assert check_facts(truth.replace("136", said), truth).right == right


def test_a_count_of_another_act_is_not_this_acts_count():
    assert check_facts("The person bows 3 times.", "The person squats 3 times.").right == 0


def test_the_mean_is_over_descriptions():
    assert mean_facts([TRUE, "The person bows."], [TRUE, TRUE]) == 0.5
