"""The process that decodes: what it may do, how it ends, and that it is not believed."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import video_files as made
from video_checks import QUICK, check, refusal

from llamo.errors import MissingDependency
from llamo.video import VideoLimits, backends, isolation, read_video

for package in ("av", "decord"):  # looked for, not imported: decord must not come before cv2
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed (extra: video)", allow_module_level=True)

pytestmark = pytest.mark.usefixtures("nothing_is_left")


def is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


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
        "if json.loads(sys.argv[1])['backends'][0] != 'decord': sys.exit(1)\n"
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
        "if json.loads(sys.argv[1])['backends'][0] == 'decord': os.abort()\n"
        "from llamo.video.child import main\n"
        "main()"
    )
    check(read_video(video_file, limits=QUICK), list(range(25)), list(made.STEADY))


@pytest.mark.parametrize(
    ("decord", "processes"),
    [
        ("raise BackendFailed('no'); yield", 1),  # the next decoder goes on where it is
        ("yield Head((97, 65), (65, 97)); raise BackendFailed('no')", 2),  # half a video is dropped
    ],
)
def test_a_decoder_that_fails_costs_no_new_process(
    video_file: Path, tmp_path: Path, stand_in: Stand, decord: str, processes: int
) -> None:
    seen = tmp_path / "processes"
    stand_in(
        "import os\n"
        "from llamo.video import backends, child\n"
        "from llamo.video.values import BackendFailed, Head\n"
        f"open({str(seen)!r}, 'a').write('one more\\n')\n"
        f"def fails(request): {decord}\n"
        "backends._BACKENDS['decord'] = fails\n"
        "child.main()"
    )
    check(read_video(video_file, limits=QUICK), list(range(25)), list(made.STEADY))
    assert len(seen.read_text().splitlines()) == processes


def test_ctrl_c_kills_the_decoder(video_file: Path, stand_in: Stand) -> None:
    stand_in("import time; time.sleep(60)")
    main = threading.main_thread().ident
    assert main is not None
    timer = threading.Timer(0.7, signal.pthread_kill, (main, signal.SIGINT))
    # Whoever starts the tests in the background has Ctrl-C ignored.
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            read_video(video_file, limits=QUICK)
        timer.join()
    finally:
        signal.signal(signal.SIGINT, usual)


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
