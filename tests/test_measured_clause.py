"""A description says one measured number: the kinematic text's own, in words."""

from __future__ import annotations

import re

import pytest

from llamo.data.measured_clause import measured_clause
from llamo.evaluation.facts import read_clauses
from llamo.kinematics import Measurement, kinematic_text, measure, relevant
from llamo.train.figure_clips import figure_clips
from llamo.train.sequence_maker import SequenceMaker


def measured(**values: float) -> list[Measurement]:
    """By name, in degrees where that ends in ``_deg``, else in metres."""
    return [
        Measurement(name.removesuffix("_deg"), value, "deg" if name.endswith("_deg") else "m",
                    0.0, 0.0, 1.0)
        for name, value in values.items()
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "said", "read"),
    [
        ({"forward_travel": -1.224}, "over 122 cm", "backward 122"),
        ({"forward_travel": 0.3, "left_travel": 0.9}, "over 90 cm", "left 90"),
        ({"pelvis_drop": 0.307}, "going down by 31 cm", "drop 31"),
        ({"left_shoulder_elevation_max_deg": 70.0, "right_shoulder_elevation_max_deg": 135.6},
         "the right arm raised to 136 degrees", "right arm most 136"),
        ({"left_knee_flexion_max_deg": 94.5}, "the left knee bent to 94 degrees",
         "left knee most 94"),
        ({"trunk_lean_max_deg": 33.0}, "leaning by 33 degrees", "lean 33"),
    ],
)  # fmt: skip
def test_the_number_is_the_kinematic_texts(values: dict[str, float], said: str, read: str):
    measurements = measured(**values)
    assert measured_clause(measurements) == f", {said}"
    assert read in kinematic_text(measurements)


def test_the_most_telling_comes_first_and_little_is_not_worth_saying():
    far, low = measured(forward_travel=0.8, pelvis_drop=0.15)
    raised = measured(left_shoulder_elevation_max_deg=60.0)
    assert measured_clause([*raised, low, far]) == ", over 80 cm"
    assert measured_clause([*raised, low]) == ", going down by 15 cm"
    little = measured(
        forward_travel=0.79, pelvis_drop=0.14, left_shoulder_elevation_max_deg=59.0,
        right_knee_flexion_max_deg=39.0, trunk_lean_max_deg=24.0,
    )  # fmt: skip
    assert measured_clause(little) is None
    assert measured_clause([]) is None


def test_of_any_motion_what_is_said_was_read_and_is_understood():
    """Every number said stands in the line beside the question, and is scored as a fact."""
    maker = SequenceMaker(figure_clips(seed=0, count=1), {"figures": 1.0}, seed=0)
    said = 0
    for number in range(8):
        sequence = maker.make(number).sequence
        known = relevant(measure(sequence.motion), "Describe what the person does.")
        clause = measured_clause(known)
        if clause is None:
            continue
        said += 1
        (value,) = re.findall(r"\d+", clause)
        assert value in kinematic_text(known).split()
        (act,) = read_clauses(f"The person moves{clause}.")
        assert act.measured is not None and act.measured[0] == float(value)
    assert said >= 3
