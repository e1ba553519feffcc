"""Real packs: split by people, sides as named, and no answer from the question alone."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from llamo.data.baseline import NaiveBayes, leaks
from llamo.data.clips import HELD_OUT, LabelledClip, load_clips, split, swap_sides
from llamo.data.export import export_eval_set, rows_of
from llamo.data.library import ClipLibrary
from llamo.data.questions import ask_about
from llamo.data.sides import active_side
from llamo.errors import InvalidData


def test_naive_bayes_reads_words() -> None:
    model = NaiveBayes(["is it red", "is it blue"] * 3, ["yes", "no"] * 3)
    assert model.predict("so, red?") == "yes"


@pytest.fixture(scope="module")
def real(data_dir: Path) -> list[LabelledClip]:
    return load_clips(data_dir, ["utd_mhad", "hdm05", "ui_prmd"])


def test_real_clips_speak_and_split_by_people(real: list[LabelledClip]) -> None:
    train, held = split(real)
    assert {c.person for c in held if c.pack == "ui_prmd"} == HELD_OUT["ui_prmd"]
    assert not {(c.pack, c.person) for c in train} & {(c.pack, c.person) for c in held}
    assert all(c.says for c in real)


def test_named_sides_agree_with_geometry(real: list[LabelledClip]) -> None:
    named = [
        c for c in real
        if c.side_named and c.side in ("left", "right") and c.label != "depositFloorR"
        and c.limb == "hand"
    ]  # fmt: skip
    found = [active_side(c.motion.joints, c.limb or "") for c in named]
    wrong = [c.label for c, side in zip(named, found, strict=True) if side not in (None, c.side)]
    assert len(named) > 200 and len(wrong) <= 0.03 * len(named)


def test_the_question_alone_does_not_answer(real: list[LabelledClip]) -> None:
    library = ClipLibrary(real)
    rng = np.random.default_rng(5)
    fit, test = (
        [q for _ in range(250) for q in ask_about(library.draw(rng), rng)] for _ in range(2)
    )
    rows = {leak.type: leak for leak in leaks(fit, test)}
    assert rows["yes_no"].question_only < 0.58
    assert rows["count"].question_only < 0.3


def test_exported_questions_are_balanced_and_readable(data_dir: Path, tmp_path: Path) -> None:
    path = export_eval_set(
        data_dir, tmp_path, per_type=12, types=("side", "correct", "count", "yes_no", "cant_tell")
    )
    rows = list(rows_of(path))
    by_type = Counter(row["type"] for row in rows)
    assert by_type["side"] == by_type["side_mirrored"] and by_type["cant_tell"] == 12
    unsettled = [row for row in rows if row["type"] == "cant_tell" and row["answer"] is None]
    assert len(unsettled) == 6
    with np.load(tmp_path / rows[0]["motion"], allow_pickle=False) as arrays:
        assert arrays["joints"].shape[1:] == (22, 3) and int(arrays["schema"]) == 1
    pairs = {row["pair"]: row for row in rows if row["type"] == "side"}
    for row in rows:
        if row["type"] == "side_mirrored":
            assert row["answer"] == swap_sides(pairs[row["pair"]]["answer"])


def test_one_pack_alone_is_exported(data_dir: Path, tmp_path: Path) -> None:
    path = export_eval_set(data_dir, tmp_path, per_type=6, packs=["hdm05"])
    rows = list(rows_of(path))
    assert {row["person"] for row in rows} == {"hdm05/dg"}
    assert {"action_hdm05", "side", "order"} <= {row["type"] for row in rows}
    with pytest.raises(InvalidData, match="hold nobody who is held_out"):
        export_eval_set(data_dir, tmp_path, packs=["coachme"])
