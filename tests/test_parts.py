"""The benchmark that takes a trained model's parts away: what it changes, and puts back."""

from __future__ import annotations

import json
import sys
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest
from benchmark_modules import load_benchmark
from tiny import waving_motion

from llamo import Assistant, write_motion


@pytest.fixture(scope="module")
def parts() -> ModuleType:
    return load_benchmark("parts")


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("questions")
    lines = []
    for number, seconds in enumerate((1.5, 2.5, 4.0)):
        write_motion(waving_motion(seconds), folder / f"{number}.npz")
        for kind, answer in (("side", "left hand"), ("action", "wave")):
            lines.append({
                "id": f"{kind}-{number}", "motion": f"{number}.npz", "type": kind,
                "question": f"What {kind} is it?", "answer": answer,
            })  # fmt: skip
    path = folder / "questions.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_frames_are_chosen_otherwise_and_then_as_before(parts, tiny_model):
    assistant = Assistant.from_pretrained(tiny_model, device="cpu")
    session = assistant.open(waving_motion(4.0))
    frames = session.encoded.mask.shape[1]
    usual = assistant.processor.num_viewpoints
    chosen = {}
    for name, selection in parts.SELECTIONS.items():
        with parts.selecting(assistant, selection, frames + 5):
            chosen[name] = session.ask("Which hand waves?").viewpoints
    assert len(chosen["as trained"]) <= usual < frames
    assert len(chosen["all frames"]) == frames
    moments = [one.time_s for one in chosen["uniform frames"]]
    steps = [after - before for before, after in pairwise(moments)]
    assert len(moments) == usual
    assert max(steps) < 1.5 * min(steps)
    with pytest.raises(ZeroDivisionError), parts.selecting(assistant, "all", 99):
        raise ZeroDivisionError
    assert assistant.model.cross_talker.select.selection == "text"
    assert assistant.processor.num_viewpoints == usual


def test_a_table_of_all_parts(parts, tiny_model, questions, tmp_path, monkeypatch, capsys):
    words = f"parts.py --data {questions} --out {tmp_path / 'out'} --model {tiny_model} --limit 2"
    monkeypatch.setattr(sys, "argv", words.split())
    parts.main()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "| taken away | overall | side | action |"
    assert [line.split(" | ")[0] for line in lines[2:]] == [
        "| as trained", "| no kinematic text", "| no motion tokens", "| neither",
        "| question alone (a classifier)", "| uniform frames", "| all frames",
    ]  # fmt: skip
    found = json.loads((tmp_path / "out" / "parts.json").read_text())
    assert found["as trained"].keys() == {"overall", "side", "action"}
    asked = (tmp_path / "out" / "uniform-frames" / "predictions.jsonl").read_text().splitlines()
    assert [json.loads(line)["id"] for line in asked] == [
        "side-0", "action-0", "side-1", "action-1",
    ]  # fmt: skip
