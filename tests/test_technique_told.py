"""What is told of technique: words for faults, answers to why, and no side that is in doubt."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from exercise_clips import clip_of, with_fault
from tiny import standing_joints, waving_motion
from typer.testing import CliRunner

from llamo import Assistant, write_motion
from llamo.cli import app
from llamo.clip import Opened
from llamo.explaining import NO_REFERENCE, asks_what_is_wrong, explain
from llamo.kinematics.course import JOINT
from llamo.technique import Technique
from llamo.technique.fault import _ADVICE, _WORDS, Fault
from llamo.technique.pose_angles import ANGLES, pose_angles
from llamo.technique.reference import read_reference

SIDES_UNTOLD = "left and right cannot be told in this video"


def test_a_forearm_that_points_aside_is_told_as_outwards():
    joints = standing_joints()[None].astype(float)
    for side, aside in (("left", 1), ("right", -1)):  # facing +z, the left is at +x
        elbow = joints[0, JOINT[f"{side}_shoulder"]] - [0, 0.3, 0]
        joints[0, JOINT[f"{side}_elbow"]] = elbow
        joints[0, JOINT[f"{side}_wrist"]] = elbow + np.array([0.25 * aside, 0, 0])
    told = dict(zip(ANGLES, pose_angles(joints)[0], strict=True))
    for side in ("left", "right"):
        turned = told[f"{side}_shoulder_rotation"]
        assert turned == pytest.approx(-90, abs=1)
        out = Fault(f"{side}_shoulder", side, "shoulder_rotation", turned, 3.0, 1.0, 0.5, False)
        assert out.words == f"the {side} forearm turns 90 deg further outwards"
        assert out.advice == f"turn the {side} forearm less outwards"
        inwards = replace(out, difference_deg=20.0)
        assert inwards.words == f"the {side} forearm turns 20 deg further inwards"
        assert inwards.advice == f"turn the {side} forearm outwards"


@pytest.mark.parametrize("angle", _WORDS)
def test_every_angle_has_words_for_more_and_less(angle):
    sides = ("",) if angle.startswith("trunk") else ("left", "both")
    said = set()
    for side in sides:
        for degrees in (-12.4, 12.4):
            joint = angle.partition("_")[0]
            fault = Fault(joint, side, angle, degrees, 3.0, 1.0, 0.5, False)
            assert "12 deg" in fault.words
            assert "{" not in fault.words + fault.advice
            assert ("left " in fault.words.split("deg")[0]) == (side == "left")
            said |= {fault.words, fault.advice}
    assert len(said) == 4 * len(sides)
    assert set(_WORDS) == set(_ADVICE)
    assert angle in {re.sub("^(left|right)_", "", name) for name in ANGLES}


@pytest.mark.parametrize(
    "question",
    ["Why is it not correct?", "What should I fix?", "What is wrong with the deep squat?",
     "Why isn't it right?", "What can I improve?", "Which mistakes does the person make?",
     "How could they do better?", "What's wrong?", "What should be worked on? I mean, work on"],
)  # fmt: skip
def test_questions_for_a_reason_are_known(question):
    assert asks_what_is_wrong(question)


@pytest.mark.parametrize(
    "question",
    ["Is it correct?", "Is the deep squat done correctly?", "Which hand waves?", "What does the "
     "person do after the squat?", "How many times?", "Why does the person wave?", "Is it wrong?",
     "What is the quality of the movement: correct or incorrect?",
     "Which is it, right or wrong?", "What do you say, a correct or an incorrect execution?"],
)  # fmt: skip
def test_other_questions_are_left_to_the_model(question, assistant):
    assert not asks_what_is_wrong(question)
    assert explain(assistant.open(waving_motion()), question) is None


@pytest.fixture(scope="module")
def assistant(tiny_model):
    assistant = Assistant.from_pretrained(tiny_model, device="cpu")
    assistant.max_new_tokens = 8
    return assistant


def test_a_question_for_the_reason_quotes_what_was_measured(assistant):
    mean = read_reference("hurdle step").mean
    session = assistant.open(clip_of(with_fault(mean, "trunk_forward_lean", 25)))
    answer = session.ask("What is wrong with the hurdle step?")
    assert answer.answer.startswith("The hurdle step is not correct, the trunk leans ")
    assert answer.answer.endswith("Next time keep the trunk more upright.")
    assert not answer.abstained and 0.5 < answer.confidence <= 1
    measured = {
        f"{n:.0f}" for one in answer.measurements for n in (abs(one.value), one.uncertainty)
    }
    assert set(re.findall(r"(\d+) deg", answer.answer)) <= measured
    times = {f"{one.start_s:.1f}" for one in answer.measurements}
    assert set(re.findall(r"at ([\d.]+) s", answer.answer)) <= times
    assert [one.time_s for one in answer.viewpoints] == sorted(
        {one.start_s for one in answer.measurements}
    )
    assert session.technique("hurdle step").verdict == "not correct"
    chatted = session.chat("What should I fix in the hurdle step?")
    assert chatted.answer == answer.answer
    assert session.history[-1][1] == answer.answer


def test_without_a_reference_the_reason_is_not_made_up(assistant):
    session = assistant.open(waving_motion())
    answer = session.ask("Why is it not correct?")  # the random model names no exercise
    assert answer.abstained and answer.reason == NO_REFERENCE
    assert session.technique() is None
    hidden = assistant.answer_batch(
        [(session, "Why is it not correct?")], use_kinematic_text=False
    )[0]  # fmt: skip
    assert hidden.reason != NO_REFERENCE


def test_a_side_is_not_told_where_left_and_right_are_not_known(assistant):
    mean = read_reference("standing shoulder abduction").mean
    session = assistant.open(clip_of(with_fault(mean, "right_elbow_flexion", 40)))
    question = "What is wrong with the standing shoulder abduction?"
    assert "right elbow" in explain(session, question).answer
    session.sides_told = False
    assert explain(session, question).reason == SIDES_UNTOLD
    found = session.technique("standing shoulder abduction")
    assert (found.verdict, found.confidence, found.reason) == ("unsure", 0.0, SIDES_UNTOLD)
    assert found.faults == found.repetitions == () and found.acting_side == ""
    upright = read_reference("hurdle step").mean
    leaning = assistant.open(clip_of(with_fault(upright, "trunk_forward_lean", 25)))
    assert leaning.technique("hurdle step").acting_side
    leaning.sides_told = False
    found = leaning.technique("hurdle step")
    assert found.verdict == "not correct" and found.acting_side == ""
    own = assistant.open(clip_of(mean, times=4))
    session.sides_told, own.sides_told = True, False
    assert session.technique("standing shoulder abduction", own).verdict == "unsure"


@pytest.mark.parametrize(
    ("angle", "side", "names"),
    [("knee_flexion", "left", True), ("knee_flexion", "both", False),
     ("trunk_left_lean", "", True), ("trunk_left_turn", "", True),
     ("trunk_forward_lean", "", False)],
)  # fmt: skip
def test_a_fault_knows_whether_it_names_a_side(angle, side, names):
    fault = Fault(angle.partition("_")[0], side, angle, -20.0, 3.0, 1.0, 0.5, False)
    assert fault.names_side is names
    assert names is bool(re.search(r"\b(left|right)\b", fault.words + " " + fault.advice))
    told = Technique("deep squat", "not correct", 0.9, (fault,), acting_side="left").sides_untold()
    assert (told.verdict == "unsure") is names
    assert not re.search("left|right", told.text.removesuffix(SIDES_UNTOLD))


def test_the_command_line_names_no_side_of_a_doubtful_video(tmp_path, monkeypatch):
    mean = read_reference("standing shoulder abduction").mean
    motion = clip_of(with_fault(mean, "right_elbow_flexion", 40))
    words = ["technique", "any.npz", "--exercise", "standing shoulder abduction"]
    for sides_told, said in ((True, "right elbow"), (False, SIDES_UNTOLD)):
        opened = Opened(motion, sides_told=sides_told)
        monkeypatch.setattr("llamo.clip.read_clip", lambda *_, opened=opened: opened)
        shown = CliRunner().invoke(app, words)
        assert shown.exit_code == 0, shown.output
        assert said in shown.output
        assert ("right elbow" in shown.output) is sides_told


def test_the_model_is_asked_once_which_exercise_it_is(assistant, monkeypatch):
    session = assistant.open(clip_of(read_reference("deep squat").mean))
    asked = []

    def says(question):
        asked.append(question)
        return replace(plain, answer="a deep squat")

    plain = session.ask("Which hand waves?")
    monkeypatch.setattr(session, "ask", says)
    assert session.technique().exercise == "deep squat"
    assert session.technique().verdict == "correct"
    assert len(asked) == 1


def test_the_command_line_judges_a_file(tmp_path):
    mean = read_reference("hurdle step").mean
    path = tmp_path / "step.npz"
    write_motion(clip_of(with_fault(mean, "trunk_forward_lean", 25)), path)
    shown = CliRunner().invoke(app, ["technique", str(path), "--exercise", "Hurdle step"])
    assert shown.exit_code == 0, shown.output
    assert shown.output.startswith("hurdle step: not correct (confidence 0.9")
    assert "work on: keep the trunk more upright" in shown.output
    plain = CliRunner().invoke(app, ["technique", str(path), "--exercise", "hurdle step", "--json"])
    facts = json.loads(plain.output)
    assert facts["faults"][0]["joint"] == "trunk"
    unknown = CliRunner().invoke(app, ["technique", str(path), "--exercise", "cartwheel"])
    assert unknown.exit_code == 1


def test_the_page_on_technique_runs(assistant, repository, monkeypatch, capsys):
    monkeypatch.chdir(repository)
    page = (repository / "docs" / "technique.md").read_text()
    (block,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(compile(block, "technique.md", "exec"), {"assistant": assistant})
    assert "deep squat" in capsys.readouterr().out
