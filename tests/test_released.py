"""Released data sets, in the form in which they are released, as training samples."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from llamo.data.figures import make_figure
from llamo.data.importing import import_samples
from llamo.data.own import read_own
from llamo.data.released import read_released
from llamo.encoders.features import humanml3d_263
from llamo.errors import InvalidData, UnreadableFile
from llamo.formats import read_motion, write_motion
from llamo.motion import Motion
from llamo.skeleton import MMM21, SMPL22


def figure(action: str = "squat", fps: float = 20.0, **kind) -> Motion:
    return make_figure(action, fps=fps, **kind)


@pytest.fixture
def humanml3d(tmp_path: Path) -> Path:
    """Two clips with their mirror images, captions with and without times."""
    for name in ("new_joints", "new_joint_vecs", "texts"):
        (tmp_path / name).mkdir()
    lines = {
        "000001": "a person raises the left hand.#a/DET person/NOUN#0.0#0.0\n"
        "he puts it down#he/PRON#1.5#2.5\n"
        "nobody knows when#nobody/PRON#nan#nan\n",
        "M000001": "a person raises the right hand.#a/DET person/NOUN#0.0#0.0\n",
        "000002": "someone squats#someone/PRON#0.5#2.0\n",
    }
    raising = figure("raise", side="left")
    motions = {"000001": raising, "M000001": raising.mirror(), "000002": figure("squat")}
    for name, motion in motions.items():
        (tmp_path / "texts" / f"{name}.txt").write_text(lines[name])
        np.save(tmp_path / "new_joints" / f"{name}.npy", motion.joints)
    (tmp_path / "train.txt").write_text("000001\nM000001\n")
    (tmp_path / "test.txt").write_text("000002\n")
    return tmp_path


def test_humanml3d_gives_captions_of_clips_and_of_their_parts(humanml3d: Path):
    samples = read_released("humanml3d", humanml3d)
    told = [(one.motion.stem, one.answer, one.cut_s, one.split) for one in samples]
    assert told == [
        ("000001", "a person raises the left hand.", None, "train"),
        ("000001", "nobody knows when", None, "train"),
        ("000001", "he puts it down", (1.5, 2.5), "train"),
        ("M000001", "a person raises the right hand.", None, "train"),
        ("000002", "someone squats", (0.5, 2.0), "test"),
    ]
    assert {one.source for one in samples} == {"000001", "000002"}  # mirrored twins are one
    assert {one.fps for one in samples} == {20.0}
    assert len({one.question for one in samples}) > 1


def test_a_mirrored_clip_of_humanml3d_moves_the_hand_that_its_caption_names(humanml3d: Path):
    for name, hand in (("000001", "left_wrist"), ("M000001", "right_wrist")):
        one = next(s for s in read_released("humanml3d", humanml3d) if s.motion.stem == name)
        motion = read_motion(one.motion, **one.settings)
        heights = np.ptp(motion.joints[..., 1], axis=0)
        assert SMPL22.joints[int(heights.argmax())] == hand


def test_humanml3d_is_read_from_its_features_where_joints_are_missing(humanml3d: Path):
    path = humanml3d / "new_joints" / "000002.npy"
    np.save(humanml3d / "new_joint_vecs" / "000002.npy", humanml3d_263(figure("squat")))
    path.unlink()
    (one,) = [s for s in read_released("humanml3d", humanml3d) if s.split == "test"]
    assert one.motion.parent.name == "new_joint_vecs"
    motion = read_motion(one.motion, **one.settings)
    assert (motion.fps, len(motion.skeleton)) == (20.0, 22)
    (humanml3d / "new_joint_vecs" / "000002.npy").unlink()
    assert {s.split for s in read_released("humanml3d", humanml3d)} == {"train"}


def test_parts_are_cut_at_their_times_and_published_splits_are_kept(humanml3d: Path):
    result = import_samples(
        read_released("humanml3d", humanml3d), humanml3d / "out", published=True
    )
    assert (result.clips, result.published) == (4, True)
    assert result.questions == {"train": 4, "val": 0, "test": 1}
    seconds = {s.answer: read_motion(s.motion).duration_s for s in read_own(humanml3d / "out")}
    assert seconds["he puts it down"] == pytest.approx(1.0)
    assert seconds["someone squats"] == pytest.approx(1.5)
    assert seconds["a person raises the left hand."] > 2.5


def mmm_joints(motion: Motion) -> np.ndarray:
    """(T, 21, 3), as KIT-ML has them: 640 units are a metre, heels where the ankles are."""
    places = [SMPL22.index(name.replace("_heel", "_ankle")) for name in MMM21.joints]
    return 640 * motion.joints[:, places]


@pytest.mark.parametrize("mirrored", [False, True])
def test_kit_has_its_own_unit_and_clock_and_its_left_is_left(tmp_path: Path, mirrored: bool):
    motion = figure("raise", fps=12.5, side="left", heading=40)
    for name in ("new_joints", "texts"):
        (tmp_path / name).mkdir()
    joints = mmm_joints(motion) * ([-1, 1, 1] if mirrored else [1, 1, 1])
    np.save(tmp_path / "new_joints" / "00017.npy", joints.astype(np.float32))
    (tmp_path / "texts" / "00017.txt").write_text("a human raises the left arm#a/DET#0.0#0.0\n")
    (tmp_path / "train.txt").write_text("00017\n")
    (one,) = read_released("kit-ml", tmp_path)
    read = read_motion(one.motion, **one.settings)
    assert (read.fps, read.skeleton) == (12.5, SMPL22)
    wrist = SMPL22.index("left_wrist")
    np.testing.assert_allclose(read.joints[:, wrist], motion.joints[:, wrist], atol=1e-3)


@pytest.fixture
def babel(tmp_path: Path) -> Path:
    """One motion, z up, with two questions, in the released form."""
    folder = tmp_path / "motion_sequences" / "1234"
    folder.mkdir(parents=True)
    joints = figure("squat", fps=30.0).joints
    np.save(folder / "joints.npy", np.stack([joints[..., 0], -joints[..., 2], joints[..., 1]], -1))
    questions = {
        str(number).zfill(6): {
            "babel_id": babel_id, "program": [], "query_type": "query_action",
            "relation_type": relation, "question": f"q{number}?", "answer": answer,
            "question_id": str(number).zfill(6),
        }
        for number, babel_id, relation, answer in (
            (1, "1234", "no_relation", "squat"), (2, "1234", "before", "stand"),
            (3, "9999", "no_relation", "walk"),
        )
    }  # fmt: skip
    (tmp_path / "questions.json").write_text(json.dumps(questions))
    splits = {"train": ["000001"], "val": ["000002"], "test": [3]}
    (tmp_path / "split_question_ids.json").write_text(json.dumps(splits))
    segments = [
        {"start_f": 30, "end_f": 60, "attributes": {"action": ["squat"]}},
        {"start_f": 0, "end_f": 30, "attributes": {"action": ["stand"]}},
    ]
    (tmp_path / "motion_concepts.json").write_text(json.dumps({"1234": segments}))
    return tmp_path


def test_babel_qa_is_30_fps_with_the_axis_of_its_files(babel: Path):
    first, second = read_released("babel-qa", babel)
    assert (first.split, second.split) == ("train", "val")
    assert (first.fps, first.up, first.type, first.source) == (30.0, "z", "action", "1234")
    assert first.spans_s == ((1.0, 2.0),)
    assert second.spans_s == ()  # the span of an order question is not where its answer's act is
    motion = read_motion(first.motion, **first.settings)
    np.testing.assert_allclose(motion.joints, figure("squat", fps=30.0).joints, atol=1e-5)


def test_published_splits_that_leak_are_kept_and_told(babel: Path):
    result = import_samples(read_released("babel-qa", babel), babel / "out", published=True)
    assert result.questions == {"train": 1, "val": 1, "test": 0}
    assert any("published splits leak: the recording '1234'" in note for note in result.notes)


def test_movid_is_found_by_the_names_of_its_clips(tmp_path: Path):
    (tmp_path / "clips").mkdir()
    write_motion(figure(), tmp_path / "clips" / "000012.npz")
    np.save(tmp_path / "clips" / "M000012.npy", figure().joints)
    entries = [
        {
            "video_name": "000012.mp4",
            "QA": [{"Q": "What?", "A": "He squats."}, {"Q": "N?", "A": "1"}],
        },
        {"id": "M000012", "question": "<motion>\nWhat?", "answer": "He squats."},
        {"id": "000099", "question": "What?", "answer": "lost"},
    ]  # fmt: skip
    (tmp_path / "movid_train.json").write_text(json.dumps(entries))
    samples = read_released("movid", tmp_path / "clips", tmp_path / "movid_train.json")
    assert [(one.motion.name, one.question, one.answer, one.fps) for one in samples] == [
        ("000012.npz", "What?", "He squats.", None),
        ("000012.npz", "N?", "1", None),
        ("M000012.npy", "What?", "He squats.", 20.0),
    ]
    assert {(one.split, one.source) for one in samples} == {("train", "000012")}


def test_repcount_asks_for_count_and_exercise_and_knows_the_cycles(tmp_path: Path):
    for name in ("a", "b", "c"):
        write_motion(figure(), tmp_path / f"{name}.npz")
    (tmp_path / "train.csv").write_text(
        ",type,name,count,fps,num_frames,L1,L2,L3,L4\n"
        "0,squant,a.mp4,2,20,90,10,30,35,60\n"
        "1,pullups,b.mp4,3,20,90,10,30,,\n"  # not its pairs: left out
        "2,squat,gone.mp4,1,20,90,1,2,,\n"
    )
    (tmp_path / "new_train.csv").write_text("type,name,count\nsquat,c.mp4,1\n")
    (tmp_path / "valid.csv").write_text("type,name,count,L1,L2\njumpjacks,c.mp4,1,0,5\n")
    count, kind, other, _ = read_released("repcount", tmp_path)
    assert (count.answer, count.type, kind.answer) == ("2", "number", "squat")
    assert count.spans_s == ((0.5, 1.5), (1.75, 3.0))
    assert (other.split, other.motion.name, other.spans_s) == ("val", "c.npz", ())


@pytest.mark.parametrize(
    ("kind", "error", "part"),
    [
        ("kinetics", InvalidData, "'kinetics' is not known; expected humanml3d"),
        ("humanml3d", UnreadableFile, "no train.txt, val.txt or test.txt"),
        ("babel-qa", InvalidData, "is no BABEL-QA file"),
        ("repcount", UnreadableFile, "no train.csv, valid.csv or test.csv"),
        ("movid", UnreadableFile, "no .json or .jsonl"),
    ],
)
def test_a_folder_of_something_else_is_one_clear_line(tmp_path: Path, kind, error, part):
    with pytest.raises(error, match=part):
        read_released(kind, tmp_path)
