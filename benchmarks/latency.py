"""How fast and how large: times, tokens and memory of a model, on figures that move by rule.

    python benchmarks/latency.py [--model PATH] [--threads 2] [--dtype bfloat16] [--out FILE.json]

The times are medians. "open" is a clip already read and encoded; the question is short, and so is
its answer. The same model fed all frames, instead of the K that the question selects, stands beside
it as the clip grows.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
from parts import selecting

from llamo import Assistant, Motion, Session, write_motion
from llamo.data.figures import Act, perform
from llamo.kinematics import kinematic_text, relevant

ACTS = [
    Act("wave", "right", 3), Act("squat", repetitions=3), Act("kick", "left"), Act("turn", "left"),
    Act("jump", repetitions=2), Act("bow"), Act("walk", "forward", 6), Act("clap", repetitions=4),
    Act("turn", "left"), Act("raise", "left"), Act("lunge", "right"), Act("punch", "right", 2),
]  # fmt: skip
QUESTIONS = [
    "Which hand waves?", "What does the person do first?", "How many squats are there?",
    "Does the person jump?", "What happens after waving?", "Which foot kicks?",
]  # fmt: skip
LENGTHS_S = {"5 s": 5, "60 s": 60, "10 min": 600}
ASK = "import sys; from llamo.cli import main; main()"


def clip_of(seconds: float, seed: int = 0) -> Motion:
    """A figure that does one thing after another for so long, at 30 fps."""
    rng = np.random.default_rng(seed)
    minute = perform(list(islice(cycle(ACTS), 24)), rng=rng, idle_s=(0.3, 0.3))[0]
    if minute.duration_s < seconds:  # the same again and again: only the length matters here
        again = -(-round(seconds * 30) // len(minute))
        minute = Motion(np.tile(minute.joints, (again, 1, 1)), fps=30)
    return minute.trim(0, seconds)


def median_ms(run: Callable[[], object], at_least: int = 5, seconds: float = 3.0) -> float:
    """Milliseconds of a call, after one that warms up."""
    start = time.perf_counter()
    run()
    if time.perf_counter() - start > 3 * seconds:  # so slow that once must do
        return (time.perf_counter() - start) * 1e3
    times: list[float] = []
    end = time.perf_counter() + seconds
    while len(times) < at_least or (time.perf_counter() < end and len(times) < 200):
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)


def tokens_read(assistant: Assistant, session: Session, question: str) -> int:
    """Tokens that the language model reads before it answers."""
    text = kinematic_text(relevant(session.measured_for(question), question), session.unseen)
    prompt = assistant.processor([question], kinematic_text=[text])
    return int(prompt["attention_mask"].sum())


SHORT_ANSWER = 3
"""Tokens of an answer such as "left hand", its end included."""


def growth(assistant: Assistant) -> dict[str, dict[str, float | None]]:
    """Tokens and milliseconds a question as the clip grows, beside all frames.

    Answers end after :data:`SHORT_ANSWER` tokens: an "I can't tell" is longer than a "yes", and
    would be taken for the price of the clip.
    """
    rows: dict[str, dict[str, float | None]] = {}
    longest, assistant.max_new_tokens = assistant.max_new_tokens, SHORT_ANSWER
    question = QUESTIONS[0]
    for name, seconds in LENGTHS_S.items():
        motion = clip_of(seconds)
        start = time.perf_counter()
        session = assistant.open(motion)
        open_ms = (time.perf_counter() - start) * 1e3
        row: dict[str, float | None] = {
            "open_ms": open_ms,
            "tokens": tokens_read(assistant, session, question),
            "answer_ms": median_ms(partial(session.ask, question)),
            "all_frames_tokens": None,
            "all_frames_ms": None,
        }
        if session.encoded is not None:
            with selecting(assistant, "all", session.encoded.mask.shape[1]):
                row["all_frames_tokens"] = tokens_read(assistant, session, question)
                row["all_frames_ms"] = median_ms(partial(session.ask, question), at_least=3)
        rows[name] = row
    assistant.max_new_tokens = longest
    return rows


def answers_a_second(assistant: Assistant, count: int = 512, batch_size: int = 64) -> float:
    """Of questions on 32 open clips of 10 s, answered in batches."""
    sessions = assistant.open_many([clip_of(10, seed) for seed in range(32)])
    pairs = [(sessions[i % 32], QUESTIONS[i % len(QUESTIONS)]) for i in range(count)]
    assistant.answer_batch(pairs[:batch_size], batch_size=batch_size)
    start = time.perf_counter()
    assistant.answer_batch(pairs, batch_size=batch_size)
    return count / (time.perf_counter() - start)


def import_seconds() -> float:
    """``import llamo`` in a fresh process, median of five."""
    code = "import time; s = time.perf_counter(); import llamo; print(time.perf_counter() - s)"
    runs = [subprocess.check_output([sys.executable, "-c", code], text=True) for _ in range(5)]
    return statistics.median(float(run) for run in runs)


def cold_ask(model: str | None, threads: int) -> tuple[float, float]:
    """``llamo ask`` from the shell: median seconds of three, and peak memory in MB."""
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.npz"
        write_motion(clip_of(10), clip)
        command = [sys.executable, "-c", ASK, "ask", str(clip), QUESTIONS[0]]
        command += ["--model", model] if model else []
        times = []
        for _ in range(3):
            start = time.perf_counter()
            environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
            times.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss  # KB on Linux
    return statistics.median(times), peak / 1024


def measure(model: str | None, threads: int, dtype: str | None) -> dict[str, Any]:
    """Everything, in the order in which it is printed."""
    import torch

    figures: dict[str, Any] = {"import_s": import_seconds()}
    figures["cold_ask_s"], figures["cold_ask_peak_mb"] = cold_ask(model, threads)
    torch.set_num_threads(threads)
    assistant = Assistant.from_pretrained(model, dtype=dtype)
    session = assistant.open(clip_of(10))
    questions = cycle(QUESTIONS)
    figures["answer_ms_10_s"] = median_ms(lambda: session.ask(next(questions)), at_least=30)
    figures["answers_a_second"] = answers_a_second(assistant)
    figures["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures["growth"] = growth(assistant)
    return {
        "model": assistant.name, "device": str(assistant.device), "threads": threads,
        "dtype": str(assistant.model.language_model.dtype).removeprefix("torch."), **figures,
    }  # fmt: skip


def show(figures: dict[str, Any]) -> None:
    """Print the figures with the limits they are held to."""
    print(
        f"{figures['model']} on {figures['device']}, {figures['threads']} threads, language model "
        f"in {figures['dtype']}\n"
    )
    print(f"import llamo               {figures['import_s']:8.3f} s    (< 0.3)")
    print(f"cold `llamo ask`           {figures['cold_ask_s']:8.2f} s    (< 8)")
    print(f"  its peak memory          {figures['cold_ask_peak_mb']:8.0f} MB   (< 1500)")
    print(f"answer, open 10 s clip     {figures['answer_ms_10_s']:8.1f} ms   (< 60)")
    print(f"answers in batches         {figures['answers_a_second']:8.0f} /s   (> 300)")
    print(f"peak memory so far         {figures['peak_mb']:8.0f} MB   (< 1500)\n")
    print("clip      open ms   tokens  answer ms   all frames: tokens  answer ms")
    first = next(iter(figures["growth"].values()))["answer_ms"]
    for name, row in figures["growth"].items():
        every = "-" if row["all_frames_ms"] is None else f"{row['all_frames_ms']:9.1f}"
        print(
            f"{name:8} {row['open_ms']:8.0f} {row['tokens']:8.0f} {row['answer_ms']:8.1f}"
            f" (x{row['answer_ms'] / first:.2f}) {row['all_frames_tokens'] or 0:12.0f}  {every}"
        )
    print("limits: x1.5 at 60 s, x3 at 10 min")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", help="weights folder; llamo-tiny by default")
    parser.add_argument("--threads", type=int, default=2, help="CPU threads")
    parser.add_argument("--dtype", help="of the language model, in all but the cold start")
    parser.add_argument("--out", type=Path, help="also write the figures as JSON")
    given = parser.parse_args()
    result = measure(given.model, given.threads, given.dtype)
    show(result)
    if given.out:
        given.out.write_text(json.dumps(result, indent=2) + "\n")
