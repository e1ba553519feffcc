"""Data of one's own: the table of questions, its mistakes, and splits that cannot leak."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from llamo.data.leaks import find_leaks, group_samples, source_of, split_samples
from llamo.data.own import OwnSample, read_own
from llamo.errors import InvalidData, UnreadableFile


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """Files that are there; nothing here looks into them."""
    for number, name in enumerate(["a.npz", "b.npz", "c.mp4", "d.npy", "pack.npz"]):
        (tmp_path / name).write_bytes(b"x" * (number + 1))
    return tmp_path


def table(folder: Path, text: str, name: str = "questions.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_a_csv_is_read_with_what_it_says(clips: Path):
    text = "clip,question,answer,person,split,start_s,end_s\n"
    text += 'a.npz,"Which drill, please?",plover,ann,test,0.5,2\nc,How many?,3,,,,\n'
    first, second = read_own(table(clips, text))
    assert first == OwnSample(
        clips / "a.npz", "Which drill, please?", "plover", "test", "ann", ((0.5, 2.0),),
        where="questions.csv line 2",
    )  # fmt: skip
    assert (second.motion, second.answer, second.split) == (clips / "c.mp4", "3", None)
    assert (second.person, second.spans_s) == (None, ())


@pytest.mark.parametrize("told", ["fps", "up", "unit"])
def test_a_video_is_told_nothing_that_it_tells_itself(clips: Path, told: str):
    text = f"clip,question,answer,{told}\nc.mp4,Q?,yes,"
    with pytest.raises(InvalidData, match=f"line 2: {told} cannot be told of a video"):
        read_own(table(clips, text + "30\n"))
    assert read_own(table(clips, text + "\n"))[0].settings == {}


def test_semicolons_byte_order_marks_and_capitals_are_a_csv_too(clips: Path):
    path = clips / "questions.csv"
    path.write_bytes("\ufeffClip;Question;Answer\na;Ça va?;oui, bien\n".encode())
    (sample,) = read_own(path)
    assert (sample.question, sample.answer) == ("Ça va?", "oui, bien")


def test_json_lines_name_clips_of_a_file_and_abstentions(clips: Path):
    rows = [
        {"clip": "pack.npz#3", "question": "Q?", "answer": None},
        {"clip": "d.npy", "fps": 30, "question": "Q?", "answer": 7, "spans_s": [[0, 1], [2, 3]]},
    ]
    path = table(clips, "\n".join(map(json.dumps, rows)), "q.jsonl")
    first, second = read_own(path)
    assert (first.motion.name, first.file.name, first.abstains) == ("pack.npz#3", "pack.npz", True)
    assert (second.answer, second.spans_s, second.fps) == ("7", ((0, 1), (2, 3)), 30)


def test_a_folder_is_read_by_its_splits_or_its_one_table(clips: Path):
    for split in ("test", "train", "val"):
        table(clips, "clip,question,answer\na,Q?,yes\n", f"{split}.csv")
    assert [one.split for one in read_own(clips)] == ["train", "val", "test"]
    table(clips, "x", "notes.csv")
    assert len(read_own(clips)) == 3
    for split in ("test", "train", "val", "notes"):
        (clips / f"{split}.csv").unlink()
    with pytest.raises(InvalidData, match="must hold one table of questions.*found none"):
        read_own(clips)


def test_a_name_without_ending_is_the_motion_rather_than_its_video(clips: Path):
    path = table(clips, "clip,question,answer\na,Q?,yes\n")
    (clips / "a.avi").write_bytes(b"video")
    assert read_own(path)[0].motion.name == "a.npz"
    (clips / "a.bvh").write_bytes(b"HIERARCHY")
    with pytest.raises(InvalidData, match="line 2: clip 'a' may be a.bvh, a.npz; write its ending"):
        read_own(path)


def test_clips_may_lie_elsewhere(clips: Path, tmp_path: Path):
    other = tmp_path / "other"
    other.mkdir()
    path = table(other, "clip,question,answer\na,Q?,yes\n")
    assert read_own(path, clips)[0].motion == clips / "a.npz"
    with pytest.raises(InvalidData, match=r"questions.csv: line 2: clip 'a' is not in"):
        read_own(path)
    with pytest.raises(UnreadableFile, match="is no folder"):
        read_own(path, clips / "nowhere")


@pytest.mark.parametrize(
    ("row", "part"),
    [
        ("e,Q?,yes,,,,", r"line 2: clip 'e' is not in"),
        ("a,,yes,,,,", "line 2: question must be a text"),
        ("a,Q?,,,,,", "line 2: answer must be a text"),
        ("a,Q?,yes,,exam,,", "split must be train, val, test or empty, got 'exam'"),
        ("a,Q?,yes,,,1,", "start_s and end_s go together"),
        ("a,Q?,yes,,,2,1", "the start before the end"),
        ("a,Q?,yes,,,x,1", "start_s must be a number, got 'x'"),
        ("d,Q?,yes,,,,", "fps is missing; d.npy is .npy"),
        ("a,Q?,yes,no,,,,,,", "10 cells for 7 columns; text that holds the separator"),
        ("../" * 900 + "a,Q?,yes,,,,", "is not in"),
        ("a\0,Q?,yes,,,,", "line"),
    ],
)
def test_a_mistake_is_told_with_file_and_line(clips: Path, row: str, part: str):
    path = table(clips, f"clip,question,answer,person,split,start_s,end_s\n{row}\n")
    with pytest.raises(InvalidData, match=part) as told:
        read_own(path)
    assert "questions.csv" in str(told.value)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("clip,question\na,Q?\n", "has no column 'answer'"),
        ("clip,question,answer,persons\na,Q?,yes,ann\n", "is 'person' meant"),
        ("clip,clip,question,answer\na,a,Q?,yes\n", "column 'clip' stands twice"),
        ("clip,question,answer\n", "holds no rows"),
        ("", "holds no rows"),
    ],
)
def test_a_wrong_table_is_one_clear_line(clips: Path, text: str, part: str):
    with pytest.raises(InvalidData, match=part):
        read_own(table(clips, text))


def test_files_that_are_no_tables_are_refused(clips: Path):
    with pytest.raises(InvalidData, match="is no table"):
        read_own(clips / "a.npz")
    with pytest.raises(InvalidData, match="line 1: expected {...}, got list"):
        read_own(table(clips, "[1]", "q.jsonl"))
    (clips / "latin.csv").write_bytes("clip,question,answer\na,Ça?,x\n".encode("latin-1"))
    with pytest.raises(UnreadableFile, match="save it as UTF-8"):
        read_own(clips / "latin.csv")


def sample(name: str, answer: str = "yes", **fields) -> OwnSample:
    return OwnSample(Path(name), "Q?", answer, **fields)


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("swing.npz", "swing"),
        ("swing_cut2.npz", "swing"),
        ("swing-part 3_mirrored.mp4", "swing"),
        ("M000012.npy", "000012"),
        ("Maria.npz", "Maria"),
        ("take_3.npz", "take_3"),
    ],
)
def test_cuts_and_mirror_images_are_one_recording(name: str, source: str):
    assert Path(source_of(sample(name))).name == source


def test_samples_that_share_anything_are_one_group(tmp_path: Path):
    for name in ("e.npz", "f.npz", "g.npz"):
        (tmp_path / name).write_bytes(b"other" if name == "g.npz" else b"equal")
    samples = [
        sample("a.npz", person="ann"),
        sample("b.npz", person="bob"),
        sample("a_cut1.npz", person="cat"),  # the same recording as ann's: all three are one
        sample("d.npz", person="cat"),
        sample(str(tmp_path / "e.npz")),
        sample(str(tmp_path / "f.npz")),  # a copy of e
        sample(str(tmp_path / "g.npz")),
        sample("h.npz", source="one"),
        sample("i.npz", source="one"),
    ]
    assert group_samples(samples) == [0, 1, 0, 0, 2, 2, 3, 4, 4]


def test_no_group_is_ever_divided(rng: np.random.Generator):
    for seed in range(20):
        samples = [
            sample(
                f"{rng.integers(12)}{rng.choice(['', '_cut1', '_mirrored'])}.npz",
                answer=str(rng.integers(3)),
                person=str(rng.integers(9)) if rng.random() < 0.5 else None,
            )
            for _ in range(25)
        ]
        groups = group_samples(samples)
        if len(set(groups)) < 2:
            continue
        done = split_samples(samples, seed=seed)
        where = {}
        for one, group in zip(done, groups, strict=True):
            assert where.setdefault(group, one.split) == one.split
        assert {"train", "test"} <= {one.split for one in done}
        assert not find_leaks(done)
        assert split_samples(samples, seed=seed) == done


def test_ten_clips_give_seven_one_and_two_and_ask_what_was_taught():
    samples = [sample(f"{i}.npz", answer="ab"[i % 2], person=f"p{i}") for i in range(10)]
    done = split_samples(samples)
    splits = [one.split for one in done]
    assert [splits.count(name) for name in ("train", "val", "test")] == [7, 1, 2]
    assert {one.answer for one in done if one.split == "test"} == {"a", "b"}
    assert {one.answer for one in done if one.split == "train"} == {"a", "b"}


def test_a_written_split_holds_for_all_that_belongs_to_it():
    samples = [
        sample("a.npz", split="test"), sample("a_mirrored.npz"), sample("b.npz"), sample("c.npz"),
    ]  # fmt: skip
    done = split_samples(samples, {"train": 1.0})
    assert [one.split for one in done] == ["test", "test", "train", "train"]


def test_splits_that_leak_are_refused_and_say_by_what():
    one = sample("a.npz", split="train", person="ann", where="q.csv line 2")
    person = sample("b.npz", split="test", person="ann", where="q.csv line 3")
    with pytest.raises(
        InvalidData, match=r"person 'ann' in train \(q.csv line 2\) and test \(q.csv line 3\)"
    ):
        split_samples([one, person])
    twin = sample("a_mirrored.npz", split="val", where="q.csv line 4")
    with pytest.raises(InvalidData, match=r"recording 'a' in train"):
        split_samples([replace(one, person=None), twin])


def test_what_cannot_be_split_is_refused():
    with pytest.raises(InvalidData, match="all clips belong together"):
        split_samples([sample("a.npz", person="x"), sample("b.npz", person="x")])
    with pytest.raises(InvalidData, match="every clip is written into train"):
        split_samples([sample("a.npz", split="train"), sample("b.npz", split="train")])
