"""Reading video: odd files are read right, bad ones refused in one line, nothing is left over."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import video_files as made
from processes import children

from llamo.errors import InvalidVideo, LlamoError, MissingDependency, UnreadableFile
from llamo.video import Video, VideoLimits, backends, isolation, read_video, with_decord
from llamo.video.sampling import Clock

for package in ("av", "decord"):  # looked for, not imported: decord must not come before cv2
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed (extra: video)", allow_module_level=True)

QUICK = VideoLimits(deadline_s=20)
BACKENDS = ("decord", "av")


@pytest.fixture(autouse=True)
def nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """After every test: no child process, no open file, no temporary file, no shared memory."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    before = shared_memory(), len(os.listdir("/proc/self/fd"))
    yield
    assert not children()
    assert not list(folder.iterdir())
    assert shared_memory() <= before[0]
    assert len(os.listdir("/proc/self/fd")) <= before[1] + 1  # a library may open one for itself


def shared_memory() -> set[str]:
    folder = Path("/dev/shm")
    return {p.name for p in folder.glob("psm_*")} if folder.is_dir() else set()


def is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def refusal(path: Path | str, **wishes: object) -> str:
    """The message with which a file is refused: one line, within the deadline."""
    start = time.monotonic()
    with pytest.raises(LlamoError) as caught:
        read_video(path, **{"limits": QUICK} | wishes)  # type: ignore[arg-type]
    assert time.monotonic() - start < QUICK.deadline_s + 2
    return check_line(caught.value)


def check_line(error: LlamoError) -> str:
    """The message, which is one line and not too long."""
    message = str(error)
    assert message.isprintable()
    assert 20 < len(message) < 400
    return message


def check(video: Video, indices: list[int], times_ms: list[int], where: str = "top left") -> None:
    """These frames, in this order, upright, each at its time."""
    assert len(video) == len(indices)
    expected_s = (np.array(times_ms) - times_ms[0]) / 1000
    np.testing.assert_allclose(video.times_s, expected_s, atol=2e-4)
    assert video.frames.dtype == np.uint8
    seen = made.levels(video.frames)
    np.testing.assert_allclose(seen, [made.level(i) for i in indices], atol=14)
    assert (np.diff(seen) > 0).all()
    assert {made.corner(frame) for frame in video.frames} == {where}


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


# What is refused.


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
    refusal(made.make(tmp_path / "a.mkv", stamps=[]))


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


# The process that decodes.


@pytest.fixture
def video_file(tmp_path: Path) -> Path:
    return made.make(tmp_path / "good.mp4")


Stand = Callable[[str], None]


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Stand:
    """Puts a piece of Python in the place of the decoding process."""

    def put(code: str) -> None:
        monkeypatch.setattr(isolation, "child_command", lambda: [sys.executable, "-c", code])

    return put


def test_the_process_loads_little() -> None:
    code = (
        "import sys, llamo.video.child;"
        "print(*{m.split('.')[0] for m in sys.modules} & "
        "{'torch', 'transformers', 'scipy', 'cv2', 'av', 'decord'})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_both_ways_give_the_same(video_file: Path) -> None:
    apart, here = (read_video(video_file, isolate=isolate) for isolate in (True, False))
    np.testing.assert_array_equal(apart.frames, here.frames)
    np.testing.assert_array_equal(apart.times_s, here.times_s)


def test_a_hanging_decoder_is_killed_with_its_children(
    video_file: Path, tmp_path: Path, stand_in: Stand
) -> None:
    seen = tmp_path / "processes"
    stand_in(
        "import os, subprocess, time\n"
        "other = subprocess.Popen(['sleep', '60'])\n"
        f"open({str(seen)!r}, 'a').write(f'{{os.getpid()}} {{other.pid}} ')\n"
        "time.sleep(60)"
    )
    start = time.monotonic()
    message = refusal(video_file, limits=VideoLimits(deadline_s=3))
    assert "not decoded within 3 s" in message and "deadline_s" in message
    assert time.monotonic() - start < 5
    processes = [int(word) for word in seen.read_text().split()]
    assert len(processes) == 4  # two decoders were tried
    time.sleep(0.2)
    assert not any(is_alive(process) for process in processes)


def test_a_slow_decoder_may_take_all_the_time(video_file: Path, stand_in: Stand) -> None:
    stand_in(
        "import sys, json, time\n"
        "if json.loads(sys.argv[1])['backend'] != 'decord': sys.exit(1)\n"
        "def say(**line): sys.stdout.buffer.write(json.dumps(line).encode() + b'\\n')\n"
        "say(kind='head', size=[1, 1], shape=[1, 1])\n"
        "for i in range(6):\n"
        "    say(kind='picture', index=i, time_s=i)\n"
        "    sys.stdout.buffer.write(bytes(3))\n"
        "    sys.stdout.buffer.flush()\n"
        "    time.sleep(0.5)\n"
        "say(kind='end', truncated=None)"
    )
    assert len(read_video(video_file, limits=VideoLimits(deadline_s=5))) == 6


def test_a_slow_decoder_in_this_process_is_given_up(
    video_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(name: str, request: object) -> Iterator[object]:
        while True:
            time.sleep(0.1)
            yield backends.with_pyav.Picture(0, 0.0, np.zeros((1, 1, 3), np.uint8))

    monkeypatch.setattr(backends, "decode", slow)
    limits = VideoLimits(deadline_s=0.5)
    assert "not decoded within" in refusal(video_file, limits=limits, isolate=False)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import os; os.abort()", "crashed (SIGABRT)"),
        ("import ctypes; ctypes.string_at(0)", "crashed (SIGSEGV)"),
        ("raise SystemExit(3)", "crashed (exit code 3)"),
        ("1 / 0", "crashed (exit code 1)"),
    ],
)
def test_a_crash_is_one_line(video_file: Path, stand_in: Stand, code: str, said: str) -> None:
    stand_in(code)
    assert said in refusal(video_file)


@pytest.mark.parametrize(
    "sent",
    [
        b"hello\n",
        b"[1]\n",
        b"x" * 10000,
        b'{"kind": "end", "truncated": null}\n',
        b'{"kind": "head", "size": [9, 9], "shape": [99999, 99999]}\n',
        b'{"kind": "head", "size": [9, 9], "shape": [1]}\n',
        b'{"kind": "head", "size": [9, 9], "shape": [1, 1]}\n{"kind": "picture", "index": "0"}\n',
        b'{"kind": "head", "size": [9, 9], "shape": [1, 1]}\n{"kind": "end", "truncated": null}\n',
        b'{"kind": "failed", "why": "two\\nlines \\u001b[31m"}\n',
    ],
)
def test_what_a_hijacked_decoder_sends_is_not_believed(
    video_file: Path, stand_in: Stand, sent: bytes
) -> None:
    stand_in(f"import sys; sys.stdout.buffer.write({sent!r})")
    message = refusal(video_file)
    assert "cannot be read" in message and message.isprintable()


def test_endless_frames_are_not_taken(video_file: Path, stand_in: Stand) -> None:
    stand_in(
        "import sys, json\n"
        "out = sys.stdout.buffer\n"
        "out.write(json.dumps(dict(kind='head', size=[1, 1], shape=[1, 1])).encode() + b'\\n')\n"
        "for i in range(10**9):\n"
        "    line = json.dumps(dict(kind='picture', index=i, time_s=i)).encode()\n"
        "    out.write(line + b'\\n\\0\\0\\0')"
    )
    assert "more frames" in refusal(video_file, limits=VideoLimits(frames=50))


def test_a_crash_of_one_decoder_leaves_the_file_to_the_other(
    video_file: Path, stand_in: Stand
) -> None:
    stand_in(
        "import sys, os, json\n"
        "if json.loads(sys.argv[1])['backend'] == 'decord': os.abort()\n"
        "from llamo.video.child import main\n"
        "main()"
    )
    check(read_video(video_file, limits=QUICK), list(range(25)), list(made.STEADY))


def test_ctrl_c_kills_the_decoder(video_file: Path, stand_in: Stand) -> None:
    stand_in("import time; time.sleep(60)")
    main = threading.main_thread().ident
    assert main is not None
    timer = threading.Timer(0.7, signal.pthread_kill, (main, signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        read_video(video_file, limits=QUICK)
    timer.join()


CONFINED = "from llamo.video.child import confine; confine(1 << 30, {deadline}); "


def test_a_process_without_a_parent_ends_itself() -> None:
    code = CONFINED.format(deadline=0.2) + "import time; time.sleep(60)"
    done = subprocess.run([sys.executable, "-c", code], timeout=20, check=False)
    assert done.returncode == -signal.SIGALRM


def test_the_process_can_neither_take_the_memory_nor_write_files(tmp_path: Path) -> None:
    code = CONFINED.format(deadline=20) + "bytearray(2 << 30)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert b"MemoryError" in done.stderr
    target = tmp_path / "written"
    code = CONFINED.format(deadline=20) + f"open({str(target)!r}, 'w').write('x')"
    subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert not target.exists() or target.stat().st_size == 0


def test_too_little_memory_is_one_line(tmp_path: Path) -> None:
    path = made.make(tmp_path / "a.avi", "mjpeg", [0], size=(7680, 4320), pixels="yuvj420p")
    message = refusal(path, limits=VideoLimits(memory_bytes=250 << 20, deadline_s=20))
    assert "VideoLimits.memory_bytes" in message


def test_no_decoder_is_installed(video_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingDependency, match=r"llamo\[video\]"):
        read_video(video_file)


def test_the_request_holds_any_file_name(tmp_path: Path) -> None:
    name = os.fsdecode(b"http:a\xff %d 'q'.mp4")
    path = made.make(tmp_path / "a.mp4").rename(tmp_path / name)
    assert json.loads(json.dumps(str(path))) == str(path)
    check(read_video(path, limits=QUICK), list(range(25)), list(made.STEADY))
