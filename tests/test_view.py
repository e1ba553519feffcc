"""Pictures of what an answer looked at: everything is in them, fits, and harms no other file."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tiny import waving_motion
from typer.testing import CliRunner

from llamo.answer import Answer, FrameScores, Viewpoint
from llamo.cli import app
from llamo.clip import Footage
from llamo.encoders.estimator import Estimate
from llamo.encoders.estimator.landmarks import Landmarks
from llamo.errors import InvalidMotion, MissingDependency, UnreadableFile
from llamo.kinematics import Measurement
from llamo.motion import Motion
from llamo.report import view
from llamo.report.colours import CHOSEN, LEFT, PAPER, RIGHT
from llamo.report.figure import Figure
from llamo.report.lettering import width_of, wrapped
from llamo.report.playing import Player
from llamo.report.scene import FigureScene, FootageScene, _whereabouts
from llamo.report.timeline import Timeline
from llamo.report.view import check_view, save_view

Image = pytest.importorskip("PIL.Image")
pytest.importorskip("av")

LONG = {
    "words": "Which hand does the person wave with after that? " * 40,
    "one word": "W" * 2000,
    "lines": "Which\u2013hand\n\nwaves \u4e2d?",
}


def answered(motion: Motion, k: int = 4, question: str = "Which hand waves?") -> Answer:
    """An answer that looked at the first k of the moments, a tenth of a second apart."""
    times_s = np.arange(max(1, round(motion.duration_s * 10))) / 10
    scores = np.linspace(1, 2, len(times_s))
    scores /= scores.sum()
    looked = [
        Viewpoint(time_s, motion.frame_at(time_s), score)
        for time_s, score in zip(times_s[:k].tolist(), scores[:k].tolist(), strict=True)
    ]
    measured = [Measurement("left_elbow_flexion_max", 92.4, "deg", 1.2, 0.4, 0.4)] * (k and 9)
    return Answer(
        "left" if k else "I can't tell: the clip is too short.", 0.9, not k, None, tuple(looked),
        tuple(measured), "tiny", {}, question=question,
        scores=FrameScores(times_s, scores) if k else None,
    )  # fmt: skip


def has_colour(picture: np.ndarray, colour: tuple[int, ...]) -> np.ndarray:
    """(h, w) True on pixels of about this colour; a film's are never exact."""
    return np.abs(picture.astype(int) - np.array(colour)).max(-1) < 30


def page_of(motion: Motion, answer: Answer, folder: Path) -> np.ndarray:
    save_view(answer, motion, folder / "view.png")
    assert [path.name for path in folder.iterdir()] == ["view.png"]
    return np.asarray(Image.open(folder / "view.png"))


@pytest.mark.parametrize("k", [0, 1, 5, 9, 40])
def test_a_page_shows_limbs_and_viewpoints_inside_its_margins(tmp_path: Path, k: int) -> None:
    motion = waving_motion(4.0)
    page = page_of(motion, answered(motion, k), tmp_path)
    assert has_colour(page, LEFT).any() and has_colour(page, RIGHT).any()
    assert has_colour(page, CHOSEN).any()
    for edge in (page[:40], page[-40:], page[:, :40], page[:, -40:]):
        assert (edge == PAPER).all()


@pytest.mark.parametrize("question", LONG.values(), ids=LONG)
@pytest.mark.parametrize("frames", [1, 12])
def test_long_questions_and_clips_of_one_frame_fit(
    tmp_path: Path, question: str, frames: int
) -> None:
    motion = waving_motion(frames / 30)
    answer = replace(answered(motion, 1, question), answer=question[:300])
    page = page_of(motion, answer, tmp_path)
    for edge in (page[:40], page[-40:], page[:, :40], page[:, -40:]):
        assert (edge == PAPER).all()
    still = np.asarray(Player(answer, FigureScene(motion), motion.duration_s).frame(0.0))
    for edge in (still[:20], still[-20:], still[:, :20], still[:, -20:]):
        assert (edge == PAPER).all()


@pytest.mark.parametrize("text", [*LONG.values(), "", "a b"])
def test_lines_are_no_wider_than_their_place(text: str) -> None:
    for most in (None, 1, 2):
        lines = wrapped(text, 20, 300, most)
        assert all(width_of(line, 20) <= 300 for line in lines)
        assert most is None or len(lines) <= most
    assert "".join(wrapped(LONG["one word"], 20, 300)) == LONG["one word"]


def test_numbers_on_the_timeline_do_not_overlap() -> None:
    timeline = Timeline(10, 0, 410, 100, duration_s=10.0, size=20)
    times_s = [0.0, 0.1, 0.2, 3.0, 3.1, 6.0, 9.8, 9.9, 10.0]
    labels = timeline._labels([Viewpoint(time_s, 0, 0.1) for time_s in times_s])
    assert [text for _, text in labels] == ["1-3", "4-5", "6", "7-9"]
    ends = [x + width_of(text, 20) for x, text in labels]
    assert all(end <= x for end, (x, _) in zip(ends, labels[1:], strict=False))
    assert labels[0][0] >= 10 and ends[-1] <= 410


def test_the_left_arm_is_orange_and_seen_at_the_right_of_a_figure_from_the_front() -> None:
    picture = np.asarray(Figure(waving_motion()).draw(0, (300, 400)))
    left, right = (np.nonzero(has_colour(picture, colour))[1].mean() for colour in (LEFT, RIGHT))
    assert left > right + 20
    mirrored = np.asarray(Figure(waving_motion().mirror()).draw(0, (300, 400)))
    assert has_colour(mirrored, LEFT).sum() > 500


def test_what_was_not_seen_is_pale() -> None:
    motion = waving_motion(1.0)
    confidence = np.ones(motion.joints.shape[:2], np.float32)
    confidence[5:, [name.startswith("left") for name in motion.skeleton.joints]] = 0
    picture = np.asarray(Figure(replace(motion, confidence=confidence)).draw(20, (300, 400)))
    assert not has_colour(picture, LEFT).any() and has_colour(picture, RIGHT).any()


def test_what_was_never_seen_is_not_drawn() -> None:
    motion = waving_motion(1.0)
    confidence = np.ones(motion.joints.shape[:2], np.float32)
    left = [place for place, name in enumerate(motion.skeleton.joints) if "left" in name]
    confidence[5:, left] = 0
    pale = Figure(replace(motion, confidence=confidence)).draw(20, (300, 400))
    confidence[:, left] = 0
    joints = motion.joints.copy()
    joints[:, left] = 50.0
    bare = Figure(replace(motion, joints=joints, confidence=confidence)).draw(20, (300, 400))
    ink = [(np.asarray(picture) < 225).any(-1).mean() for picture in (pale, bare)]
    assert 0.01 < ink[1] < ink[0]  # no limb reaches for what is 50 m away


def test_a_figure_that_walks_away_stays_in_the_picture() -> None:
    motion = waving_motion(4.0)
    joints = motion.joints.copy()
    joints[:, :, 2] += 1.5 * motion.times_s[:, None]
    figure = Figure(replace(motion, joints=joints))
    for frame in (0, 60, 119):
        picture = np.asarray(figure.draw(frame, (300, 400)))
        assert has_colour(picture, LEFT).sum() > 500
        assert not has_colour(picture, LEFT)[:, [0, -1]].any()


def test_a_film_plays_the_clip_and_marks_its_viewpoints(tmp_path: Path) -> None:
    import av

    motion = waving_motion(0.8)
    answer = answered(motion, 1)
    told: list[tuple[int, int]] = []
    for _ in range(2):  # an earlier view is replaced
        save_view(answer, motion, tmp_path / "view.mp4", progress=lambda *done: told.append(done))
    assert told[:24] == [(done, 24) for done in range(1, 25)]
    with av.open(str(tmp_path / "view.mp4")) as film:
        frames = list(film.decode(video=0))
    times_s = [float(frame.pts * frame.time_base) for frame in frames]
    np.testing.assert_allclose(times_s, motion.times_s, atol=2e-3)
    first, last = (frame.to_ndarray(format="rgb24") for frame in (frames[0], frames[-1]))
    assert has_colour(first, CHOSEN).sum() > 2 * has_colour(last, CHOSEN).sum() > 0
    assert (first != last).any()


def test_fast_motions_are_thinned_and_long_films_refused(tmp_path: Path) -> None:
    assert len(FigureScene(waving_motion(1.0, fps=120)).times_s) == 30
    slow = Motion(waving_motion(1.0).joints, fps=0.04)
    with pytest.raises(InvalidMotion, match="600 s"):
        save_view(answered(waving_motion(1.0)), slow, tmp_path / "view.mp4")
    assert not list(tmp_path.iterdir())


# Over a video.


@pytest.fixture
def footage(tmp_path: Path) -> Footage:
    """A grey film of 10 frames, on which somebody is seen in all but the last."""
    from llamo.video.writing import write_video

    path = tmp_path / "clip.mp4"
    times_s = np.arange(10) / 10
    write_video(path, np.full((10, 120, 160, 3), 128, np.uint8), times_s)
    image = np.random.default_rng(0).uniform(30, 90, (10, 33, 2))
    image[-1] = np.nan
    landmarks = Landmarks(image, np.zeros((10, 33, 3)), np.ones((10, 33)), times_s, (160, 120))
    sure = np.ones(10, bool)
    sure[3] = False
    return Footage(path, Estimate(waving_motion(1.0), landmarks, sure))


def test_a_videos_frames_carry_the_skeleton(footage: Footage) -> None:
    pytest.importorskip("cv2", exc_type=ImportError)
    scene = FootageScene(footage)
    assert scene.shape == pytest.approx(1, abs=0.05)  # cut to where somebody is: 60 x 60 pixels
    assert [scene.remark(time_s) for time_s in (0.0, 0.31, 0.9)] == [
        "",
        "left or right?",
        "not seen",
    ]
    first, last = (np.asarray(scene.draw(time_s, (240, 240))) for time_s in (0.0, 0.9))
    assert has_colour(first, LEFT).any() and has_colour(first, RIGHT).any()
    assert not has_colour(last, LEFT).any()


def test_a_film_is_cut_to_where_the_person_goes(footage: Footage) -> None:
    landmarks = footage.estimate.landmarks
    ways: dict[str, tuple[float, float, float, float]] = {
        "still": (40, 50, 60, 100), "lying": (10, 90, 150, 100), "everywhere": (-50, -50, 300, 300),
        "a corner": (150, 110, 200, 140), "one place": (80, 60, 80.5, 60.5),
    }  # fmt: skip
    for x0, y0, x1, y1 in ways.values():
        image = np.random.default_rng(0).uniform((x0, y0), (x1, y1), (10, 33, 2))
        left, top, right, bottom = _whereabouts(replace(landmarks, image=image))
        assert 0 <= left < right <= 160 and 0 <= top < bottom <= 120
        assert left <= max(x0 + 2, 0) and right >= min(x1 - 2, 160)
        assert top <= max(y0 + 2, 0) and bottom >= min(y1 - 2, 120)
        assert 0.6 < (right - left) / (bottom - top) < 1.9
    unseen = replace(landmarks, image=np.full((10, 33, 2), np.nan))
    assert _whereabouts(unseen) == (0, 0, 160, 120)


def test_a_view_of_a_video_and_of_one_that_changed(footage: Footage, tmp_path: Path) -> None:
    pytest.importorskip("cv2", exc_type=ImportError)
    from llamo.video.writing import write_video

    motion = footage.estimate.motion
    for name in ("view.png", "view.mp4"):
        save_view(answered(motion, 3), motion, tmp_path / name, footage)
    page = np.asarray(Image.open(tmp_path / "view.png"))
    assert has_colour(page, (128, 128, 128)).mean() > 0.1
    write_video(footage.path, np.full((5, 120, 160, 3), 128, np.uint8), np.arange(5) / 10)
    with pytest.raises(UnreadableFile, match="has changed"):
        save_view(answered(motion, 3), motion, tmp_path / "other.png", footage)


# Places.


def refusal(path: Path) -> str:
    with pytest.raises(UnreadableFile) as caught:
        check_view(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_places_that_cannot_be_written_are_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.png").mkdir()
    assert ".png or .mp4" in refusal(tmp_path / "view.jpg")
    assert ".png or .mp4" in refusal(tmp_path / "view")
    assert "is a folder" in refusal(tmp_path / "folder.png")
    assert "no such folder" in refusal(tmp_path / "none" / "view.png")
    assert "too long" in refusal(tmp_path / f"{'n' * 300}.png")


@pytest.mark.parametrize("suffix", [".png", ".mp4"])
def test_another_file_is_never_replaced(tmp_path: Path, suffix: str) -> None:
    motion = waving_motion(0.4)
    path = tmp_path / f"view{suffix}"
    others = [b"Dear diary", b"\x89PNG\r\n\x1a\n" + bytes(50), bytes(4) + b"ftypisom" + bytes(50)]
    for content in others:
        path.write_bytes(content)
        assert "is no view" in refusal(path)
        with pytest.raises(UnreadableFile):
            save_view(answered(motion), motion, path)
        assert path.read_bytes() == content
    path.write_bytes(b"")
    save_view(answered(motion), motion, path)  # nothing is lost
    check_view(path)
    path.rename(path.with_suffix(".mp4" if suffix == ".png" else ".png"))
    assert "is no view" in refusal(next(tmp_path.iterdir()))  # of the other kind


def test_a_missing_package_is_named_by_its_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingDependency, match=r"llamo\[view\]"):
        check_view(tmp_path / "view.png")
    assert importlib.util.find_spec("PIL") is None  # the patch was the one that was asked


# The same verbs on the command line and in Python.


def test_ask_saves_what_it_looked_at(tiny_model: Path, tmp_path: Path) -> None:
    from llamo import Assistant, write_motion

    write_motion(waving_motion(), tmp_path / "wave.npz")
    words = ["ask", str(tmp_path / "wave.npz"), "Which hand waves?", "--model", str(tiny_model)]
    result = CliRunner().invoke(app, [*words, "--json", "--save-view", str(tmp_path / "a.png")])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["schema"] == 1
    assert Image.open(tmp_path / "a.png").size[0] == 1600
    # Told before the work: the weights do not exist either.
    bad = [*words[:-1], "nowhere", "--save-view", str(tmp_path / "wave.npz")]
    result = CliRunner().invoke(app, bad)
    assert result.exit_code == 1
    assert ".png or .mp4" in result.stderr and result.stderr.count("\n") == 1

    session = Assistant.from_pretrained(tiny_model, device="cpu").open(waving_motion())
    answer = session.ask(" Which hand\nwaves?")
    assert answer.question == "Which hand waves?"
    assert answer.scores is not None and "scores" not in answer.to_dict()
    assert len(answer.scores.time_s) == len(answer.scores.score) == 40
    for one in answer.viewpoints:
        place = np.abs(answer.scores.time_s - one.time_s).argmin()
        assert answer.scores.score[place] == pytest.approx(one.score)
    session.save_view(answer, tmp_path / "b.png")
    short = Assistant.from_pretrained(tiny_model, device="cpu").open(waving_motion(0.1))
    declined = short.ask("Which hand waves?")
    assert declined.scores is None
    short.save_view(declined, tmp_path / "c.png")
