"""Two clips beside each other: warping, and differences put in on purpose."""

from __future__ import annotations

import json

import numpy as np
import pytest
from closed_form import hump, posed, squats, turn

from llamo.errors import InvalidData
from llamo.kinematics import compare_motions
from llamo.kinematics.warp import warp
from llamo.motion import Motion


def by_name(comparison, phase):
    return {one.name: one for one in comparison.differences if one.phase == phase}


def test_warping_a_course_on_itself_changes_nothing():
    course = np.random.default_rng(0).normal(size=(40, 3)).cumsum(0)
    at, other = warp(course, course)
    np.testing.assert_array_equal(at, np.arange(40))
    np.testing.assert_array_equal(other, np.arange(40))


def test_warping_undoes_another_tempo():
    share = np.linspace(0, 1, 61)
    plain, late = np.sin(np.pi * share)[:, None], np.sin(np.pi * share**1.3)[:, None]
    at, other = warp(plain, late)
    assert np.abs(plain[at] - late[other]).max() < 0.06
    assert np.abs(plain - late).max() > 0.2
    assert (np.diff(at) >= 0).all() and (np.diff(other) >= 0).all()
    assert (at[0], other[0], at[-1], other[-1]) == (0, 0, 60, 60)


def test_courses_of_any_length_meet_at_both_ends():
    for rows, columns in ((1, 1), (1, 9), (9, 1), (2, 50), (50, 3)):
        at, other = warp(np.zeros((rows, 2)), np.zeros((columns, 2)))
        assert (at[0], other[0], at[-1], other[-1]) == (0, 0, rows - 1, columns - 1)
    with pytest.raises(InvalidData, match=r"\(9, 2\)"):
        warp(np.zeros((9, 2)), np.zeros((9, 3)))


@pytest.mark.parametrize("exercise", ["squat", None])
def test_a_clip_differs_not_from_itself_moved_and_at_another_rate(exercise):
    motion = squats(30.0)
    other = squats(60.0)
    moved = Motion(other.joints + np.float32([3, 0, 1]), 60.0)
    comparison = compare_motions(motion, moved, exercise)
    assert len(comparison.phases) == 2
    assert all(abs(one.largest) < 1 for one in comparison.differences)
    assert not any(one.clear for one in comparison.differences)
    for phase in comparison.phases:
        assert phase.time_s == pytest.approx(phase.other_time_s, abs=1 / 30)


def test_a_slower_shallower_squat_differs_in_depth_and_time():
    deep, shallow = squats(30.0, 110, 2.0), squats(30.0, 85, 3.0, count=2)
    comparison = compare_motions(deep, shallow, "squat")
    lowering, rising = comparison.phases
    assert (lowering.phase, rising.phase) == ("lowering", "rising")
    assert lowering.other_time_s - lowering.time_s == pytest.approx(0.5, abs=0.05)
    knee = by_name(comparison, "lowering")["left_knee_flexion"]
    assert knee.largest == pytest.approx(25, abs=2)
    assert knee.clear
    assert knee.at_s == pytest.approx(2.0, abs=0.1)
    assert knee.other_at_s == pytest.approx(2.5, abs=0.1)
    back = by_name(compare_motions(shallow, deep, "squat"), "lowering")["left_knee_flexion"]
    assert back.largest == pytest.approx(-25, abs=2)


def test_only_the_joint_that_differs_is_named():
    time_s = np.arange(150) / 30
    way = hump(time_s, 1, 3)
    plain = {"left_shoulder": turn("z", -90 + 80 * way), "right_shoulder": turn("z", 90 - 80 * way)}
    bent = {**plain, "right_elbow": turn("y", 40 * way)}
    comparison = compare_motions(*(Motion(posed(150, one)[0], 30.0) for one in (plain, bent)))
    assert {one.name for one in comparison.differences if one.clear} == {"right_elbow_flexion"}
    worst = by_name(comparison, "out")["right_elbow_flexion"]
    assert worst.largest == pytest.approx(-40, abs=1.5)
    assert worst.unit == "deg"


def test_clips_that_repeat_nothing_are_compared_as_a_whole():
    lean = [posed(60, {"pelvis": turn("x", np.full(60, degrees))})[0] for degrees in (0.0, 20.0)]
    comparison = compare_motions(*(Motion(joints, 30.0) for joints in lean))
    assert [one.phase for one in comparison.phases] == ["whole"]
    assert by_name(comparison, "whole")["trunk_forward_lean"].mean == pytest.approx(-20, abs=0.5)


def test_left_and_right_swap_with_a_mirror_and_a_clip_is_compared_with_a_left_hander():
    time_s = np.arange(180) / 30
    turns = {"left_elbow": turn("y", -110 * hump(time_s, 1, 2))}
    curl = Motion(posed(180, turns)[0], 30.0)
    comparison = compare_motions(curl, curl.mirror(), "curl")
    assert "acting_elbow_flexion" in by_name(comparison, "curling")
    assert all(abs(one.largest) < 0.5 for one in comparison.differences)


def test_a_clip_without_the_exercise_is_told():
    with pytest.raises(InvalidData, match="the other clip shows no squat"):
        compare_motions(squats(), Motion(posed(60, {})[0], 30.0), "squat")


def test_a_comparison_is_plain_json():
    plain = compare_motions(squats(), squats(depth_deg=80), "squat").to_dict()
    assert json.loads(json.dumps(plain)) == plain
    assert {"name", "phase", "mean", "largest", "unit", "uncertainty", "clear"} <= set(
        plain["differences"][0]
    )
