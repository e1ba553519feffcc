"""A clip in which left and right cannot be told: nothing says a side."""

from __future__ import annotations

import re

import numpy as np
import pytest
from exercise_clips import clip_of, with_fault

from llamo import Assistant, Motion
from llamo.errors import InvalidData
from llamo.kinematics.measurement import names_side, without_side
from llamo.saying import settle
from llamo.serve.chart import Chart
from llamo.session import Session
from llamo.technique.reference import read_reference

LEANING = with_fault(
    with_fault(read_reference("inline lunge").mean, "trunk_left_lean", 30.0),
    "left_knee_flexion", -40.0,
)  # fmt: skip


@pytest.fixture(scope="module")
def leaning() -> Motion:
    """A lunge that leans far to the left, with one knee bent less than the other."""
    return clip_of(LEANING, times=2)


@pytest.fixture
def doubtful(tiny_model, leaning) -> Session:
    assistant = Assistant.from_pretrained(tiny_model, device="cpu")
    assistant.max_new_tokens = 6
    session = assistant.open(leaning)
    session.sides_told = False
    return session


@pytest.mark.parametrize("exercise", ["lunge", "squat", None])
def test_no_number_of_a_side_is_measured(doubtful, exercise):
    measured = doubtful.measure(exercise=exercise)
    assert measured.findings
    for one in measured.findings:
        assert not one.sided and not re.search("left|right", one.advice)
    assert all(not one.roles for one in measured.performances)


def test_where_sides_are_told_they_are_measured(doubtful):
    doubtful.sides_told = True
    names = [one.measurement.name for one in doubtful.measure(exercise="lunge").findings]
    assert "side_lean" in names
    doubtful.sides_told = False
    with pytest.raises(InvalidData, match="side_lean"):
        doubtful.measure(["side_lean"], "lunge")


def test_a_count_and_a_comparison_name_no_side(doubtful, leaning):
    assert doubtful.count().count == 2
    assert not names_side(doubtful.count().signal)
    straight = Motion(leaning.joints * np.float32(1.1), leaning.fps)
    differences = doubtful.compare(doubtful.assistant.open(straight)).differences
    assert differences and not [one.name for one in differences if names_side(one.name)]


@pytest.mark.parametrize("exercise", ["lunge", "squat", None])
def test_a_page_names_no_side(doubtful, exercise, tmp_path):
    path = tmp_path / "doubt.html"
    doubtful.report(path, exercise=exercise)
    page = re.sub(r"<style>.*?</style>|<[^>]*>", " ", path.read_text(), flags=re.S)
    said = re.findall(r"[^.\n]*\b(?:left|right)\b[^.\n]*", page, re.IGNORECASE)
    assert [one.strip() for one in said if "angle" not in one] == [
        "Left and right cannot be told in this video, so that the two sides have no names here"
    ]
    assert "One side: least to most" in page


def test_a_drawing_names_no_side(leaning, doubtful):
    for course in ("knee_flexion", "trunk_left_lean"):
        drawing = Chart(leaning, doubtful.count(), sides_told=False).draw(course)
        shown = re.sub(r"<[^>]*?>", " ", drawing)
        labels = " ".join(re.findall(r'aria-label="([^"]*)"', drawing))
        assert "one side" in labels or "cannot be told" in shown
        assert not re.search(r"person.s left|right\b", shown + labels)


@pytest.mark.parametrize("said", ["He waves his left hand.", "It is the right one.", "right arm"])
def test_a_side_is_not_said(said):
    assert settle(said, None, 0.9, 0.0, sides_told=False).reason is not None
    assert settle(said, None, 0.9, 0.0).reason is None


def test_right_after_is_no_side():
    said = "He sits down right after the jump."
    assert settle(said, None, 0.9, 0.0, sides_told=False).text == said


def test_names_of_sides():
    for name in ("left_knee_flexion", "trunk_left_lean", "turn_left", "left_minus_right_knee"):
        assert names_side(name)
    for name in ("acting_knee_flexion", "leftover_share", "brightness"):
        assert not names_side(name)
    assert without_side("left_knee_flexion") == "knee_flexion"
    assert without_side("trunk_left_lean") == "trunk_lean"
