"""The example app runs as it is, and no number of a coaching answer is invented."""

from __future__ import annotations

import importlib.util
import re
import sys

import pytest

from llamo import Assistant, Motion, write_motion
from llamo.data.figures import Act, perform

ASKED = (
    "How far does the left knee bend?",
    "How many degrees does the right knee bend at most?",
    "How deep is the squat?",
    "How fast does the right hand move?",
    "How far does the trunk lean?",
    "How many times does the person do it?",
    "How many squats does the person do?",
    "How high is the left shoulder raised?",
    "How could the person improve?",
    "Is the squat done correctly?",
)

QUANTITY = re.compile(r"(\d+(?:\.\d+)?) (degrees|cm/s|cm)(?![\w/])")


@pytest.fixture
def app(repository):
    path = repository / "examples" / "coaching_app.py"
    assert len(path.read_text().splitlines()) < 60
    spec = importlib.util.spec_from_file_location("coaching_app", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(app, monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["coaching_app.py", *map(str, words)])
    app.main()


def test_the_example_app_is_the_whole_of_a_useful_app(
    app, repository, tiny_model, tmp_path, monkeypatch, capsys
):
    reference, _ = perform([Act("squat", repetitions=2)])
    write_motion(reference, tmp_path / "coach.npz")
    run(app, monkeypatch, repository / "examples" / "squats.npz", "--exercise", "squat",
        "--reference", tmp_path / "coach.npz", "--report", tmp_path / "out.html",
        "--model", tiny_model)  # fmt: skip
    told = capsys.readouterr().out
    assert "5 repetitions" in told
    assert re.search(r"depth 1\d\d ± \S+ deg  good", told)
    assert re.search(r"beside the reference, (lowering|rising): ", told)
    assert "What does the person do?" in (tmp_path / "out.html").read_text()


def test_the_example_app_says_in_one_line_what_is_wrong(app, tiny_model, tmp_path, monkeypatch):
    with pytest.raises(SystemExit, match=r"^error: [^\n]*missing\.npz[^\n]*$"):
        run(app, monkeypatch, tmp_path / "missing.npz", "--model", tiny_model)


def _known(answer) -> set[str]:
    """Every measured number, rounded as answers are, in the units that answers have."""
    known = set()
    for one in answer.measurements:
        scale = 100 if one.unit in ("m", "m/s", "ratio") else 1
        known |= {f"{scale * abs(one.value):.0f}", f"{abs(one.value):.1f}"}
    return known


def test_numbers_of_coaching_answers_are_measured(weights_dir):
    assistant = Assistant.from_pretrained(weights_dir, device="cpu")
    motions: list[Motion] = [
        perform(acts)[0]
        for acts in (
            [Act("squat", repetitions=4)], [Act("wave", "left", 3)], [Act("lunge", "right")],
            [Act("swing a golf club")],
        )
    ]  # fmt: skip
    sessions = assistant.open_many(motions)
    numbers = 0
    for answer in assistant.answer_batch([(one, asked) for one in sessions for asked in ASKED]):
        if answer.abstained:
            continue
        said = [number for number, _ in QUANTITY.findall(answer.answer)]
        if answer.answer.isdecimal():
            said.append(answer.answer)
        for one in said:
            assert one in _known(answer), f"{answer.question} {answer.answer}"
        numbers += len(said)
    assert numbers >= 8
