"""Whole runs with a fake in the assistant's place: written, stopped, gone on with, refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_assistant import FakeAssistant, jumping, read_lines, standing, write_lines

from llamo.errors import InvalidData, UnreadableFile
from llamo.evaluation.qa import evaluate_qa


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    lines: list[dict[str, Any] | str] = []
    for i in range(6):
        answer = "jump" if i % 2 else "walk"
        joints = jumping() if i % 2 else standing()
        np.savez(folder / f"{i}.npz", joints=joints, fps=20.0, skeleton="smpl22", schema=1)
        about = {"motion": f"{i}.npz", "person": i // 2}
        lines.append(
            {"id": f"a{i}", **about, "question": "What?", "answer": answer, "type": "action"}
        )
        lines.append({"id": i, **about, "question": "why?", "answer": None, "type": "reason"})
    return write_lines(folder / "questions.jsonl", lines)


def test_a_run_writes_report_and_predictions(questions: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    seen: list[tuple[int, int]] = []
    report = evaluate_qa(
        questions, out, FakeAssistant(), batch_size=5, command="llamo eval qa",
        progress=lambda done, total: seen.append((done, total)),
    )  # fmt: skip
    assert json.loads((out / "report.json").read_text()) == report
    assert {
        "protocol", "overall", "exact", "by_type", "controls", "model", "command", "data_sha256",
        "calibration", "by_person",
    } <= set(report)  # fmt: skip
    assert report["protocol"] == "vocab"
    assert report["model"] == "fake"
    assert report["overall"]["accuracy"] == 1
    assert report["overall"]["n"] == 12
    assert report["exact"]["accuracy"] == 0.5  # "It jumps." is no string match
    assert list(report["by_type"]) == ["action", "reason"]
    controls = report["controls"]
    assert controls["majority"]["by_type"]["action"]["accuracy"] == 0.5
    assert controls["question_only"]["fit"] == "self"
    assert controls["zeroed_motion"]["by_type"]["action"]["accuracy"] == 0.5  # all stand still
    assert controls["zeroed_tokens"]["by_type"]["action"]["accuracy"] == 0
    assert controls["zeroed_text"]["by_type"]["action"]["accuracy"] == 1
    assert controls["shuffled_motion"]["by_type"]["action"]["accuracy"] == 0
    assert controls["shuffled_motion"]["n"] == 6  # "reason" has no other answer
    assert controls["zeroed_motion"]["gain"]["points"] == pytest.approx(0.25)
    assert report["abstention"]["cannot_be_settled"]["accuracy"] == 1
    assert report["abstention"]["can_be_settled"]["accuracy"] == 0
    assert report["by_person"]["overall"]["people"]["2"]["n"] == 4
    assert seen[-1] == (54, 54)  # 12 questions, 3 zeroed controls, 6 shuffled
    text = (out / "report.md").read_text()
    assert all(name in text for name in ("majority", "shuffled_motion", "ECE", "Spread"))
    lines = read_lines(out / "predictions.jsonl")
    assert [line["id"] for line in lines] == [line["id"] for line in read_lines(questions)]
    assert lines[2] == {
        **read_lines(questions)[2],
        "text": "It jumps.", "prediction": "jump", "correct": True, "confidence": 0.8,
        "abstained": False,
    }  # fmt: skip


def test_each_clip_is_opened_once_and_asked_in_batches(questions: Path, tmp_path: Path) -> None:
    assistant = FakeAssistant()
    evaluate_qa(questions, tmp_path / "out", assistant, batch_size=3, controls=False)
    assert len(assistant.opened) == 6
    assert len(assistant.asked) == 12


def test_a_stopped_run_goes_on_where_it_was(questions: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        evaluate_qa(questions, out, FakeAssistant(fail_after=5), batch_size=2)
    assert len(read_lines(out / "predictions.jsonl")) == 4  # whole batches, whole lines
    with (out / "predictions.jsonl").open("a") as lines:
        lines.write('{"id": "cut sho')  # as a killed process leaves it
    assistant = FakeAssistant()
    report = evaluate_qa(questions, out, assistant, batch_size=2, controls=["majority"])
    assert len(assistant.asked) == 8
    assert report["overall"]["n"] == 12
    again = FakeAssistant()
    assert evaluate_qa(questions, out, again, controls=["majority"])["overall"] == report["overall"]
    assert not again.asked


def test_another_model_or_other_data_is_refused_unless_overwritten(
    questions: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    evaluate_qa(questions, out, FakeAssistant(), controls=False)
    with pytest.raises(InvalidData, match=r"other model.*overwrite"):
        evaluate_qa(questions, out, FakeAssistant(name="other"), controls=False)
    with pytest.raises(InvalidData, match=r"other weights"):
        evaluate_qa(questions, out, FakeAssistant(fingerprint="of others"), controls=False)
    write_lines(questions, read_lines(questions)[:4])
    with pytest.raises(InvalidData, match="other data"):
        evaluate_qa(questions, out, FakeAssistant(), controls=False)
    report = evaluate_qa(questions, out, FakeAssistant(), controls=False, overwrite=True)
    assert report["overall"]["n"] == 4


def test_a_report_does_not_go_where_a_file_is(questions: Path) -> None:
    with pytest.raises(UnreadableFile, match="cannot be a folder"):
        evaluate_qa(questions, questions, FakeAssistant(), controls=False)


def test_limit_asks_the_first_but_keeps_the_vocabulary(questions: Path, tmp_path: Path) -> None:
    report = evaluate_qa(questions, tmp_path / "out", FakeAssistant(), limit=1, controls=False)
    assert report["overall"]["n"] == 1
    assert read_lines(tmp_path / "out" / "predictions.jsonl")[0]["prediction"] == "walk"


def test_given_predictions_are_scored_without_a_model(questions: Path, tmp_path: Path) -> None:
    given = [{"id": one["id"], "answer": "jumping"} for one in read_lines(questions)]
    path = write_lines(tmp_path / "given.jsonl", [*given])
    report = evaluate_qa(questions, tmp_path / "out", predictions=path)
    assert report["overall"]["accuracy"] == 0.25
    assert set(report["controls"]) == {"majority", "question_only"}
    assert report["calibration"] is None
    assert report["model"] == "given.jsonl"
    write_lines(path, [*given[:3], {"id": given[3]["id"]}, "nonsense"])
    with pytest.raises(InvalidData, match=r"line 4: text .*line 5"):
        evaluate_qa(questions, tmp_path / "out2", predictions=path)
    write_lines(path, [*given[:3]])
    with pytest.raises(InvalidData, match="answers 3 of 12"):
        evaluate_qa(questions, tmp_path / "out2", predictions=path)


def test_questions_are_scored_without_their_motions(questions: Path, tmp_path: Path) -> None:
    for motion in questions.parent.glob("*.npz"):
        motion.unlink()
    lines = [{"id": one["id"], "text": "walks"} for one in read_lines(questions)]
    given = write_lines(tmp_path / "given.jsonl", [*lines])
    report = evaluate_qa(questions, tmp_path / "out", predictions=given)
    assert report["by_type"]["action"]["accuracy"] == 0.5
    assert report["motions"] == 6
    with pytest.raises(InvalidData, match="motion file 0.npz is not there"):
        evaluate_qa(questions, tmp_path / "out2", FakeAssistant())


def test_counts_are_read_as_numbers(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", joints=standing(), fps=20.0, skeleton="smpl22", schema=1)
    about = {"motion": "a.npz", "question": "How many?", "type": "count"}
    data = write_lines(
        tmp_path / "q.jsonl",
        [{"id": i, **about, "answer": count} for i, count in enumerate((2, 5))],
    )
    given = [{"id": 0, "text": "three times"}, {"id": 1, "text": "5"}]
    report = evaluate_qa(
        data, tmp_path / "out", predictions=write_lines(tmp_path / "p.jsonl", [*given])
    )
    assert report["counting"]["count"]["obo"] == 1
    assert report["counting"]["count"]["obz"] == 0.5
    assert report["overall"]["accuracy"] == 0.5  # 3 is not in the vocabulary: no prediction


def test_unknown_names_are_refused(questions: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidData, match="controls luck are not known"):
        evaluate_qa(questions, tmp_path, FakeAssistant(), controls=["luck"])
    with pytest.raises(InvalidData, match="protocol 'judge' is not known"):
        evaluate_qa(questions, tmp_path, FakeAssistant(), protocol="judge")
    with pytest.raises(InvalidData, match="nothing answers"):
        evaluate_qa(questions, tmp_path)


def test_a_clip_that_cannot_be_opened_names_its_line(questions: Path, tmp_path: Path) -> None:
    (questions.parent / "3.npz").write_bytes(b"no zip")
    with pytest.raises(InvalidData, match=r"questions.jsonl: line 7 \(id a3\)"):
        evaluate_qa(questions, tmp_path / "out", FakeAssistant(), controls=False)
