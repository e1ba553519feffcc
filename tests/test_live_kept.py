"""What a live session keeps: frames as often as needed, the last seconds, a clip to ask."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from closed_form import squats
from pushing import pushed

from llamo.kinematics import find_repetitions
from llamo.live import LiveSession
from llamo.rolling import MOST_HZ, Rolling, motion_of_rows
from llamo.skeleton import SMPL22


def test_frames_that_come_faster_than_needed_are_dropped():
    with LiveSession(wait=True) as live:
        kept = [
            live.push_motion(np.zeros((22, 3)), place / (4 * MOST_HZ)).is_kept for place in range(9)
        ]
    assert kept == [place % 4 == 0 for place in range(9)]


def test_what_was_kept_is_a_clip_with_the_same_count():
    motion = squats(fps=30, count=3)
    with LiveSession(exercise="squat", wait=True, every_s=5.0) as live:
        list(pushed(live, motion))
        live.stop()
        clip = live.clip()
    np.testing.assert_allclose(clip.motion.joints, motion.joints, atol=1e-6)
    assert clip.motion.fps == pytest.approx(30)
    assert clip.motion.time_s is None and clip.notes == ()
    assert find_repetitions(clip.motion).count == 3


def test_only_the_last_seconds_are_kept_and_a_note_says_so():
    with LiveSession(wait=True, keep_s=60, every_s=1e6) as live:
        for place in range(80):
            live.push_motion(np.zeros((22, 3)), float(place))
        clip = live.clip()
    assert len(clip.motion) == 61
    assert clip.notes == ("only the last 60 s were kept",)


def test_a_session_can_be_asked_afterwards(tiny_model: Path):
    from llamo.assistant import Assistant

    assistant = Assistant.from_pretrained(tiny_model)
    with assistant.live("squat", wait=True, every_s=5.0) as live:
        list(pushed(live, squats(fps=20, count=2)))
        session = live.finish()
    assert session.count().count == 2
    assert session.ask("How many squats?").model == assistant.name


def test_rolling_forgets_what_is_old():
    rolling = Rolling(10.0)
    for place in range(30):
        rolling.append(np.array([place]), float(place))
    rows, times_s = rolling.since(25.0)
    assert len(rolling) == 11 and rolling.has_forgotten
    assert rows[:, 0].tolist() == times_s.tolist() == [25, 26, 27, 28, 29]


def test_rows_are_the_motion_they_came_from():
    rows = np.random.default_rng(0).normal(size=(5, 22, 4))
    rows[..., 3] = 0.5
    motion = motion_of_rows(rows, 7 + np.array([0, 0.1, 0.2, 0.3, 0.7]), SMPL22)
    assert motion.fps == pytest.approx(10)
    np.testing.assert_allclose(motion.times_s, [0, 0.1, 0.2, 0.3, 0.7], atol=1e-6)
    np.testing.assert_allclose(motion.confidence, 0.5)
