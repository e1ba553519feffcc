"""Which way somebody goes across the picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tiny import waving_motion

from llamo import Assistant
from llamo.clip import Footage
from llamo.encoders.estimator import Estimate
from llamo.encoders.estimator.landmarks import Landmarks
from llamo.session import Session
from llamo.way_across import BOTH_WAYS, HARDLY, tell_way, way_across

ASKED = [
    "In which direction does the person go in the picture?",
    "Which way does he walk in the video?",
    "Which way is the woman moving across the screen?",
    "Does the person walk to the left or to the right in the picture?",
]
OTHERS = [
    "Which way does the person turn?", "Which direction does the person walk?",
    "Which hand is on the left in the picture?", "What does the person do in the video?",
    "How many people go across the street?", "Does the person move across the picture?",
    "Which direction is the head moving in the video?", "Which way does the ball go in the video?",
    "Which way does he move the left arm in the video?",
    "Does she move the left or the right arm in the video?",
    "Which way does he walk in the video after waving?",
    "When walking, does the person turn left or right in the video?",
]  # fmt: skip


def seen_at(x: np.ndarray, fps: float = 10.0, width: int = 200, trembling: float = 0.0):
    """A body whose middle is at x (T,), in widths of the picture."""
    rng = np.random.default_rng(0)
    image = np.zeros((len(x), 33, 2)) + np.array([0.0, 50.0])
    image[..., 0] = (x * width)[:, None] + np.linspace(-20, 20, 33)
    image += rng.normal(0, trembling, image.shape)
    return Landmarks(image, np.zeros((len(x), 33, 3)), np.ones((len(x), 33)),
                     np.arange(len(x)) / fps, (width, 100))  # fmt: skip


@pytest.mark.parametrize(
    ("path", "told"),
    [
        (np.linspace(0.2, 0.7, 40), "from left to right"),
        (np.linspace(0.9, 0.3, 40), "from right to left"),
        (np.full(40, 0.5), "stays in place"),
        (0.5 + 0.04 * np.sin(np.arange(40) / 3), "stays in place"),  # hips of somebody who squats
        (np.concatenate([np.linspace(0.2, 0.8, 40), np.linspace(0.8, 0.2, 40)]), BOTH_WAYS),
        (np.linspace(0.5, 0.58, 40), HARDLY),
        (np.linspace(0.2, 0.7, 5), HARDLY),  # half a second
    ],
)
def test_ways(path: np.ndarray, told: str):
    assert way_across(seen_at(path))[0] == told
    assert way_across(seen_at(path, trembling=2.0))[0] == told
    mirrored = {"from left to right": "from right to left",
                "from right to left": "from left to right"}  # fmt: skip
    assert way_across(seen_at(1 - path))[0] == mirrored.get(told, told)


def test_frames_without_the_person_do_not_count():
    landmarks = seen_at(np.linspace(0.2, 0.7, 40))
    landmarks.image[:10] = np.nan
    landmarks.image[35:] = np.nan
    assert way_across(landmarks) == ("from left to right", (1.0, 3.4))
    landmarks.image[:] = np.nan
    assert way_across(landmarks) == (HARDLY, (0.0, 0.0))


def test_whoever_comes_after_a_gap_may_be_somebody_else():
    still_then_right = np.concatenate([np.full(30, 0.3), np.linspace(0.6, 0.9, 20)])
    landmarks = seen_at(still_then_right)
    assert way_across(landmarks)[0] == "from left to right"
    landmarks.image[26:34] = np.nan
    assert way_across(landmarks) == ("stays in place", (0.0, 2.5))


@pytest.fixture(scope="module")
def session(tiny_model: Path) -> Session:
    return Assistant.from_pretrained(tiny_model, device="cpu").open(waving_motion())


def filmed(session: Session, path: np.ndarray) -> Session:
    estimate = Estimate(session.motion, seen_at(path), np.ones(len(path), bool))
    seen = Session(session.assistant, session.motion, session.encoded, [], [], 1.0)
    seen.footage = Footage(Path("clip.mp4"), estimate)
    return seen


@pytest.mark.parametrize("question", ASKED)
def test_the_way_in_the_picture_is_told(session: Session, question: str):
    told = filmed(session, np.linspace(0.2, 0.7, 20)).ask(question)
    assert told.answer == "from left to right"
    assert [one.time_s for one in told.viewpoints] == [0.0, 1.9]
    back = filmed(session, np.concatenate([np.linspace(0.2, 0.8, 40), np.linspace(0.8, 0.2, 40)]))
    assert back.ask(question).reason == BOTH_WAYS
    assert session.ask(question).abstained  # a recording has no picture


@pytest.mark.parametrize("question", OTHERS)
def test_other_questions_are_left_to_the_model(session: Session, question: str):
    assert tell_way(filmed(session, np.linspace(0.2, 0.7, 20)), question) is None
