"""What a live session costs: python benchmarks/live_latency.py [--seconds 300] [--fps 30]

A drawn person squats before a camera that never waits. Printed every minute: how many frames were
looked at, how old what is known of them is, processor time a frame, and memory of this process and
the detector's without the pictures shown; at the end the count beside the true one.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np

from llamo.data.drawn_people import Camera, draw
from llamo.data.figures import make_figure
from llamo.live import LiveSession

REPETITIONS = 5
MINUTE_S = 60.0


def pictures(fps: float, size: tuple[int, int]) -> np.ndarray:
    """(T, h, w, 3) uint8: a figure that squats, and ends as it began."""
    figure = make_figure("squat", repetitions=REPETITIONS).resample(fps)
    return draw(figure, Camera(size=size))


def family() -> list[int]:
    """This process and those that it has started."""
    listed = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text()
    return [os.getpid(), *map(int, listed.split())]


def memory_mb() -> float:
    """What all of them hold."""
    pages = [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in family()]
    return sum(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6


def processor_s() -> float:
    """Processor time that all of them have taken."""
    ticks = [sum(map(int, Path(f"/proc/{p}/stat").read_text().split()[13:15])) for p in family()]
    return sum(ticks) / os.sysconf("SC_CLK_TCK")


def spread(values: list[float]) -> dict[str, float]:
    """Median and 95th percentile."""
    return {"median": float(np.median(values)), "p95": float(np.percentile(values, 95))}


def measure(seconds: float, fps: float, size: tuple[int, int], exercise: str) -> dict[str, Any]:
    """Play the camera for so long, and tell what was seen of it."""
    shown = pictures(fps, size)
    pictures_mb = shown.nbytes / 1e6
    latency, push, told, minutes = [], [], [], []
    with LiveSession(exercise=exercise) as live:
        while not live.looked_at:  # the detector loads
            live.push(shown[0], time.monotonic())
            time.sleep(0.05)
        before = live.looked_at, live.frames
        start, spent = time.monotonic(), processor_s()
        frames = 0
        while (now := time.monotonic()) < start + seconds:
            due = int((now - start) * fps)  # a camera gives the newest picture, or none twice
            if due < frames:
                time.sleep((frames / fps) - (now - start))
                continue
            frames = due + 1
            began = time.monotonic()
            looked_at = live.looked_at
            update = live.push(shown[due % len(shown)], began)
            push.append((time.monotonic() - began) * 1e3)
            if live.looked_at > looked_at and update.latency_ms is not None:
                latency.append(update.latency_ms)
            told += [time.monotonic() - one.time_s for one in update.events]
            if now - start >= MINUTE_S * (len(minutes) + 1):
                minutes.append(memory_mb() - pictures_mb)
                print(f"{len(minutes)} min: count {update.count}, {minutes[-1]:.0f} MB", flush=True)
        looked_at = live.looked_at - before[0]
        spent = processor_s() - spent
        given = live.frames - before[1]
        memory = memory_mb() - pictures_mb
        count = live.stop().count
    return {
        "seconds": seconds,
        "fps": fps,
        "size": list(size),
        "looked_at": looked_at,
        "frames": given,
        "share_looked_at": looked_at / given,
        "latency_ms": spread(latency),
        "push_ms": spread(push),
        "event_told_after_s": spread(told) if told else None,
        "processor_ms_a_frame": 1e3 * spent / max(looked_at, 1),
        "memory_mb": {"each_minute": minutes, "end": memory},
        "count": count,
        "repetitions_shown": REPETITIONS * int(seconds * fps / len(shown)),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=300.0, help="how long")
    parser.add_argument("--fps", type=float, default=30.0, help="of the camera")
    parser.add_argument("--size", type=int, nargs=2, default=(480, 640), help="width and height")
    parser.add_argument("--exercise", default="squat", help="what is counted")
    given = parser.parse_args()
    figures = measure(given.seconds, given.fps, tuple(given.size), given.exercise)
    print(json.dumps(figures, indent=2))
