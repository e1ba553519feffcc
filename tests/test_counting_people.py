"""How many people are seen: asked of videos and of motions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tiny import waving_motion

from llamo import Assistant
from llamo.clip import Footage
from llamo.counting_people import tell_people
from llamo.encoders.estimator import Estimate
from llamo.encoders.estimator.landmarks import Landmarks
from llamo.session import Session

MANY = [
    "How many people are there?", "How many people are in the video?",
    "How many persons can you see here?", "how many people do you see", "Count the people.",
]  # fmt: skip


@pytest.fixture(scope="module")
def motion_session(tiny_model: Path) -> Session:
    return Assistant.from_pretrained(tiny_model, device="cpu").open(waving_motion())


def filmed(session: Session, people: int | None) -> Session:
    """The session as if its motion came from a video in which so many people were counted."""
    nothing = np.zeros((2, 33, 3))
    landmarks = Landmarks(nothing[..., :2], nothing, nothing[..., 0], np.arange(2.0), (10, 10))
    estimate = Estimate(session.motion, landmarks, np.ones(2, bool), people=people, people_s=0.5)
    seen = Session(session.assistant, session.motion, session.encoded, [], [], 1.0)
    seen.footage = Footage(Path("clip.mp4"), estimate)
    return seen


@pytest.mark.parametrize("question", MANY)
def test_the_estimators_count_is_told(motion_session: Session, question: str):
    alone, three = (filmed(motion_session, people) for people in (1, 3))
    assert alone.ask(question).answer == "1 person"
    told = three.ask(question)
    assert told.answer == "at least 3 people"
    assert told.viewpoints[0].time_s == 0.5
    assert told.confidence > alone.ask(question).confidence  # whom it misses it does not know


@pytest.mark.parametrize(
    ("question", "alone", "together"),
    [
        ("Is there more than one person?", "no", "yes"),
        ("Is anybody else in the picture?", "no", "yes"),
        ("Is the person alone?", "yes", "no"),
    ],
)
def test_company_is_told(motion_session: Session, question: str, alone: str, together: str):
    assert filmed(motion_session, 1).ask(question).answer == alone
    assert filmed(motion_session, 2).ask(question).answer == together


@pytest.mark.parametrize("question", MANY)
def test_of_a_motion_it_cannot_be_told(motion_session: Session, question: str):
    told = motion_session.ask(question)
    assert told.abstained and told.reason == "motion alone does not show it"
    assert filmed(motion_session, None).ask(question).abstained  # nobody counted


@pytest.mark.parametrize(
    "question",
    [
        "How many squats does the person do?", "How many times do people wave?",
        "What is the person doing?", "How many people squat in one minute on average?",
        "How often is the left hand there?",
    ],
)  # fmt: skip
def test_other_questions_are_left_to_the_model(motion_session: Session, question: str):
    assert tell_people(filmed(motion_session, 2), question) is None


def test_a_model_that_sees_is_asked_where_nobody_was_counted(motion_session: Session, monkeypatch):
    monkeypatch.setattr(motion_session.assistant.model, "video_encoder", object(), raising=False)
    told = tell_people(filmed(motion_session, 2), MANY[0])
    assert told is not None and told.answer == "at least 2 people"
    assert tell_people(filmed(motion_session, None), MANY[0]) is None
