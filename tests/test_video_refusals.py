"""Files that are no video, too much, cut off or damaged: one line in time, or the good part."""

from __future__ import annotations

import importlib.util
import os
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import video_files as made
from video_checks import QUICK, check, check_line, refusal

from llamo.errors import InvalidVideo, LlamoError, UnreadableFile
from llamo.video import VideoLimits, read_video

for package in ("av", "decord"):  # looked for, not imported: decord must not come before cv2
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed (extra: video)", allow_module_level=True)

pytestmark = pytest.mark.usefixtures("nothing_is_left")


def test_no_file_at_all(tmp_path: Path) -> None:
    assert "does not exist" in refusal(tmp_path / "none.mp4")
    assert "folder" in refusal(tmp_path)
    refusal("a\0b.mp4")
    refusal("x" * 5000)
    (tmp_path / "loop.mp4").symlink_to(tmp_path / "loop.mp4")
    refusal(tmp_path / "loop.mp4")
    os.mkfifo(tmp_path / "pipe.mp4")
    assert "regular" in refusal(tmp_path / "pipe.mp4")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"Dear diary, today I squatted.\n" * 40, "text"),
        (b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n", "playlists"),
        (b"ffconcat version 1.0\nfile a.mp4\n", "playlists"),
        (b"<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011'/>", "text"),
        (bytes(range(256)) * 8, "no video known"),
        (b"\0" * 2000, "no video known"),
        (b"PK\x03\x04" + bytes(100), "ZIP"),
        (b"ID3" + bytes(100), "sound"),
        (b"\xff\xd8\xff\xe0" + bytes(100), "JPEG picture"),
        (b"\x00\x00\x00\x20ftypheic" + bytes(100), "HEIC picture"),
    ],
)
def test_files_that_are_no_video(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "a.mp4").write_bytes(content)
    assert said in refusal(tmp_path / "a.mp4")


def test_a_picture(tmp_path: Path) -> None:
    import av

    with av.open(tmp_path / "a.png", "w", format="image2", options={"update": "1"}) as out:
        stream = out.add_stream("png")
        stream.width, stream.height, stream.pix_fmt = 96, 64, "rgb24"
        out.mux(stream.encode(av.VideoFrame.from_ndarray(made.painted(0), format="rgb24")))
        out.mux(stream.encode())
    assert "PNG picture" in refusal(tmp_path / "a.png")


def test_sound_with_and_without_a_cover(tmp_path: Path) -> None:
    assert "sound but no moving" in refusal(made.make_sound(tmp_path / "a.mp4"))
    song = made.make_sound(tmp_path / "b.mp4", cover=True)
    assert "sound but no moving" in refusal(song)


def test_no_frames(tmp_path: Path) -> None:
    assert "exist" not in refusal(made.make_without_frames(tmp_path / "a.mkv"))


def test_two_hours(tmp_path: Path) -> None:
    path = made.make(tmp_path / "a.mkv", stamps=[0, 33, 66, 7_200_000])
    message = refusal(path)
    assert "7200 s" in message and "end_s" in message and "VideoLimits.duration_s" in message
    check(read_video(path, end_s=1, limits=QUICK), [0, 1, 2], [0, 33, 66])


def test_too_much(tmp_path: Path) -> None:
    path = made.make(tmp_path / "a.mp4")
    assert "VideoLimits.file_bytes" in refusal(path, limits=VideoLimits(file_bytes=100))
    assert "VideoLimits.pixels" in refusal(path, limits=VideoLimits(pixels=1000))
    assert "VideoLimits.duration_s" in refusal(path, limits=VideoLimits(duration_s=0.5))


def test_impossible_wishes(tmp_path: Path) -> None:
    path = made.make(tmp_path / "a.mp4")
    for wish in ({"fps": 0}, {"fps": np.nan}, {"start_s": -1}, {"start_s": 2, "end_s": 1}):
        with pytest.raises(InvalidVideo):
            read_video(path, **wish)
    with pytest.raises(InvalidVideo, match="side"):
        VideoLimits(side=0)
    assert "start_s" in refusal(path, start_s=50)


@pytest.mark.parametrize(
    ("name", "tenth"),
    [*(("a.mkv", tenth) for tenth in range(1, 11)), *(("a.mp4", tenth) for tenth in range(1, 10))],
)
def test_truncated(tmp_path: Path, name: str, tenth: int) -> None:
    """The good part of an MKV is read; an MP4 has its index at the end, and is refused without."""
    path = made.make(tmp_path / name, options={"g": "5", "bf": "0"})
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * tenth // 10])
    try:
        video = read_video(path, limits=QUICK)
    except UnreadableFile as error:
        check_line(error)
        assert name == "a.mp4" or tenth <= 3
        return
    count = len(video)
    check(video, list(range(count)), list(made.STEADY[:count]))
    assert (video.truncated is None) == (tenth == 10) == (count == 25)


@pytest.mark.parametrize("seed", range(10))
def test_fuzzed(tmp_path: Path, seed: int) -> None:
    name = ("a.mp4", "a.mkv", "a.avi", "a.webm", "a.ts")[seed % 5]
    codec = {"a.avi": "mpeg4", "a.webm": "libvpx"}.get(name, "libx264")
    base = Fraction(1, 25) if codec == "mpeg4" else made.MILLISECONDS
    stamps = [round(ms / 1000 / base) for ms in made.STEADY]
    whole = made.make(tmp_path / name, codec, stamps, time_base=base)
    path = made.make_fuzzed(tmp_path / f"fuzzed_{name}", whole, seed)
    start = time.monotonic()
    try:
        video = read_video(path, limits=QUICK)
    except LlamoError as error:
        check_line(error)
    else:
        assert len(video) <= QUICK.frames and max(video.frames.shape[1:3]) <= QUICK.side
        assert (np.diff(video.times_s) > 0).all()
    assert time.monotonic() - start < QUICK.deadline_s + 2
