"""From a video file to a motion: drawn people, bad luck on the way, and real footage."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import video_files as made
from processes import children
from typer.testing import CliRunner

from llamo.assistant import Assistant
from llamo.cli import app
from llamo.clip import Opened, read_clip
from llamo.data.drawn_people import Camera, draw
from llamo.data.figures import make_figure
from llamo.encoders.estimator import Estimate, MediaPipePose, detection, estimate_video
from llamo.errors import InvalidMotion, InvalidVideo, MissingDependency, NothingToEstimate
from llamo.formats import read_motion
from llamo.report.overlay import LEFT, RIGHT, draw_frame
from llamo.seeing import followed_boxes
from llamo.skeleton import MEDIAPIPE33
from llamo.video import Video, read_video
from llamo.video.writing import write_video

pytest.importorskip(
    "cv2", exc_type=ImportError
)  # before decord; it may lack libraries of a desktop
for package in ("mediapipe", "av", "decord"):
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed (extra: video)", allow_module_level=True)

runner = CliRunner()
RATE_HZ = 10.0
INDEX = {name: place for place, name in enumerate(MEDIAPIPE33.joints)}


@pytest.fixture(scope="module")
def raising(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Somebody who raises the right hand, seen from the front."""
    figure = make_figure("raise", side="right", idle_s=(0.3, 0.3)).resample(RATE_HZ).trim(0, 2.5)
    path = tmp_path_factory.mktemp("videos") / "raising.mp4"
    write_video(path, draw(figure, Camera(size=(300, 400))), figure.times_s)
    return path


@pytest.fixture(scope="module")
def video(raising: Path) -> Video:
    return read_video(raising)


@pytest.fixture(scope="module")
def estimate(video: Video) -> Estimate:
    with MediaPipePose() as estimator:
        return estimator.estimate(video)


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts a program of the test's own in the place of the detector's process."""

    def put(code: str) -> None:
        monkeypatch.setattr(detection, "child_command", lambda: [sys.executable, "-c", code])

    return put


def test_a_video_is_written_with_its_times(tmp_path: Path) -> None:
    frames = [made.painted(i, 97, 65) for i in range(5)]  # odd sides: the last ones are left out
    times_s = np.array([0.0, 0.04, 0.5, 0.6, 1.1])
    write_video(tmp_path / "a.mp4", frames, times_s)
    video = read_video(tmp_path / "a.mp4")
    np.testing.assert_allclose(video.times_s, times_s, atol=2e-3)
    assert video.size == (96, 64)
    np.testing.assert_allclose(
        made.levels(video.frames), [made.level(i) for i in range(5)], atol=14
    )
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_the_raised_hand_is_the_persons_right(estimate: Estimate) -> None:
    motion = estimate.motion
    height = motion.joints[:, :, 1]
    shoulder, right, left = (
        height[:, INDEX[name]] for name in ("right_shoulder", "right_wrist", "left_wrist")
    )
    assert (right - shoulder).max() > 0.15
    assert (left - shoulder).max() < -0.2
    assert estimate.sides_sure.all() and estimate.notes == ()


def test_a_drawn_person_stands_on_the_floor_and_faces_the_camera(
    video: Video, estimate: Estimate
) -> None:
    motion = estimate.motion
    assert motion.fps == pytest.approx(RATE_HZ, rel=1e-3)
    assert motion.duration_s == pytest.approx(video.duration_s + 1 / RATE_HZ, abs=0.02)
    assert motion.confidence is not None
    assert np.median(motion.confidence) > 0.8
    assert 1.3 < motion.joints[:, INDEX["nose"], 1].mean() < 1.8
    assert np.abs(motion.joints[..., 1].min(1)).max() < 0.1
    assert np.degrees(np.abs(motion.headings())).max() < 30


def test_one_estimator_takes_several_videos_and_leaves_no_process(video: Video) -> None:
    short = Video(video.frames[:8], video.times_s[:8], video.source_frames[:8], video.size)
    told: list[tuple[int, int]] = []
    with MediaPipePose() as estimator:
        first, second = (
            estimator.estimate(short, lambda done, total: told.append((done, total)))
            for _ in range(2)
        )
    np.testing.assert_array_equal(first.motion.joints, second.motion.joints)
    assert told == [(done, 8) for done in range(1, 9)] * 2
    assert not children()


def test_the_overlay_has_each_side_in_its_colour(video: Video, estimate: Estimate) -> None:
    place = len(video) // 2
    picture = draw_frame(video, estimate, place).astype(int)
    for side, colour in (("left", LEFT), ("right", RIGHT)):
        ends = estimate.landmarks.image[place, [INDEX[f"{side}_hip"], INDEX[f"{side}_knee"]]]
        x, y = ends.mean(0).astype(int)
        near = picture[y - 3 : y + 4, x - 3 : x + 4].reshape(-1, 3)
        assert np.abs(near - np.array(colour)).sum(1).min() < 60
    assert (video.frames[place] != picture).any()


def test_estimate_writes_a_motion_and_an_overlay(
    raising: Path, video: Video, tmp_path: Path
) -> None:
    motion, overlay = tmp_path / "motion.npz", tmp_path / "overlay.mp4"
    words = ["estimate", str(raising), "-o", str(motion), "--overlay", str(overlay), "--json"]
    result = runner.invoke(app, words)
    assert result.exit_code == 0, result.output
    facts = json.loads(result.stdout)
    assert facts["person_seen"] == 1 and facts["notes"] == []
    assert facts["frames"] == len(read_motion(motion))
    drawn = read_video(overlay)
    np.testing.assert_allclose(drawn.times_s, video.times_s, atol=2e-3)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["motion.npz", "overlay.mp4"]


def test_a_video_is_asked_like_a_motion(raising: Path, tiny_model: Path) -> None:
    words = ["ask", str(raising), "Which hand?", "--model", str(tiny_model), "--json"]
    result = runner.invoke(app, words)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["timing_ms"]["open"] > 0


def test_a_side_that_is_in_doubt_is_not_told(
    estimate: Estimate, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    doubtful = Opened(estimate.motion, ("left and right are in doubt",), sides_told=False)
    monkeypatch.setattr("llamo.assistant.read_clip", lambda *_, **__: doubtful)
    session = Assistant.from_pretrained(tiny_model).open("any.mp4")
    assert session.notes == doubtful.notes
    for question in ("Which hand does he raise?", "Is it the left arm?", "Is the right knee bent?"):
        answer = session.ask(question)
        assert answer.abstained and "left and right" in str(answer.reason)
    for question in ("What does he do?", "Is it done right?"):
        assert session.assistant.reason_not_to_try(session, question) is None
    told = [*session.ask("How far does it bend?").measurements, *session.measure().measurements]
    assert told and not [one.name for one in told if one.names_side]


def test_a_video_needs_no_words_about_its_motion(raising: Path, tiny_model: Path) -> None:
    with pytest.raises(InvalidMotion, match="leave fps"):
        Assistant.from_pretrained(tiny_model).open(raising, fps=30)


# Refusals: one line each, nothing left over.


def fails_in_one_line(words: list[str]) -> str:
    result = runner.invoke(app, words)
    assert result.exit_code == 1, result.output
    assert result.stderr.startswith("error: ") and result.stderr.count("\n") == 1
    assert not children()
    return result.stderr


def test_a_still_picture_is_refused(video: Video) -> None:
    still = Video(
        np.repeat(video.frames[:1], 10, axis=0), video.times_s[:10], video.source_frames[:10],
        video.size,
    )  # fmt: skip
    with MediaPipePose() as estimator, pytest.raises(NothingToEstimate, match="still picture"):
        estimator.estimate(still)


def test_a_video_without_a_person_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    path = made.make(tmp_path / "plain.mp4")
    message = fails_in_one_line(["estimate", str(path), "-o", str(tmp_path / "motion.npz")])
    assert "no person is seen" in message
    assert [one.name for one in tmp_path.iterdir()] == ["plain.mp4"]


def test_a_close_up_is_refused_by_what_is_missing(video: Video) -> None:
    close = np.ascontiguousarray(video.frames[:, 60:230])
    cropped = Video(close, video.times_s, video.source_frames, video.size)
    with MediaPipePose() as estimator, pytest.raises(NothingToEstimate, match="legs"):
        estimator.estimate(cropped)


def test_odd_pictures_show_nobody(video: Video) -> None:
    """Of a pixel, of a line, flat or high: refused in one line, and the next video is seen."""
    noise = np.random.default_rng(0)
    with MediaPipePose() as estimator:
        for height, width in ((1, 1), (1, 300), (300, 1), (2, 3), (33, 17), (16, 720), (720, 16)):
            frames = noise.integers(0, 255, (4, height, width, 3), np.uint8)
            odd = Video(frames, np.arange(4) / RATE_HZ, np.arange(4), (width, height))
            with pytest.raises(NothingToEstimate) as caught:
                estimator.estimate(odd)
            assert "\n" not in str(caught.value)
        assert estimator.estimate(video).landmarks.found.mean() > 0.9


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["-o", "motion.txt"], ".npz or .bvh"),
        (["-o", "nowhere/motion.npz"], "no such folder"),
        (["-o", "folder.npz"], "is a folder"),
        (["-o", "motion.npz", "--overlay", "overlay.avi"], "name it .mp4"),
        (["-o", "motion.npz", "--overlay", "raising.mp4"], "would replace"),
    ],
)
def test_places_that_cannot_be_written_are_refused_before_the_work(
    raising: Path, names: list[str], said: str
) -> None:
    (raising.parent / "folder.npz").mkdir(exist_ok=True)
    words = [str(raising.parent / name) if "." in name else name for name in names]
    assert said in fails_in_one_line(["estimate", str(raising), *words])


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import os; os.abort()", "crashed"),
        ("print('{}', flush=True); import os; os.abort()", "crashed"),
        ("print('nonsense', flush=True)", "crashed"),
        ("import sys; sys.stdout.write('[1]\\n')", "does not load"),
        ("""print('{"failed": "no libGL\\\\nhere"}', flush=True)""", "no libGL here"),
    ],
)
def test_a_detector_that_fails_is_one_line(
    raising: Path, tmp_path: Path, stand_in: Callable[[str], None], code: str, said: str
) -> None:
    stand_in(code)
    assert said in fails_in_one_line(["estimate", str(raising), "-o", str(tmp_path / "a.npz")])


def test_numbers_that_are_nonsense_show_nobody(
    video: Video, stand_in: Callable[[str], None]
) -> None:
    stand_in(
        "import sys\n"
        "out = sys.stdout.buffer\n"
        "out.write(b'{}\\n'); out.flush()\n"
        f"out.write(b'\\xff' * {detection.RECORD * 4 * len(video)}); out.flush()\n"
        "sys.stdin.buffer.read()"
    )
    with MediaPipePose() as estimator, pytest.raises(NothingToEstimate, match="no person"):
        estimator.estimate(video)


def test_a_detector_that_hangs_is_ended(
    video: Video, stand_in: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detection, "START_S", 0.5)
    stand_in("import time; time.sleep(60)")
    with MediaPipePose() as estimator, pytest.raises(InvalidVideo, match="stopped answering"):
        estimator.estimate(video)
    assert not children()


def test_ctrl_c_ends_the_detector(video: Video) -> None:
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), MediaPipePose() as estimator:
        estimator.estimate(video, interrupt)
    assert not children()


def test_without_mediapipe_the_extra_is_named(
    raising: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detection.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingDependency, match=r"llamo\[video\]"):
        estimate_video(raising)


# Real footage, where it is at hand.


def test_real_clips_are_estimated_or_refused_by_what_they_show(data_dir: Path) -> None:
    index = data_dir / "videos" / "index.json"
    if not index.is_file():
        pytest.skip(f"no real videos in {index.parent}")
    clips = json.loads(index.read_text())
    partial = [clip for clip in clips if clip["facts"].get("full_body") is False]
    whole = [clip for clip in clips if "people" not in clip["facts"] and clip not in partial]
    for clip in partial:
        with pytest.raises(NothingToEstimate, match="cannot be seen"):
            estimate_video(index.parent / clip["file"], end_s=3)
    for clip in sorted(whole, key=lambda clip: clip["seconds"])[:2]:
        estimate = estimate_video(index.parent / clip["file"])
        assert estimate.motion.duration_s == pytest.approx(clip["seconds"], abs=0.3)
        assert estimate.landmarks.found.mean() > 0.9


def test_the_frames_are_shown_with_the_estimate_before_they_are_let_go(raising: Path) -> None:
    shown: list[tuple[Video, Estimate]] = []
    opened = read_clip(raising, watch=lambda *seen: shown.append(seen))
    ((video, estimate),) = shown
    assert opened.footage is not None and opened.footage.estimate is estimate
    boxes = followed_boxes(video, estimate)
    assert boxes.shape == (len(video), 3, 4) and np.isfinite(boxes).all()
    (left, top, right, bottom), *hands = boxes.mean(0)
    height, width = video.frames.shape[1:3]
    assert 0 <= left < right <= width and 0 <= top < bottom <= height
    assert bottom - top > 0.4 * height
    for hand in hands:  # around a point of the body
        assert left < hand[[0, 2]].mean() < right and top < hand[[1, 3]].mean() < bottom
