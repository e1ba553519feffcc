"""lmms-eval: a question file becomes its task, and LLaMo its model. A stand-in plays lmms-eval."""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
import yaml
from typer.testing import CliRunner

from llamo.cli import app
from llamo.errors import InvalidData
from llamo.evaluation.lmms_task import scored, write_task


@pytest.fixture
def questions(tmp_path: Path, repository: Path) -> Path:
    clip = str(repository / "examples" / "squats.npz")
    rows = [
        {"id": "1", "motion": clip, "question": "How many squats?", "answer": "5", "type": "count"},
        {"id": "2", "motion": clip, "question": "Does he wave?", "answer": "no", "type": "yes_no"},
        {"id": "3", "motion": clip, "question": "Which hand?", "answer": None, "type": "side"},
    ]
    path = tmp_path / "questions.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_task_names_its_questions_functions_and_metrics(questions: Path, tmp_path: Path):
    done = CliRunner().invoke(
        app, ["data", "lmms-task", str(questions), "-o", str(tmp_path / "tasks"), "--name", "mine"]
    )
    assert done.exit_code == 0, done.output
    text = (tmp_path / "tasks" / "mine.yaml").read_text()
    task = yaml.safe_load(text.replace("!function ", ""))
    assert task["output_type"] == "generate_until"
    assert [one["metric"] for one in task["metric_list"]] == [
        "accuracy", "accuracy_count", "accuracy_yes_no", "accuracy_side",
    ]  # fmt: skip
    kept = Path(task["dataset_kwargs"]["data_files"]["test"]).read_text()
    lines = [json.loads(line) for line in kept.splitlines()]
    assert all(Path(line["motion"]).is_absolute() for line in lines)
    assert len({tuple(line) for line in lines}) == 1  # `datasets` wants one schema
    functions = loaded(tmp_path / "tasks" / "task_functions.py")
    asked = {
        key: getattr(functions, task[key].rpartition(".")[2]) for key in task if "doc_to" in key
    }
    assert asked["doc_to_visual"](lines[0]) == [lines[0]["motion"]]
    assert [asked["doc_to_target"](line) for line in lines] == ["5", "no", "I can't tell"]
    assert functions.scored(lines[0], ["five"]) == {"accuracy": 1.0, "accuracy_count": 1.0}


def loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("task_functions", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("name", "text", "right"),
    [
        ("1", "There are 5.", 1.0),
        ("1", "4", 0.0),
        ("2", "No, she does not.", 1.0),
        ("3", "left", 0.0),
        ("3", "I can't tell: both hands move.", 1.0),
    ],
)
def test_texts_are_scored_as_eval_qa_scores_them(questions: Path, name: str, text: str, right):
    assert scored(questions, name, text)["accuracy"] == right


def test_a_name_that_is_none_is_refused(questions: Path, tmp_path: Path):
    with pytest.raises(InvalidData, match="letters, digits and _"):
        write_task(questions, tmp_path / "tasks", "my questions")


@dataclass(frozen=True)
class Manifest:
    model_id: str
    simple_class_path: str


class Base:
    def __init__(self) -> None:
        self.task_dict: dict = {}
        self.cache_hook = SimpleNamespace(add_partial=lambda *_: None)


@pytest.fixture
def lmms_model(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The adapter, loaded by something that looks like lmms-eval."""
    parts = {
        "lmms_eval": {}, "lmms_eval.api": {}, "lmms_eval.models": {},
        "lmms_eval.api.instance": {"Instance": SimpleNamespace},
        "lmms_eval.api.model": {"lmms": Base},
        "lmms_eval.models.registry_v2": {"ModelManifest": Manifest},
    }  # fmt: skip
    for name, held in parts.items():
        module = ModuleType(name)
        vars(module).update(held)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.delitem(sys.modules, "llamo.evaluation.lmms_model", raising=False)
    return importlib.import_module("llamo.evaluation.lmms_model")


def test_lmms_eval_finds_the_model(lmms_model: ModuleType):
    (found,) = [one for one in entry_points(group="lmms_eval.models") if one.name == "llamo"]
    manifest = found.load()()
    module, _, name = manifest.simple_class_path.rpartition(".")
    assert manifest.model_id == "llamo"
    assert getattr(importlib.import_module(module), name) is lmms_model.Llamo


def test_each_request_gets_its_answer_in_its_order(
    lmms_model: ModuleType, repository: Path, tmp_path: Path
):
    model = lmms_model.Llamo(device="cpu", batch_size="2", max_batch_size=None)
    clips = [str(repository / "examples" / name) for name in ("squats.npz", "wave_left.npz")]
    bad = tmp_path / "bad.npz"
    bad.write_text("no archive")
    asked = [
        (clips[0], "How many squats does he do?"), (clips[1], "Which hand does he wave?"),
        (str(bad), "What happens?"), (clips[0], "What does the person do?"),
        (None, "What happens?"), (clips[1], "What does the person do?"),
    ]  # fmt: skip
    model.task_dict = {"mine": {"test": [{"motion": clip} for clip, _ in asked]}}
    model.task_dict["mine"]["test"][1] = {"clip": clips[1], "fps": "thirty"}  # a task of others

    def visual(doc: dict) -> list:
        clip = doc.get("motion") or doc.get("clip")
        return [clip] if clip else []

    requests = [
        SimpleNamespace(args=(question, {}, visual, number, "mine", "test"))
        for number, (_, question) in enumerate(asked)
    ]
    count, hand, broken, squats, nothing, waves = model.generate_until(requests)
    assert (count, hand) == ("5", "left hand")
    assert broken.startswith("I can't tell: ") and "bad.npz" in broken
    assert "squat" in squats and "wave" in waves
    assert nothing.startswith("I can't tell: ") and "path" in nothing


def test_what_llamo_does_not_do_is_said(lmms_model: ModuleType):
    model = lmms_model.Llamo(device="cpu")
    for verb in (model.loglikelihood, model.generate_until_multi_round):
        with pytest.raises(NotImplementedError, match="LLaMo answers"):
            verb([])
