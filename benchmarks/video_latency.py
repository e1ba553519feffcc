"""From a video file to the first answer: where the time goes, and whether memory stays flat.

    python benchmarks/video_latency.py [VIDEO] [--clips 50] [--threads 2] [--out latency.json]

Without VIDEO a clip of 10 s at 1280 x 720 and 25 frames a second is drawn and encoded first, by
another process than the one that is measured. Times are seconds on the clock, and of the processor
in brackets, of that process and its children together; peak memory is of all that a user's way
from file to answer takes.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from llamo import Assistant
from llamo.data.drawn_people import Camera, draw
from llamo.data.figures import Act, perform
from llamo.encoders.estimator import MediaPipePose
from llamo.video import read_video
from llamo.video.writing import write_video

QUESTIONS = ("How many squats are there?", "Which hand does the person use?", "What happens last?")
LIMITS = {"first_answer_s": 8.0, "second_answer_s": 0.08, "peak_mb": 2500.0}


def example(path: Path, seconds: float = 10.0, fps: float = 25.0) -> Path:
    """Draw and write a clip of squats and a wave."""
    acts = [Act("squat", repetitions=3), Act("wave", "right", 3)]
    motion = perform(acts, rng=np.random.default_rng(0))[0].resample(fps)
    again = -(-int(seconds * fps) // len(motion))
    joints = np.tile(motion.joints, (again, 1, 1))[: int(seconds * fps)]
    whole = type(motion)(joints, fps)
    write_video(path, draw(whole, Camera(size=(1280, 720))), whole.times_s)
    return path


@contextmanager
def timed(parts: dict[str, tuple[float, float]], name: str) -> Iterator[None]:
    """Seconds on the clock and of processor time, of this process and its ended children."""
    wall, used = time.perf_counter(), _processor_s()
    yield
    parts[name] = time.perf_counter() - wall, _processor_s() - used


def _processor_s() -> float:
    told = os.times()
    return told.user + told.system + told.children_user + told.children_system


def measure(video: Path, clips: int) -> dict[str, Any]:
    """A clip as a user opens it, then many, then the first in parts."""
    memory = Memory()
    parts: dict[str, tuple[float, float]] = {}
    with timed(parts, "load the model"):
        assistant = Assistant.from_pretrained()
    whole: dict[str, tuple[float, float]] = {}
    with timed(whole, "file to first answer"):
        session = assistant.open(video)
        session.ask(QUESTIONS[0])
    second_s = statistics.median(_seconds(lambda: session.ask(QUESTIONS[1])) for _ in range(9))
    memory_mb = [_resident_mb()]
    for _ in range(clips):
        assistant.open(video).ask(QUESTIONS[2])
        memory_mb.append(_resident_mb())
    peak_mb = memory.stop()
    with timed(parts, "decode"):
        frames = read_video(video)
    with timed(parts, "estimate"), MediaPipePose() as estimator:
        estimate = estimator.estimate(frames)
    with timed(parts, "encode"):
        session = assistant.open(estimate.motion)
    with timed(parts, "ask"):
        session.ask(QUESTIONS[0])
    return {
        "parts": parts,
        "whole": whole["file to first answer"],
        "second_answer_s": second_s,
        "peak_mb": peak_mb,
        "memory_mb": memory_mb,
    }


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


class Memory:
    """The most that this process and its children hold together, looked at ten times a second.

    What the kernel keeps of ended children will not do: a child begins with its parent's pages.
    """

    def __init__(self) -> None:
        self._most, self._done = 0.0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        """MB; pages that processes share count once."""
        self._done.set()
        self._thread.join()
        return self._most

    def _watch(self) -> None:
        me = psutil.Process()
        while not self._done.wait(0.1):
            held = 0
            for process in (me, *me.children(recursive=True)):
                with suppress(psutil.Error):  # it has ended
                    held += process.memory_full_info().pss
            self._most = max(self._most, held / 2**20)


def _resident_mb() -> float:
    """Memory that this process holds now (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def show(figures: dict[str, Any]) -> None:
    """Print the figures with the limits they are held to."""
    for name, (wall, used) in [*figures["parts"].items(), ("file to answer", figures["whole"])]:
        print(f"{name:18} {wall:7.2f} s   ({used:.2f} s of processor time)")
    print(f"limit of file to answer: {LIMITS['first_answer_s']:g} s on two free cores")
    print(f"second answer      {1000 * figures['second_answer_s']:7.0f} ms  (< 80)")
    print(f"peak memory        {figures['peak_mb']:7.0f} MB  (< {LIMITS['peak_mb']:.0f})")
    memory = figures["memory_mb"]
    if len(memory) > 5:
        half = len(memory) // 2
        grown = statistics.median(memory[half:]) - statistics.median(memory[2:half])
        print(f"memory over {len(memory) - 1} clips: {memory[1]:.0f} -> {memory[-1]:.0f} MB, "
              f"second half against the first {grown:+.0f} MB")  # fmt: skip


def main() -> None:
    """Print, and write, the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("video", type=Path, nargs="?", help="drawn where none is given")
    parser.add_argument("--clips", type=int, default=50, help="opened to see memory")
    parser.add_argument("--threads", type=int, default=2, help="CPU threads of the model")
    parser.add_argument("--out", type=Path, help="also write the figures as JSON")
    given = parser.parse_args()
    if given.video is None:
        with tempfile.TemporaryDirectory() as folder:
            video = example(Path(folder) / "example.mp4")
            subprocess.run([sys.executable, __file__, str(video), *sys.argv[1:]], check=True)
        return
    import torch

    torch.set_num_threads(given.threads)
    figures = measure(given.video, given.clips)
    show(figures)
    if given.out:
        given.out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
