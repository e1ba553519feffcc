"""BABEL-QA's questions: files of each form, and their wordings asked about our own acts."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest

from llamo.data.babelqa import read_babelqa
from llamo.data.export_babelqa import ask_in_babel_words, babel_wordings
from llamo.data.question import Scene
from llamo.data.splice import Segment, Sequence
from llamo.motion import Motion


@pytest.mark.parametrize("form", ["dict", "list", "lines"])
def test_babelqa_files_of_each_form(form: str, tmp_path: Path) -> None:
    program = ["[0]=scene(m)", "[1]=filter_action([0], sit)", "[2]=relate([1], before)",
               "?=query_direction([2])"]  # fmt: skip
    record = {"question": "Where?", "program": program, "babel_id": "12", "answer": "left"}
    if form == "dict":
        path = tmp_path / "questions.json"
        path.write_text(json.dumps({"000007": record}))
    elif form == "list":
        path = tmp_path / "questions.json"
        path.write_text(json.dumps([[7, "Where?", program, "12", "left"]]))
    else:
        path = tmp_path / "questions.jsonl"
        path.write_text(json.dumps({"id": "000007", "split": "val", **record}) + "\n")
    question = read_babelqa(path)[0]
    assert (question.id, question.query, question.relation) == ("000007", "direction", "before")


BABEL_LINES = (
    '{"id": "1", "babel_id": "9", "question": "What action does the person do before they squat?",'
    ' "program": ["[1]=filter_action([0], squat)", "[2]=relate([1], before)",'
    ' "?=query_action([2])"], "answer": "wave"}\n'
    '{"id": "2", "babel_id": "9", "question": "What body part does the person use before they move'
    ' left and after they sit?", "program": ["[2]=relate([1], before)", "[4]=relate([3], after)",'
    ' "?=query_body_part([5])"], "answer": "left leg"}\n'
)


def test_babel_wordings_leave_room_for_our_acts(tmp_path: Path) -> None:
    path = tmp_path / "babel.jsonl"
    path.write_text(BABEL_LINES)
    assert babel_wordings(path) == {
        ("action", ("before",)): ("What action does the person do before they {}?",),
        ("body_part", ("before", "after")): (
            "What body part does the person use before they {} and after they {}?",
        ),
    }


def test_babel_words_ask_for_what_stands_beside_the_named_act() -> None:
    wordings = {
        ("action", ("before",)): ("What before they {}?",),
        ("action", ("while",)): ("What while they {}?",),
        ("body_part", ("before", "after")): ("What part before they {} and after they {}?",),
    }
    segments = tuple(
        Segment(float(at), at + 1.0, at, action=name, body_part=part)
        for at, (name, part) in enumerate(
            [("walk", None), ("kick", "left leg"), ("sit", None)]
        )
    )  # fmt: skip
    motion = Motion(np.tile(np.random.default_rng(0).normal(size=(1, 22, 3)), (60, 1, 1)), 20)
    scene = Scene(Sequence(motion, segments), random.Random(0))
    asked = {q.question: q for q in ask_in_babel_words(scene, wordings, np.random.default_rng(0))}
    assert asked["What while they use their left leg?"].answer == "kick"
    between = asked["What part before they sit and after they walk?"]
    assert (between.answer, between.span_s) == ("left leg", (1.0, 2.0))
    assert asked["What before they kick?"].answer == "walk"
    assert "What while they kick?" not in asked  # an act that is asked for has another name
