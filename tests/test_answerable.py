"""Questions that need no model, answers as JSON, and what was not measured."""

from __future__ import annotations

import json

import numpy as np
import pytest

from llamo.answer import (
    Answer,
    Viewpoint,
    abstention_reason,
    cannot_tell,
    invented_number,
)
from llamo.answerable import MAX_QUESTION_CHARACTERS, checked_question, reason_not_to_try
from llamo.errors import InvalidQuestion
from llamo.kinematics import Measurement
from llamo.motion import Motion

CLIP = Motion(np.zeros((60, 22, 3), np.float32), fps=30)


def knows_nothing(text: str) -> bool:
    return False


@pytest.mark.parametrize("question", ["", "   \n", "\0\0", "x" * (MAX_QUESTION_CHARACTERS + 1), 7])
def test_unaskable_questions_get_one_line(question):
    with pytest.raises(InvalidQuestion) as error:
        checked_question(question)
    assert "\n" not in str(error.value)


def test_question_is_tidied():
    assert checked_question("  Which\thand\x00? \n") == "Which hand ?"


@pytest.mark.parametrize(
    ("question", "unseen", "reason"),
    [
        ("Which hand waves?", (), None),
        ("Was machen die Hände?", (), None),
        ("Сколько приседаний?", (), "I only understand English questions"),
        ("他在做什么?", (), "I only understand English questions"),
        ("?!", (), "the question holds no words"),
        ("How far do the knees bend?", ("legs",), "the legs are not visible"),
        ("Is the left foot lifted?", ("left leg",), "the left leg is not visible"),
        ("Is the right foot lifted?", ("left leg",), None),
        ("Which arm moves?", ("legs",), None),
        ("What happens?", ("legs", "arms", "trunk", "head"), "nobody is visible"),
    ],
)
def test_reason_not_to_try(question, unseen, reason):
    assert reason_not_to_try(CLIP, question, unseen, knows_nothing) == reason


def test_a_script_the_tokenizer_knows_is_tried():
    assert reason_not_to_try(CLIP, "他在做什么?", (), lambda text: True) is None


def test_short_clip_is_declined():
    blink = Motion(np.zeros((2, 22, 3), np.float32), fps=30)
    assert "too short (0.07 s)" in str(reason_not_to_try(blink, "What?", (), knows_nothing))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("I can't tell: both hands move.", "both hands move"),
        ("i can ' t tell : both hands move .", "both hands move"),
        ("I cannot tell.", "the motion does not settle it"),
        ("The left hand.", None),
        ("I can't tellurium", None),
    ],
)
def test_abstention_is_read_from_the_text(text, reason):
    assert abstention_reason(text) == reason


def test_cannot_tell_and_its_reason_are_inverse():
    assert abstention_reason(cannot_tell("the legs are not visible")) == "the legs are not visible"


def test_answer_follows_schema_1():
    answer = Answer(
        answer="five times",
        confidence=0.93,
        abstained=False,
        reason=None,
        viewpoints=(Viewpoint(1.5, 45, 0.8),),
        measurements=(Measurement("repetitions", 5.0, "count", 0.2, 0.0, 10.0),),
        model="llamo-tiny",
        timing_ms={"open": 12.0, "answer": 30.0},
        token_probabilities=(0.93,),
    )
    assert str(answer) == "five times"
    assert json.loads(json.dumps(answer.to_dict())) == {
        "schema": 1,
        "answer": "five times",
        "confidence": 0.93,
        "abstained": False,
        "reason": None,
        "viewpoints": [{"time_s": 1.5, "frame": 45, "score": 0.8}],
        "measurements": [
            {"name": "repetitions", "value": 5.0, "unit": "count", "uncertainty": 0.2,
             "start_s": 0.0, "end_s": 10.0}
        ],
        "model": "llamo-tiny",
        "timing_ms": {"open": 12.0, "answer": 30.0},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "invented"),
    [
        ("95 degrees", None),
        ("122 cm", "122 cm"),
        ("9 degrees", "9 degrees"),  # not the 9 of 95
        ("bent to 95 degrees at 348 cm/s", None),
        ("bent to 95 degrees at 34 cm/s", "34 cm/s"),
        ("5", None),
        ("8", "8"),  # there are five repetitions, whatever else is 8
        ("12.5 seconds", None),  # when something starts is seen, not measured
        ("left hand", None),
    ],
)
def test_a_quantity_that_was_not_measured_is_found(text, invented):
    measured = (
        "reps 5 | each 1.5 s | lean 8 | left knee most 95 | right knee most 70"
        " | left hand speed most 348 | right hand speed most 259"
    )
    assert invented_number(text, measured) == invented
