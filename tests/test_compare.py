"""``llamo eval compare``, and predictions made elsewhere: what is told, and what is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from llamo.cli import app
from llamo.errors import InvalidData
from llamo.evaluation.compare import compare_runs, comparison_text
from llamo.evaluation.items import Clip, Item
from llamo.evaluation.predictions import read_outputs

runner = CliRunner()


def run_of(folder: Path, right: list[bool | None], clips: list[str] | None = None) -> Path:
    """A run's folder whose lines hold only what a comparison reads."""
    folder.mkdir(exist_ok=True)
    lines = [
        {"id": i, "question": f"{i}?", "answer": "x", "motion": (clips or list("abcdefghijkl"))[i],
         "text": "", "correct": one}
        for i, one in enumerate(right)
    ]  # fmt: skip
    (folder / "predictions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def test_mcnemar_by_hand(tmp_path: Path) -> None:
    # five questions right in A alone, one in B alone: 2 * (C(6,0) + C(6,1)) / 2^6 = 14/64
    a = run_of(tmp_path / "a", [True] * 5 + [False, True, True, False, False])
    b = run_of(tmp_path / "b", [False] * 5 + [True, True, True, False, False])
    found = compare_runs(a, b)
    assert found["mcnemar"] == {"only_a": 5, "only_b": 1, "p": pytest.approx(14 / 64)}
    assert found["p"] == pytest.approx(14 / 64, abs=0.015)  # each clip has one question
    assert (found["a"]["mean"], found["b"]["mean"]) == (0.7, 0.3)
    assert found["difference"] == pytest.approx(0.4)
    assert found["ci95"][0] < 0.4 < found["ci95"][1]
    assert "No difference is shown." in comparison_text(found)
    back = compare_runs(b, a)
    assert back["difference"] == pytest.approx(-0.4)


def test_questions_on_one_clip_are_no_independent_draws(tmp_path: Path) -> None:
    clips = ["a"] * 12
    a = run_of(tmp_path / "a", [True] * 12, clips)
    b = run_of(tmp_path / "b", [False] * 12, clips)
    found = compare_runs(a, b)
    assert found["mcnemar"]["p"] < 0.001
    assert found["p"] == 1  # one clip cannot tell
    assert found["motions"] == 1
    assert "No difference is shown." in comparison_text(found)
    apart = compare_runs(run_of(a, [True] * 12), run_of(b, [False] * 12))
    assert apart["p"] < 0.01
    assert comparison_text(apart).endswith("A is higher.")


def test_equal_runs_do_not_differ(tmp_path: Path) -> None:
    a = run_of(tmp_path / "a", [True, False, True])
    found = compare_runs(a, a)
    assert (found["difference"], found["ci95"], found["p"]) == (0, [0, 0], 1)
    assert found["mcnemar"]["p"] == 1


def test_what_was_not_decided_is_left_out_and_counted(tmp_path: Path) -> None:
    a = run_of(tmp_path / "a", [True, None, False])
    b = run_of(tmp_path / "b", [True, True, None])
    found = compare_runs(a, b)
    assert (found["n"], found["left_out"]) == (1, 2)
    assert "2 questions have no correct" in comparison_text(found)


def test_numbers_are_compared_without_mcnemar(tmp_path: Path) -> None:
    a, b = run_of(tmp_path / "a", [True, True]), run_of(tmp_path / "b", [True, True])
    for folder, scores in ((a, (5, 3)), (b, (4, 4))):
        path = folder / "predictions.jsonl"
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        path.write_text(
            "".join(
                json.dumps({**line, "score": score}) + "\n"
                for line, score in zip(lines, scores, strict=True)
            )
        )
    found = compare_runs(a, b, by="score")
    assert found["mcnemar"] is None
    assert (found["a"]["mean"], found["difference"]) == (4, 0)


def test_runs_on_other_questions_are_refused(tmp_path: Path) -> None:
    a, b = run_of(tmp_path / "a", [True, True]), run_of(tmp_path / "b", [True])
    with pytest.raises(InvalidData, match=r"a/predictions.jsonl holds 1 questions .*ids 1"):
        compare_runs(a, b)
    run_of(b, [True, True])
    (a / "report.json").write_text('{"protocol": "vocab"}')
    (b / "report.json").write_text('{"protocol": "judge:rule-1"}')
    with pytest.raises(InvalidData, match="differ in protocol"):
        compare_runs(a, b)
    (b / "report.json").unlink()
    with pytest.raises(InvalidData, match="id 0 has no 'score'"):
        compare_runs(a, b, by="score")
    text = (b / "predictions.jsonl").read_text()
    (b / "predictions.jsonl").write_text(text.replace('"1?"', '"Another?"'))
    with pytest.raises(InvalidData, match="ids 1 are other questions"):
        compare_runs(a, b)
    (b / "predictions.jsonl").write_text(text + text)
    with pytest.raises(InvalidData, match="line 3: id 0 stands twice"):
        compare_runs(a, b)


def test_compare_from_the_command_line(tmp_path: Path) -> None:
    a = run_of(tmp_path / "a", [True] * 10)
    b = run_of(tmp_path / "b", [False] * 10)
    result = runner.invoke(app, ["eval", "compare", str(a), str(b)])
    assert result.exit_code == 0, result.output
    assert "A - B  +1.000 [+1.000, +1.000]" in result.stdout
    found = json.loads(runner.invoke(app, ["eval", "compare", str(a), str(b), "--json"]).stdout)
    assert (found["n"], found["difference"]) == (10, 1)
    missing = runner.invoke(app, ["eval", "compare", str(a), str(tmp_path / "none")])
    assert missing.exit_code == 1
    assert missing.stderr.count("\n") == 1


# --- predictions made elsewhere ------------------------------------------------------------------

ITEMS = [Item("", str(i), Clip(f"{i}.npz"), "?", "x", "t") for i in range(8)]


def given(tmp_path: Path, lines: list[dict[str, Any]]) -> Path:
    path = tmp_path / "given.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_unknown_missing_and_repeated_ids_are_told(tmp_path: Path) -> None:
    good = [{"id": i, "text": "x"} for i in range(8)]
    with pytest.raises(
        InvalidData, match=r"2 questions that are not asked here: ids 9, y\. .*0, 1"
    ):
        read_outputs(
            given(tmp_path, [*good, {"id": 9, "text": ""}, {"id": "y", "text": ""}]), ITEMS
        )
    with pytest.raises(InvalidData, match=r"answers 2 of 8 .* 2, 3, 4, 5, 6 \.\.\."):
        read_outputs(given(tmp_path, good[:2]), ITEMS)
    with pytest.raises(InvalidData, match="line 9: id '0' is answered on line 1 already"):
        read_outputs(given(tmp_path, [*good, good[0]]), ITEMS)


def test_with_a_limit_lines_for_the_rest_are_passed_over(tmp_path: Path) -> None:
    lines = [{"id": i, "text": str(i), "model": "theirs"} for i in reversed(range(8))]
    outputs, model = read_outputs(given(tmp_path, lines), ITEMS, limit=2)
    assert {i: one.text for i, one in outputs.items()} == {0: "0", 1: "1"}
    assert model == "theirs"


def test_lines_for_another_split_are_passed_over(tmp_path: Path) -> None:
    lines = [{"id": i, "text": "x"} for i in [*range(8), "of the training split"]]
    outputs, _ = read_outputs(given(tmp_path, lines), ITEMS, elsewhere={"of the training split"})
    assert len(outputs) == 8


def test_scoring_a_file_loads_neither_torch_nor_transformers(tmp_path: Path) -> None:
    line = {"id": 1, "motion": "m.npz", "question": "What?", "answer": "walk", "type": "action"}
    (tmp_path / "qa.jsonl").write_text(json.dumps(line))
    (tmp_path / "counts.csv").write_text("type,name,count\nsquat,1,2\n")
    (tmp_path / "body.json").write_text(json.dumps([{"id": 1, "Q": "Does he?", "A": "Yes"}]))
    path = given(tmp_path, [{"id": 1, "text": "Yes, he walks 2 times."}])
    code = (
        "import sys\nfrom typer.testing import CliRunner\nfrom llamo.cli import app\n"
        "for task, data in (('qa', 'qa.jsonl'), ('repcount', 'counts.csv'),\n"
        "                   ('movid-bench', 'body.json')):\n"
        "    words = ['eval', task, '--data', data, '--out', task, '--predictions']\n"
        f"    result = CliRunner().invoke(app, [*words, {path.name!r}])\n"
        "    assert result.exit_code == 0, result.output\n"
        "    assert not {'torch', 'transformers'} & set(sys.modules), task\n"
        "    print(result.stdout)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parent.parent)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for told in ("overall          1.000", "OBO              1.000", "correct          1.000"):
        assert told in done.stdout
