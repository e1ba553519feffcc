"""Verdicts on technique: the fault with its side, degrees and moment, and what is not judged."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from exercise_clips import FPS, clip_of, poses_of, with_fault
from tiny import standing_joints, waving_motion

from llamo import Motion
from llamo.errors import InvalidData, UnreadableFile
from llamo.kinematics.course import JOINT
from llamo.skeleton import other_side
from llamo.technique import judge_technique, named_exercise
from llamo.technique.courses import repetitions_like
from llamo.technique.joints import with_course
from llamo.technique.pose_angles import ANGLES, pose_angles
from llamo.technique.reference import SHIPPED, read_reference
from llamo.technique.standard import joint_groups, weigh


def test_a_fault_is_named_with_its_side_its_degrees_and_its_moment():
    mean = read_reference("hurdle step").mean
    wrong = clip_of(with_fault(mean, "trunk_forward_lean", 25))
    found = judge_technique(wrong, "hurdle step")
    assert found.verdict == "not correct"
    first = found.faults[0]
    assert (first.joint, first.angle) == ("trunk", "trunk_forward_lean")
    assert first.difference_deg == pytest.approx(25, abs=5)
    assert first.uncertainty_deg > 0
    assert first.time_s == pytest.approx(2.5, abs=0.6)
    assert f"the trunk leans {first.difference_deg:.0f} deg further forwards" in found.text
    right = judge_technique(clip_of(mean), "hurdle step")
    assert right.verdict == "correct" and right.faults == ()


def test_the_mirrored_clip_has_the_mirrored_fault():
    mean = read_reference("standing shoulder abduction").mean
    wrong = clip_of(with_fault(mean, "right_elbow_flexion", 40))
    found = judge_technique(wrong, "standing shoulder abduction")
    image = judge_technique(wrong.mirror(), "standing shoulder abduction")
    assert (found.acting_side, image.acting_side) == ("right", "left")
    assert found.faults[0].joint == "right_elbow"
    assert [one.joint for one in image.faults] == [other_side(one.joint) for one in found.faults]
    for one, other in zip(found.faults, image.faults, strict=True):
        sign = -1 if one.angle.startswith("trunk_left") else 1
        assert other.difference_deg == pytest.approx(sign * one.difference_deg, abs=0.1)


def test_both_knees_are_one_fault_and_one_knee_is_that_knee():
    mean = read_reference("deep squat").mean
    both = with_fault(with_fault(mean, "left_knee_flexion", -45), "right_knee_flexion", -45)
    told = judge_technique(clip_of(both), "deep squat").faults
    knees = [one for one in told if one.angle == "knee_flexion"]
    assert knees and knees[0].side == "both"
    assert knees[0].words.startswith("the knees bend ")
    assert knees[0].advice == "bend the knees more"
    one = judge_technique(clip_of(with_fault(mean, "left_knee_flexion", -45)), "deep squat")
    assert one.faults[0].joint == "left_knee"
    assert one.faults[0].difference_deg == pytest.approx(-45, abs=6)


def test_putting_the_named_joint_right_turns_the_verdict():
    reference = read_reference("hurdle step")
    groups = joint_groups(reference.two_sided)
    wanted = with_fault(reference.mean, "trunk_forward_lean", 25)
    joints = with_course(poses_of(reference.mean), "trunk", wanted)
    told = weigh(reference.others, groups, pose_angles(joints)[None])
    assert told.not_correct[0] and told.joints[told.named[0]] == "trunk"
    mended = with_course(joints, "trunk", reference.mean)
    assert not weigh(reference.others, groups, pose_angles(mended)[None]).not_correct[0]
    other = with_course(joints, "left_elbow", reference.mean)
    assert weigh(reference.others, groups, pose_angles(other)[None]).not_correct[0]


def test_a_clip_of_several_repetitions_is_judged_one_by_one():
    mean = read_reference("standing shoulder abduction").mean
    found = judge_technique(clip_of(mean, times=3), "standing shoulder abduction")
    assert len(found.repetitions) == 3
    assert {one.verdict for one in found.repetitions} == {"correct"}
    starts = [one.start_s for one in found.repetitions]
    np.testing.assert_allclose(np.diff(starts), 5.0, atol=0.3)


def test_own_repetitions_tell_what_other_people_hide():
    exercise = "standing shoulder abduction"
    mean = read_reference(exercise).mean
    mine = mean + np.where([name.endswith("knee_flexion") for name in ANGLES], 12, 0)
    slip = with_fault(mine, "right_elbow_flexion", 22)
    own = clip_of(mine, times=4)
    found = judge_technique(clip_of(slip), exercise, own)
    assert found.verdict == "not correct"
    assert found.faults[0].joint == "right_elbow"
    assert found.faults[0].difference_deg == pytest.approx(22, abs=5)
    assert "own correct repetitions" in found.text
    assert judge_technique(clip_of(mine), exercise, own).verdict == "correct"
    few = judge_technique(clip_of(slip), exercise, clip_of(mine, times=1))
    assert few.verdict == "unsure" and "at least 3" in few.reason


def test_what_is_not_seen_and_what_is_something_else_is_not_judged():
    mean = read_reference("deep squat").mean
    clip = clip_of(mean)
    confidence = np.ones(clip.joints.shape[:2])
    confidence[:, [JOINT["left_knee"], JOINT["right_knee"]]] = 0
    hidden = judge_technique(replace(clip, confidence=confidence), "deep squat")
    assert hidden.verdict == "unsure" and "seen" in hidden.reason
    other = judge_technique(waving_motion(), "deep squat")
    assert other.verdict == "unsure" and "not like the deep squat" in other.reason
    assert other.text == f"unsure, {other.reason}"
    assert json.loads(json.dumps(other.to_dict()))["faults"] == []


def test_a_hidden_arm_that_the_exercise_does_not_need_is_no_fault():
    mean = read_reference("hurdle step").mean
    for clip in (clip_of(mean), clip_of(mean).mirror()):
        confidence = np.ones(clip.joints.shape[:2])
        confidence[:, JOINT["left_wrist"]] = 0
        found = judge_technique(replace(clip, confidence=confidence), "hurdle step")
        assert found.verdict == "correct" or "seen" in found.reason
    shortest = judge_technique(Motion(standing_joints()[None], FPS), "hurdle step")
    assert shortest.verdict == "unsure"


def test_unknown_exercises_and_damaged_files_say_so(tmp_path):
    with pytest.raises(InvalidData, match="no reference .*'handstand'.*deep squat"):
        judge_technique(waving_motion(), "handstand")
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(SHIPPED.read_bytes()[:500])
    with pytest.raises(UnreadableFile, match="cannot be read"):
        read_reference("deep squat", broken)
    with pytest.raises(UnreadableFile, match="missing"):
        read_reference("deep squat", tmp_path / "none.safetensors")


def test_exercises_are_found_in_what_people_write():
    assert named_exercise("Is the deep squat done right?") == "deep squat"
    assert named_exercise("Deep_Squat", whole=True) == "deep squat"
    assert named_exercise("standing active straight leg raise") == (
        "standing active straight leg raise"
    )
    assert named_exercise("a squat, deep in thought") is None


def test_cutting_a_clip_finds_the_repetition_between_rests():
    mean = read_reference("standing shoulder scaption").mean
    cut = repetitions_like(clip_of(mean, rest_s=2.0), mean)
    ((start, end),) = cut.spans_s
    assert 1.5 < start < 2.8 and 5.2 < end < 6.5
