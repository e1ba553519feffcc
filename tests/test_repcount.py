"""RepCount: annotation files as released, counting figures by hand, controls, whole runs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from llamo.cli import app
from llamo.errors import InvalidData
from llamo.evaluation.counting import counted, read_count
from llamo.evaluation.predictions import Output
from llamo.evaluation.published import REPCOUNT
from llamo.evaluation.repcount import UNNAMED, evaluate_repcount
from llamo.evaluation.repcount_data import read_repcount

# As released: dirty names, floats, empty cells, a count that is not its pairs, an empty count.
CSV = """type,name,count,fps,num_frames,L1,L2,L3,L4,L5,L6
squant,test1.mp4,2.0,30.0,300,0.0,86.0,86.0,155.0,,
squat,stu2_3.mp4,3,29.97,300,1,2,2,3,3,4
pullups,test3.mp4,1,30,90,21.0,60.0,,,,
benchpressing,test118.mp4,3.0,30,90,0,1,1,2,,
push_up,stu6_44.mp4,,30,90,,,,,,
situp,stu9_67.mp4,0,30,90,,,,,,
"""


@pytest.fixture
def annotations(tmp_path: Path) -> Path:
    path = tmp_path / "test.csv"
    path.write_text("\ufeff" + CSV, encoding="utf-8")
    return path


def predictions(tmp_path: Path, lines: list[dict[str, Any]]) -> Path:
    path = tmp_path / "given.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


TEXTS = {"test1.mp4": "two", "stu2_3.mp4": "5 squats", "test3.mp4": "none to be seen",
         "test118.mp4": "3.6", "stu9_67.mp4": "1"}  # fmt: skip


def test_a_released_file_is_read_and_its_oddities_are_told(annotations: Path) -> None:
    held = read_repcount(annotations)
    assert [(one.name, one.exercise, one.count) for one in held.clips] == [
        ("test1.mp4", "squat", 2), ("stu2_3.mp4", "squat", 3), ("test3.mp4", "pull_up", 1),
        ("test118.mp4", "bench_pressing", 3), ("stu9_67.mp4", "situp", 0),
    ]  # fmt: skip
    assert held.without_count == ["stu6_44.mp4"]
    assert held.other_than_pairs == ["test118.mp4"]
    assert held.clips[1].fps == 29.97


def test_columns_that_only_look_like_boundaries_are_none(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("type,name,count,Length,L1,L2,segment_start\nsquat,a.mp4,1,99,3,4,7\n")
    assert read_repcount(path).other_than_pairs == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,count\na,1\n", "no column type; expected RepCount's"),
        ("type,name,count\nsquat,a,many\n", "line 2: count must be a number"),
        ("type,name,count\nsquat,a,-1\n", "line 2: count must be a number"),
        ("type,name,count\nsquat,a,1.5\n", "line 2: count must be a whole number"),
        ("type,name,count\nsquat,a,1\nsquat,a,2\n", "line 3: name 'a' is empty or stands twice"),
        ("type,name,count\n", "holds no clip"),
    ],
)
def test_a_malformed_file_gets_one_clear_error(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(InvalidData, match=message):
        read_repcount(tmp_path / "a.csv")


@pytest.mark.parametrize(
    ("text", "count"),
    [("five times", 5), ("4.6", 4.6), ("12 or 13", None), ("no", None), ("2 squats, 2 in all", 2)],
)
def test_a_count_is_the_one_number_of_a_text(text: str, count: float | None) -> None:
    assert read_count(text) == count


def test_a_count_is_rounded_and_an_abstention_has_none() -> None:
    assert counted(Output("4.5")) == 5
    assert counted(Output("I can't tell: 4 is likeliest.", abstained=True)) is None


def test_figures_by_hand(annotations: Path, tmp_path: Path) -> None:
    given = predictions(tmp_path, [{"id": name, "text": text} for name, text in TEXTS.items()])
    report = evaluate_repcount(annotations, tmp_path / "out", predictions=given)
    # counts 2, 3, 1, 3, 0 against 2, 5, none, 4 (3.6), 1
    one = report["overall"]
    assert (one["n"], one["without_count"]) == (5, 1)
    assert one["obz"]["mean"] == pytest.approx(1 / 5)
    assert one["obo"]["mean"] == pytest.approx(3 / 5)
    assert one["mae"]["mean"] == pytest.approx((0 + 2 / 3.1 + 1 / 1.1 + 1 / 3.1 + 1 / 0.1) / 5)
    assert one["mae_poserac"]["mean"] == pytest.approx((2 / 3 + 1 + 1 / 3 + 1e9) / 5)
    assert one["rmse"]["mean"] == pytest.approx(((0 + 4 + 1 + 1 + 1) / 5) ** 0.5)
    assert one["rmse"]["ci95"][0] < one["rmse"]["mean"] < one["rmse"]["ci95"][1]
    assert report["by_type"]["squat"]["obo"]["mean"] == 0.5
    assert report["macro"]["obo"] == pytest.approx((0.5 + 0 + 1 + 1) / 4)
    lines = [json.loads(line) for line in (tmp_path / "out" / "predictions.jsonl").open()]
    assert [line["count"] for line in lines] == [2, 5, None, 4, 1]
    assert [line["within_one"] for line in lines] == [True, False, False, True, True]
    assert lines[2]["correct"] is False
    text = (tmp_path / "out" / "report.md").read_text()
    for told in ("stu6_44.mp4", "test118.mp4", "count 0", "ESCounts", "majority", "known class"):
        assert told in text


def test_controls_are_fitted_on_the_training_file(annotations: Path, tmp_path: Path) -> None:
    rows = "".join(f"squat,a{i}.mp4,3\npull_up,b{i}.mp4,1\n" for i in range(5))
    (tmp_path / "train.csv").write_text("type,name,count\n" + rows)
    given = predictions(tmp_path, [{"id": name, "text": text} for name, text in TEXTS.items()])
    report = evaluate_repcount(
        annotations, tmp_path / "out", predictions=given, training=tmp_path / "train.csv"
    )
    controls = report["controls"]
    assert controls["majority"]["obz"]["mean"] == pytest.approx(2 / 5)  # 3, the most frequent
    assert controls["question_only"]["fit"] == "train"
    # squats 3, pull-ups 1: right on stu2_3 and test3, within one on test1
    assert controls["question_only"]["obz"]["n"] == 5
    assert controls["question_only"]["obo"]["mean"] >= 3 / 5
    gain = report["overall"]["obo"]["mean"] - controls["majority"]["obo"]["mean"]
    assert controls["majority"]["gain"]["mean"] == pytest.approx(gain)


def test_one_count_of_many_classes_is_taken_in_three_ways(
    annotations: Path, tmp_path: Path
) -> None:
    lines = [
        {"id": name, "text": text, "class": "squat", "counts": {"squat": 3.4, "situp": 0}}
        for name, text in TEXTS.items()
    ]
    report = evaluate_repcount(
        annotations, tmp_path / "out", predictions=predictions(tmp_path, lines)
    )
    choices = report["class_choice"]
    assert list(choices) == ["known class", "predicted class", "oracle"]
    assert choices["known class"]["without_count"] == 2  # pull-ups and bench presses
    assert choices["known class"]["obz"]["mean"] == pytest.approx(2 / 5)
    assert choices["predicted class"]["obz"]["mean"] == pytest.approx(2 / 5)
    assert choices["oracle"]["obz"]["mean"] == pytest.approx(3 / 5)
    assert "looks at the answer" in (tmp_path / "out" / "report.md").read_text()
    for line in lines:
        del line["class"]
    predictions(tmp_path, lines)
    report = evaluate_repcount(
        annotations, tmp_path / "out", predictions=tmp_path / "given.jsonl", overwrite=True
    )
    assert list(report["class_choice"]) == ["known class", "oracle"]
    lines[0]["counts"] = [3]
    predictions(tmp_path, lines)
    with pytest.raises(InvalidData, match=r"test1.mp4: counts must be"):
        evaluate_repcount(
            annotations, tmp_path / "out", predictions=tmp_path / "given.jsonl", overwrite=True
        )


@dataclass
class Said:
    answer: str
    confidence: float = 0.5
    abstained: bool = False


class HeightCounter:
    """Counts what it is told: the height of the pelvis in metres."""

    name, fingerprint = "height", "of these weights"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def open(self, clip: Any, fps: float | None = None) -> int:
        from llamo.formats import read_motion
        from llamo.motion import Motion

        motion = clip if isinstance(clip, Motion) else read_motion(clip, fps=fps)
        return round(float(motion.joints[:, 0, 1].max() * 2))

    def answer_batch(self, pairs: list[tuple[int, str]], **options: Any) -> list[Said]:
        self.asked += [question for _, question in pairs]
        return [Said(str(height)) for height, _ in pairs]


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    from tiny import standing_joints

    folder = tmp_path / "clips"
    folder.mkdir()
    for name in TEXTS:
        joints = np.repeat(standing_joints()[None], 20, axis=0)
        np.savez(
            folder / f"{Path(name).stem}.npz",
            joints=joints, fps=20.0, skeleton="smpl22", schema=1,
        )  # fmt: skip
    return folder


def test_a_model_is_asked_about_each_clip_by_the_name_of_the_exercise(
    annotations: Path, clips: Path, tmp_path: Path
) -> None:
    model = HeightCounter()
    report = evaluate_repcount(annotations, tmp_path / "out", model, clips=clips)
    assert report["overall"]["n"] == 5
    assert set(report["controls"]) == {
        "majority", "question_only", "zeroed_motion", "zeroed_tokens", "zeroed_text",
        "shuffled_motion",
    }  # fmt: skip
    assert "How many squats does the person do?" in model.asked
    unnamed = HeightCounter()
    evaluate_repcount(
        annotations, tmp_path / "b", unnamed, clips=clips, name_exercise=False, controls=False
    )
    assert set(unnamed.asked) == {UNNAMED}
    (clips / "test3.npz").unlink()
    with pytest.raises(InvalidData, match=r"test3.mp4 is not there"):
        evaluate_repcount(annotations, tmp_path / "c", model, clips=clips)
    with pytest.raises(InvalidData, match=r"--clips"):
        evaluate_repcount(annotations, tmp_path / "c", model)


def test_repcount_from_the_command_line(annotations: Path, tmp_path: Path) -> None:
    given = predictions(tmp_path, [{"id": name, "text": text} for name, text in TEXTS.items()])
    result = CliRunner().invoke(
        app,
        ["eval", "repcount", "--data", str(annotations), "--out", str(tmp_path / "out"),
         "--predictions", str(given), "--limit", "2"],
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("OBO              0.500 [")
    assert "n 2" in result.stdout


def test_a_real_model_counts_from_the_command_line(
    tiny_model: Path, annotations: Path, clips: Path, tmp_path: Path
) -> None:
    result = CliRunner().invoke(
        app,
        ["eval", "repcount", "--data", str(annotations), "--out", str(tmp_path / "out"),
         "--clips", str(clips), "--limit", "2", "--model", str(tiny_model)],
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["overall"]["n"] == 2
    assert report["controls"]["zeroed_motion"]["n"] == 2


def test_the_published_table_is_complete() -> None:
    assert REPCOUNT.rows["LLaMo"] == (0.389, 0.324, 0.222, 6.15)
    assert "| RepNet | 0.009 | - | - | - |" in REPCOUNT.text()


def test_the_released_files_have_the_known_oddities(data_dir: Path) -> None:
    train = read_repcount(data_dir / "text" / "repcount_train.csv")
    valid = read_repcount(data_dir / "text" / "repcount_valid.csv")
    assert (len(train.clips), len(valid.clips)) == (757, 131)
    assert train.without_count == ["stu6_44.mp4"]
    assert train.other_than_pairs == ["test118.mp4"]
    assert [one.name for one in valid.clips if one.count == 0] == ["stu9_67.mp4"]
    assert len({one.exercise for one in train.clips}) == 10  # eight, battle ropes, others
    counts = np.array([one.count for one in valid.clips])
    best = max((np.abs(counts - guess) <= 1).mean() for guess in range(30))
    assert best == pytest.approx(0.22, abs=0.005)  # what a constant guess reaches
