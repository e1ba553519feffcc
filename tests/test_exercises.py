"""Exercises as data: what ships is sound, what a coach writes is checked, verdicts follow it."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
import yaml
from closed_form import J, hump, jump, pendulum_swing, posed, squats, swing_onsets_s, turn, walk
from typer.testing import CliRunner

from llamo.cli import app
from llamo.errors import InvalidData, LlamoError, UnreadableFile
from llamo.formats import write_motion
from llamo.kinematics import Measurement, exercise_names, measure_motion, read_exercise
from llamo.kinematics.exercise import MAX_BYTES, parse_exercise
from llamo.kinematics.measurement import UNITS
from llamo.kinematics.signals import check_signal
from llamo.kinematics.technique import verdict_of
from llamo.motion import Motion

runner = CliRunner()


def minimal(**changes):
    """An exercise with one measurement; a change of None takes a field away."""
    content = {
        "kind": "repetition",
        "signal": "knee_flexion",
        "measure": {"depth": {"of": "knee_flexion", "take": "at turn"}},
        **changes,
    }
    return {key: value for key, value in content.items() if value is not None}


def with_measure(**fields):
    return minimal(measure={"depth": {"of": "knee_flexion", "take": "at turn", **fields}})


@pytest.mark.parametrize("name", exercise_names())
def test_what_ships_is_sound_and_cites_its_sources(name):
    exercise = read_exercise(name)
    assert exercise.title
    for take in exercise.takes:
        if take.good != (None, None):
            assert take.source, f"{name}: {take.name}"


def test_the_exercises_of_the_brief_are_there():
    assert {"squat", "lunge", "push_up", "golf_swing", "baseball_swing", "jab"} <= set(
        exercise_names()
    )


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ([], "must be a mapping"),
        (minimal(kind="dance"), "kind must be one of repetition, swing, jump, walk"),
        (minimal(kind=["swing"]), "kind must be one of"),
        (minimal(signal=None), "signal must name the course"),
        (minimal(signal="knee_flexoin"), "did you mean knee_flexion"),
        (minimal(kind="jump"), "only kind repetition has a signal"),
        (minimal(mesure={}), "mesure is not known"),
        (minimal(measure={}), "at least one measurement"),
        (minimal(measure=None), "measure must be given"),
        (minimal(at_least="deep"), "at_least must be a number above 0"),
        (minimal(at_least=float("nan")), "at_least must be a number above 0"),
        (minimal(words={"turn": "start"}), "one name to two things"),
        (minimal(words={"bottom": "deepest"}), "words must give names"),
        (minimal(title=3), "title must be text"),
        (with_measure(take="at bottom"), "no 'bottom' but end, start, turn"),
        (with_measure(take="most during flight"), "no 'flight' but back, out"),
        (with_measure(take="highest"), "no 'highest'"),
        (with_measure(take="time"), "has no of"),
        (with_measure(take=3), "take must be one of"),
        (minimal(measure={"depth": {"take": "at turn"}}), "needs of"),
        (minimal(measure={"the depth": {"take": "time"}}), "letters, digits and _"),
        (with_measure(of="left_kneeflexion"), "did you mean knee_flexion"),
        (with_measure(of=["knee_flexion"]), "must name a course"),
        (with_measure(of="lead_knee_flexion"), "nothing is measured under the name"),
        (with_measure(good=[100, 90], source="me"), "good must be"),
        (with_measure(good="deep", source="me"), "good must be"),
        (with_measure(good=[90, True], source="me"), "good must be"),
        (with_measure(good=[90, None], low="Deeper."), "say who calls it good"),
        (with_measure(good=[90, None], source="me"), "say what to do"),
        (with_measure(high=3), "must be text"),
    ],
)
def test_a_fault_in_a_file_is_told_with_its_place(content, told):
    with pytest.raises(InvalidData, match="mine") as raised:
        parse_exercise("mine", content)
    assert told in str(raised.value)


def test_what_the_documentation_shows_is_sound(repository):
    page = (repository / "docs" / "measurements.md").read_text()
    (example,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert parse_exercise("half_squat", yaml.safe_load(example)).words["turn"] == "bottom"
    table = page.split("## Angles")[1].split("## Other courses")[0]
    names = [name for row in re.findall(r"^\| (`.*?) \|", table, re.M)
             for name in re.findall(r"`(\w+)`", row)]  # fmt: skip
    assert len(names) > 10
    for name in names:
        check_signal(name)


def test_a_coach_adds_an_exercise_without_code(tmp_path):
    path = tmp_path / "half_squat.yaml"
    path.write_text(yaml.safe_dump(
        with_measure(good=[None, 70], high="Not so deep.", source="coaching convention")
        | {"words": {"turn": "bottom"}}
    ).replace("at turn", "at bottom"))  # fmt: skip
    measured = measure_motion(squats(depth_deg=100), exercise=path)
    assert measured.exercise == "half_squat"
    (finding,) = measured.to_work_on
    assert finding.verdict == "high"
    assert finding.advice == "Not so deep."
    assert finding.measurement.value == pytest.approx(100, abs=1)
    assert measure_motion(squats(depth_deg=60), exercise=path).to_work_on == ()


def test_files_that_are_none_are_refused_in_one_line(tmp_path):
    with pytest.raises(UnreadableFile, match="no exercise is called 'dance'; there are .*squat"):
        read_exercise("dance")
    with pytest.raises(UnreadableFile, match="cannot read"):
        read_exercise(tmp_path / "missing.yaml")
    with pytest.raises(UnreadableFile):
        read_exercise("../weights/llamo-tiny/config")
    broken = tmp_path / "broken.yaml"
    for text in ("a: [", "- 1", "\x00", "!!python/object/apply:os.system ['true']", "[" * 5000,
                 "a: 1\n" * MAX_BYTES):  # fmt: skip
        broken.write_text(text)
        with pytest.raises(LlamoError):
            read_exercise(broken)
    broken.write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(LlamoError):
        read_exercise(broken)


@pytest.mark.parametrize(
    ("value", "doubt", "good", "verdict"),
    [
        (100, 2, (90, 110), "good"),
        (80, 2, (90, 110), "low"),
        (120, 2, (90, 110), "high"),
        (89, 2, (90, 110), "unsure"),
        (111, 2, (90, 110), "unsure"),
        (500, 2, (90, None), "good"),
        (-500, 2, (None, 90), "good"),
        (0, 2, (None, None), ""),
    ],
)
def test_a_verdict_goes_no_further_than_the_uncertainty(value, doubt, good, verdict):
    assert verdict_of(Measurement("depth", value, "deg", doubt, 0, 1), good) == verdict


def test_a_shallow_leaning_squat_is_told_what_to_work_on():
    measured = measure_motion(squats(depth_deg=75, lean_deg=60), exercise="squat")
    assert {one.measurement.name for one in measured.to_work_on} == {"depth", "trunk_lean"}
    good = measure_motion(squats(depth_deg=110, lean_deg=30), exercise="squat")
    assert good.to_work_on == ()


def test_a_lunge_knows_which_leg_is_in_front():
    time_s = np.arange(240) / 30
    left, right = hump(time_s, 1, 2), hump(time_s, 4.5, 2)
    turns = {}
    for side, front, rear in (("left", left, right), ("right", right, left)):
        turns[f"{side}_hip"] = turn("x", -85 * front + 15 * rear)
        turns[f"{side}_knee"] = turn("x", 90 * front + 80 * rear)
    joints, _ = posed(240, turns)
    motion = Motion(joints, 30.0)
    both = (motion, ["left", "right"]), (motion.mirror(), ["right", "left"])
    for one, sides in both:
        measured = measure_motion(one, exercise="lunge")
        assert [done.roles["acting"] for done in measured.performances] == sides
        found = {finding.measurement.name: finding.each for finding in measured.findings}
        assert [knee.value for knee in found["front_knee"]] == pytest.approx([90, 90], abs=1)
        assert [knee.value for knee in found["rear_knee"]] == pytest.approx([80, 80], abs=1)


def test_a_jab_ends_at_its_longest_reach():
    time_s = np.arange(180) / 60
    way = hump(time_s, 1.0, 0.6)
    arms = {}
    for side, out in (("left", 1), ("right", -1)):
        forward = way if side == "left" else 0 * way
        arms[f"{side}_shoulder"] = turn("y", np.full(180, -85.0 * out)) @ turn(
            "z", out * (-60 + 60 * forward)
        )
        arms[f"{side}_elbow"] = turn("z", out * 120 * (1 - forward))
    joints, _ = posed(180, arms)
    measured = measure_motion(Motion(joints, 60.0), exercise="jab")
    (jab,) = measured.performances
    assert jab.roles == {"acting": "left", "other": "right"}
    assert jab.events_s["impact"] == pytest.approx(1.3, abs=1 / 60)
    found = {one.measurement.name: one.measurement.value for one in measured.findings}
    assert found["elbow"] == pytest.approx(0, abs=2.5)
    assert found["shoulder"] == pytest.approx(90, abs=2)
    assert found["guard_elbow"] == pytest.approx(120, abs=1)


def test_swing_jump_and_walk_by_their_exercises():
    golf = measure_motion(pendulum_swing(60.0), exercise="golf_swing")
    found = {one.measurement.name: one.measurement for one in golf.findings}
    assert found["tempo"].value == pytest.approx((0.9 - swing_onsets_s()[0]) / 0.3, abs=0.1)
    assert golf.performances[0].roles["lead"] == "left"
    motion, flight_s = jump(60.0)
    found = {one.measurement.name: one.measurement for one in
             measure_motion(motion, exercise="jump").findings}  # fmt: skip
    assert found["flight_time"].value == pytest.approx(flight_s, abs=2 / 60)
    assert abs(found["jump_height"].value - found["rise"].value) < 0.05
    found = {one.measurement.name: one.measurement for one in
             measure_motion(walk(60.0), exercise="walk").findings}  # fmt: skip
    assert found["cadence"].value == pytest.approx(120 / 1.1, abs=2)
    assert found["cadence"].unit == "1/min"
    assert found["stance_share"].value == pytest.approx(0.5, abs=0.02)


def test_an_exercise_that_does_not_occur_has_no_findings():
    joints, _ = posed(90, {})
    for name in exercise_names():
        measured = measure_motion(Motion(joints, 30.0), exercise=name)
        assert measured.performances == ()
        assert measured.findings == ()


def test_names_choose_what_is_told():
    motion = squats()
    one = measure_motion(motion, names=["right_knee_flexion_most"])
    assert [found.name for found in one.measurements] == ["right_knee_flexion_most"]
    both = measure_motion(motion, ["tempo", "depth"], "squat")
    assert [found.name for found in both.measurements] == ["tempo", "depth"]
    with pytest.raises(InvalidData, match="did you mean right_knee_flexion_most"):
        measure_motion(motion, names=["right_knee_flexion_mots"])


def test_every_number_has_a_unit_and_an_uncertainty_and_is_plain_json():
    motion = squats()
    joints = motion.joints.copy()
    joints[:, J["left_wrist"], 2] += 0.01 * np.sin(np.arange(len(joints)))
    for measured in (
        measure_motion(Motion(joints, 30.0)),
        measure_motion(motion, exercise="squat"),
    ):
        plain = measured.to_dict()
        assert json.loads(json.dumps(plain)) == plain
        for one in measured.measurements:
            assert one.unit in UNITS, one.name
            assert one.uncertainty > 0 or one.unit in ("ratio", "count", "m", "m/s"), one.name
            assert one.start_s <= one.end_s


def test_the_command_line_prints_a_table_or_json(tmp_path):
    clip = tmp_path / "squats.npz"
    write_motion(squats(depth_deg=75), clip)
    told = runner.invoke(app, ["measure", str(clip), "--exercise", "squat"])
    assert told.exit_code == 0, told.output
    assert "squat: 3 found" in told.stdout
    assert "at least 100" in told.stdout
    assert "work on: Go deeper" in told.stdout
    plain = json.loads(runner.invoke(app, ["measure", str(clip), "--json"]).stdout)
    assert plain["exercise"] is None
    assert any(one["name"] == "left_knee_flexion_most" for one in plain["findings"])
    wrong = runner.invoke(app, ["measure", str(clip), "--exercise", "dance"])
    assert wrong.exit_code == 1
    assert wrong.stderr.startswith("error: no exercise is called 'dance'")
    standing = tmp_path / "standing.npz"
    write_motion(Motion(posed(60, {})[0], 30.0), standing)
    none = runner.invoke(app, ["measure", str(standing), "--exercise", "squat"])
    assert none.exit_code == 0, none.output
    assert "squat: 0 found" in none.stdout
