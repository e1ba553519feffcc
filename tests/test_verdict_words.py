"""Questions of how well something is done, and what a measured verdict answers to each."""

from __future__ import annotations

import pytest

from llamo.kinematics import FORM, Measurement
from llamo.verdict import SURE, turned, verdict_in_words


def verdict(wrong: float) -> list[Measurement]:
    return [
        Measurement("repetitions", 3.0, "count", 0.2, 0.0, 9.0),
        Measurement(FORM, wrong, "ratio", 0.1, 0.0, 9.0),
    ]


GOOD = (
    "Is it correct?",
    "Is the squat done properly?",
    "Does she get the deep squat right?",
    "Is this how the lunge should be done?",
    "Does he do it without any mistakes?",
    "Is the squat free of faults?",
    "Is everything right with her form?",
    "Would a coach call this correct?",
    "Let me know whether his technique is good.",
)
BAD = (
    "Are there any errors in the way she does the squat?",
    "Is anything wrong with his form?",
    "Does he make a mistake?",
    "Is the technique not right?",
    "Should a coach correct this?",
    "Would you correct her?",
    "Does he deviate from the correct form?",
    "Is there anything to improve?",
    "Do you see any flaws?",
)
CHOICE = (
    "Correct or incorrect?",
    "Is the exercise correct or incorrect?",
    "Does she do it correctly or incorrectly?",
    "Does he do it in a correct or an incorrect way?",
)
NEITHER = (
    "What should I fix?",
    "How good is the squat?",
    "Which mistakes does he make?",
    "Is it right or wrong?",  # which word would be the answer?
    "Which hand is it, left or right?",
    "She waves, right?",
    "How many squats are there?",
    "Does he do it well or badly?",
)


@pytest.mark.parametrize(
    ("question", "way"),
    [(one, way) for way, some in
     (("good", GOOD), ("bad", BAD), ("choice", CHOICE), (None, NEITHER)) for one in some],
)  # fmt: skip
def test_which_way_a_question_turns_the_verdict(question: str, way: str | None) -> None:
    assert turned(question) == way


@pytest.mark.parametrize("wrong", [0.05, 0.4, 0.6, 0.97])
def test_all_wordings_of_one_verdict_agree(wrong: float) -> None:
    said = {
        way: {verdict_in_words(one, verdict(wrong)) for one in some}
        for way, some in (("good", GOOD), ("bad", BAD), ("choice", CHOICE))
    }
    sure = SURE * max(wrong, 1 - wrong)
    assert said["good"] == {("no" if wrong > 0.5 else "yes", sure)}
    assert said["bad"] == {("yes" if wrong > 0.5 else "no", sure)}
    assert said["choice"] == {("incorrect" if wrong > 0.5 else "correct", sure)}


def test_nothing_is_said_without_a_verdict_or_a_plain_question() -> None:
    assert verdict_in_words("Is it correct?", verdict(0.9)[:1]) is None
    assert verdict_in_words("Is it right or wrong?", verdict(0.9)) is None
