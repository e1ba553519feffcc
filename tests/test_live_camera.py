"""The camera: a drawn person is counted, a file plays its part, and the command line."""

from __future__ import annotations

import time

import numpy as np
import pytest
from typer.testing import CliRunner
from video_files import STEADY, make

from llamo import camera
from llamo.cli import app
from llamo.data.drawn_people import draw
from llamo.data.figures import make_figure
from llamo.live import LiveSession
from llamo.presence import LOST
from llamo.video import read_video
from llamo.video.writing import write_video


@pytest.fixture(scope="module")
def squatting() -> np.ndarray:
    """(T, h, w, 3): somebody squats twice, 10 frames a second."""
    pytest.importorskip("mediapipe")
    pytest.importorskip("cv2")
    return draw(make_figure("squat", repetitions=2).resample(10))


def test_a_drawn_person_is_counted_from_frames_and_lost_when_gone(squatting):
    wall = np.repeat(squatting[:1, :1, :1], 10, axis=0) + np.zeros_like(squatting[:10])
    with LiveSession(exercise="squat", wait=True, every_s=1.0) as live:
        shown = np.concatenate([squatting, wall])
        updates = [live.push(picture, place / 10) for place, picture in enumerate(shown)]
        updates.append(live.stop())
        clip = live.clip()
    assert all(update.is_kept for update in updates[:-1])
    assert updates[-1].count == 2
    assert sum(one.name == LOST for update in updates for one in update.events) == 1
    assert "nobody" in updates[-1].cue
    assert clip.motion.skeleton.name == "mediapipe33" and clip.sides_told
    assert min(updates[20].confidence[name] for name in ("left_knee", "right_knee")) > 0.5


# The command line.


def test_a_file_is_read_in_pieces_that_make_the_whole(tmp_path, monkeypatch):
    pytest.importorskip("av")
    path = make(tmp_path / "clip.mp4", stamps=STEADY)  # a second at 25 Hz
    monkeypatch.setattr(camera, "PIECE_S", 0.5)
    monkeypatch.setattr(camera, "_LEFT_S", 0.1)
    times_s = [time_s for _, time_s in camera.pictures(str(path), in_time=False)]
    np.testing.assert_allclose(times_s, read_video(path).times_s, atol=1e-3)


def test_a_file_is_played_at_its_own_clock(tmp_path):
    pytest.importorskip("av")
    path = make(tmp_path / "clip.mp4", stamps=STEADY[:10])
    came = [(time.monotonic(), time_s) for _, time_s in camera.pictures(str(path))]
    assert came[-1][0] - came[0][0] >= came[-1][1] - 0.01 > 0.3


def test_a_video_plays_the_part_of_the_camera(squatting, tmp_path):
    pytest.importorskip("av")
    path = tmp_path / "squats.mp4"
    write_video(path, squatting, np.arange(len(squatting)) / 10)
    words = ["live", "--camera", str(path), "--exercise", "squat", "--every-frame"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    *events, last = done.stdout.splitlines()
    assert [line.split()[2:] for line in events] == [
        [number, name] for number in "12" for name in ("start", "deepest", "end")
    ]
    assert last == f"count 2; {len(squatting)} of {len(squatting)} frames looked at"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--camera", "nowhere.mp4"], "nowhere.mp4"),
        (["--exercise", "dancing"], "no exercise is called"),
        (["--ask", " "], "question"),
    ],
)
def test_what_cannot_be_looked_at_is_one_line(words, said):
    done = CliRunner().invoke(app, ["live", *words])
    assert done.exit_code == 1
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("error: ") and said in line


def test_a_camera_that_is_not_there_is_one_line(monkeypatch):
    cv2 = pytest.importorskip("cv2")

    class NoCamera:
        def __init__(self, number: int) -> None: ...

        def isOpened(self) -> bool:
            return False

        def release(self) -> None: ...

    monkeypatch.setattr(cv2, "VideoCapture", NoCamera)
    done = CliRunner().invoke(app, ["live", "--camera", "7"])
    assert done.exit_code == 1
    assert "camera 7 cannot be opened" in done.stderr
