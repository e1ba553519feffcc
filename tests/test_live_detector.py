"""Frames for the detector: dropped while it is busy, refused where odd, and its end is told."""

from __future__ import annotations

import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from seen_figures import LEVEL, see

from llamo.data.figures import make_figure
from llamo.encoders.estimator.landmarks import Landmarks
from llamo.encoders.estimator.live import LivePose, Seen, _within
from llamo.errors import InvalidMotion, InvalidVideo
from llamo.kinematics import find_repetitions
from llamo.live import LiveSession


def frame(width: int = 64, height: int = 48) -> np.ndarray:
    return np.zeros((height, width, 3), np.uint8)


class StandIn:
    """Takes a frame, and answers when it is told to."""

    def __init__(self) -> None:
        self.offered: list[float] = []
        self.found: list[Seen] = []
        self.is_busy = False

    def offer(self, frame: np.ndarray, time_s: float) -> bool:
        if self.is_busy:
            return False
        self.offered.append(time_s)
        self.is_busy = True
        return True

    def take(self, wait: bool = False) -> Seen | None:
        if not self.found:
            return None
        self.is_busy = False
        return self.found.pop()

    def close(self) -> None:
        self.found.clear()


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    made = StandIn()
    monkeypatch.setattr("llamo.encoders.estimator.live.LivePose", lambda: made)
    return made


def test_frames_that_come_while_the_detector_is_busy_are_dropped(stand_in):
    nobody = np.full((2, 33, 3), np.nan, np.float32)
    with LiveSession() as live:
        assert live.push(frame(), 0.0).is_kept
        assert not live.push(frame(), 0.1).is_kept
        assert not live.push(frame(), 0.2).is_kept
        stand_in.found.append(Seen(0.0, nobody, 0.25))
        update = live.push(frame(), 0.3)
    assert update.is_kept and stand_in.offered == [0.0, 0.3]
    assert (update.time_s, update.latency_ms) == (0.0, 250.0)
    assert (live.frames, live.looked_at) == (4, 1)
    assert "nobody" in update.cue and update.sides_sure is None


class Recorded(StandIn):
    """Sees in each frame what was recorded."""

    def __init__(self, records: np.ndarray) -> None:
        super().__init__()
        self.records = iter(records)

    def take(self, wait: bool = False) -> Seen | None:
        if not (self.is_busy and wait):
            return None
        self.is_busy = False
        return Seen(self.offered[-1], next(self.records), 0.0)


def records_of(landmarks: Landmarks) -> np.ndarray:
    """(T, 2, 33, 3) as a detector gives them."""
    share = landmarks.image / np.array(landmarks.size)
    seen = np.concatenate([share, landmarks.visibility[..., None]], axis=-1)
    return np.stack([seen, landmarks.world], axis=1)


def test_somebody_who_comes_back_nearer_keeps_the_count(monkeypatch):
    far = make_figure("squat", repetitions=3).resample(10)
    near = replace(LEVEL, distance_m=2.5)
    shown = [
        records_of(see(far)),
        np.full((20, 2, 33, 3), np.nan),
        records_of(see(make_figure("squat", repetitions=4).resample(10), camera=near)),
    ]
    records = np.concatenate(shown)
    monkeypatch.setattr("llamo.encoders.estimator.live.LivePose", lambda: Recorded(records))
    counts = []
    with LiveSession(exercise="squat", wait=True, every_s=1.0) as live:
        for place in range(len(records)):
            counts.append(live.push(frame(), place / 10).count)
        counts.append(live.stop().count)
    assert counts[-1] == 7
    assert (np.diff(counts) >= 0).all()


@pytest.mark.parametrize(
    "odd",
    [frame(65), frame().astype(float), frame()[..., 0], frame()[..., :2], frame()[:0], None, "x"],
    ids=["another size", "floats", "grey", "two channels", "empty", "none", "text"],
)
def test_odd_frames_are_one_line_and_it_goes_on(odd, stand_in):
    with LiveSession() as live:
        live.push(frame(), 0.0)
        with pytest.raises(InvalidVideo) as failed:
            live.push(odd, 1.0)
        assert "\n" not in str(failed.value)
        with pytest.raises(InvalidVideo, match="times must rise"):
            live.push(frame(), 0.0)
        live.push(frame(), 1.0)


def test_frames_and_joints_do_not_mix(stand_in):
    with LiveSession() as live:
        live.push(frame(), 0.0)
        with pytest.raises(InvalidMotion, match="takes frames"):
            live.push_motion(np.zeros((22, 3)), 1.0)
    with LiveSession() as live:
        live.push_motion(np.zeros((22, 3)), 0.0)
        with pytest.raises(InvalidVideo, match="takes joints"):
            live.push(frame(), 1.0)


def test_the_last_seconds_of_landmarks_are_the_motion_seen():
    from llamo.encoders.estimator.live import confidence_of, estimate_latest

    landmarks = see(make_figure("squat", repetitions=3))
    records = records_of(landmarks)
    estimate = estimate_latest(records, 50 + landmarks.times_s, landmarks.size)
    assert find_repetitions(estimate.motion).count == 3
    assert confidence_of(records[0]).min() > 0.5
    assert estimate_latest(np.full_like(records, np.nan), landmarks.times_s, (64, 64)) is None
    assert confidence_of(np.full((2, 33, 3), np.nan)).tolist() == [0.0] * 33


def test_large_pictures_are_made_small_also_when_their_channels_are_turned_round():
    pytest.importorskip("cv2")
    picture = np.zeros((900, 1600, 3), np.uint8)
    picture[..., 0] = 200
    small = _within(picture[..., ::-1], 720)
    assert small.shape == (405, 720, 3)
    assert small[0, 0].tolist() == [0, 0, 200]
    kept = _within(frame(), 720)
    assert kept.shape == frame().shape and kept.flags.owndata


def test_a_detector_that_ends_is_one_line(monkeypatch):
    pytest.importorskip("mediapipe")
    code = "import sys, json; print('{}', flush=True); sys.stdin.buffer.readline()"
    monkeypatch.setattr(
        "llamo.encoders.estimator.detection.child_command",
        lambda: [sys.executable, "-c", code],
    )
    pose = LivePose()
    assert pose.offer(frame(), 0.0)
    with pytest.raises(InvalidVideo, match="ended while it looked"):
        pose.take(wait=True)
    pose.close()


def test_a_detector_that_hangs_is_ended(monkeypatch):
    pytest.importorskip("mediapipe")
    code = "import time; time.sleep(100)"
    monkeypatch.setattr(
        "llamo.encoders.estimator.detection.child_command",
        lambda: [sys.executable, "-c", code],
    )
    monkeypatch.setattr("llamo.encoders.estimator.live.START_S", 0.2)
    pose = LivePose()
    assert pose.offer(frame(), 0.0)
    time.sleep(0.3)
    with pytest.raises(InvalidVideo, match="stopped answering"):
        pose.offer(frame(), 1.0)
