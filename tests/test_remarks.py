"""Coaches' remarks on boxing, read by rules: part, side and direction."""

from __future__ import annotations

import pytest

from llamo.evaluation.remarks import DIRECTIONS, PARTS, SIDES, corrections, facts_agree


def told(remark: str) -> list[tuple[str, str, str]]:
    return [(one.part, one.side, one.direction) for one in corrections(remark)]


@pytest.mark.parametrize(
    ("remark", "expected"),
    [
        ("Lift the heel of your rear foot.", [("foot", "rear", "raise")]),
        ("The back heel stays down, it isn't lifted", [("foot", "rear", "")]),
        ("Your front knee locks.", [("knee", "lead", "bend more")]),
        ("Keep both knees a little bent", [("knee", "", "bend more")]),
        ("Your hips do not rotate.", [("hip", "", "turn more")]),
        ("You over-rotate your torso", [("trunk", "", "turn less")]),
        ("The arms look tense.", [("arm", "", "relax")]),
        ("Your back is tense.", [("trunk", "", "relax")]),
        ("Guard your chin with the back hand", [("hand", "rear", "protect")]),
        ("The rear hand must protect the chin.", [("hand", "rear", "protect")]),
        ("The stance is too narrow!", [("stance", "", "wider")]),
        ("Tuck the chin.", [("head", "", "lower")]),
        ("Raise your left shoulder", [("shoulder", "left", "raise")]),
        ("Your centre of gravity is too high", [("weight", "", "lower")]),
        ("You are punching too low.", [("punch", "", "raise")]),
        ("Turn the lead foot inward.", [("foot", "lead", "inwards")]),
    ],
)
def test_one_remark_one_correction(remark, expected):
    assert told(remark) == expected


def test_a_remark_may_ask_for_several_things_in_their_order():
    assert told("The rear heel isn't raised, and your arms are stiff. Bend your lead knee!") == [
        ("foot", "rear", "raise"), ("arm", "", "relax"), ("knee", "lead", "bend more"),
    ]  # fmt: skip
    assert told("Arms too stiff. Your arms are stiff.") == [("arm", "", "relax")]


@pytest.mark.parametrize(
    "remark",
    ["Well done!", "", "Good job with that jab.", "You only use the power of your arms.", "Smile."],
)
def test_praise_and_talk_of_power_ask_for_nothing(remark):
    assert told(remark) == []


def test_when_it_happens_is_not_what_to_change():
    assert told("When throwing the lead hand, keep the rear foot planted.") == [
        ("foot", "rear", "steady")
    ]


def test_curly_apostrophes_read_alike():
    assert told("Don’t twist your head so") == told("Don't twist your head so") == [
        ("head", "", "turn less")
    ]  # fmt: skip


def test_every_word_list_names_its_own_key_only():
    for part in ("foot", "knee", "hip", "shoulder", "hand", "arm", "head"):
        ((found, side, _),) = told(f"the rear {part} is too high")
        assert found == part
        assert side in ("rear", "") and part in PARTS
    assert "" not in SIDES and "" not in DIRECTIONS


def test_facts_agree_with_any_one_coach():
    coaches = ["Your arms are stiff.", "Bend the front knee and lift your back heel."]
    assert facts_agree("Lift the rear heel.", coaches) == {
        "part": 1, "place": 1, "correction": 1,
    }  # fmt: skip
    assert facts_agree("Bend the rear knee. Relax your arms.", coaches) == {
        "part": 1, "place": 0.5, "correction": 0.5,
    }  # fmt: skip
    assert facts_agree("Tuck your chin", coaches) == {"part": 0, "place": 0, "correction": 0}
    assert facts_agree("Well done!", coaches) is None
