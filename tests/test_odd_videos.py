"""A folder of bad and odd videos: each is read right or refused in one line, in time.

What each kind of video must give in detail stands in ``test_video_reading`` and
``test_video_refusals``; here a whole folder goes through the reader and the estimator, as a
careless or hostile upload would.
"""

from __future__ import annotations

import importlib.util
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import video_files as made
from processes import children

from llamo.errors import LlamoError, NothingToEstimate
from llamo.video import Video, VideoLimits, read_video

for package in ("av", "decord"):  # looked for, not imported: decord must not come before cv2
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed (extra: video)", allow_module_level=True)

LIMITS = VideoLimits(deadline_s=20)
SHORT = made.STEADY[:6]


@dataclass(frozen=True)
class Odd:
    """A file, and what must become of it.

    Args:
        make: Writes it.
        frames: How many frames are read, None where it is refused.
        says: Part of the refusal, or of ``truncated``; "" where any line will do.
        corner: Where the red corner of its pictures lies.
        either: A refusal will do as well as any number of its first frames.
    """

    make: Callable[[Path], object]
    frames: int | None = None
    says: str = ""
    corner: str | None = "top left"
    either: bool = False


def video(**how: object) -> Callable[[Path], object]:
    """A file that ``video_files.make`` writes; six frames unless told otherwise."""
    return lambda path: made.make(path, **{"stamps": SHORT, **how})  # type: ignore[arg-type]


def holding(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


def cut(tenth: int, **how: object) -> Callable[[Path], object]:
    """The first tenths of a file."""

    def write(path: Path) -> None:
        video(stamps=made.STEADY, options={"g": "5", "bf": "0"}, **how)(path)
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) * tenth // 10])

    return write


def fuzzed(seed: int, **how: object) -> Callable[[Path], object]:
    def write(path: Path) -> None:
        whole = path.with_name(f"whole-{path.name}")
        video(**how)(whole)
        made.make_fuzzed(path, whole, seed)
        whole.unlink()

    return write


def with_junk(path: Path) -> None:
    video()(path)
    path.write_bytes(path.read_bytes() + b"\0junk" * 999)


def under_another_name(path: Path) -> None:
    video()(path.with_suffix(".mkv"))
    path.with_suffix(".mkv").rename(path)


def without_its_media(path: Path) -> None:
    """An index that points to where nothing is."""
    video(container={"movflags": "faststart"})(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.index(b"mdat") + 4])


def atoms_in_atoms(path: Path) -> None:
    content = b""
    for _ in range(3000):
        content = (len(content) + 8).to_bytes(4, "big") + b"moov" + content
    path.write_bytes(b"\x00\x00\x00\x10ftypisom\x00\x00\x00\x00" + content)


HEVC = {"x265-params": "log-level=none:pools=none"}
EARLY = [ms - 500 for ms in made.STEADY]
HOURS = [0, 33, 66, 7_200_000]
FAST = {"movflags": "faststart"}

FOLDER: dict[str, Odd] = {
    "rotated-90.mp4": Odd(video(rotation=90), 6, corner="bottom left"),
    "rotated-180.mp4": Odd(video(rotation=180), 6, corner="bottom right"),
    "rotated-270.mp4": Odd(video(rotation=270), 6, corner="top right"),
    "halting.mkv": Odd(video(stamps=made.HALTING), 9),
    "av1.mp4": Odd(video(codec="libsvtav1"), 6),
    "hevc-10-bit.mp4": Odd(video(codec="libx265", pixels="yuv420p10le", options=HEVC), 6),
    "vp9.webm": Odd(video(codec="libvpx-vp9"), 6),
    "animated.gif": Odd(
        video(codec="gif", stamps=range(0, 48, 8), pixels="rgb8", time_base=Fraction(1, 100)), 6
    ),
    "stream.ts": Odd(video(), 6),
    "raw.h264": Odd(video(options={"bf": "0"}), 6),
    "8k.avi": Odd(
        video(codec="mjpeg", stamps=[0], size=(7680, 4320), pixels="yuvj420p"), 1
    ),
    "1x1.mkv": Odd(video(codec="ffv1", size=(1, 1), pixels="bgr0"), 6, corner=None),
    "97x65.mkv": Odd(video(codec="ffv1", size=(97, 65), pixels="bgr0"), 6),
    "grey.mkv": Odd(video(codec="ffv1", pixels="gray"), 6, corner=None),
    "full-colour.mkv": Odd(video(pixels="yuv444p"), 6),
    "not-square.mkv": Odd(video(ratio=Fraction(2, 1)), 6),
    "one-frame.mp4": Odd(video(stamps=[0]), 1),
    "one-in-ten-seconds.mp4": Odd(video(stamps=[0, 10_000]), 2),
    "slow-motion.mp4": Odd(video(stamps=range(24), time_base=Fraction(1, 120), rate=120), 6),
    "negative-start.mp4": Odd(video(stamps=EARLY), 12),
    "negative-start.mkv": Odd(video(stamps=EARLY), 25),
    "late-start.mp4": Odd(video(stamps=[ms + 5000 for ms in SHORT]), 6),
    "growing-picture.ts": Odd(made.make_joined, 20, corner=None),
    "fast-start.mp4": Odd(video(container=FAST), 6),
    "fragmented.mp4": Odd(video(container={"movflags": "frag_keyframe+empty_moov"}), 6),
    "matroska-named.avi": Odd(under_another_name, 6),
    "with-junk-behind.mp4": Odd(with_junk, 6),
    "two-hours.mkv": Odd(video(stamps=HOURS), says="VideoLimits.duration_s"),
    "two-hours.mp4": Odd(video(stamps=HOURS), says="VideoLimits.duration_s"),
    "no-frames.mkv": Odd(made.make_without_frames),
    "sound.mp4": Odd(made.make_sound, says="sound but no moving"),
    "song-with-cover.mp4": Odd(lambda path: made.make_sound(path, cover=True), says="sound"),
    "empty.mp4": Odd(holding(b""), says="empty"),
    "text.mp4": Odd(holding(b"Dear diary, today I squatted.\n" * 40), says="text"),
    "page.mp4": Odd(holding(b"<!DOCTYPE html><video src='file:///etc/passwd'>"), says="text"),
    "playlist.ts": Odd(holding(b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n"), says="playlist"),
    "files.mkv": Odd(holding(b"ffconcat version 1.0\nfile /etc/passwd\n"), says="playlist"),
    "archive.mp4": Odd(holding(b"PK\x03\x04" + bytes(100)), says="ZIP"),
    "photograph.mp4": Odd(holding(b"\xff\xd8\xff\xe0" + bytes(100)), says="picture"),
    "zeros.mp4": Odd(holding(bytes(5000))),
    "only-its-type.mp4": Odd(holding(b"\x00\x00\x00\x10ftypisom\x00\x00\x00\x00")),
    "atoms-in-atoms.mp4": Odd(atoms_in_atoms),
    "without-its-media.mp4": Odd(without_its_media),
    **{f"cut-{n}.mkv": Odd(cut(n), says="", either=True) for n in range(1, 10)},
    **{f"cut-{n}-fast-start.mp4": Odd(cut(n, container=FAST), either=True) for n in range(1, 10)},
    **{f"fuzzed-{n}.mp4": Odd(fuzzed(n, container=FAST), either=True, corner=None) for n in (1, 2)},
    **{f"fuzzed-{n}.mkv": Odd(fuzzed(n), either=True, corner=None) for n in (3, 4)},
    **{f"fuzzed-{n}.webm": Odd(fuzzed(n, codec="libvpx"), either=True, corner=None)
       for n in (5, 6)},
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole folder; a video that this build cannot encode is left out."""
    place = tmp_path_factory.mktemp("odd")
    for name, odd in FOLDER.items():
        try:
            odd.make(place / name)
        except pytest.skip.Exception:
            (place / name).unlink(missing_ok=True)
    return place


@pytest.fixture(scope="module")
def outcomes(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Video | str]:
    """What was read of each file, or the line with which it was refused."""
    spare = tmp_path_factory.mktemp("temporary")
    files = sorted(FOLDER.keys() & set(os.listdir(folder)))
    before = {path.name for path in folder.iterdir()}
    told: dict[str, Video | str] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(spare))
        patch.setattr(tempfile, "tempdir", str(spare))
        for name in files:
            start = time.monotonic()
            try:
                told[name] = read_video(folder / name, limits=LIMITS)
            except LlamoError as error:
                told[name] = str(error)
            assert time.monotonic() - start < LIMITS.deadline_s + 2, name
    assert not children()
    assert not list(spare.iterdir())
    assert {path.name for path in folder.iterdir()} == before
    return told


def test_there_are_many(outcomes: dict[str, Video | str]) -> None:
    assert len(outcomes) >= 40


@pytest.mark.parametrize("name", FOLDER)
def test_each_is_read_right_or_refused_in_one_line(
    outcomes: dict[str, Video | str], name: str
) -> None:
    odd, told = FOLDER[name], outcomes.get(name)
    if told is None:
        pytest.skip(f"this build of PyAV cannot encode {name}")
    if isinstance(told, str):
        assert odd.frames is None, told
        assert told.isprintable() and 20 < len(told) < 400
        assert odd.says in told
        return
    assert odd.either or len(told) == odd.frames
    assert len(told) <= 25 and max(told.frames.shape[1:3]) <= LIMITS.side
    assert told.times_s[0] == 0 and (np.diff(told.times_s) > 0).all()
    if odd.corner is not None:
        assert {made.corner(frame) for frame in told.frames} == {odd.corner}
    if name.startswith("cut-"):  # the good part, in order, and said to be a part
        seen = made.levels(told.frames)
        assert np.abs(seen - [made.level(i) for i in range(len(told))]).max() <= 14
        assert told.truncated is not None


def test_none_shows_a_person(outcomes: dict[str, Video | str]) -> None:
    """All that can be read goes on to the estimator, and is refused there."""
    pytest.importorskip("mediapipe", exc_type=ImportError)
    from llamo.encoders.estimator import MediaPipePose
    from llamo.encoders.estimator.people import part

    with MediaPipePose() as estimator:
        for told in outcomes.values():
            if isinstance(told, str):
                continue
            few = part(told, np.unique(np.linspace(0, len(told) - 1, 3).astype(int)))
            with pytest.raises(NothingToEstimate) as caught:
                estimator.estimate(few)
            assert str(caught.value).isprintable()
    assert not children()
