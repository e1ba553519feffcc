"""The page for the athlete: it stands alone, escapes what it is told, and invents no number."""

from __future__ import annotations

import base64
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from closed_form import pendulum_swing, squats
from PIL import Image
from tiny import waving_motion
from typer.testing import CliRunner

from llamo import Assistant, LlamoError, write_motion
from llamo.cli import app
from llamo.clip import Footage
from llamo.data.phrases import known_actions
from llamo.encoders.estimator import Estimate
from llamo.encoders.estimator.landmarks import Landmarks
from llamo.errors import InvalidQuestion, MissingDependency, UnreadableFile
from llamo.kinematics import Measurement, exercise_names, measure_motion
from llamo.kinematics.exercise import parse_exercise
from llamo.kinematics.technique import Finding
from llamo.report.handout.content import EXERCISE_OF_ACT, Content
from llamo.report.handout.page import render
from llamo.report.handout.plots import course_plot, gauge, time_ticks
from llamo.report.handout.wording import good_range, name_in_words, number, quantity
from llamo.video.writing import write_video

NUMBER = re.compile(r"−?\d+(?:\.\d+)?")
HOSTILE = '<script>alert("x")</script> & <img src=https://example.org/a.png>'


class Page(HTMLParser):
    """What a page holds: tags with their attributes, and the text of each section."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.sections: dict[str, str] = {}
        self._section, self._open = "", [""]
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = {name: value or "" for name, value in attributes}
        self.tags.append((tag, attributes))
        if tag == "section":
            self._section = attributes["aria-labelledby"]
        self._open.append(tag)
        self.handle_data(" ")  # what stands in two cells is no single number

    def handle_endtag(self, tag):
        while self._open and self._open.pop() != tag:
            pass
        if tag == "section":
            self._section = ""

    def handle_data(self, data):
        if "style" not in self._open:
            self.sections[self._section] = self.sections.get(self._section, "") + data


@pytest.fixture(scope="module")
def assistant(tiny_model):
    assistant = Assistant.from_pretrained(tiny_model, device="cpu")
    assistant.max_new_tokens = 6
    return assistant


@pytest.fixture(scope="module")
def shallow():
    """Squats that are not deep enough; all else is as good as it gets."""
    return squats(30.0, depth_deg=70.0)


@pytest.fixture(scope="module")
def text(assistant, shallow, tmp_path_factory):
    path = tmp_path_factory.mktemp("reports") / "squats.html"
    session = assistant.open(shallow)
    answers = session.report(path, ["How many times?", HOSTILE], exercise="squat", title=HOSTILE)
    assert [one.question for one in answers] == ["How many times?", HOSTILE]
    return path.read_text()


def test_the_page_needs_nothing_beside_itself(text):
    page = Page(text)
    assert not {"script", "link", "iframe", "object", "base"} & {tag for tag, _ in page.tags}
    for tag, attributes in page.tags:
        for name, value in attributes.items():
            assert not name.startswith("on")
            if name in ("src", "href"):
                assert value.startswith("data:image/"), (tag, value[:60])
    style = text[text.index("<style>") : text.index("</style>")]
    assert "url(" not in style and "@import" not in style
    assert "default-src 'none'" in text


def test_what_it_is_told_is_escaped(text):
    assert HOSTILE not in text
    assert "&lt;script&gt;alert" in text
    assert text.count("<img") == sum(tag == "img" for tag, _ in Page(text).tags)


def test_every_picture_is_whole_and_has_an_alternative_text(text):
    pictures = [attributes for tag, attributes in Page(text).tags if tag == "img"]
    assert len(pictures) >= 4
    for one in pictures:
        assert re.match(r"Drawn figure at \d+\.\d\d s", one["alt"])
        data = base64.b64decode(one["src"].partition("base64,")[2])
        Image.open(io.BytesIO(data)).verify()
    for tag, attributes in Page(text).tags:
        if attributes.get("role") == "img":
            assert len(attributes["aria-label"]) > 20, tag


def _told(number_text: str, known: list[float]) -> bool:
    """Whether a number is one of the known ones, as they are or in centimetres, rounded."""
    value = float(number_text.replace("−", "-"))
    half = 0.5 * 10.0 ** -len(number_text.partition(".")[2]) + 1e-9
    return any(abs(scale * one - value) <= half for one in known for scale in (1, 100))


def _known(findings) -> list[float]:
    known = []
    for one in findings:
        for row in (one.measurement, *one.each):
            # An uncertainty under the last digit of its number is told as one of that digit.
            known += [row.value, row.uncertainty, 1.0, 0.1, 0.01, row.start_s, row.end_s]
        known += [end for end in one.good if end is not None]
    return known


def test_every_number_was_measured(text, shallow):
    page = Page(text)
    judged = measure_motion(shallow, exercise="squat")
    everything = measure_motion(shallow)
    sections = {
        "work": judged.findings, "strengths": judged.findings, "measured": judged.findings,
        "angles": everything.findings,
    }  # fmt: skip
    for section, findings in sections.items():
        told = re.sub(r"Source: .*", "", page.sections[section])
        numbers = NUMBER.findall(told)
        assert numbers or section == "work"
        known = _known(findings)
        for one in numbers:
            assert _told(one, known), f"{one} in {section} was not measured"


def test_the_numbers_of_an_answer_are_those_it_was_given(assistant, shallow, tmp_path):
    session = assistant.open(shallow)
    (answer,) = session.report(tmp_path / "a.html", ["How deep is the left knee bent?"])
    told = Page((tmp_path / "a.html").read_text()).sections["answers"]
    told = told.partition("Measured beside it: ")[2].partition("Confidence")[0]
    known = [v for m in answer.measurements for v in (m.value, m.uncertainty, 1.0, 0.1, 0.01)]
    assert len(NUMBER.findall(told)) >= 6
    assert all(_told(one, known) for one in NUMBER.findall(told))


def test_what_to_work_on_and_strengths_are_the_findings(text, shallow):
    page = Page(text)
    judged = measure_motion(shallow, exercise="squat")
    (depth,) = judged.to_work_on
    assert depth.advice in page.sections["work"]
    assert "70° ± " in page.sections["work"]
    assert "Trunk lean" in page.sections["strengths"]
    assert "Depth" not in page.sections["strengths"]


def test_what_lies_near_the_end_of_what_is_good_is_called_neither(shallow):
    """From the least to the most that the uncertainty leaves open, all must be good."""

    def content(low: float) -> Content:
        depth = {"of": "knee_flexion", "take": "at turn", "good": [low, None], "low": "Deeper.",
                 "source": "coaching convention"}  # fmt: skip
        told = {"kind": "repetition", "signal": "knee_flexion", "measure": {"depth": depth}}
        return Content("Own", shallow, parse_exercise("own", told))

    assert len(content(50.0).strengths) == 1
    near = content(69.8)
    assert not near.strengths and not near.to_work_on and len(near.undecided) == 1
    assert "Depth" in Page(render(near)).sections["strengths"].partition("Too close to call")[2]
    assert len(content(90.0).to_work_on) == 1


def test_without_an_exercise_it_measures_and_does_not_judge(assistant, shallow, tmp_path):
    assistant.open(shallow).report(tmp_path / "plain.html")
    text = (tmp_path / "plain.html").read_text()
    assert "does not judge" in text
    assert not {"work", "strengths"} & set(Page(text).sections)


def test_every_shipped_exercise_that_is_offered_exists():
    assert set(EXERCISE_OF_ACT.values()) <= set(exercise_names())
    assert set(EXERCISE_OF_ACT) <= {*known_actions(), "sit to stand"}


def test_a_video_shows_its_frames(shallow, tmp_path):
    pytest.importorskip("cv2", exc_type=ImportError)
    path = tmp_path / "clip.mp4"
    times_s = np.arange(10) / 10
    write_video(path, np.full((10, 120, 160, 3), 128, np.uint8), times_s)
    image = np.random.default_rng(0).uniform(30, 90, (10, 33, 2))
    seen = Landmarks(image, np.zeros((10, 33, 3)), np.ones((10, 33)), times_s, (160, 120))
    footage = Footage(path, Estimate(shallow, seen, np.ones(10, bool)))
    content = Content("Clip", shallow, footage=footage, remarks=("The camera moves.",))
    page = Page(render(content))
    pictures = [one for tag, one in page.tags if tag == "img"]
    assert pictures and all(one["src"].startswith("data:image/jpeg") for one in pictures)
    assert all(one["alt"].startswith("Video frame with the skeleton") for one in pictures)
    assert "The camera moves." in page.sections["notes"]


def test_notes_say_what_could_not_be_seen(assistant, shallow, tmp_path):
    session = assistant.open(pendulum_swing(30.0))
    session.report(tmp_path / "no.html", exercise="squat")
    assert "No squat was found" in Page((tmp_path / "no.html").read_text()).sections["notes"]
    confidence = np.ones(shallow.joints.shape[:2], np.float32)
    for joint in ("left_knee", "right_knee", "left_ankle", "right_ankle"):
        confidence[:, shallow.skeleton.index(joint)] = 0
    hidden = replace(shallow, confidence=confidence)
    assistant.open(hidden).report(tmp_path / "legs.html", ["Do the legs bend?"])
    notes = Page((tmp_path / "legs.html").read_text()).sections["notes"]
    assert "Not visible in this clip: legs" in notes
    assert "Not answered: “Do the legs bend?”" in notes


def test_a_clip_that_shows_nobody_still_has_a_page(assistant, shallow, tmp_path):
    nobody = replace(shallow, confidence=np.zeros(shallow.joints.shape[:2], np.float32))
    session = assistant.open(nobody)
    session.report(tmp_path / "nobody.html", ["What happens?"], exercise="squat")
    page = Page((tmp_path / "nobody.html").read_text())
    assert "Nobody was seen in 100% of the frames" in page.sections["notes"]
    assert "cannot be measured here" in page.sections["notes"]
    assert "nobody is visible" in page.sections["answers"]
    assert session.describe().reason == "nobody is visible"


@pytest.mark.parametrize("frames", [1, 2, 12])
def test_the_shortest_clips_have_a_page(assistant, shallow, tmp_path, frames):
    short = replace(shallow, joints=shallow.joints[:frames])
    assistant.open(short).report(tmp_path / "short.html", ["What happens?"], exercise="jump")
    assert "No jump was found" in (tmp_path / "short.html").read_text()


def test_places_and_questions_are_checked_before_the_work(assistant, tmp_path):
    session = assistant.open(waving_motion())
    with pytest.raises(UnreadableFile, match="html"):
        session.report(tmp_path / "report.txt")
    (tmp_path / "own.html").write_text("<p>a page of someone's</p>")
    with pytest.raises(UnreadableFile, match="no report of llamo's"):
        session.report(tmp_path / "own.html")
    with pytest.raises(InvalidQuestion):
        session.report(tmp_path / "new.html", [" "])
    with pytest.raises(LlamoError, match="no exercise"):
        session.report(tmp_path / "new.html", exercise="juggling")
    assert [path.name for path in tmp_path.iterdir()] == ["own.html"]
    session.report(tmp_path / "new.html")
    session.report(tmp_path / "new.html")  # an earlier report is replaced
    assert len(list(tmp_path.iterdir())) == 2


def test_a_missing_package_is_named_by_its_extra(assistant, shallow, tmp_path, monkeypatch):
    monkeypatch.setattr("llamo.report.handout.page.importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingDependency, match=r"llamo\[view\]"):
        assistant.open(shallow).report(tmp_path / "report.html")


def test_the_commands_find_and_describe(tiny_model, shallow, tmp_path):
    clip = tmp_path / "squats.npz"
    write_motion(shallow, clip)
    words = [str(clip), "when does the person squat?", "--model", str(tiny_model)]
    done = CliRunner().invoke(app, ["find", *words])
    assert done.exit_code == 0 and done.output.startswith("not found: ")
    done = CliRunner().invoke(app, ["find", *words, "--json"])
    assert json.loads(done.output)["spans"] == []
    done = CliRunner().invoke(app, ["describe", str(clip), "--json", "--model", str(tiny_model)])
    assert json.loads(done.output)["duration_s"] == pytest.approx(shallow.duration_s, abs=0.01)


def test_the_command_writes_the_same_page(tiny_model, shallow, tmp_path):
    write_motion(shallow, tmp_path / "squats.npz")
    done = CliRunner().invoke(
        app,
        ["report", str(tmp_path / "squats.npz"), "-o", str(tmp_path / "out.html"), "--exercise",
         "squat", "--ask", "How many times?", "--ask", "Which hand?", "--model", str(tiny_model)],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    told = Page((tmp_path / "out.html").read_text()).sections["answers"]
    assert "How many times?" in told and "Which hand?" in told
    done = CliRunner().invoke(app, ["report", "squats.npz", "-o", str(tmp_path / "out.doc")])
    assert done.exit_code == 1


@pytest.mark.parametrize(
    ("value", "doubt", "unit", "shown"),
    [
        (106.34, 1.2, "deg", "106° ± 1°"),
        (105.24, 0.9, "deg", "105° ± 1°"),
        (-10.0, 0.0, "deg", "−10°"),
        (0.053, 0.008, "m", "5 cm ± 1 cm"),
        (12.34, 0.1, "m", "12.3 m ± 0.1 m"),
        (0.98, 0.002, "s", "0.98 s ± 0.01 s"),
        (5.0, 0.04, "count", "5"),
        (-0.001, 0.3, "ratio", "0.0 ± 0.3"),
    ],
)
def test_numbers_have_the_digits_that_they_bear(value, doubt, unit, shown):
    assert quantity(Measurement("x", value, unit, doubt, 0.0, 1.0)) == shown


def test_names_and_ranges_read_as_words():
    assert name_in_words("left_knee_flexion_most") == "Left knee flexion, most"
    assert name_in_words("hip_shoulder_separation_projected") == "Hip shoulder separation"
    finding = Finding(Measurement("x", 1.0, "deg", 0.1, 0, 1), good=(None, 50.0))
    assert good_range(finding) == "50° or less"
    assert good_range(replace(finding, good=(-10.0, 10.0))) == "−10° to 10°"
    assert number(0.0, 0.0) == "0"


def test_a_gauge_puts_the_mean_inside_what_is_good():
    def mean(value):
        return Measurement("x", value, "deg", 1.0, 0.0, 1.0)

    inside = gauge(Finding(mean(50.0), (mean(49.0), mean(51.0)), (40.0, 60.0)))
    assert inside.good[0] < inside.each[0] < inside.mean < inside.each[1] < inside.good[1]
    assert inside.mean == pytest.approx(50)
    outside = gauge(Finding(mean(70.0), (), (None, 60.0)))
    assert outside.good[0] == 0 and outside.good[1] < outside.mean
    assert gauge(Finding(mean(70.0), (mean(70.0),))) is None


def test_gaps_break_lines_and_ticks_are_few():
    from llamo.kinematics.signals import Signal

    values = np.array([0.0, 10.0, np.nan, 20.0, 30.0])
    plot = course_plot([("x", "left", Signal("x", values, "deg", np.ones(5)))], 5 / 60)
    assert plot.lines[0].path.count("M") == 2
    assert plot.lines[0].band.count("Z") == 2
    for duration_s in (0.3, 5.0, 61.0, 600.0, 7200.0):
        assert 2 <= len(time_ticks(duration_s)) <= 9
