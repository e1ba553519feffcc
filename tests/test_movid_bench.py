"""MoVid-Bench and swing: forms of questions, judged figures by hand, the published tables."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from llamo.cli import app
from llamo.errors import InvalidData
from llamo.evaluation.compare import compare_runs
from llamo.evaluation.judge.judges import Reply
from llamo.evaluation.judge.rubric import CORRECTNESS, Case, Rubric
from llamo.evaluation.judged import Judging, plan_judging
from llamo.evaluation.movid_bench import evaluate_movid_bench, movid_bench
from llamo.evaluation.published import (
    AXES,
    MOVID_MOTION,
    MOVID_MOTION_COUNTS,
    MOVID_VIDEO,
    MOVID_VIDEO_COUNTS,
    SWING,
    micro_and_macro,
)
from llamo.evaluation.question_forms import read_questions
from llamo.evaluation.swing import evaluate_swing


def write(path: Path, held: Any) -> Path:
    path.write_text(json.dumps(held))
    return path


# --- forms ---------------------------------------------------------------------------------------

FORMS: list[dict[str, Any]] = [
    {"instruction": "Which hand?", "input": "", "output": "The left."},
    {"id": "c1", "QA": [{"Q": "Which hand?", "A": "The left."}, {"Q": "And then?", "A": "Sits."}]},
    {"id": "c2", "video": "a.mp4", "conversations": [
        {"from": "human", "value": "<video>\nWhich hand?"}, {"from": "gpt", "value": "The left."}]},
    {"id": "c3", "question": "Which hand?", "answer": "The left.", "pred": "The right."},
    {"video_name": "v7", "Q": "Which hand?", "A": "The left."},
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(FORMS)))
def test_every_form_is_read(tmp_path: Path, number: int) -> None:
    entry = {**FORMS[number], "axis": "body-part awareness"}
    one, *rest = read_questions(write(tmp_path / "q.json", [entry]), AXES)
    assert (one.question, one.answer, one.axis) == ("Which hand?", "The left.", "body")
    assert [other.question for other in rest] == (["And then?"] if number == 1 else [])


def test_ids_clips_and_predictions_are_found(tmp_path: Path) -> None:
    path = write(tmp_path / "dir.json", FORMS)
    found = read_questions(path, AXES)  # the file's name tells the axis
    assert [one.id for one in found] == ["dir-0", "c1-1", "c1-2", "c2", "c3", "dir-4"]
    assert [one.clip for one in found] == ["dir-0", "c1", "c1", "a.mp4", "c3", "v7"]
    assert [one.prediction for one in found] == [None, None, None, None, "The right.", None]
    assert {one.axis for one in found} == {"dir"}


def test_a_folder_is_read_with_an_axis_a_file_and_repeated_ids_are_numbered(tmp_path: Path) -> None:
    for axis in ("body_part", "hallucination"):
        write(tmp_path / f"motion_{axis}.json", [{"id": "c", "question": "a?", "answer": "b"}])
    (tmp_path / "rea.jsonl").write_text('{"id": "d", "Q": "a?", "A": "b"}\n')
    found = read_questions(tmp_path, AXES)
    assert [(one.id, one.axis) for one in found] == [("c#1", "body"), ("c#2", "hall"), ("d", "rea")]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"question": "a?"}, "entry 0: expected instruction and output, QA"),
        ({"question": "a?", "answer": "b"}, "entry 0: no axis; expected one of body, seq"),
        ({"question": "a?", "answer": 3, "axis": "seq"}, "must be texts"),
        ({"question": "<video>", "answer": "b", "axis": "seq"}, "empty"),
        ({"conversations": [{"from": "gpt", "value": "b"}], "axis": "seq"}, "must alternate"),
        ("a?", "expected an object"),
    ],
)
def test_a_malformed_entry_gets_one_clear_error(tmp_path: Path, entry: Any, message: str) -> None:
    with pytest.raises(InvalidData, match=message):
        read_questions(write(tmp_path / "q.json", [entry]), AXES)


# --- judged runs ---------------------------------------------------------------------------------


class Scores:
    """Replies what stands in the prediction; ``?`` cannot be read."""

    id, at_once, free = "scores", 3, False

    def __init__(self) -> None:
        self.asked = 0

    def replies(self, rubric: Rubric, cases: Sequence[Case]) -> list[Reply]:
        self.asked += len(cases)
        return [Reply(self._reply(case), "scores-1", 7, 2) for case in cases]

    def _reply(self, case: Case) -> str:
        score = (case.prediction.split() or ["?"])[-1]
        if not score.isdigit():
            return "cannot say"
        return str({"pred": "yes" if int(score) > 2 else "no", "score": int(score)})


QUESTIONS = [
    {"id": i, "motion": f"m{i // 2}", "question": f"{i}?", "answer": "3", "axis": axis}
    for i, axis in enumerate(["body", "body", "body", "seq", "hall", "hall"])
]
SAID = ["says 5", "says 1", "says 3", "says 4", "says ?", "says 0"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write(tmp_path / "bench.json", QUESTIONS)


@pytest.fixture
def given(tmp_path: Path) -> Path:
    path = tmp_path / "given.jsonl"
    lines = [json.dumps({"id": i, "text": text}) for i, text in enumerate(SAID)]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_judged_figures_by_hand(data: Path, given: Path, tmp_path: Path) -> None:
    told: list[str] = []
    judging = Judging(Scores(), (1, 2), told.append)
    report = evaluate_movid_bench(data, tmp_path / "out", judging=judging, predictions=given)
    assert report["protocol"] == "judge:scores"
    assert report["overall"]["correct"]["mean"] == pytest.approx(3 / 5)  # one reply cannot be read
    assert report["overall"]["score"]["mean"] == pytest.approx(13 / 5)
    assert (report["overall"]["n"], report["overall"]["unparsed"]) == (6, 1)
    assert report["by_type"]["body"]["correct"]["mean"] == pytest.approx(2 / 3)
    assert report["by_type"]["hall"] == {
        **report["by_type"]["hall"], "n": 2, "unparsed": 1,
    }  # fmt: skip
    assert report["macro"]["correct"]["mean"] == pytest.approx((2 / 3 + 1 + 0) / 3)
    assert report["macro"]["score"]["mean"] == pytest.approx((3 + 4 + 0) / 3)
    judge = report["judge"]
    assert judge["prompt_sha256"] == CORRECTNESS.sha256
    assert judge["served"] == ["scores-1"]
    assert judge["tokens_in"] == 7 * judge["replies"]
    assert "cost about" in told[0]
    lines = [json.loads(line) for line in (tmp_path / "out" / "predictions.jsonl").open()]
    assert [line["correct"] for line in lines] == [True, False, True, True, None, False]
    assert [line["score"] for line in lines] == [5, 1, 3, 4, None, 0]
    text = (tmp_path / "out" / "report.md").read_text()
    for cell in ("| 66.67 | 3.00 |", "55.32", "macro acc", CORRECTNESS.sha256[:16], "1 of 6"):
        assert cell in text


def test_controls_are_judged_too(data: Path, given: Path, tmp_path: Path) -> None:
    report = evaluate_movid_bench(
        data, tmp_path / "out", judging=Judging(Scores()), predictions=given
    )
    majority = report["controls"]["majority"]  # says 3, which is right by this judge
    assert majority["overall"]["correct"]["mean"] == 1
    assert majority["gain"]["mean"] == pytest.approx(3 / 5 - 1)
    assert majority["gain"]["n"] == 5


def test_a_second_run_asks_nothing_and_another_judge_all(
    data: Path, given: Path, tmp_path: Path
) -> None:
    first = Scores()
    report = evaluate_movid_bench(
        data, tmp_path / "out", judging=Judging(first), predictions=given, controls=False
    )
    assert first.asked == 6
    again = Scores()
    kept = evaluate_movid_bench(
        data, tmp_path / "out", judging=Judging(again), predictions=given, controls=False
    )
    assert again.asked == 0
    assert kept["overall"] == report["overall"]
    other = Scores()
    other.id = "other"
    evaluate_movid_bench(
        data, tmp_path / "out", judging=Judging(other), predictions=given, controls=False
    )
    assert other.asked == 6
    lines = (tmp_path / "out" / "judge.jsonl").read_text().splitlines()
    assert {json.loads(line)["judge"] for line in lines} == {"scores", "other"}


def test_judged_runs_are_compared_where_both_have_a_verdict(
    data: Path, given: Path, tmp_path: Path
) -> None:
    evaluate_movid_bench(data, tmp_path / "a", judging=Judging(Scores()), predictions=given)
    given.write_text("".join(json.dumps({"id": i, "text": "5"}) + "\n" for i in range(6)))
    evaluate_movid_bench(data, tmp_path / "b", judging=Judging(Scores()), predictions=given)
    found = compare_runs(tmp_path / "a", tmp_path / "b", by="score")
    assert (found["n"], found["left_out"], found["clustered_by"]) == (5, 1, "clip")
    assert found["difference"] == pytest.approx(13 / 5 - 5)


def test_answers_in_the_file_are_scored_as_they_stand(tmp_path: Path) -> None:
    entries = [{**one, "pred": "three"} for one in QUESTIONS]
    path = write(tmp_path / "with_pred.json", entries)
    report = evaluate_movid_bench(path, tmp_path / "out", limit=3)
    assert report["protocol"] == "judge:rule-1"
    assert report["overall"]["correct"]["mean"] == 1
    assert report["overall"]["n"] == 3
    result = CliRunner().invoke(
        app, ["eval", "movid-bench", "--data", str(path), "--out", str(tmp_path / "cli")]
    )
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("overall          correct          1.000 [1.000, 1.000]  n 6")


def test_a_plan_tells_the_cost_and_asks_nobody(data: Path, given: Path, tmp_path: Path) -> None:
    judge = Scores()
    judging = Judging(judge, (1, 2))
    benchmark = movid_bench(data, tmp_path / "out", judging=judging)
    line = plan_judging(benchmark, judging)
    assert line.startswith("judge scores: 42 calls, 0 replies kept")  # the model and six controls
    assert "18 calls" in plan_judging(benchmark, judging, predictions=given)
    assert "2 calls" in plan_judging(benchmark, judging, limit=2, controls=False)
    assert judge.asked == 0
    result = CliRunner().invoke(
        app,
        ["eval", "movid-bench", "--data", str(data), "--out", str(tmp_path / "out"), "--plan",
         "--judge", "http://127.0.0.1:9/v1", "--judge-model", "m", "--judge-price", "1", "2"],
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "judge m: 42 calls" in result.stdout and "cost about 0.0" in result.stdout
    assert not (tmp_path / "out").exists()


@dataclass
class Said:
    answer: str
    confidence: float = 0.5
    abstained: bool = False


class Still:
    """Says 5 of a clip that moves, 1 of one that stands still."""

    name, fingerprint = "still", "of these weights"

    def open(self, clip: Any, **words: Any) -> float:
        from llamo.formats import read_motion
        from llamo.motion import Motion

        motion = clip if isinstance(clip, Motion) else read_motion(clip, **words)
        return float(np.ptp(motion.joints[:, 0, 1]))

    def answer_batch(self, pairs: list[tuple[float, str]], **options: Any) -> list[Said]:
        return [Said("5" if moved > 0.1 else "1") for moved, _ in pairs]


def test_a_model_is_asked_and_judged_beside_its_controls(data: Path, tmp_path: Path) -> None:
    from tiny import standing_joints

    clips = tmp_path / "clips"
    clips.mkdir()
    with pytest.raises(InvalidData, match=r"m0 is not there"):
        evaluate_movid_bench(data, tmp_path / "out", Still(), clips=clips)
    joints = np.repeat(standing_joints()[None], 20, axis=0)
    joints[10:, :, 1] += 0.5
    for name in ("m0", "m1", "m2"):
        np.save(clips / f"{name}.npy", joints)
    report = evaluate_movid_bench(
        data, tmp_path / "out", Still(), clips=clips, fps=20, judging=Judging(Scores()),
        controls=["zeroed_motion"],
    )  # fmt: skip
    assert report["overall"]["correct"]["mean"] == 1
    assert report["controls"]["zeroed_motion"]["overall"]["correct"]["mean"] == 0
    assert report["controls"]["zeroed_motion"]["gain"]["mean"] == 1


def test_bad_words_are_one_line(data: Path, tmp_path: Path) -> None:
    words = ["eval", "movid-bench", "--data", str(data), "--out", str(tmp_path / "out")]
    for more in (["--part", "both"], ["--judge", str(tmp_path)], ["--judge", "http://a/v1"],
                 ["--judge-prompt", str(data)], ["--predictions", str(data)]):  # fmt: skip
        result = CliRunner().invoke(app, [*words, *more])
        assert result.exit_code == 1, more
        assert result.stderr.startswith("error: ") and result.stderr.count("\n") == 1


# --- published tables ----------------------------------------------------------------------------


def test_motion_rows_are_micro_averages_and_video_rows_macro() -> None:
    for name in ("GPT-3.5", "MotionGPT", "MotionLLM"):
        row = MOVID_MOTION.rows[name]
        micro, macro = micro_and_macro(row, MOVID_MOTION_COUNTS)
        assert micro == pytest.approx(row[-2], abs=0.1), name
        assert abs(macro - row[-2]) > 0.9
    for name in ("Video-LLaVA", "MotionLLM"):
        row = MOVID_VIDEO.rows[name]
        micro, macro = micro_and_macro(row, MOVID_VIDEO_COUNTS)
        assert macro == pytest.approx(row[-2], abs=0.25), name
        assert abs(micro - row[-2]) > 1


def test_the_printed_averages_of_llamo_are_neither() -> None:
    for printed, counts in ((MOVID_MOTION, MOVID_MOTION_COUNTS), (MOVID_VIDEO, MOVID_VIDEO_COUNTS)):
        row = printed.rows["LLaMo"]
        assert all(abs(one - row[-2]) > 0.4 for one in micro_and_macro(row, counts))


def test_published_tables_are_complete() -> None:
    for printed in (MOVID_MOTION, MOVID_VIDEO, SWING):
        assert all(len(row) == len(printed.columns) for row in printed.rows.values())
    assert (sum(MOVID_MOTION_COUNTS), sum(MOVID_VIDEO_COUNTS)) == (700, 650)


# --- swing ---------------------------------------------------------------------------------------


class Coach:
    """Replies four criteria: the digits of the prediction."""

    id, at_once, free = "coach", 8, False

    def replies(self, rubric: Rubric, cases: Sequence[Case]) -> list[Reply]:
        keys = rubric.scores
        return [
            Reply(str(dict(zip(keys, map(int, case.prediction), strict=True)))) for case in cases
        ]


def test_swing_has_four_criteria_and_their_mean(tmp_path: Path) -> None:
    entries = [
        {
            "id": i,
            "question": "Where does the weight shift?",
            "answer": "To the left.",
            "pred": said,
        }
        for i, said in enumerate(["5321", "1111"])
    ]
    data = write(tmp_path / "swing.json", entries)
    report = evaluate_swing(data, tmp_path / "out", judging=Judging(Coach()), controls=False)
    overall = report["overall"]
    assert overall["reasonableness"]["mean"] == 3
    assert overall["all"]["mean"] == pytest.approx((11 / 4 + 1) / 2)
    assert "macro" not in report
    text = (tmp_path / "out" / "report.md").read_text()
    assert "profession-swing" in text and "24.80" in text
    ruled = evaluate_swing(data, tmp_path / "rule", controls=False)
    assert ruled["overall"]["unparsed"] == 2  # words alone do not tell how good an answer is
    assert ruled["overall"]["all"]["mean"] is None
    lines = [json.loads(line) for line in (tmp_path / "out" / "predictions.jsonl").open()]
    assert lines[0]["coherence"] == 3
