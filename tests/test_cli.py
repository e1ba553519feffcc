"""The command line: what it prints, its exit codes, its one-line errors."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from tiny import waving_motion
from typer.testing import CliRunner

import llamo
from llamo.cli import app

runner = CliRunner()


@pytest.fixture
def clip(tmp_path):
    """Four seconds of someone who stands and waves the left hand, as a file."""

    from llamo import write_motion

    path = tmp_path / "wave.npz"
    write_motion(waving_motion(), path)
    return path


def fails_in_one_line(arguments):
    result = runner.invoke(app, [str(one) for one in arguments])
    assert result.exit_code == 1, result.output
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
    return result.stderr


def test_version():
    assert runner.invoke(app, ["--version"]).stdout.strip() == f"llamo {llamo.__version__}"


@pytest.mark.parametrize(
    "verb",
    ["ask", "chat", "answer", "info", "measure", "convert", "estimate", "train", "eval qa",
     "eval babel-qa", "eval humman-qa", "eval movid-bench", "eval swing", "eval repcount",
     "eval humanml3d-captions", "eval golfdb", "eval compare", "data preview", "data export"],
)  # fmt: skip
def test_every_verb_has_help(verb):
    result = runner.invoke(app, [*verb.split(), "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.stdout


def test_help_and_info_load_no_torch(clip):
    code = (
        "import sys\nfrom typer.testing import CliRunner\nfrom llamo.cli import app\n"
        f"clip = {str(clip)!r}\n"
        "for words in (['--help'], ['info', clip], ['measure', clip]):\n"
        "    result = CliRunner().invoke(app, words)\n"
        "    assert result.exit_code == 0, result.output\n"
        "    assert not {'torch', 'transformers'} & set(sys.modules), words"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_ask_prints_answer_moments_and_confidence(tiny_model, clip):
    result = runner.invoke(app, ["ask", str(clip), "Which hand waves?", "--model", str(tiny_model)])
    assert result.exit_code == 0, result.output
    assert "looked at " in result.stdout
    assert "measured " in result.stdout
    assert "confidence " in result.stdout


def test_ask_json_is_schema_1(tiny_model, clip):
    result = runner.invoke(
        app, ["ask", str(clip), "Which hand waves?", "--json", "--model", str(tiny_model)]
    )
    answer = json.loads(result.stdout)
    assert answer["schema"] == 1
    assert set(answer) == {
        "schema", "answer", "confidence", "abstained", "reason", "viewpoints", "measurements",
        "model", "timing_ms",
    }  # fmt: skip


def test_ask_from_a_shell(tiny_model, clip):
    done = subprocess.run(
        [sys.executable, "-m", "llamo.cli", "ask", clip, "Which hand?", "--model", tiny_model],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "confidence" in done.stdout


def test_bad_input_is_one_line(tiny_model, clip, tmp_path):
    model = ["--model", tiny_model]
    assert "empty" in fails_in_one_line(["ask", clip, " ", *model])
    assert "2,000" in fails_in_one_line(["ask", clip, "why " * 30_000, *model])
    fails_in_one_line(["ask", tmp_path / "missing.npz", "What?", *model])
    assert "does not exist" in fails_in_one_line(["ask", tmp_path / "a.mp4", "What?", *model])
    assert "config.json" in fails_in_one_line(["ask", clip, "What?", "--model", tmp_path])
    (tmp_path / "text.bvh").write_text("hello")
    fails_in_one_line(["ask", tmp_path / "text.bvh", "What?", *model])
    fails_in_one_line(["info"])


def test_chat_answers_line_by_line_and_ends_cleanly(tiny_model, clip):
    result = runner.invoke(
        app, ["chat", str(clip), "--model", str(tiny_model)], input="Which hand?\n\nAnd then?\n"
    )
    assert result.exit_code == 0, result.output
    assert result.stdout.count("confidence ") == 2


def test_interrupt_is_130_without_a_traceback(tiny_model, clip, monkeypatch):
    from llamo.assistant import Assistant

    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(Assistant, "open", interrupted)
    result = runner.invoke(app, ["ask", str(clip), "What?", "--model", str(tiny_model)])
    assert result.exit_code == 130
    assert "Traceback" not in result.output


def test_our_own_errors_keep_their_traceback(tiny_model, clip, monkeypatch):
    from llamo.assistant import Assistant

    def broken(*args, **kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr(Assistant, "open", broken)
    result = runner.invoke(app, ["ask", str(clip), "What?", "--model", str(tiny_model)])
    assert isinstance(result.exception, ZeroDivisionError)


@pytest.fixture
def questions(tmp_path, clip):
    lines = [
        {"id": 1, "motion": clip.name, "question": "Which hand waves?"},
        {"id": 2, "motion": clip.name, "question": "What happens?", "note": "kept"},
        {"id": 3, "motion": "missing.npz", "question": "What happens?"},
        {"id": 4, "motion": clip.name, "question": ""},
        {"id": 5, "motion": clip.name, "question": "a " * 900},
    ]
    path = tmp_path / "questions.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines) + "\nnot json\n[1]\n")
    return path


def read_lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_answer_file_goes_on_after_bad_lines(tiny_model, questions, tmp_path):
    out = tmp_path / "answers.jsonl"
    arguments = ["answer", str(questions), "-o", str(out), "--model", str(tiny_model)]
    result = runner.invoke(app, arguments)
    assert result.exit_code == 1
    lines = read_lines(out)
    assert ["error" in line for line in lines] == [False, False, True, True, True, True, True]
    assert lines[1]["note"] == "kept"
    assert lines[0]["schema"] == 1
    assert lines[5]["line"] == 6


def test_answer_file_resumes(tiny_model, questions, tmp_path, monkeypatch):
    out = tmp_path / "answers.jsonl"
    arguments = ["answer", str(questions), "-o", str(out), "--model", str(tiny_model)]
    runner.invoke(app, arguments)
    whole = read_lines(out)
    first, second = out.read_text().splitlines(keepends=True)[:2]
    out.write_text(first + second[:20])  # stopped in the middle of a line

    from llamo.assistant import Assistant

    asked = []
    answer_batch = Assistant.answer_batch

    def counted(self, pairs, **options):
        asked.extend(pairs)
        return answer_batch(self, pairs, **options)

    monkeypatch.setattr(Assistant, "answer_batch", counted)
    runner.invoke(app, arguments)
    assert len({id(pair) for pair in asked}) == 2  # the first answer was kept
    again = read_lines(out)
    assert [line.get("answer") for line in again] == [line.get("answer") for line in whole]


def test_answer_file_refuses_answers_to_other_questions(tiny_model, questions, tmp_path):
    out = tmp_path / "answers.jsonl"
    out.write_text('{"question": "Something else?", "answer": "yes"}\n')
    assert "other questions" in fails_in_one_line(
        ["answer", questions, "-o", out, "--model", tiny_model]
    )
    fails_in_one_line(["answer", questions, "-o", questions, "--model", tiny_model])


def test_answer_file_never_overwrites_another_file(tiny_model, questions, clip, tmp_path):
    before = clip.read_bytes()
    for there in (clip, tmp_path, clip / "answers.jsonl"):
        fails_in_one_line(["answer", questions, "-o", there, "--model", tiny_model])
    assert clip.read_bytes() == before
    (tmp_path / "notes.txt").write_text("Dear diary")
    fails_in_one_line(["answer", questions, "-o", tmp_path / "notes.txt", "--model", tiny_model])
    assert (tmp_path / "notes.txt").read_text() == "Dear diary"


def test_answer_file_takes_what_json_can_hold(tiny_model, clip, tmp_path, monkeypatch):
    """Half a surrogate pair, line separators, settings that are no text; and resumes over them."""
    lines = [
        {"motion": clip.name, "question": "Which \ud800hand waves?"},
        {"motion": clip.name, "question": "What happens?", "note": "a\u2028b\x85c"},
        {"motion": clip.name, "question": "What happens?", "unit": ["m"]},
        {"motion": clip.name, "question": "What happens?", "up": {}, "fps": [1]},
    ]
    path, out = tmp_path / "questions.jsonl", tmp_path / "answers.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    arguments = ["answer", str(path), "-o", str(out), "--model", str(tiny_model)]
    result = runner.invoke(app, arguments)
    assert "Traceback" not in result.output
    assert isinstance(result.exception, SystemExit)
    answers = [json.loads(line) for line in out.read_text().split("\n")[:-1]]
    assert ["error" in answer for answer in answers] == [False, False, True, True]
    assert [answer["question"] for answer in answers] == [line["question"] for line in lines]
    assert answers[1]["note"] == lines[1]["note"]
    assert "2 of them before" in runner.invoke(app, arguments).output


def test_convert_keeps_the_joints(clip, tmp_path):
    target = tmp_path / "copy.npz"
    assert runner.invoke(app, ["convert", str(clip), str(target)]).exit_code == 0
    before, after = llamo.read_motion(clip), llamo.read_motion(target)
    np.testing.assert_allclose(before.joints, after.joints, atol=1e-6)


@pytest.mark.parametrize("words", [["info"], ["convert"]])
def test_a_video_where_a_motion_belongs_is_sent_to_estimate(words, tmp_path):
    target = [str(tmp_path / "out.npz")] if words == ["convert"] else []
    result = runner.invoke(app, [*words, "squat.mp4", *target])
    assert result.exit_code == 1
    assert "llamo estimate squat.mp4 -o motion.npz" in result.stderr


def test_a_body_model_reaches_the_reader(tmp_path):
    smpl = {"poses": np.zeros((30, 72)), "trans": np.zeros((30, 3)), "betas": np.zeros(10)}
    np.savez(tmp_path / "smpl.npz", mocap_framerate=30.0, **smpl)
    missing = ["--body-model", str(tmp_path / "none.npz")]
    for verb in (["info", str(tmp_path / "smpl.npz")],
                 ["convert", str(tmp_path / "smpl.npz"), str(tmp_path / "out.npz")]):  # fmt: skip
        assert runner.invoke(app, [*verb, "--up", "y"]).exit_code == 0
        result = runner.invoke(app, [*verb, "--up", "y", *missing])
        assert result.exit_code == 1
        assert "none.npz" in result.output
        assert "Traceback" not in result.output


def test_info_tells_of_file_and_model(tiny_model, clip):
    facts = json.loads(runner.invoke(app, ["info", str(clip), "--json"]).stdout)
    assert facts["frames"] == 120
    assert "fps" in runner.invoke(app, ["info", str(clip)]).stdout
    result = runner.invoke(app, ["info", "--model", str(tiny_model)])
    assert result.exit_code == 0, result.output
    assert "parameters" in result.stdout
    assert "licence" in result.stdout


def test_info_of_the_shipped_model_says_what_its_licence_allows():
    facts = json.loads(runner.invoke(app, ["info", "--model", "--json"]).stdout)
    assert "CC BY-NC 4.0" in facts["licence"]
    assert "research and non-commercial" in facts["licence"]


def test_eval_qa_reports_accuracy_with_an_interval(tiny_model, clip, tmp_path):
    lines = [
        {"id": str(i), "motion": clip.name, "question": f"Which hand waves {i}?",
         "answer": "left", "type": "side"}
        for i in range(6)
    ]  # fmt: skip
    (tmp_path / "qa.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    out = tmp_path / "report"
    result = runner.invoke(
        app,
        ["eval", "qa", "--data", str(tmp_path / "qa.jsonl"), "--out", str(out), "--no-controls",
         "--model", str(tiny_model)],
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("overall")
    assert json.loads((out / "report.json").read_text())["overall"]["n"] == 6


def test_data_verbs_refuse_what_is_not_there(tmp_path):
    fails_in_one_line(["train", tmp_path / "none.yaml", "--data", tmp_path])
    for number, text in enumerate(("packs: 3", "packs: []\nencoder: 5", "packs: []\npool: null")):
        recipe = tmp_path / f"{number}.yaml"
        recipe.write_text(f"name: a\n{text}\n")
        fails_in_one_line(["train", recipe, "--data", tmp_path, "--out", tmp_path / "run"])
    warp = ["train", recipe, "--data", tmp_path, "--device", "warp"]
    assert "no device 'warp'" in fails_in_one_line(warp)
    fails_in_one_line(["data", "preview", "--data", tmp_path])
    fails_in_one_line(["data", "export", "--data", tmp_path, "--out", tmp_path / "out"])
    fails_in_one_line(["eval", "babel-qa", "--data", tmp_path, "--out", tmp_path / "out",
                       "--predictions", tmp_path / "none.jsonl"])  # fmt: skip
