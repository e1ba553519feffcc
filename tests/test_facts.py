"""Descriptions are judged by what they say, not by how."""

from __future__ import annotations

import pytest

from llamo.evaluation.facts import check_facts, read_clauses

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
        ("the person waves with her left hand, walks to the right, and then squats three times", 6),
        ("The person waves, with the left hand; walks, to the right, and squats, 3 times.", 6),
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


@pytest.mark.parametrize(
    ("said", "measured"),
    [
        ("over 122 cm", (122.0, "cm")),
        ("going down by 31 cm", (31.0, "cm")),
        ("the left arm raised to 136 degrees", (136.0, "degrees")),
        ("the right knee bent to 95 degrees", (95.0, "degrees")),
        ("leaning by 33.5 degrees", (33.5, "degrees")),
    ],
)
def test_what_is_measured_belongs_to_the_act_before(said: str, measured: tuple[float, str]):
    bow, wave = read_clauses(f"The person bows, {said}, then waves with the right hand.")
    assert (bow.act, bow.side, bow.measured) == (("bow",), None, measured)
    assert (wave.act, wave.side, wave.measured) == (("wave",), "right", None)


def test_a_speed_is_no_length():
    fast, far = "The person walks, over 120 cm/s.", "The person walks, over 120 cm."
    assert [one.measured for one in read_clauses(fast)] == [(120.0, "cm/s")]
    assert check_facts(fast, far).right == 1
    assert check_facts(fast.replace("120", "135"), fast).right == 2  # a speed may be 20 off


@pytest.mark.parametrize(("said", "right"), [("131", 3), ("147", 2), ("15", 2)])
def test_a_measurement_may_be_a_little_off(said: str, right: int):
    truth = "The person raises the left arm, the left arm raised to 136 degrees."
    assert check_facts(truth.replace("136", said), truth).right == right


def test_a_count_of_another_act_is_not_this_acts_count():
    assert check_facts("The person bows 3 times.", "The person squats 3 times.").right == 0
