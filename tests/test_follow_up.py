"""Questions that lean on the turn before, in words of their own; and those that cannot be."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from llamo.cli import app
from llamo.data.naming import acts_named, say_act
from llamo.data.phrases import known_actions
from llamo.follow_up import Before, Unresolved, resolve

WAVE = Before("What does the person do first?", "wave")
WHICH = Before("Which hand waves?", "right hand")
KNEE = Before("How far does the left knee bend?", "106 degrees")
SQUATS = Before("How many squats does the person do?", "5")


@pytest.mark.parametrize(
    ("before", "question", "asked"),
    [
        # sides are mirrored
        (KNEE, "And the other knee?", "How far does the right knee bend?"),
        (KNEE, "and the right one?", "How far does the right knee bend?"),
        (KNEE, "What about the left elbow?", "How far does the left elbow bend?"),
        (KNEE, "and the elbow", "How far does the left elbow bend?"),
        (KNEE, "and the other one", "How far does the right knee bend?"),
        (Before("Does he raise the RIGHT hand?", "yes"), "And the other hand?",
         "Does he raise the LEFT hand?"),
        (Before("Does the person raise the right hand?", "yes"), "And the other hand?",
         "Does the person raise the left hand?"),
        (Before("Left or right knee, which bends?", "left knee"), "And the other one?",
         "What does the person do with the right knee?"),
        (WHICH, "And the other hand?", "What does the person do with the left hand?"),
        (WHICH, "and the other?", "What does the person do with the left hand?"),
        (WHICH, "the left hand?", "Does the person wave with the left hand?"),
        (Before("How far does the knee bend?", "90 degrees"), "And the left?",
         "How far does the left knee bend?"),
        # order
        (WAVE, "And after that?", "What does the person do after the wave?"),
        (WAVE, "what happens next?", "What does the person do after the wave?"),
        (WAVE, "And then?", "What does the person do after the wave?"),
        (WAVE, "what did they do right before that?", "What does the person do before the wave?"),
        (SQUATS, "And afterwards?", "What does the person do after the squat?"),
        (Before("What does the person do after the wave?", "squat"), "And after that?",
         "What does the person do after the squat?"),
        (WAVE, "And the second?", "What does the person do second?"),
        # action names
        (WAVE, "How many of those?", "How many times does the person wave?"),
        (WAVE, "how often?", "How many times does the person wave?"),
        (WAVE, "With which hand?", "With which hand does the person wave?"),
        (WAVE, "When was that?", "When does the person wave?"),
        (WAVE, "how long did it take?", "How long does the wave take?"),
        (SQUATS, "Are they correct?", "Does the person do the squat correctly?"),
        (SQUATS, "And lunges?", "How many lunges does the person do?"),
        (Before("Does the person wave?", "yes"), "what about jumping?", "Does the person jump?"),
        (WAVE, "How fast does he do that?", "How fast does he wave?"),
        (WAVE, "which hand does she use for that?", "Which hand does she use for the wave?"),
    ],
)  # fmt: skip
def test_it_is_put_into_words_of_its_own(before, question, asked):
    assert resolve(question, before) == asked


@pytest.mark.parametrize(
    "question",
    [
        "What does the person do first?",
        "Which hand does the person use to wave?",
        "Is the other hand raised while the right one waves?",
        "How many times?",
        "Is it the left hand?",
        "Does the person turn to the left or to the right?",
        "What happens before the squat?",
        "And what does the person do after the second squat?",
    ],
)
@pytest.mark.parametrize("before", [None, Before("Is it day?", "I can't tell: dark.")])
def test_what_leans_on_nothing_stays_as_it_is(before, question):
    assert resolve(question, before) == question


@pytest.mark.parametrize(
    ("before", "question", "says"),
    [
        (None, "And the other hand?", "no earlier question"),
        (None, "after that?", "no earlier question"),
        (WAVE, "And the other hand?", "no one side"),
        (Before("Which hands wave?", "left and right"), "and the other?", "no one side"),
        (KNEE, "And after that?", "names what"),
        (Before("What does the person do first?", "I can't tell: nobody is seen."), "and then?",
         "tells of nothing"),
        (Before("Does the person wave?", "no"), "How many of those?", "tells of nothing"),
        (WAVE, "Why?", "not clear"),
        (WAVE, "What about the weather?", "not clear"),
        (SQUATS, "And the left?", "nothing that has a left"),
        (KNEE, "and the second one?", "nothing that has a second"),
    ],
)  # fmt: skip
def test_what_cannot_be_resolved_says_so(before, question, says):
    with pytest.raises(Unresolved, match=says):
        resolve(question, before)


def test_mirrored_twice_is_the_question_again():
    once = resolve("and the other knee?", KNEE)
    assert resolve("and the other knee?", Before(once, "104 degrees")) == KNEE.question


@pytest.mark.parametrize("act", known_actions())
def test_acts_are_found_in_every_form_that_says_them(act):
    said = {"inf": "does the person {}", "third": "the person {}", "ing": "after {}",
            "noun": "before the {} ends"}  # fmt: skip
    for form, frame in said.items():
        text = frame.format(say_act(act, form))
        named = acts_named(text)
        assert [one.act for one in named] == [act], text
        assert 0 < named[0].start < named[0].end <= len(text)


def test_acts_are_named_in_order_and_the_longest_name_wins():
    named = acts_named("Does he wave both hands before he does a side lunge or squats?")
    assert [one.act for one in named] == ["wave both hands", "side lunge", "squat"]
    assert acts_named("How old is the person?") == []
    assert [one.act for one in acts_named("a scaption", ("scaption",))] == ["scaption"]
    forms = [one.form for one in acts_named("many squats; he squats; the squat; squatting")]
    assert forms == ["plural", "third", "noun", "ing"]


def test_chat_on_the_command_line_shows_how_it_understood(tiny_model, repository):
    done = CliRunner().invoke(
        app,
        ["chat", str(repository / "examples" / "squats.npz"), "--model", str(tiny_model)],
        input="How far does the left knee bend?\nAnd the other knee?\nWhy?\n",
    )
    assert done.exit_code == 0, done.output
    assert "understood as: How far does the right knee bend?" in done.output
    assert done.output.count("understood as") == 1
    assert "it is not clear what “why” refers to" in done.output
