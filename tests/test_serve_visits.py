"""Visits to the demo without a server: names, uploads, limits, and what is left behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from open_clips import EVIL, answered, opened
from tiny import waving_motion

from llamo.answer import Answer
from llamo.errors import InvalidData, UnreadableFile
from llamo.serve.limits import Limits, Rate, TooMuch
from llamo.serve.service import Service, without_places
from llamo.serve.uploads import plain_name, take
from llamo.serve.visitors import OpenClip, Sweeper, Visitors


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("squat.mp4", "squat.mp4"),
        ("../../etc/passwd", "passwd"),
        ("C:\\clips\\a.mov", "a.mov"),
        ("a\u202egpj.mp4\x00\n", "agpj.mp4"),
        ("", "clip"),
        ("/", "clip"),
        (EVIL, EVIL),
    ],
)
def test_a_name_is_shown_without_folders_and_control_characters(name: str, plain: str) -> None:
    assert plain_name(name) == plain


def test_a_long_name_keeps_its_ending() -> None:
    plain = plain_name("a" * 300 + ".mp4")
    assert len(plain) == 60 and plain.endswith("….mp4")


def test_an_upload_becomes_a_file_with_a_name_of_ours(tmp_path: Path) -> None:
    upload = tmp_path / "..%2f$(reboot) <b>.NPZ"
    upload.write_bytes(b"content")
    folder = tmp_path / "mine"
    folder.mkdir()
    own = take(upload, folder)
    assert own == folder / "clip.npz" and own.read_bytes() == b"content"


@pytest.mark.parametrize("ending", [".exe", ".html", ".svg", "", ".pkl", ".zip"])
def test_other_endings_are_refused_with_what_is_expected(tmp_path: Path, ending: str) -> None:
    upload = tmp_path / f"clip{ending}"
    upload.write_bytes(b"content")
    with pytest.raises(UnreadableFile, match="npz"):
        take(upload, tmp_path)


def test_a_link_in_place_of_an_upload_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.npz"
    secret.write_bytes(b"secret")
    link = tmp_path / "upload.npz"
    link.symlink_to(secret)
    with pytest.raises(UnreadableFile, match="send it again"):
        take(link, tmp_path)


def test_a_rate_lets_so_many_through_in_any_minute() -> None:
    clock = Clock()
    rate = Rate(2, "questions", clock)
    rate.spend()
    clock.now += 30
    rate.spend()
    with pytest.raises(TooMuch, match=r"at most 2 questions a minute; try again in 30 s"):
        rate.spend()
    clock.now += 30
    rate.spend()  # the first is a minute old


def test_limits_are_above_nothing() -> None:
    with pytest.raises(InvalidData, match="clip_s"):
        Limits(clip_s=0)


def test_visits_are_apart_and_leave_nothing(tmp_path: Path) -> None:
    clock = Clock()
    visitors = Visitors(tmp_path / "visitors", Limits(linger_s=5, idle_s=60), clock)
    first, second = visitors.visitor("first"), visitors.visitor("second")
    assert first is not second and first.folder != second.folder
    assert visitors.visitor("first") is first
    upload = tmp_path / "hash" / "clip.npz"
    upload.parent.mkdir()
    upload.write_bytes(b"x")
    for one in (first, second):
        one.uploads.add(upload)  # both sent the same content
        (one.new_folder() / "clip.npz").write_bytes(b"x")
    visitors.leaves("first")
    clock.now += 4
    visitors.sweep()
    assert len(visitors) == 2  # may come back
    clock.now += 1
    visitors.sweep()
    assert len(visitors) == 1 and not first.folder.exists()
    assert upload.exists()  # the second one's
    with pytest.raises(TooMuch, match="ended"):
        first.new_folder()
    clock.now += 60
    visitors.sweep()  # the second one sleeps
    assert len(visitors) == 0 and not second.folder.exists() and not upload.parent.exists()


def test_who_comes_back_in_time_keeps_the_clip(tmp_path: Path) -> None:
    clock = Clock()
    visitors = Visitors(tmp_path, Limits(linger_s=5), clock)
    visitor = visitors.visitor("first")
    visitors.leaves("first")
    clock.now += 3
    assert visitors.find("first") is visitor
    clock.now += 10
    visitors.sweep()
    assert visitors.find("first") is visitor


def test_a_full_house_says_so(tmp_path: Path) -> None:
    visitors = Visitors(tmp_path, Limits(visitors=1))
    visitors.visitor("first")
    with pytest.raises(TooMuch, match="try again"):
        visitors.visitor("second")
    visitors.end("first")
    visitors.visitor("second")


def sent(folder: Path) -> Path:
    """What a browser sent, where the server puts it."""
    folder.mkdir()
    upload = folder / "clip.npz"
    upload.write_bytes(b"no motion")
    return upload


def service_of(tmp_path: Path, **limits: Any) -> Service:
    return Service(tmp_path / "visitors", Limits(**limits), lambda: None)  # type: ignore[arg-type]


def test_an_upload_that_is_refused_is_deleted(tmp_path: Path) -> None:
    service = service_of(tmp_path, visitors=1, clips_per_minute=1)
    for key, error in (("a", UnreadableFile), ("a", TooMuch), ("b", TooMuch)):  # broken, fast, full
        upload = sent(tmp_path / "sent")
        with pytest.raises(error):
            service.open_upload(key, upload)
        assert not upload.parent.exists()


def test_a_refused_upload_that_others_sent_too_stays(tmp_path: Path) -> None:
    visitors = Visitors(tmp_path / "visitors", Limits(visitors=1))
    upload = sent(tmp_path / "sent")
    visitors.sends("first", upload)
    with pytest.raises(TooMuch):
        visitors.sends("second", upload)
    visitors.refuse_upload(upload)
    assert upload.exists()
    visitors.end("first")
    assert not upload.exists()


def test_an_open_clip_that_is_sent_again_in_vain_stays_tracked(tmp_path: Path) -> None:
    service = service_of(tmp_path, clips_per_minute=1)
    upload = sent(tmp_path / "sent")
    visitor = service.visitors.sends("first", upload)
    visitor.clip = opened(waving_motion(1.0))
    visitor.clip.upload = upload
    visitor.openings.spend()
    with pytest.raises(TooMuch):
        service.open_upload("first", upload)
    assert upload.exists()
    service.visitors.end("first")
    assert not upload.exists()


def test_work_that_goes_on_does_not_keep_who_has_left(tmp_path: Path) -> None:
    clock = Clock()
    visitors = Visitors(tmp_path, Limits(linger_s=5), clock)
    visitors.visitor("first")
    visitors.leaves("first")
    clock.now += 5
    assert visitors.find("first", touch=False)
    visitors.sweep()
    assert not len(visitors)


def test_a_sweeper_goes_on_after_a_fault() -> None:
    looks = []
    twice = threading.Event()

    def sweep() -> None:
        looks.append(1)
        if len(looks) == 2:
            twice.set()
        raise RuntimeError("set changed size during iteration")

    sweeper = Sweeper(SimpleNamespace(sweep=sweep), every_s=0.01)  # type: ignore[arg-type]
    sweeper.start()
    assert twice.wait(20)
    sweeper.stop()


class Writes:
    """A session that writes files to take home, or fails to."""

    footage = None

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def report(self, path: Path, questions: Any) -> None:
        self.asked = list(questions)
        path.write_text("report")

    def save_view(self, answer: Answer, path: Path) -> None:
        raise UnreadableFile(f"cannot write {path}: {path.parent} is full.")


def test_what_is_taken_home_outlives_the_next_and_a_failure_leaves_nothing(tmp_path: Path) -> None:
    service = service_of(tmp_path)
    visitor = service.visitors.visitor("first")
    session, answer = Writes(), answered()
    visitor.clip = OpenClip("a.npz", session, None)  # type: ignore[arg-type]
    visitor.clip.turns = [("?", answered()), ("?", answer)]
    pages = [service.report("first"), service.report("first")]
    with pytest.raises(UnreadableFile) as caught:
        service.view("first")
    assert str(tmp_path) not in str(caught.value) and visitor.folder.name not in str(caught.value)
    assert session.asked == [answer]  # nothing is asked again
    assert all(page.is_file() for page in pages)
    assert {page.parent for page in pages} == set(visitor.folder.iterdir())
    for _ in range(5):
        service.report("first")
    assert len(list(visitor.folder.iterdir())) == 4


def test_an_answer_to_a_cleared_conversation_is_not_remembered(tmp_path: Path) -> None:
    service = service_of(tmp_path)

    class Stream:
        answer = answered()

        def __iter__(self) -> Iterator[str]:
            yield "left"

        def close(self) -> None:
            pass

    session = SimpleNamespace(stream=lambda question: Stream())
    clip = OpenClip("a.npz", session, None)  # type: ignore[arg-type]
    service.visitors.visitor("first").clip = clip
    asking = service.ask("first", "?")
    next(asking)
    clip.turns = []
    assert [one.text for one in asking] == ["left"]
    assert not clip.turns


def test_measuring_too_often_is_told_to_wait(tmp_path: Path) -> None:
    service = service_of(tmp_path, measurings_per_minute=1)
    session = SimpleNamespace(count=lambda: 5)
    service.visitors.visitor("first").clip = OpenClip("a.npz", session, None)  # type: ignore[arg-type]
    assert service.count("first") == 5
    for again in (service.count, service.measure):
        with pytest.raises(TooMuch, match="at most 1 measurements"):
            again("first")


def test_a_message_calls_a_file_by_its_name_once(tmp_path: Path) -> None:
    (tmp_path / "clip.npz").touch()
    message = f"{tmp_path}/clip.npz is broken; clip.npz holds nothing; see {tmp_path}/x."
    cleaned = without_places(message, tmp_path, "my clip.npz")
    assert cleaned == "my clip.npz is broken; my clip.npz holds nothing; see x."


def test_a_video_is_read_again_within_the_limits_it_was_opened_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import llamo.encoders.estimator
    import llamo.video
    from llamo.clip import read_clip
    from llamo.report.scene import FootageScene
    from llamo.video import VideoLimits

    class Read(Exception):
        """Ends the test."""

    def read(path: Path, limits: VideoLimits) -> None:
        raise Read(limits)

    estimate = SimpleNamespace(motion=waving_motion(1.0), notes=(), sides_told=True)
    monkeypatch.setattr(llamo.encoders.estimator, "estimate_video", lambda *_, **__: estimate)
    monkeypatch.setattr(llamo.video, "read_video", read)
    limits = VideoLimits(duration_s=900)
    footage = read_clip("long.mp4", video_limits=limits).footage
    assert footage is not None
    with pytest.raises(Read) as caught:
        FootageScene(footage)
    assert caught.value.args == (limits,)
