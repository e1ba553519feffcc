"""Each fault is planted in clean data and must be found, and nothing found where none is."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from llamo.cli import app
from llamo.data.check import _first, check_folder, check_samples
from llamo.data.check_motion import WALK_RATIO, judge_motions, look_at
from llamo.data.check_report import Finding
from llamo.data.check_text import (
    Asked,
    judge_labels,
    judge_questions,
    judge_sides,
    said_side,
    see_side,
)
from llamo.data.check_twins import find_twins, judge_twins, take_print
from llamo.data.figures import make_figure
from llamo.data.own import OwnSample
from llamo.errors import InvalidData, UnreadableFile
from llamo.formats import write_motion
from llamo.motion import Motion, rotation_about_y
from llamo.skeleton import SMPL22

ACTS = ("squat", "wave", "kick", "bow", "punch", "march")


@pytest.fixture(scope="module")
def clips() -> dict[str, Motion]:
    """Clean clips: six acts, two people each."""
    return {
        f"{act}-{person}": make_figure(
            act, rng=np.random.default_rng([person, number]), fps=20.0, heading=50 * number
        )
        for number, act in enumerate(ACTS)
        for person in (0, 1)
    }


def judged(clips: dict[str, Motion]) -> list[Finding]:
    return judge_motions([look_at(name, motion) for name, motion in clips.items()])


def kinds(findings: list[Finding], *gravities: str) -> set[str]:
    return {one.kind for one in findings if one.gravity in (gravities or ("error", "warning"))}


def changed(clips: dict[str, Motion], change) -> dict[str, Motion]:
    return {
        name: replace(motion, joints=change(motion.joints).astype(np.float32), rotations=None)
        for name, motion in clips.items()
    }


def test_nothing_is_found_in_clean_clips(clips: dict[str, Motion]):
    assert kinds(judged(clips)) == set()
    prints = [take_print(name, motion) for name, motion in clips.items()]
    assert kinds(judge_twins(prints)) == set()


@pytest.mark.parametrize(
    ("kind", "change", "part"),
    [
        ("up", lambda j: np.stack([j[..., 0], -j[..., 2], j[..., 1]], -1), "stands along z"),
        ("units", lambda j: j * 100, "stature"),
        ("units", lambda j: j * 0.3, "stature"),
        ("sides", lambda j: j[:, list(SMPL22.mirror)], "toes point behind"),
        ("sides", lambda j: j * [-1, 1, 1], "toes point behind"),
    ],
)
def test_a_wrong_axis_unit_or_side_is_an_error(clips, kind: str, change, part: str):
    found = [one for one in judged(changed(clips, change)) if one.kind == kind]
    assert found
    assert (found[0].gravity, found[0].count) == ("error", len(clips))
    assert part in found[0].says


def test_one_exchanged_clip_among_many_is_named(clips: dict[str, Motion]):
    name = "squat-0"
    bad = {**clips, **changed({name: clips[name]}, lambda j: j[:, list(SMPL22.mirror)])}
    (found,) = [one for one in judged(bad) if one.kind == "sides"]
    assert (found.gravity, found.examples) == ("warning", (name,))


def hop(fps: float, stated: float) -> Motion:
    """Someone in the air for half a second under 9.81 m/s^2, five times."""
    from tiny import standing_joints

    time_s = np.arange(round(6 * fps)) / fps
    phase = time_s % 1.2 - 0.4
    air = np.clip(9.81 / 2 * (phase * (0.6 - phase)), 0, None)
    joints = np.repeat(standing_joints()[None], len(time_s), axis=0)
    joints[..., 1] += air[:, None]
    return Motion(joints, stated)


def test_who_jumps_falls_as_fast_as_the_earth_pulls():
    facts = look_at("hop", hop(30, 30))
    assert len(facts.flight) == 5
    assert np.median(facts.flight) == pytest.approx(9.81, rel=0.01)
    assert kinds(judge_motions([facts])) == set()


def test_a_wrong_clock_is_seen_in_the_fall():
    (found,) = [one for one in judge_motions([look_at("hop", hop(30, 60))]) if one.kind == "fps"]
    assert "falls 2.00 times as fast" in found.says
    assert "0.50 times what is stated" in found.says


def walker(fps: float, stated: float, back: bool = False) -> Motion:
    """Six seconds at two steps a second; steps of 0.78 m have the walk ratio of people, 0.39."""
    from tiny import standing_joints

    time_s = np.arange(round(6 * fps)) / fps
    joints = np.repeat(standing_joints()[None], len(time_s), axis=0).astype(np.float64)
    swing = 0.35 * np.sin(2 * np.pi * time_s)
    for side, sign in (("left", 1), ("right", -1)):
        for name in ("ankle", "foot"):
            joints[:, SMPL22.index(f"{side}_{name}"), 2] += sign * swing
    joints[..., 2] += (-1 if back else 1) * 1.56 * time_s[:, None]
    return Motion(joints.astype(np.float32), stated)


def test_a_wrong_clock_is_seen_in_the_steps():
    facts = look_at("walk", walker(20, 20))
    assert facts.walks == "forwards"
    assert facts.walk_ratio == pytest.approx(WALK_RATIO, rel=0.03)
    right = [replace(facts, name=str(n)) for n in range(6)]
    assert kinds(judge_motions(right)) == set()
    wrong = [replace(look_at("walk", walker(20, 40)), name=str(n)) for n in range(6)]
    assert "steps 2.0" in next(one.says for one in judge_motions(wrong) if one.kind == "fps")


def test_those_who_all_walk_backwards_face_the_wrong_way():
    facts = look_at("walk", walker(20, 20, back=True))
    assert facts.walks == "backwards"
    found = judge_motions([replace(facts, name=str(n)) for n in range(6)])
    assert "facing" in kinds(found, "error")


def test_repeated_and_interpolated_frames_tell_of_a_lower_frame_rate(clips: dict[str, Motion]):
    slow = clips["kick-0"]
    doubled = replace(slow, joints=np.repeat(slow.joints, 2, axis=0), rotations=None, fps=40.0)
    says = [one.says for one in judge_motions([look_at("a", doubled)]) if one.kind == "fps"]
    assert any("repeats the one before" in one for one in says)
    between = replace(slow, rotations=None).resample(40.0)
    says = [one.says for one in judge_motions([look_at("a", between)]) if one.kind == "fps"]
    assert any("half of the frames are interpolated" in one for one in says)


def test_jumps_stillness_and_short_clips_are_told(clips: dict[str, Motion]):
    still = replace(
        clips["squat-0"], joints=clips["squat-0"].joints[:1].repeat(40, 0), rotations=None
    )
    joints = clips["wave-0"].joints.copy()
    joints[20, SMPL22.index("left_wrist")] += 2.0
    jumping = replace(clips["wave-0"], joints=joints, rotations=None)
    short = clips["kick-0"].trim(0, 0.2)
    found = judged({"still": still, "jumping": jumping, "short": short})
    by_name = {one.examples[0]: one.says for one in found if one.kind == "motion"}
    assert "does not move" in by_name["still"]
    assert "jumps" in by_name["jumping"]
    assert "shorter than 0.3 s" in by_name["short"]


def moved(motion: Motion) -> Motion:
    """The same, elsewhere, turned, and at another frame rate."""
    joints = motion.joints @ rotation_about_y(1.0).T + np.float32([3, 0, 1])
    return replace(motion, joints=joints, rotations=None).resample(40.0)


def test_copies_and_mirror_images_are_found_wherever_they_stand(clips: dict[str, Motion]):
    names = list(clips)
    prints = [take_print(name, motion) for name, motion in clips.items()]
    copy = take_print("copy", moved(clips["kick-0"]))
    twin = take_print("twin", moved(clips["kick-0"].mirror()))
    assert find_twins([*prints, copy, twin]) == [(names.index("kick-0"), len(prints))]
    assert set(find_twins([*prints, copy, twin], mirrored=True)) == {
        (names.index("kick-0"), len(prints) + 1), (len(prints), len(prints) + 1),
    }  # fmt: skip


def test_a_copy_over_splits_or_people_is_an_error(clips: dict[str, Motion]):
    def pair(**of_second):
        first = take_print("a", clips["kick-0"], person="ann", split="train")
        return [first, replace(first, name="b", **of_second)]

    (found,) = judge_twins(pair(split="test"))
    assert (found.gravity, found.examples) == ("error", ("a = b",))
    assert "copy of one of another" in found.says
    (found,) = judge_twins(pair(person="bob"))
    assert "under two people" in found.says
    (found,) = judge_twins(pair())
    assert found.gravity == "warning"


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("right hand wave", ("right", "hand")),
        ("left_foot forward", ("left", "leg")),
        ("kickLFront1Reps", ("left", "leg")),
        ("grabHighR", ("right", "hand")),
        ("left hand and right hand", None),
        ("turn left", None),
        ("walkRightSide", None),
    ],
)
def test_the_side_that_a_label_names(label: str, said):
    assert said_side(label) == said


def test_a_label_is_held_against_the_hand_that_moves(clips: dict[str, Motion]):
    motion = make_figure("wave", side="left", fps=20.0)
    right = see_side("a", "waves the left hand", motion)
    wrong = see_side("b", "waves the right hand", motion)
    assert (right.seen, wrong.seen) == ("left", "left")
    assert see_side("c", "waves", motion) is None
    (fine,) = judge_sides([right] * 5)
    assert fine.gravity == "note"
    (one,) = judge_sides([right] * 5 + [wrong])
    assert (one.gravity, one.count, one.of) == ("warning", 1, 6)
    (all_wrong,) = judge_sides([wrong] * 5)
    assert all_wrong.gravity == "error"


def test_labels_that_are_one_are_put_side_by_side():
    labels = ["push_up"] * 20 + ["Push-ups"] * 3 + ["squat"] * 20 + ["squant"] + ["pull_up"] * 20
    says = [one.says for one in judge_labels(labels)]
    assert says == [
        "labels that are one: 'push_up' = 'Push-ups'",
        "labels that may be one: 'squat' and, rarely, 'squant'",
    ]
    assert judge_labels(["left hand"] * 50 + ["right hand"]) == []
    assert judge_labels(["level1"] * 50 + ["level2"]) == []


def test_contradictions_repetitions_and_blind_answers_are_told():
    asked = [
        Asked("1", "a", "Which hand?", "left", "train"),
        Asked("2", "a", "which hand ?", "right", "train"),
        Asked("3", "b", "Which hand?", "left", "train"),
        Asked("4", "b", "Which hand?", "Left.", "test"),
    ]
    contrary, leak, twice = judge_questions(asked)
    assert (contrary.gravity, contrary.examples) == ("error", ("1: left", "2: right"))
    assert (leak.kind, leak.examples) == ("splits", ("b",)) or (twice.kind == "splits")
    people = [replace(asked[2], where=split, split=split, person="ann") for split in ("a", "b")]
    says = [one.says for one in judge_questions(people) if one.kind == "splits"]
    assert any("a person stands in several splits" in one for one in says)
    blind = [Asked(str(n), str(n), "Good?", "yes" if n else "no") for n in range(20)]
    (found,) = judge_questions(blind)
    assert "'yes' answers 95%" in found.says


def test_questions_are_held_against_their_clips(tmp_path: Path):
    for person, side in enumerate(("left", "right")):
        motion = make_figure("wave", side=side, fps=20.0, rng=np.random.default_rng(person))
        write_motion(motion, tmp_path / f"{side}.npz")
    samples = [
        OwnSample(tmp_path / "left.npz", "Which hand?", "left hand", "train", where="line 2"),
        OwnSample(tmp_path / "right.npz", "Which hand?", "left hand", "test", where="line 3"),
        OwnSample(tmp_path / "left.npz", "When?", "soon", "train", spans_s=((90.0, 91.0),),
                  where="line 4"),
        OwnSample(tmp_path / "gone.npz", "What?", "a", "train", where="line 5"),
    ]  # fmt: skip
    report = check_samples("mine", "own", samples)
    found = {(one.kind, one.gravity): one for one in report.findings}
    assert found["sides", "warning"].examples == ("right.npz (left hand)",)
    assert found["spans", "error"].examples == ("line 4",)
    assert found["motion", "error"].count == 1
    assert report.findings[0].gravity == "error"


def write_pack(folder: Path, clips: dict[str, Motion]) -> None:
    joints = np.concatenate([motion.joints for motion in clips.values()])
    lengths = np.array([len(motion) for motion in clips.values()])
    np.savez(
        folder / "pack.npz", root=joints[:, 0], rel=(joints - joints[:, :1]).astype(np.float16),
        start=np.cumsum(lengths) - lengths, length=lengths,
    )  # fmt: skip
    rows = [
        {"name": name, "action": name.split("-")[0], "subject": n} for n, name in enumerate(clips)
    ]
    (folder / "pack.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n")


def test_a_folder_is_checked_by_what_it_holds(tmp_path: Path, clips: dict[str, Motion]):
    for name in ("motion", "text"):
        (tmp_path / name).mkdir()
    write_pack(tmp_path / "motion", clips | {"again-0": clips["kick-0"]})
    (tmp_path / "text" / "questions.jsonl").write_text(
        '{"question": "Which?", "answer": "a", "babel_id": 1, "split": "train"}\n'
        '{"question": "Which?", "answer": "b", "babel_id": 1, "split": "val"}\n'
    )
    (tmp_path / "text" / "captions.jsonl").write_text(
        '{"sequence": "01_01", "start": 3.0, "end": 2.0, "captions": ["he walks"]}\n'
    )
    (tmp_path / "text" / "train.csv").write_text(
        "type,name,count,fps,num_frames,L1,L2,L3,L4\n"
        "squant,a.mp4,2,25,50,1,5,9,4\nsquat,b.mp4,2,25,50,1,5,,\nsquat,c.mp4,,25,50,1,70,,\n"
    )
    (tmp_path / "text" / "valid.csv").write_text("type,name,count,L1,L2\nsquat,a.mp4,0,,\n")
    reports = {one.name: one for one in check_folder(tmp_path)}
    assert set(reports) == {"pack", "questions.jsonl", "captions.jsonl", "train.csv", "valid.csv"}
    assert reports["pack"].clips == len(clips) + 1
    assert kinds(reports["pack"].findings) == {"duplicates"}
    assert kinds(reports["questions.jsonl"].findings) == {"golds", "splits"}
    assert kinds(reports["captions.jsonl"].findings) == {"spans"}
    assert kinds(reports["train.csv"].findings) == {"labels", "counts", "spans", "splits"}
    assert kinds(reports["valid.csv"].findings, "note") == {"counts"}


@pytest.mark.parametrize(
    ("times", "found"),
    [
        ({"start": 3.0, "end": 2.0}, {"spans"}),
        ({"start": 3.0, "end": 0.0}, {"spans"}),
        ({"start": 3.0}, set()),
        ({"start": 3.0, "end": None}, set()),
        ({"start": 0.0, "end": 0.0}, set()),  # HumanML3D: the whole clip
    ],
)
def test_only_an_end_that_is_there_comes_before_its_start(tmp_path: Path, times, found: set[str]):
    row = {"sequence": "01_01", "captions": ["he walks"], **times}
    (tmp_path / "captions.jsonl").write_text(json.dumps(row) + "\n")
    (report,) = check_folder(tmp_path)
    assert kinds(report.findings) == found


def test_a_person_of_number_0_has_a_name(tmp_path: Path, clips: dict[str, Motion]):
    two = {"kick-0": clips["kick-0"], "again-0": clips["kick-0"]}
    write_pack(tmp_path, two)  # subjects 0 and 1
    (report,) = check_folder(tmp_path)
    assert any("under two people" in one.says for one in report.findings)
    rows = [{"name": name, "label": 0, "action": name} for name in two]
    assert [_first(row, ("label", "action")) for row in rows] == ["0", "0"]
    lines = [
        {"question": f"Q{n}?", "answer": "a", "babel_id": n, "person": 0, "split": split}
        for n, split in enumerate(("train", "val"))
    ]
    (tmp_path / "pack.npz").unlink()
    (tmp_path / "pack.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n")
    (report,) = check_folder(tmp_path)
    assert any("a person stands in several splits" in one.says for one in report.findings)


def test_the_command_prints_lines_or_json(tmp_path: Path, clips: dict[str, Motion]):
    for name in ("squat-0", "kick-0"):
        write_motion(clips[name], tmp_path / f"{name}.npz")
    result = CliRunner().invoke(app, ["data", "check", str(tmp_path)])
    assert result.exit_code == 0, result.output
    assert "(motions): 2 clips" in result.output
    assert "nothing found" in result.output
    result = CliRunner().invoke(app, ["data", "check", str(tmp_path), "--json"])
    (report,) = json.loads(result.stdout)
    assert (report["clips"], report["findings"]) == (2, [])


def test_a_folder_without_data_is_one_clear_line(tmp_path: Path):
    with pytest.raises(InvalidData, match="holds no motion, pack or table"):
        list(check_folder(tmp_path))
    with pytest.raises(UnreadableFile, match="does not exist"):
        list(check_folder(tmp_path / "nowhere"))
