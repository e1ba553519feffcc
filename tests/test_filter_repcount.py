"""Which clips of RepCount show a whole person throughout, by a rule that can be counted by hand."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from seen_figures import see
from typer.testing import CliRunner

from llamo.cli import app
from llamo.data.figures import make_figure
from llamo.data.filter_repcount import Seen, filter_repcount, seen_of
from llamo.encoders.estimator import Estimate
from llamo.encoders.estimator.landmarks import INDEX
from llamo.errors import InvalidData, MissingDependency, NothingToEstimate, UnreadableFile

LEGS = [INDEX[f"{side}_{part}"] for side in ("left", "right") for part in ("knee", "ankle")]
HEADER = ",type,name,count,fps,num_frames,L1,L2,L3,L4\n"


def estimated(hidden: slice = slice(0), joints: list[int] | None = None) -> Estimate:
    """A figure of 4 s at 25 fps; ``joints`` are out of sight on the frames ``hidden``."""
    motion = make_figure("squat", fps=25.0, idle_s=(1.0, 1.0), tempo_s=2.0)
    landmarks = see(motion)
    visibility = landmarks.visibility.copy()
    visibility[hidden, joints if joints is not None else slice(None)] = 0.0
    landmarks = replace(landmarks, visibility=visibility)
    return Estimate(motion, landmarks, np.ones(len(visibility), bool))


def test_legs_out_of_sight_for_a_second_in_four():
    assert seen_of(estimated()) == Seen(whole=1.0, gap_s=0.0)
    frames = len(estimated().landmarks.times_s)
    seen = seen_of(estimated(slice(10, 35), LEGS))
    assert seen.whole == pytest.approx(1 - 25 / frames, abs=1e-3)
    assert seen.gap_s == pytest.approx(1.0, abs=0.01)
    wrist = [INDEX["left_wrist"]]
    assert seen_of(estimated(slice(10, 35), wrist)).whole == 1.0  # a body hides its own arms


@pytest.fixture
def repcount(tmp_path: Path) -> Path:
    """A table of five clips, of which four videos are there."""
    rows = [
        "0,squat,whole.mp4,2,25,100,1,2,3,4", "1,squant,legless.mp4,3,25,100,1,2,3,4",
        "2,squat,lost.mp4,1,25,100,1,2,,", "3,squat,gone.mp4,1,25,100,1,2,,",
        "4,squat,empty.mp4,,25,100,,,,", "5,squat,nobody.mp4,2,25,100,1,2,3,4",
    ]  # fmt: skip
    (tmp_path / "train.csv").write_text(HEADER + "\n".join(rows) + "\n")
    videos = tmp_path / "videos" / "train"
    videos.mkdir(parents=True)
    for name in ("whole", "legless", "lost", "empty", "nobody"):
        (videos / f"{name}.mp4").write_bytes(b"video")
    return tmp_path


def eye(path: Path) -> Estimate:
    if path.stem == "nobody":
        raise NothingToEstimate("expected a person from head to feet, no person is seen.")
    if path.stem == "legless":
        return estimated(slice(0, 50), LEGS)
    if path.stem == "lost":
        return estimated(slice(40, 48))
    return estimated()


def names(path: Path) -> list[str]:
    with path.open() as lines:
        return [row["name"] for row in csv.DictReader(lines)]


def test_rows_are_kept_as_they_stand_and_each_dropped_one_has_its_reason(repcount: Path):
    out = repcount / "kept.csv"
    result = filter_repcount(
        repcount / "train.csv", repcount / "videos", out, motions=repcount / "motions",
        longest_gap_s=0.25, estimate=eye,
    )  # fmt: skip
    assert out.read_text() == HEADER + "0,squat,whole.mp4,2,25,100,1,2,3,4\n"
    with (repcount / "kept.csv.dropped.csv").open() as lines:
        why = {row["name"]: row["why"] for row in csv.DictReader(lines)}
    assert why == result.dropped
    assert why["gone.mp4"] == "no video"
    assert why["empty.mp4"] == "no count"
    assert why["legless.mp4"].startswith("not whole: head, trunk and legs are seen in ")
    assert why["lost.mp4"] == "lost: the whole person is out of sight for 0.3 s"
    assert why["nobody.mp4"].startswith("refused: expected a person from head to feet")
    assert list(result.reasons.values()) == [1] * 5
    assert sorted(path.stem for path in (repcount / "motions").iterdir()) == [
        "legless", "lost", "whole",
    ]  # fmt: skip


def test_a_second_run_with_another_rule_estimates_nothing(repcount: Path):
    words = (repcount / "train.csv", repcount / "videos", repcount / "kept.csv")
    filter_repcount(*words, longest_gap_s=0.25, estimate=eye)
    with (repcount / "kept.csv.seen.jsonl").open("a") as diary:
        diary.write('{"key": ["whole.mp4"')  # a kill in the middle of a line

    def blind(path: Path) -> Estimate:
        pytest.fail(f"{path} was estimated again")

    result = filter_repcount(*words, longest_gap_s=1.0, least_whole=0.2, estimate=blind)
    assert result.kept == ["whole.mp4", "lost.mp4"] or "legless.mp4" in result.kept
    assert names(repcount / "kept.csv") == result.kept
    (repcount / "videos" / "train" / "whole.mp4").write_bytes(b"another video")
    with pytest.raises(pytest.fail.Exception, match="estimated again"):
        filter_repcount(*words, estimate=blind)


def test_a_missing_package_is_no_reason_to_drop_a_clip(repcount: Path):
    def without(path: Path) -> Estimate:
        raise MissingDependency("reading a video needs decord")

    with pytest.raises(MissingDependency):
        filter_repcount(
            repcount / "train.csv", repcount / "videos", repcount / "kept.csv", estimate=without
        )
    assert not (repcount / "kept.csv").exists()


def test_what_is_not_there_is_said_before_the_work(repcount: Path):
    table, videos, out = repcount / "train.csv", repcount / "videos", repcount / "kept.csv"
    (repcount / "none").mkdir()
    with pytest.raises(InvalidData, match="holds none of the 6 videos that train.csv names"):
        filter_repcount(table, repcount / "none", out, estimate=eye)
    with pytest.raises(UnreadableFile, match="is no folder"):
        filter_repcount(table, repcount / "nowhere", out, estimate=eye)
    with pytest.raises(InvalidData, match="would replace the table"):
        filter_repcount(table, videos, table, estimate=eye)
    (repcount / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InvalidData, match="needs RepCount's columns"):
        filter_repcount(repcount / "other.csv", videos, out, estimate=eye)


def test_the_command_tells_what_was_dropped(repcount: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(filter_repcount, "__kwdefaults__", {
        **filter_repcount.__kwdefaults__, "estimate": eye,
    })  # fmt: skip
    result = CliRunner().invoke(
        app,
        [
            "data", "filter-repcount", str(repcount / "train.csv"),
            "--videos", str(repcount / "videos"), "-o", str(repcount / "kept.csv"),
        ],
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "kept 2 of 6" in result.output
    assert "dropped 1: no video" in result.output
