"""Reading video: every kind of file upright and at its own times, as much as is wanted."""

from __future__ import annotations

import importlib.util
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import video_files as made
from video_checks import QUICK, check, refusal

from llamo.video import VideoLimits, backends, read_video, with_decord
from llamo.video.sampling import Clock

for package in ("av", "decord"):  # looked for, not imported: decord must not come before cv2
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed (extra: video)", allow_module_level=True)

pytestmark = pytest.mark.usefixtures("nothing_is_left")

BACKENDS = ("decord", "av")

PLAIN: dict[str, dict] = {
    "h264.mp4": {},
    "h264.mkv": {},
    "h264.mov": {},
    "h264.flv": {},
    "h264.ts": {},
    "mpeg4.avi": {"codec": "mpeg4", "time_base": Fraction(1, 25)},
    "mpeg2.ts": {"codec": "mpeg2video", "time_base": Fraction(1, 25)},
    "vp8.webm": {"codec": "libvpx"},
    "vp9.webm": {"codec": "libvpx-vp9"},
    "av1.mp4": {"codec": "libsvtav1"},
    "mjpeg.avi": {"codec": "mjpeg", "pixels": "yuvj420p", "time_base": Fraction(1, 25)},
    "ffv1.mkv": {"codec": "ffv1"},
    "prores.mov": {"codec": "prores", "pixels": "yuv422p10le"},
    "hevc10.mp4": {
        "codec": "libx265",
        "pixels": "yuv420p10le",
        "options": {"x265-params": "log-level=none:pools=none"},
    },
}


@pytest.mark.parametrize("name", PLAIN)
def test_every_codec_and_container(tmp_path: Path, name: str) -> None:
    how = PLAIN[name]
    base = how.get("time_base", made.MILLISECONDS)
    stamps = [round(ms / 1000 / base) for ms in made.STEADY]
    video = read_video(made.make(tmp_path / name, stamps=stamps, **how), limits=QUICK)
    check(video, list(range(25)), list(made.STEADY))
    assert video.source_frames.tolist() == list(range(25))
    assert (video.size, video.truncated) == ((96, 64), None)
    assert video.fps == pytest.approx(25, rel=1e-3)


def test_gif(tmp_path: Path) -> None:
    stamps = [8 * i for i in range(8)]
    base = Fraction(1, 100)
    path = made.make(tmp_path / "a.gif", "gif", stamps, pixels="rgb8", time_base=base)
    video = read_video(path, limits=QUICK)
    np.testing.assert_allclose(video.times_s, np.array(stamps) / 100, atol=1e-6)
    assert {made.corner(frame) for frame in video.frames} == {"top left"}
    assert (np.diff(made.levels(video.frames)) >= 0).all()  # eight levels of green


@pytest.mark.parametrize("backend", [*BACKENDS, "both"])
@pytest.mark.parametrize(
    ("rotation", "where"), [(90, "bottom left"), (180, "bottom right"), (270, "top right")]
)
def test_rotation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str, rotation: int, where: str
) -> None:
    if backend != "both":
        monkeypatch.setattr(backends, "installed", lambda: [backend])
    path = made.make(tmp_path / "a.mp4", stamps=made.STEADY[:5], rotation=rotation)
    video = read_video(path, limits=QUICK, isolate=backend == "both")
    check(video, list(range(5)), list(made.STEADY[:5]), where)
    size = (96, 64) if rotation == 180 else (64, 96)
    assert video.size == size
    assert video.frames.shape[1:3] == size[::-1]


@pytest.mark.parametrize("backend", BACKENDS)
def test_times_of_a_halting_camera_are_those_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    monkeypatch.setattr(backends, "installed", lambda: [backend])
    path = made.make(tmp_path / "a.mkv", stamps=made.HALTING)
    check(read_video(path, fps=1000, isolate=False), list(range(9)), list(made.HALTING))


@pytest.mark.parametrize(("name", "first"), [("a.mkv", 0), ("a.mp4", 13)])
def test_negative_start(tmp_path: Path, name: str, first: int) -> None:
    """MKV moves the times to 0; MP4 keeps them and hides what lies before 0 (an edit list)."""
    path = made.make(tmp_path / name, stamps=[ms - 500 for ms in made.STEADY])
    video = read_video(path, limits=QUICK)
    check(video, list(range(first, 25)), list(made.STEADY[first:]))


@pytest.mark.parametrize(
    ("name", "how", "said"),
    [
        ("edited.mp4", {"stamps": [ms - 500 for ms in made.STEADY]}, "out of order"),
        ("narrow.mp4", {"size": (48, 48)}, "narrow"),
        ("cover.mkv", {"stamps": [0]}, "single picture"),
        ("wide.mkv", {"ratio": Fraction(2, 1)}, "not square"),
        ("a.ts", {}, "mpegts"),
    ],
)
def test_what_decord_would_read_wrongly_is_not_taken_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, how: dict, said: str
) -> None:
    monkeypatch.setattr(backends, "installed", lambda: ["decord"])
    message = refusal(made.make(tmp_path / name, **how), isolate=False)
    assert said in message and "install PyAV" in message


def test_decord_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "installed", lambda: ["decord"])
    monkeypatch.setattr(with_decord, "_outline", lambda request: None)
    path = made.make(tmp_path / "a.mp4")
    check(read_video(path, isolate=False), list(range(25)), list(made.STEADY))
    assert "VideoLimits.pixels" in refusal(path, limits=VideoLimits(pixels=99), isolate=False)


def test_late_start(tmp_path: Path) -> None:
    path = made.make(tmp_path / "a.mp4", stamps=[ms + 5000 for ms in made.STEADY])
    check(read_video(path, limits=QUICK), list(range(25)), list(made.STEADY))


def test_missing_time_stamps(tmp_path: Path) -> None:
    """A raw stream has none: the frames are spread by the rate in the stream's own header."""
    path = made.make(tmp_path / "a.h264", options={"bf": "0"})
    video = read_video(path, limits=QUICK)
    assert len(video) == 25
    assert (np.diff(made.levels(video.frames)) > 0).all()
    assert video.fps > 0


def test_one_frame(tmp_path: Path) -> None:
    video = read_video(made.make(tmp_path / "a.mp4", stamps=[0]), limits=QUICK)
    check(video, [0], [0])
    assert (video.fps, video.duration_s) == (0.0, 0.0)


@pytest.mark.parametrize("side", [1, 2])
def test_smallest_pictures(tmp_path: Path, side: int) -> None:
    path = made.make(tmp_path / "a.mkv", "ffv1", made.STEADY[:5], size=(side, side), pixels="bgr0")
    video = read_video(path, limits=QUICK)
    assert video.frames.shape == (5, side, side, 3)
    assert (np.diff(video.frames[:, -1, -1, 1].astype(int)) > 0).all()


def test_8k(tmp_path: Path) -> None:
    path = made.make(tmp_path / "a.avi", "mjpeg", [0], size=(7680, 4320), pixels="yuvj420p")
    video = read_video(path, limits=QUICK)
    assert (video.size, video.frames.shape) == ((7680, 4320), (1, 405, 720, 3))
    assert made.corner(video.frames[0]) == "top left"


def test_picture_that_changes_its_size(tmp_path: Path) -> None:
    video = read_video(made.make_joined(tmp_path / "a.mpg.ts"), limits=QUICK)
    times_ms = [*made.STEADY[:10], *(2000 + 40 * i for i in range(10))]
    np.testing.assert_allclose(video.times_s, np.array(times_ms) / 1000, atol=2e-4)
    assert video.frames.shape == (20, 64, 96, 3)
    # The second picture is higher for its width: it has black at its sides.
    assert (video.frames[15, :, :6] < 30).all()
    middle = made.levels(video.frames)
    np.testing.assert_allclose(middle, [made.level(i) for i in (*range(10), *range(10))], atol=8)


def test_pixels_that_are_not_square(tmp_path: Path) -> None:
    path = made.make(tmp_path / "a.mkv", ratio=Fraction(2, 1))
    video = read_video(path, limits=QUICK)
    assert video.frames.shape == (25, 64, 192, 3)
    check(video, list(range(25)), list(made.STEADY))


# What is chosen, and how large.


@pytest.mark.parametrize("backend", BACKENDS)
def test_sampling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str) -> None:
    monkeypatch.setattr(backends, "installed", lambda: [backend])
    path = made.make(tmp_path / "a.mp4")
    kept = list(range(0, 25, 5))
    video = read_video(path, fps=5, isolate=False)
    check(video, kept, [40 * i for i in kept])
    assert video.source_frames.tolist() == kept
    assert video.fps == pytest.approx(5)
    part = read_video(path, fps=25 / 2, start_s=0.2, end_s=0.6, isolate=False)
    check(part, [5, 7, 9, 11, 13][: len(part)], [200, 280, 360, 440, 520])
    assert part.start_s == pytest.approx(0.2, abs=1e-4)


@pytest.mark.parametrize("backend", BACKENDS)
def test_slow_motion_is_thinned_to_30_hz(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    monkeypatch.setattr(backends, "installed", lambda: [backend])
    base = Fraction(1, 120)
    path = made.make(tmp_path / "a.mp4", stamps=range(28), time_base=base, rate=120)
    video = read_video(path, isolate=False)
    assert video.source_frames.tolist() == list(range(0, 28, 4))
    assert video.fps == pytest.approx(30, rel=1e-3)


@pytest.mark.parametrize("backend", BACKENDS)
def test_scaling_and_the_most_frames(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    monkeypatch.setattr(backends, "installed", lambda: [backend])
    path = made.make(tmp_path / "a.mkv", size=(320, 160))
    video = read_video(path, limits=VideoLimits(side=128, frames=10), isolate=False)
    assert (video.frames.shape, video.size) == ((10, 64, 128, 3), (320, 160))
    assert video.truncated is not None and "VideoLimits.frames" in video.truncated
    check(video, list(range(10)), list(made.STEADY[:10]))


def test_a_clock_that_stumbles_halts_or_starts_anew() -> None:
    clock = Clock(0.04)
    stamps = [7.0, 7.04, 7.04, 7.02, None, 7.12, 2.0, 2.04]
    ticks = [clock.tick(stamp) for stamp in stamps]
    expected = [0.0, 0.04, None, None, 0.08, 0.12, 0.16, 0.2]
    assert ticks == [None if t is None else pytest.approx(t) for t in expected]
