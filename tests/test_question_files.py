"""Files of questions: what a line may hold, and one clear error where it is malformed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fake_assistant import write_lines

from llamo.errors import InvalidData, UnreadableFile
from llamo.evaluation.items import read_items

GOOD = {"id": "x", "motion": "m.npz", "question": "What?", "answer": "walk", "type": "action"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"question": ...}, "question missing"),
        ({"answer": ..., "type": ...}, "answer, type missing"),
        ({"motion": "gone.npz"}, "motion file gone.npz is not there"),
        ({"motion": "\0"}, "is not there"),
        ({"motion": "m.npy"}, "fps missing"),
        ({"motion": "m.npy", "fps": 0}, "fps must be a positive number, got 0"),
        ({"motion": "m.npy", "fps": "20"}, "fps must be"),
        ({"up": ["z"]}, "up must be a text"),
        ({"question": "x" * 3000}, "ask one thing at a time"),
        ({"unit": {}}, "unit must be a text"),
        ({"id": "first"}, "id 'first' stands on line 1 already"),
        ({"question": " "}, "question must be a text"),
        ({"answer": "the"}, "holds no word that counts"),
        ({"answer": True}, "answer must be a text"),
        ({"accept": "walk"}, "accept must be a list"),
        ({"id": None}, "id must be"),
    ],
)
def test_a_malformed_line_gets_one_clear_error(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    (tmp_path / "m.npz").touch()
    (tmp_path / "m.npy").touch()
    line = {name: value for name, value in {**GOOD, **change}.items() if value is not ...}
    path = write_lines(tmp_path / "q.jsonl", [{**GOOD, "id": "first"}, "", line])
    with pytest.raises(InvalidData) as caught:
        read_items(path)
    text = str(caught.value)
    assert "line 3: " in text
    assert message in text
    assert "\n" not in text


def test_lines_that_are_no_objects_are_named(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "q.jsonl", ["{", "[1]", "nothing", *["{}"] * 5])
    with pytest.raises(InvalidData, match=r"line 1: not JSON.*line 2: expected.*and 3 more"):
        read_items(path)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="cannot be read"):
        read_items(tmp_path / "gone.jsonl")
    (tmp_path / "q.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UnreadableFile, match="not UTF-8"):
        read_items(tmp_path / "q.jsonl")
    (tmp_path / "q.jsonl").write_text("\n")
    with pytest.raises(InvalidData, match="no questions"):
        read_items(tmp_path / "q.jsonl")


def test_numbered_answers_and_clips_within_a_file_are_accepted(tmp_path: Path) -> None:
    (tmp_path / "pack.npz").touch()
    line = {**GOOD, "motion": "pack.npz#12", "answer": 5, "id": 7}
    (one,) = read_items(write_lines(tmp_path / "q.jsonl", [line]))
    assert (one.answer, one.id, one.clip.file.name) == ("5", "7", "pack.npz")
