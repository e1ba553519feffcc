"""GolfDB: the table, frames in a text, PCE by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from llamo.cli import app
from llamo.errors import InvalidData
from llamo.evaluation.golfdb import evaluate_golfdb, read_frames
from llamo.evaluation.golfdb_data import EVENTS, read_golfdb

# start, eight events, end; from address to impact 90 frames (3 allowed), 20 (1), 105 (round 3.5: 4)
EVENTS_A = [100, 110, 130, 150, 160, 180, 200, 210, 230, 240]
EVENTS_B = [0, 10, 14, 18, 22, 26, 30, 34, 38, 40]
EVENTS_C = [5, 15, 40, 60, 80, 100, 120, 130, 140, 145]


def table() -> list[dict[str, Any]]:
    about = {"youtube_id": "v1", "player": "X", "sex": "f", "club": "driver", "view": "face-on"}
    return [
        {"id": 1, **about, "slow": 1, "events": EVENTS_A, "split": 1},
        {"id": 2, **about, "slow": 0, "events": EVENTS_B, "split": 1},
        {"id": 3, **about, "youtube_id": "v2", "slow": 0, "events": EVENTS_C, "split": 2},
    ]


@pytest.fixture
def annotations(tmp_path: Path) -> Path:
    path = tmp_path / "golfDB.json"
    path.write_text(json.dumps(table()))
    return path


def off_by(events: list[int], *offs: int) -> str:
    frames = [frame - events[0] for frame in events[1:-1]]
    return " ".join(str(frame + off) for frame, off in zip(frames, offs, strict=True))


@pytest.fixture
def given(tmp_path: Path) -> Path:
    lines = [
        {"id": 1, "text": off_by(EVENTS_A, 3, -3, 0, 0, 0, 0, 4, -4)},  # 6 of 8 within 3
        {"id": 2, "text": off_by(EVENTS_B, 1, 2, 0, 0, 0, 0, 0, 0)},  # 7 of 8 within 1
        {"id": 3, "text": "somewhere around 40"},
    ]
    path = tmp_path / "given.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_the_table_is_read_as_csv_and_json(annotations: Path, tmp_path: Path) -> None:
    swings = read_golfdb(annotations)
    assert [one.tolerance for one in swings] == [3, 1, 4]
    assert swings[0].frames == (10, 30, 50, 60, 80, 100, 110, 130)
    assert (swings[0].length, swings[0].slow, swings[2].video) == (140, True, "v2")
    csv = tmp_path / "golfDB.csv"
    events = "[100 110 130 150 160\n 180 200 210 230 240]"  # as pandas writes an array
    csv.write_text(f'id,youtube_id,slow,events,split\n1,v1,1,"{events}",1\n')
    assert read_golfdb(csv) == swings[:1]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"id": 1}, "row 1: events missing"),
        ({"id": 1, "events": EVENTS_A[1:]}, "row 1: events must be ten frames in order"),
        ({"id": 1, "events": EVENTS_A[::-1]}, "row 1: events must be ten frames in order"),
        ("x", "row 1: id, events missing"),
    ],
)
def test_a_malformed_row_gets_one_clear_error(tmp_path: Path, row: Any, message: str) -> None:
    path = tmp_path / "g.json"
    path.write_text(json.dumps([row]))
    with pytest.raises(InvalidData, match=message):
        read_golfdb(path)
    path.write_text('{"id": {"0": 1}}')
    with pytest.raises(InvalidData, match="orient='records'"):
        read_golfdb(path)
    with pytest.raises(InvalidData, match="is a pickle, which could run code"):
        read_golfdb(tmp_path / "golfDB.pkl")


def test_frames_are_eight_numbers() -> None:
    assert read_frames("[1, 2, 3, 4, 5, 6, 7, 8.6]") == [1, 2, 3, 4, 5, 6, 7, 9]
    assert read_frames("1 2 3") is None


def test_pce_by_hand(annotations: Path, given: Path, tmp_path: Path) -> None:
    report = evaluate_golfdb(annotations, tmp_path / "out", predictions=given)
    assert report["overall"]["pce"]["mean"] == pytest.approx((6 / 8 + 7 / 8 + 0) / 3)
    assert report["without_events"] == 1
    assert report["videos"] == 2
    assert list(report["by_event"]) == list(EVENTS)
    assert report["by_event"]["address"]["mean"] == pytest.approx(2 / 3)
    assert report["by_event"]["finish"]["mean"] == pytest.approx(1 / 3)
    assert report["by_group"]["real time"]["mean"] == pytest.approx(7 / 16)
    assert report["by_group"]["split 1"]["mean"] == pytest.approx(13 / 16)
    lines = [json.loads(line) for line in (tmp_path / "out" / "predictions.jsonl").open()]
    assert [line["pce"] for line in lines] == [6 / 8, 7 / 8, 0]
    text = (tmp_path / "out" / "report.md").read_text()
    assert "0.761" in text and "mean of splits" in text


def test_mean_timing_looks_at_other_videos_alone(
    annotations: Path, given: Path, tmp_path: Path
) -> None:
    report = evaluate_golfdb(annotations, tmp_path / "out", predictions=given, split="1")
    # both swings of split 1 come from one video: there is nothing to learn from
    assert report["controls"]["mean_timing"]["pce"]["mean"] == 0
    assert report["overall"]["pce"]["n"] == 2
    with pytest.raises(InvalidData, match="split '9' has no swings"):
        evaluate_golfdb(annotations, tmp_path / "out", predictions=given, split="9")
    with pytest.raises(InvalidData, match="give predictions"):
        evaluate_golfdb(annotations, tmp_path / "out")


def test_golfdb_from_the_command_line(annotations: Path, given: Path, tmp_path: Path) -> None:
    words = ["eval", "golfdb", "--data", str(annotations), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(app, [*words, "--predictions", str(given)])
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("PCE              0.542 [")
