"""Parts of the demo's page: moments, the player, tables, courses, examples, pictures."""

from __future__ import annotations

import base64
import html
import json
import re
from pathlib import Path

import numpy as np
import pytest
from open_clips import EVIL, answered, looked, opened
from tiny import waving_motion

from llamo.errors import UnreadableFile
from llamo.formats import read_motion
from llamo.kinematics import find_repetitions, measure_motion
from llamo.serve.chart import COURSES, Chart
from llamo.serve.examples import EXAMPLES, example_motion
from llamo.serve.filmstrip import Filmstrip
from llamo.serve.moments import Moment, moments_html, moments_of
from llamo.serve.stage import stage
from llamo.serve.tables import compared_html, measured_html
from llamo.skeleton import SMPL22


def test_viewpoints_side_by_side_are_one_moment() -> None:
    found = moments_of(looked((5.0, 0.2), (1.0, 0.1), (1.1, 0.3), (1.2, 0.2)))
    assert found == [Moment(1.0, 1.2, 1.1, 0.3), Moment(5.0, 5.0, 5.0, 0.2)]


def test_the_strongest_moments_are_shown_in_time_order() -> None:
    found = moments_of(looked(*((float(i), 0.01 * i) for i in range(10))))
    assert [moment.time_s for moment in found] == [4.0, 5.0, 6.0, 7.0, 8.0, 9.0]


def test_each_moment_is_a_button_with_a_picture_and_words() -> None:
    strip = Filmstrip.of_motion(waving_motion(4.0))
    shown = moments_html(answered("left", (1.0, 0.2), (3.0, 0.3)), strip, 4.0)
    assert re.findall(r'data-seek="main:([\d.]+)"', shown) == ["1.000", "3.000"]
    assert shown.count("<img") == 2 == shown.count('alt="The person at')
    assert 'aria-label="Moment 2, at 3.0 s: show it"' in shown
    (data, *_) = re.findall(r"base64,([^\"]+)", shown)
    assert base64.b64decode(data)[:2] == b"\xff\xd8"
    assert "93% sure" in shown and "left elbow flexion max 92.4" in shown


def test_an_answer_without_moments_has_no_pictures() -> None:
    strip = Filmstrip.of_motion(waving_motion(1.0))
    assert "<img" not in moments_html(answered("left"), strip, 1.0)


def test_the_player_is_told_every_joint_to_the_millimetre() -> None:
    motion = waving_motion(1.0, fps=20.0)
    told = stage(opened(motion, EVIL), "main")
    assert EVIL not in told and told.count(html.escape(EVIL)) >= 2  # name and note
    data = json.loads(html.unescape(re.search(r'data-motion="([^"]*)"', told)[1]))
    places = np.frombuffer(base64.b64decode(data["places"]), "<i2").reshape(20, 22, 3) / 1000
    moved = places - places[0, 0]
    expected = motion.joints - motion.joints[0, 0]
    assert np.abs(moved - expected).max() <= 0.0011
    assert data["joints"] == list(SMPL22.joints) and data["fps"] == 20.0
    assert data["heading"] == pytest.approx(0.0, abs=0.01)
    assert places[..., 1].min() == pytest.approx(0.0, abs=0.01)  # on the floor


def test_fast_motions_are_sent_at_thirty_frames_a_second() -> None:
    told = stage(opened(waving_motion(2.0, fps=120.0)), "main")
    data = json.loads(html.unescape(re.search(r'data-motion="([^"]*)"', told)[1]))
    assert data["fps"] == 30.0
    assert len(base64.b64decode(data["seen"])) == pytest.approx(60 * 22, abs=22)


def test_measurements_are_a_table_with_times_to_press() -> None:
    motion = example_motion("squats")
    count = find_repetitions(motion)
    table = measured_html(measure_motion(motion), count)
    assert table.count("<tr>") == table.count("<th scope=row>") + 1
    assert "5 repetitions" in table
    starts = re.findall(r'data-seek="main:([\d.]+)"', table)[:5]
    assert [float(s) for s in starts] == pytest.approx(
        [one.start_s for one in count.repetitions], abs=1e-3
    )
    judged = measured_html(measure_motion(motion, exercise="squat"), count)
    assert "squat: 5 found" in judged and "at least" in judged


def test_a_comparison_names_both_clips_and_escapes_them() -> None:
    from llamo.kinematics import compare_motions

    motion = example_motion("squats")
    comparison = compare_motions(motion, motion.mirror(), "squat")
    table = compared_html(comparison, (EVIL, "b.npz"))
    assert EVIL not in table and html.escape(EVIL) in table and "b.npz" in table
    assert re.search(r'data-seek="a:[\d.]+ b:[\d.]+"', table)


@pytest.mark.parametrize("course", COURSES)
def test_each_course_is_drawn_with_words(course: str) -> None:
    motion = example_motion("squats")
    drawn = Chart(motion, find_repetitions(motion)).draw(course)
    assert 'role="img"' in drawn and course.replace("_", " ") in drawn
    assert "nan" not in drawn


def test_a_knee_course_reaches_what_is_measured() -> None:
    motion = example_motion("squats")
    drawn = Chart(motion, find_repetitions(motion)).draw("knee_flexion")
    deepest = float(re.search(r"left from \S+ to (\S+) degrees", drawn)[1])
    (measured,) = measure_motion(motion, ["left_knee_flexion_max"]).measurements
    assert deepest == pytest.approx(measured.value, abs=3)
    assert drawn.count('class="repetition"') == 3  # every other of five


def test_an_unknown_course_is_the_first_one() -> None:
    motion = waving_motion(2.0)
    chart = Chart(motion, find_repetitions(motion))
    assert chart.draw(EVIL) == chart.draw(COURSES[0])


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_are_those_of_the_repository(repository: Path, name: str) -> None:
    motion = example_motion(name)
    kept = read_motion(repository / "examples" / f"{name}.npz")
    assert len(motion) == len(kept)
    assert np.abs(motion.joints - kept.joints).max() < 1e-3


def test_no_other_example_can_be_named() -> None:
    with pytest.raises(UnreadableFile, match="squats"):
        example_motion("../../etc/passwd")


def test_a_strip_gives_the_picture_nearest_in_time() -> None:
    motion = waving_motion(4.0)
    strip = Filmstrip.of_motion(motion)
    assert strip.at(1.0) == strip.at(1.001)
    assert strip.at(1.25) != strip.at(1.75)  # hand out, hand in
