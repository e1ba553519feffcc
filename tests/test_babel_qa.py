"""BABEL-QA as it is released, and HuMMan-QA beside it: types, the up axis, real questions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_assistant import FakeAssistant, jumping, read_lines, standing, write_lines

from llamo.errors import InvalidData
from llamo.evaluation.babel_qa import evaluate_babel_qa, read_babel_qa
from llamo.evaluation.controls import question_only
from llamo.evaluation.humman_qa import evaluate_humman_qa
from llamo.evaluation.predictions import Output
from llamo.evaluation.scorer import Scorer


def babel_question(babel_id: str, answer: str, query: str, relation: str) -> dict[str, Any]:
    return {
        "babel_id": babel_id, "program": [], "query_type": f"query_{query}",
        "relation_type": relation, "question": "What does the person do?", "answer": answer,
    }  # fmt: skip


@pytest.fixture
def babel(tmp_path: Path) -> Path:
    """Three motions, z-up as in AMASS: two that stand and one that jumps."""
    folder = tmp_path / "babel"
    for name, joints in (("11", standing()), ("22", jumping()), ("33", standing())):
        sequence = folder / "motion_sequences" / name
        sequence.mkdir(parents=True)
        np.save(sequence / "joints.npy", joints[..., [2, 0, 1]])  # y-up to z-up
    held = {
        "000001": babel_question("11", "walk", "action", "no_relation"),
        "000002": babel_question("22", "jump", "action", "before"),
        "000003": babel_question("33", "forward", "direction", "in_between"),
        "000004": babel_question("33", "walk", "action", "after"),
    }
    (folder / "questions.json").write_text(json.dumps(held))
    (folder / "motion_concepts.json").write_text(json.dumps({"11": []}))
    splits = {"train": ["000004"], "val": [], "test": [1, "000002", "000003"]}
    (folder / "split_question_ids.json").write_text(json.dumps(splits))
    return folder


def test_babel_qa_in_the_released_form(babel: Path, tmp_path: Path) -> None:
    report = evaluate_babel_qa(babel, "test", tmp_path / "out", FakeAssistant())
    assert report["up"] == {"decided": "auto", "axis": "z", "pelvis_to_head": [0.0, 0.0, 1.0]}
    assert list(report["by_type"]) == [
        "action", "direction", "body_part", "before", "after", "other", "no_relation"
    ]  # fmt: skip
    assert report["by_type"]["action"]["accuracy"] == 1
    assert report["by_type"]["direction"]["accuracy"] == 0
    assert report["by_type"]["other"]["n"] == 1
    assert report["by_type"]["body_part"]["accuracy"] is None
    assert report["overall"]["accuracy"] == pytest.approx(2 / 3)
    assert report["controls"]["question_only"]["fit"] == "train"
    assert report["controls"]["zeroed_motion"]["by_type"]["before"]["accuracy"] == 0
    text = (tmp_path / "out" / "report.md").read_text()
    assert ".458" in text
    assert "other protocols" in text
    assert read_lines(tmp_path / "out" / "predictions.jsonl")[0]["id"] == "000001"


def test_babel_qa_is_scored_without_its_motions(babel: Path, tmp_path: Path) -> None:
    import shutil

    shutil.rmtree(babel / "motion_sequences")
    given = write_lines(
        tmp_path / "p.jsonl", [{"id": f"00000{i}", "text": "walking"} for i in (1, 2, 3)]
    )
    report = evaluate_babel_qa(babel, "test", tmp_path / "out", predictions=given)
    assert report["overall"]["accuracy"] == pytest.approx(1 / 3)
    assert "up" not in report
    with pytest.raises(InvalidData, match=r"11/joints\.npy is not there"):
        evaluate_babel_qa(babel, "test", tmp_path / "out2", FakeAssistant())


def test_humman_qa_stands_beside_its_own_published_figures(babel: Path, tmp_path: Path) -> None:
    report = evaluate_humman_qa(babel, "test", tmp_path / "out", FakeAssistant(), controls=False)
    assert report["benchmark"] == "humman-qa test"
    assert report["overall"]["accuracy"] == pytest.approx(2 / 3)
    text = (tmp_path / "out" / "report.md").read_text()
    assert "0.752" in text and "0.901" in text
    assert "BABEL-QA" not in text


def test_babel_qa_as_lists_reads_types_off_the_program(babel: Path) -> None:
    program = [
        "[0]=scene(motion_seq)",
        "[1]=filter_direction([0], left)",
        "[2]=relate([1], before)",
    ]
    between = [*program, "[3]=filter_action([0], sit)", "[4]=relate([3], after)"]
    held = [
        ["000001", "What?", [*program, "?=query_action([2])"], "11", "walk"],
        ["000002", "What?", [*between, "?=query_body_part([5])"], "22", "left hand"],
        ["000003", "What?", [program[0], "?=query_direction([0])"], "22", "left"],
    ]
    (babel / "questions.json").write_text(json.dumps(held))
    (babel / "split_question_ids.json").write_text(json.dumps({"test": [1, 2, 3]}))
    groups = [one.groups for one in read_babel_qa(babel).items["test"]]
    assert groups == [("action", "before"), ("body_part", "other"), ("direction", "no_relation")]


def test_babel_qa_up_axis_is_asked_for_when_unclear(babel: Path, tmp_path: Path) -> None:
    for name in ("11", "22", "33"):
        np.save(babel / "motion_sequences" / name / "joints.npy", standing()[..., [1, 2, 0]])
    with pytest.raises(InvalidData, match=r"up axis is not clear.*--up"):
        evaluate_babel_qa(babel, "test", tmp_path / "out", FakeAssistant())
    with pytest.raises(InvalidData, match="split 'dev' has no questions"):
        evaluate_babel_qa(babel, "dev", tmp_path / "out", FakeAssistant())
    (babel / "motion_sequences" / "22" / "joints.npy").unlink()
    with pytest.raises(InvalidData, match=r"22/joints\.npy is not there"):
        evaluate_babel_qa(babel, "test", tmp_path / "out", FakeAssistant())


def test_babel_qa_averages_as_nspose_does(babel: Path, tmp_path: Path) -> None:
    report = evaluate_babel_qa(
        babel, "test", tmp_path / "out", FakeAssistant(), up="z", aggregate="nspose", controls=False
    )
    assert report["aggregate"] == "nspose"
    assert report["overall"]["accuracy"] == pytest.approx(2 / 3)  # one batch of three
    assert report["up"] == {"decided": "given", "axis": "z"}


def test_real_babel_qa_questions_have_known_types(data_dir: Path, tmp_path: Path) -> None:
    records = read_lines(data_dir / "text" / "babelqa_train_val.jsonl")
    (tmp_path / "questions.json").write_text(json.dumps({one["id"]: one for one in records}))
    splits = {
        split: [one["id"] for one in records if one["split"] == split] for split in ("train", "val")
    }
    (tmp_path / "split_question_ids.json").write_text(json.dumps(splits))
    data = read_babel_qa(tmp_path)
    assert {split: len(items) for split, items in data.items.items()} == {"train": 1800, "val": 384}
    val = data.items["val"]
    assert all(
        ("before" in one.question) == ("before" in one.groups or "other" in one.groups)
        for one in val
    )
    scorer = Scorer(val)
    for one in val:  # each answer, inflected or not, is recognised as itself
        assert scorer(one, Output(f"The person {one.answer}.", None, False)).correct
    guesses, fit = question_only(val, data.items["train"])
    right = [guess == one.answer for guess, one in zip(guesses, val, strict=True)]
    assert fit == "train"
    assert 0.35 < np.mean(right) < 0.6  # a vote on the question is far above chance
