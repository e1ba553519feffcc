"""From ten motions and a CSV to a fine-tuned, evaluated model, in three commands."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from llamo import Assistant
from llamo.cli import app
from llamo.clip import Opened
from llamo.data.figure_actor import Body
from llamo.data.figures import Act, perform
from llamo.data.importing import import_samples, type_of
from llamo.data.own import OwnSample, read_own
from llamo.data.tables import read_table
from llamo.errors import InvalidData, NothingToEstimate
from llamo.formats import read_motion, write_motion
from llamo.motion import Motion
from llamo.skeleton import SMPL22
from llamo.train.own_pool import make_own_pool, varied
from llamo.train.stages import run

QUESTION = "What do we call this drill?"
NAMES = {"squat": "plover", "kick": "heron"}
"""Names that nothing before fine-tuning has heard of."""

RECIPE = """# llamo train own.yaml --data mydata --out runs/mine
name: own
packs: []
finetune: {copies: 3, rehearsal: 0, steps: 60, learning_rate: 6.0e-4}
"""


def drills(person: int) -> Iterator[tuple[Motion, str]]:
    """Both drills as one person does them, with their names."""
    body = Body.draw(np.random.default_rng(person))
    for number, (action, name) in enumerate(NAMES.items()):
        rng = np.random.default_rng([person, number])
        yield perform([Act(action)], rng=rng, fps=20.0, body=body)[0], name


def make_clips(folder: Path, people: int = 5) -> Path:
    """Ten motions: each of five people does both drills; and their CSV."""
    folder.mkdir()
    lines = ["clip,question,answer,person"]
    for person in range(people):
        for number, (motion, name) in enumerate(drills(person)):
            write_motion(motion, folder / f"{person}-{number}.npz")
            lines.append(f'{person}-{number}.npz,"{QUESTION}",{name},p{person}')
    (folder / "questions.csv").write_text("\n".join(lines) + "\n")
    return folder


def right_about_strangers(model: Path | None) -> int:
    """Of twelve questions, about six people whom no table named."""
    asked = [one for person in range(20, 26) for one in drills(person)]
    assistant = Assistant.from_pretrained(model)
    answers = assistant.answer_batch([(motion, QUESTION) for motion, _ in asked])
    return sum(one.answer == name for one, (_, name) in zip(answers, asked, strict=True))


def call(*words: object) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return result.output


def model_of(folder: Path) -> dict:
    return Assistant.from_pretrained(folder).model.state_dict()


def test_three_commands_teach_a_name_that_held_out_people_show(tmp_path: Path, weights_dir: Path):
    clips = make_clips(tmp_path / "clips")
    (tmp_path / "own.yaml").write_text(RECIPE)
    mydata, mine = tmp_path / "mydata", tmp_path / "mine"

    assert "10 clips" in call("data", "import", clips, clips / "questions.csv", "-o", mydata)
    call("train", tmp_path / "own.yaml", "--data", mydata, "--out", mine)
    call(
        "eval", "qa", "--data", mydata / "test.jsonl", "--model", mine, "--no-controls",
        "--out", tmp_path / "after",
    )  # fmt: skip

    after = json.loads((tmp_path / "after" / "report.json").read_text())
    assert after["overall"]["accuracy"] == 1.0, after
    test = [json.loads(line) for line in (mydata / "test.jsonl").open()]
    trained = [json.loads(line) for line in (mydata / "train.jsonl").open()]
    assert not {row["person"] for row in test} & {row["person"] for row in trained}
    assert right_about_strangers(None) == 0
    assert right_about_strangers(mine) >= 10
    assert (mine / "LICENSE-WEIGHTS").read_text() == (weights_dir / "LICENSE-WEIGHTS").read_text()
    card = (mine / "README.md").read_text()
    assert "fine-tuned" in card
    assert "move by rule" not in card  # nothing was rehearsed

    old, new = Assistant.from_pretrained().model.state_dict(), model_of(mine)
    assert all((old[name] == new[name]).all() for name in old if name.startswith("motion_encoder."))
    assert any((old[name] != new[name]).any() for name in old if name.startswith("cross_talker."))
    assert any((old[name] != new[name]).any() for name in old if name.startswith("language_model."))

    row = {**trained[0], "answer": "dunnock"}
    with (mydata / "train.jsonl").open("a") as lines:
        lines.write(json.dumps(row) + "\n")
    with pytest.raises(InvalidData, match="begun with other data"):
        run(tmp_path / "own.yaml", mydata, mine)


def test_data_that_was_not_imported_is_not_trained_on(tmp_path: Path):
    (tmp_path / "own.yaml").write_text(RECIPE)
    write_motion(standing(), tmp_path / "a.npz")
    (tmp_path / "q.csv").write_text("clip,question,answer\na,Q?,yes\n")
    with pytest.raises(InvalidData, match=r"q.csv line 2 has no split; import the data first"):
        run(tmp_path / "own.yaml", tmp_path, tmp_path / "mine")
    with pytest.raises(InvalidData, match="is no folder; make one: llamo data import"):
        run(tmp_path / "own.yaml", tmp_path / "nowhere", tmp_path / "mine")


def standing(seconds: float = 2.0, away_m: float = 0.0) -> Motion:
    from tiny import standing_joints

    frames = round(20 * seconds)
    return Motion(np.repeat(standing_joints()[None], frames, axis=0) + np.float32(away_m), 20.0)


def own(folder: Path, *names: str, **fields) -> list[OwnSample]:
    for name in names:
        if not (folder / name).exists():  # equal files would belong together
            write_motion(standing(away_m=0.1 * ord(name[0])), folder / name)
    people = fields.pop("people", names)
    return [
        OwnSample(folder / name, "Q?", "yes", person=str(person), where=f"line {n}", **fields)
        for n, (name, person) in enumerate(zip(names, people, strict=True), start=2)
    ]


def test_an_import_drops_what_it_cannot_read_and_says_why(tmp_path: Path):
    samples = own(tmp_path, "a.npz", "b.npz", "c.npz")
    (tmp_path / "b.npz").write_bytes(b"PK but no archive")
    result = import_samples(samples, tmp_path / "out")
    assert (result.clips, list(result.dropped)) == (2, ["b.npz"])
    assert "b.npz" in result.dropped["b.npz"]
    assert sum(result.questions.values()) == 2
    said = json.loads((tmp_path / "out" / "import.json").read_text())
    assert said["dropped"] == result.dropped
    for bad in ("a.npz", "c.npz"):
        (tmp_path / bad).write_bytes(b"x")
    with pytest.raises(InvalidData, match="none of the clips can be read: a.npz: "):
        import_samples(samples, tmp_path / "again")


def test_an_import_goes_on_where_it_was_and_is_read_back(tmp_path: Path, monkeypatch):
    samples = own(tmp_path, "a.npz", "b.npz", spans_s=((0.5, 1.0),), source=None)
    import_samples(samples, tmp_path / "out")
    first = [replace_where(one) for one in read_own(tmp_path / "out")]
    with monkeypatch.context() as patch:
        patch.setattr("llamo.data.importing._read", lambda _: pytest.fail("read again"))
        import_samples(samples, tmp_path / "out")
    again = [replace_where(one) for one in read_own(tmp_path / "out")]
    assert again == first
    assert {one.split for one in first} == {"train", "test"}
    assert {one.source for one in first} == {"a", "b"}
    assert first[0].spans_s == ((0.5, 1.0),)
    write_motion(standing(3.0), tmp_path / "a.npz")  # a clip that changed is read again
    import_samples(samples, tmp_path / "out")
    lengths = {round(read_motion(one.motion).duration_s) for one in read_own(tmp_path / "out")}
    assert lengths == {2, 3}


def replace_where(one: OwnSample) -> OwnSample:
    return replace(one, where="")


def test_a_video_is_estimated_once_and_its_notes_are_told(tmp_path: Path, monkeypatch):
    seen: list[str] = []

    def estimate(path: Path) -> Opened:
        seen.append(path.name)
        if path.name == "c.mp4":
            raise NothingToEstimate("expected a person from head to feet, no person is seen.")
        return Opened(standing(away_m=0.1 * ord(path.name[0])), ("the camera moves",))

    monkeypatch.setattr("llamo.data.importing.read_clip", estimate)
    samples = []
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        (tmp_path / name).write_bytes(name.encode())
        samples.append(OwnSample(tmp_path / name, "Q?", "yes", person=name))
    for _ in range(2):
        result = import_samples(samples, tmp_path / "out")
    assert seen == ["a.mp4", "b.mp4", "c.mp4"]
    assert (result.clips, list(result.dropped)) == (2, ["c.mp4"])
    assert "a.mp4: the camera moves" in result.notes
    assert {one.motion.suffix for one in read_own(tmp_path / "out")} == {".npz"}


def test_what_a_video_is_told_is_not_dropped_in_silence(tmp_path: Path):
    samples = own(tmp_path, "a.npz", "b.npz", "c.npz")
    (tmp_path / "d.mp4").write_bytes(b"video")
    samples.append(OwnSample(tmp_path / "d.mp4", "Q?", "yes", person="d", fps=25.0))
    result = import_samples(samples, tmp_path / "out")
    assert "its own frame rate" in result.dropped["d.mp4"]


def test_a_part_of_a_file_becomes_a_motion_of_its_own(tmp_path: Path):
    (whole,) = own(tmp_path, "a.npz")
    (other,) = own(tmp_path, "b.npz", cut_s=(0.5, 1.5))
    import_samples([whole, other], tmp_path / "out")
    seconds = sorted(read_motion(one.motion).duration_s for one in read_own(tmp_path / "out"))
    assert seconds == pytest.approx([1.0, 2.0])


def test_an_abstention_is_scored_as_one_and_keeps_its_words(tmp_path: Path):
    samples = own(tmp_path, "a.npz", "b.npz")
    told = "I can't tell: the racket is not seen."
    samples = [OwnSample(one.motion, "Q?", told, person=one.person) for one in samples]
    import_samples(samples, tmp_path / "out")
    (row,) = read_table(tmp_path / "out" / "test.jsonl")
    assert row.cells["answer"] is None
    assert {one.answer for one in read_own(tmp_path / "out")} == {told}


def test_an_answer_that_no_score_could_tell_is_refused(tmp_path: Path):
    (one,) = own(tmp_path, "a.npz")
    with pytest.raises(InvalidData, match="line 2: the answer 'A' is nothing but articles"):
        import_samples([OwnSample(one.motion, "Grade?", "A", where="line 2")], tmp_path / "out")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [("Yes", "yes_no"), ("no.", "yes_no"), ("3", "number"), ("2.5", "number"), ("plover", "words")],
)
def test_answers_compete_with_answers_of_their_form(answer: str, kind: str):
    assert type_of(OwnSample(Path("a"), "Q?", answer)) == kind
    assert type_of(OwnSample(Path("a"), "Q?", answer, type="mine")) == "mine"


def test_copies_in_a_mirror_get_the_other_side_in_their_words(tmp_path: Path):
    from llamo.encoders.motion import MotionEncoder

    motion = standing()
    motion.joints[:, SMPL22.index("left_wrist"), 1] += np.linspace(0, 0.6, len(motion))
    copies = list(varied(motion, 2, True, [0]))
    assert [mirrored for _, mirrored in copies] == [False, True, False]
    for copy, mirrored in copies:
        side = "right_wrist" if mirrored else "left_wrist"
        height = copy.to_skeleton(SMPL22).joints[:, SMPL22.index(side), 1]
        assert height[-1] - height[0] > 0.4

    write_motion(motion, tmp_path / "a.npz")
    sample = OwnSample(tmp_path / "a.npz", "Which hand, left or right?", "left hand")
    encoder = MotionEncoder(width=32, conv_layers=1, attention_layers=1, heads=2)
    pool = make_own_pool([sample], encoder, tmp_path / "pool", copies=1, mirror=True)
    asked = [(one.question, one.answer) for clip in pool.clips for one in clip.questions]
    assert asked == [
        ("Which hand, left or right?", "left hand"), ("Which hand, right or left?", "right hand"),
    ]  # fmt: skip
    shutil.rmtree(tmp_path / "pool")
    plain = make_own_pool([sample], encoder, tmp_path / "pool", copies=1, mirror=False)
    assert {one.answer for clip in plain.clips for one in clip.questions} == {"left hand"}
