"""A video's two halves, looked at side by side by detectors that are made up."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from llamo.encoders.estimator import halves
from llamo.encoders.estimator.halves import OVERLAP, SHORTEST, HalvesDetector
from llamo.encoders.estimator.landmarks import Landmarks
from llamo.errors import InvalidVideo
from llamo.video import Video

Progress = Callable[[int, int], object] | None
SIZE = (160, 120)


def numbered(frames: int) -> Video:
    """Each frame's first pixel is its number."""
    pixels = np.zeros((frames, SIZE[1], SIZE[0], 3), np.uint8)
    pixels[:, 0, 0, 0] = np.arange(frames)
    return Video(pixels, np.arange(frames) / 25, np.arange(frames), SIZE)


class FollowsX:
    """Finds a person whose visibility is the frame's number; who it is the first frame decides."""

    places: ClassVar[dict[int, float]]
    """By a video's first frame: where the person stands, pixels."""
    fails_from: int | None
    """It crashes on a video that begins with this frame."""
    made: ClassVar[list[FollowsX]]

    def __init__(self, task: Path | None = None) -> None:
        self.seen: list[list[int]] = []
        self.threads: list[threading.Thread] = []
        self.closed = False
        FollowsX.made.append(self)

    def close(self) -> None:
        self.closed = True

    def detect(self, video: Video, progress: Progress = None) -> Landmarks:
        numbers = video.frames[:, 0, 0, 0].astype(int)
        self.seen.append(list(numbers))
        self.threads.append(threading.current_thread())
        if numbers[0] == FollowsX.fails_from:
            raise InvalidVideo("the pose detector crashed")
        spread = np.random.default_rng(0).standard_normal((33, 3)) * 0.3
        x = FollowsX.places.get(int(numbers[0]), 80.0)
        for done in range(1, len(video) + 1):
            if progress is not None:
                progress(done, len(video))
        return Landmarks(
            image=np.broadcast_to(spread[:, :2] * 40 + [x, 60], (len(video), 33, 2)).copy(),
            world=np.broadcast_to(spread, (len(video), 33, 3)).copy(),
            visibility=np.broadcast_to(numbers[:, None] / 1000, (len(video), 33)).copy(),
            times_s=video.times_s,
            size=SIZE,
        )


@pytest.fixture(params=[1, 2], ids=["one core", "two cores"])
def cores(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(halves, "Detector", FollowsX)
    monkeypatch.setattr(halves.os, "cpu_count", lambda: request.param)
    monkeypatch.setattr(FollowsX, "places", {}, raising=False)
    monkeypatch.setattr(FollowsX, "fails_from", None, raising=False)
    monkeypatch.setattr(FollowsX, "made", [], raising=False)
    return int(request.param)


def frames_seen() -> list[list[int]]:
    return sorted(run for detector in FollowsX.made for run in detector.seen)


@pytest.mark.parametrize("frames", [SHORTEST, SHORTEST + 1, 151])
def test_every_frame_is_answered_once_at_its_own_time(cores: int, frames: int) -> None:
    video = numbered(frames)
    found = HalvesDetector().detect(video)
    assert len(FollowsX.made) == cores
    np.testing.assert_allclose(found.visibility[:, 0] * 1000, np.arange(frames))
    np.testing.assert_array_equal(found.times_s, video.times_s)
    middle = frames // 2
    assert frames_seen() == [[*range(middle)], [*range(middle - OVERLAP, frames)]]


def test_a_short_video_is_looked_at_as_one(cores: int) -> None:
    HalvesDetector().detect(numbered(SHORTEST - 1))
    assert frames_seen() == [[*range(SHORTEST - 1)]]


def test_halves_that_find_different_people_are_looked_at_as_one(cores: int) -> None:
    FollowsX.places = {100 // 2 - OVERLAP: 20.0}
    found = HalvesDetector().detect(numbered(100))
    assert [*range(100)] in frames_seen()
    assert np.ptp(found.centre[:, 0]) == 0  # whoever the first half follows, to the end


def test_progress_rises_to_the_end_and_comes_from_the_thread_that_asks(cores: int) -> None:
    told: list[tuple[int, int]] = []
    threads = set()

    def progress(done: int, total: int) -> None:
        told.append((done, total))
        threads.add(threading.current_thread())

    HalvesDetector().detect(numbered(100), progress)
    assert {total for _, total in told} == {100}
    counts = [done for done, _ in told]
    assert counts == sorted(counts) and counts[-1] == 100
    assert threads == {threading.current_thread()}


@pytest.mark.parametrize("half", [0, 100 // 2 - OVERLAP])
def test_a_half_that_fails_fails_the_whole(cores: int, half: int) -> None:
    FollowsX.fails_from = half
    with pytest.raises(InvalidVideo, match="crashed"):
        HalvesDetector().detect(numbered(100))
    if cores == 2:
        assert all(detector.closed for detector in FollowsX.made)


def test_whoever_asks_may_stop_it(cores: int) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        HalvesDetector().detect(numbered(100), stop)
    if cores == 2:
        assert all(detector.closed for detector in FollowsX.made)


def test_closing_ends_every_detector(cores: int) -> None:
    HalvesDetector().close()
    assert all(detector.closed for detector in FollowsX.made)
