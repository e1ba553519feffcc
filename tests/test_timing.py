"""How long, from when, which first: on made-up spans, then on figures with known ones."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from llamo.acts import Acts
from llamo.answer import Answer, declined
from llamo.answerable import PLAIN_QUESTION_CHARACTERS
from llamo.batch import Asked, Told
from llamo.calibration import Calibration
from llamo.data.naming import acts_named
from llamo.denied import is_wrongly_denied, tell_absent, why_not_itself
from llamo.earlier import claimed_order, tell_earlier
from llamo.known import known_answer
from llamo.motion import Motion
from llamo.settled import settled
from llamo.timing import asked_time, tell_time
from llamo.verdict import turned

NAMES = ("wave", "squat", "kick", "lunge", "raise a hand", "walk", "jump")
CLIP_S = 12.0


def session_of(
    *happens: tuple[str, float, float],
    unseen: tuple[str, ...] = (),
    floor: float = 0.01,
    likely: float = 0.9,
) -> Any:
    """A clip of 12 s whose encoder is sure of these acts and of nothing else."""
    time_s = np.arange(round(CLIP_S * 10)) / 10
    odds = np.full((len(time_s), len(NAMES)), floor)
    for name, start_s, end_s in happens:
        odds[(time_s > start_s - 1e-6) & (time_s < end_s + 1e-6), NAMES.index(name)] = likely

    def declines(question: str, reason: str, open_ms: float = 0.0) -> Answer:
        return declined(question, reason, "made up", open_ms)

    return SimpleNamespace(
        acts=Acts(NAMES, time_s, odds, None, ()),
        unseen=unseen,
        motion=Motion(np.zeros((round(CLIP_S * 10), 22, 3), np.float32), 10.0),
        assistant=SimpleNamespace(name="made up", declined=declines),
        open_ms=1.0,
        footage=None,
    )


ROUTINE = session_of(("wave", 1.0, 2.5), ("squat", 4.0, 7.2), ("wave", 8.0, 9.0))


@pytest.mark.parametrize(
    ("question", "answer", "moments"),
    [
        ("How long does the squat take?", "3.2 seconds", [4.0, 7.2]),
        ("For how many seconds does the participant squat?", "3.2 seconds", [4.0, 7.2]),
        ("What is the duration of the squat?", "3.2 seconds", [4.0, 7.2]),
        ("When does the squat begin?", "4.0 seconds", [4.0]),
        ("At which second does she start to squat?", "4.0 seconds", [4.0]),
        ("When is the squat over?", "7.2 seconds", [7.2]),
        ("What is the moment at which he stops squatting?", "7.2 seconds", [7.2]),
        ("How long does the first wave last?", "1.5 seconds", [1.0, 2.5]),
        ("When does the last wave start?", "8.0 seconds", [8.0]),
        ("When does the person squat?", "from 4.0 to 7.2 seconds", [4.0, 7.2]),
        (
            "When does he wave?",
            "from 1.0 to 2.5 seconds and from 8.0 to 9.0 seconds",
            [1.0, 2.5, 8.0, 9.0],
        ),
    ],
)
def test_times_are_those_of_the_act_and_say_what_they_were_measured_on(
    question: str, answer: str, moments: list[float]
) -> None:
    told = tell_time(ROUTINE, question)
    assert told is not None and not told.abstained
    assert told.answer == answer
    assert [round(point.time_s, 2) for point in told.viewpoints] == moments
    assert [point.frame for point in told.viewpoints] == [round(10 * time) for time in moments]
    assert 0.5 < told.confidence < 0.95
    for one in told.measurements:
        assert (one.unit == "s" and f"{one.value:.1f}" in answer) or answer.startswith("from")
        assert (
            one.uncertainty == {"act_start": 0.11, "act_end": 0.35, "act_duration": 0.37}[one.name]
        )


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        ("How long does the wave take?", "2 times (at 1.0 s and 8.0 s)"),
        ("When does the lunge begin?", "nobody lunging"),
        ("How long does the third wave last?", "2 times only"),
    ],
)
def test_what_the_clip_does_not_settle_is_not_told(question: str, reason: str) -> None:
    told = tell_time(ROUTINE, question)
    assert told is not None and told.abstained
    assert reason in (told.reason or "") and told.answer.startswith("I can't tell")


@pytest.mark.parametrize(
    ("span", "question", "cut"),
    [
        ((0.0, 3.0), "How long does the squat take?", True),
        ((0.0, 3.0), "When does the squat begin?", True),
        ((0.0, 3.0), "When does the squat end?", False),
        ((9.0, 11.9), "How long does the squat take?", True),
        ((9.0, 11.9), "When does the squat end?", True),
        ((9.0, 11.9), "When does the squat begin?", False),
        ((9.0, 11.0), "How long does the squat take?", False),
    ],
)
def test_an_act_that_the_clip_cuts_off_has_no_length(
    span: tuple[float, float], question: str, cut: bool
) -> None:
    told = tell_time(session_of(("squat", *span)), question)
    assert told is not None
    assert told.abstained == cut
    if cut:
        assert told.reason == "the clip starts or ends in the middle of it"


def test_an_act_that_a_question_presumes_need_not_be_sure() -> None:
    doubtful = session_of(("squat", 4.0, 6.0), likely=0.5)
    told = tell_time(doubtful, "How long does the squat take?")
    assert told is not None and told.answer == "2.0 seconds"
    assert told.confidence < 0.4
    when = tell_time(doubtful, "When does the person squat?")
    assert when is not None and "may see somebody squatting" in (when.reason or "")
    faint = tell_time(session_of(("squat", 4.0, 6.0), likely=0.3), "How long does the squat take?")
    assert faint is not None and "too unsure" in (faint.reason or "")


def test_what_is_done_with_hidden_legs_is_not_timed() -> None:
    hidden = session_of(("kick", 2.0, 4.0), unseen=("legs",))
    told = tell_time(hidden, "How long does the kick take?")
    assert told is not None and told.reason == "the legs are not visible"


@pytest.mark.parametrize(
    "question",
    [
        "How long is the clip?",
        "How long does one repetition of the squat take?",
        "How many squats are there?",
        "Which hand does he raise when the squat is over?",
        "What does he do when he stops squatting?",
        "How fast is the kick?",
        "Does he squat when he stops waving?",
        "Which is longer, the squat or the wave?",
        "What happens before the squat?",
        "How deep is the second squat?",
        "Is the squat correct?",
    ],
)
def test_other_questions_are_left_to_the_model(question: str) -> None:
    assert known_answer(ROUTINE, question) is None


@pytest.mark.parametrize(
    ("question", "claimed"),
    [
        ("Does he wave before he squats?", "first"),
        ("Is the wave earlier than the squat?", "first"),
        ("Does the man first wave and then squat?", "first"),
        ("Does she wave first and squat afterwards?", "first"),
        ("Is the wave followed by the squat?", "first"),
        ("Let me know whether the wave precedes the squat.", "first"),
        ("He waves before he squats, right?", "first"),
        ("Is the wave later than the squat?", "second"),
        ("Does the wave come after the squat?", "second"),
        ("Does the wave follow the squat?", "second"),
        ("Was the wave preceded by the squat?", "second"),
        ("Watch the clip. Does the wave happen after the squat?", "second"),
        ("What does he do after the wave and before the squat?", None),
        ("Find the act after the wave and before the squat.", None),
        ("Which comes first, the wave or the squat?", None),
        ("Is the wave or the squat earlier?", None),
        ("Does he wave and squat?", None),
        ("Does he squat before he squats?", None),
        ("Does he squat first?", None),
        ("How many waves are there before the squat?", None),
    ],
)
def test_which_act_a_question_takes_for_the_earlier(question: str, claimed: str | None) -> None:
    words = question.lower()
    assert claimed_order(words, acts_named(words)) == claimed


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Does he squat before he kicks?", "yes"),
        ("Does he kick before he squats?", "no"),
        ("Is the kick after the squat?", "yes"),
        ("Is the squat preceded by the kick?", "no"),
        ("Does he wave before he squats?", None),  # before and after it
        ("Does he lunge before he squats?", None),  # nobody is sure to lunge: the model may know
    ],
)
def test_of_two_acts_that_are_found_the_earlier_is_told(question: str, answer: str | None) -> None:
    clip = session_of(
        ("wave", 1.0, 2.0), ("squat", 3.0, 5.0), ("wave", 6.0, 7.0), ("kick", 9.0, 10.0)
    )
    told = tell_earlier(clip, question)
    assert (told.answer if told else None) == answer
    if told:
        assert [point.time_s for point in told.viewpoints] == pytest.approx([3.0, 5.0, 9.0, 10.0])


@pytest.mark.parametrize("question", ["How long is the squat?", "Does he squat before he kicks?"])
def test_without_words_for_acts_the_model_is_asked(question: str) -> None:
    clip = session_of(("squat", 3.0, 5.0), ("kick", 6.0, 7.0))
    assert known_answer(clip, question) is not None
    assert known_answer(clip, question, use_acts=False) is None
    clip.acts = None
    assert known_answer(clip, question) is None


def test_no_question_is_taken_for_two() -> None:
    """A question is of time or of order."""
    words = "does the squat start before the wave?"
    named = acts_named(words)
    assert asked_time(words, named) is None
    assert claimed_order(words, named) == "first"


SURE = session_of(("wave", 1.0, 2.0), ("squat", 4.0, 6.0), ("kick", 8.0, 9.0), ("kick", 10.0, 11.0))


@pytest.mark.parametrize(
    ("question", "absent"),
    [
        ("What happens after the lunge?", True),
        ("What does the participant do right before lunging?", True),
        ("Which hand is raised between the wave and the lunge?", True),
        ("What happens after the squat?", False),
        ("What happens after the lunge is over?", True),
        ("Does he wave before he lunges?", False),  # no can be said
        ("Does he lunge?", False),
        ("What happens after the bow?", False),  # the encoder does not know it
    ],
)
def test_nothing_is_told_beside_an_act_that_is_not_there(question: str, absent: bool) -> None:
    faint = session_of(("wave", 1.0, 2.0), ("squat", 4.0, 6.0))
    told = tell_absent(faint, question)
    assert (told is not None) == absent
    if told:
        assert told.answer == "I can't tell: it does not happen here."
    doubtful = session_of(("wave", 1.0, 2.0), ("squat", 4.0, 6.0), floor=0.11)
    assert tell_absent(doubtful, question) is None


@pytest.mark.parametrize(
    ("question", "text", "denied"),
    [
        ("Which leg does he squat with?", "I can't tell: it does not happen here.", True),
        ("What happens after the squat?", "I can't tell: it does not happen here.", True),
        ("What happens before the squat?", "I can't tell: it does not happen here.", True),
        ("What happens before the wave?", "I can't tell: it does not happen here.", False),
        ("What happens after the kick?", "I can't tell: it does not happen here.", False),  # twice
        ("What happens after the lunge?", "I can't tell: it does not happen here.", False),
        ("What happens after the squat?", "I can't tell: it happens more than once.", False),
        ("Which leg does he squat with?", "left leg", False),
        ("What happens?", "I can't tell: it does not happen here.", False),
    ],
)
def test_an_act_that_is_surely_there_is_not_denied(question: str, text: str, denied: bool) -> None:
    assert is_wrongly_denied(SURE, question, text) == denied


def test_nothing_follows_the_last_act() -> None:
    clip = session_of(("wave", 1.0, 2.0), ("squat", 4.0, 6.0))
    denial = "I can't tell: it does not happen here."
    assert not is_wrongly_denied(clip, "What happens after the squat?", denial)
    assert is_wrongly_denied(clip, "What happens after the wave?", denial)


@pytest.mark.parametrize(
    ("question", "text", "reason"),
    [
        ("What happens before the wave?", "wave", "nothing happens before it"),
        ("What does he do once he stops squatting?", "squat", "I recognise nothing else after it"),
        ("What leads up to the squat?", "squat", "I recognise nothing else before it"),
        ("What does he do in the run-up to the wave?", "wave", "nothing happens before it"),
        (
            "What does he do before he begins to squat?",
            "squat",
            "I recognise nothing else before it",
        ),
        ("What happens after the squat?", "kick", None),
        ("What happens after the wave?", "wave and squat", None),
        ("What happens after the first kick?", "kick", None),  # the second one may be meant
        ("What happens after the kick?", "kick", None),
        ("What happens after the first squat?", "squat", None),  # one span may hold several
        ("What does he do between the first and the last squat?", "squat", None),
        ("What is he doing right before the last squat?", "squat", None),
        ("What happens once the squat starts?", "squat", None),
        ("What is he doing just before the squat ends?", "squat", None),
        ("Which act does he do only once, the squat?", "squat", None),
        ("What does he do next, a squat?", "squat", None),
        ("After 3 seconds, what is he doing: a squat?", "squat", None),
        ("Does he do a squat following the instructions?", "squat", None),
        ("Which hand waves after the squat?", "left", None),
        ("What does he do, squat or wave?", "squat", None),
    ],
)
def test_an_act_does_not_come_before_or_after_itself(
    question: str, text: str, reason: str | None
) -> None:
    assert why_not_itself(SURE, question, text) == reason


def test_nothing_is_said_to_be_beside_what_is_not_found() -> None:
    """Of a lone act that nobody finds nothing else is recognised; among others who knows where."""
    question = "What happens after the squat?"
    alone = session_of(("squat", 4.0, 6.0), likely=0.2)
    assert why_not_itself(alone, question, "squat") == "nothing happens after it"
    assert why_not_itself(session_of(("wave", 1.0, 2.0)), question, "squat") is None


def test_an_answer_that_names_the_act_of_its_question_is_not_given() -> None:
    clip: Any = SimpleNamespace(**vars(SURE), sides_told=True)
    row = Asked(0, clip, "What happens before the wave?", (), None, (), None)
    answers = [
        settled(row, Told(text, (0.99,), (), None, 0.9), Calibration(), "made up", 1.0)
        for text in ("wave", "squat")
    ]
    assert [one.abstained for one in answers] == [True, False]
    assert answers[0].answer == "I can't tell: nothing happens before it."


@pytest.mark.parametrize(
    "piece", ["when is it over ", "does he squat before ", "a, b: ", "first and then ", "squat "]
)
def test_long_questions_are_read_in_no_time(piece: str) -> None:
    for length in (PLAIN_QUESTION_CHARACTERS, 4000):
        question = (piece * 1000)[:length]
        start = time.perf_counter()
        known_answer(ROUTINE, question)
        turned(question)
        assert time.perf_counter() - start < 2.0
    assert (
        known_answer(ROUTINE, "How long does the squat take?" + " " * PLAIN_QUESTION_CHARACTERS)
        is None
    )
