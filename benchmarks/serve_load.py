"""Many visitors at once: python benchmarks/serve_load.py --sessions 20 --minutes 5

Starts the demo, lets every session open a clip of its own and ask again and again over
gradio_client, and tells errors, mix-ups, latency, memory and what is left on disk. A mix-up is an
answer, count or duration that is not the one of the session's own clip, which is worked out first,
without the server.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

QUESTIONS = ("How many squats does the person do?", "What does the person do?", "How many times?")
PAUSE_S = 2.0
"""What a visitor takes to read an answer."""


@dataclass
class Visit:
    """What one session saw.

    Args:
        place: Which session.
        clip: Its file.
        expected: Answers by question, and the count, worked out without the server.
    """

    place: int
    clip: Path
    expected: dict[str, Any]
    errors: list[str] = field(default_factory=list)
    mixed_up: list[str] = field(default_factory=list)
    seconds: dict[str, list[float]] = field(default_factory=dict)

    def timed(self, what: str, call: Any) -> Any:
        """A call, its time kept."""
        start = time.perf_counter()
        result = call()
        self.seconds.setdefault(what, []).append(time.perf_counter() - start)
        return result


def main() -> None:
    """Run the load and print what was seen; exit code 1 on any error, mix-up or rest."""
    options = _options()
    from llamo.assistant import Assistant
    from llamo.serve.limits import Limits
    from llamo.serve.server import Server, Settings

    assistant = Assistant.from_pretrained(options.model)
    limits = Limits(
        questions_per_minute=1000,
        clips_per_minute=1000,
        measurings_per_minute=1000,
        visitors=options.sessions + 5,
    )
    memory: list[tuple[float, float]] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        Server(lambda: assistant, Settings(port=0, limits=limits)) as server,
    ):
        visits = [_prepared(place, Path(folder), assistant) for place in range(options.sessions)]
        start = time.monotonic()
        end = start + 60 * options.minutes
        threads = [
            threading.Thread(target=_visit, args=(visit, server.url, end)) for visit in visits
        ]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            memory.append((time.monotonic() - start, _memory_mb()))
            time.sleep(1)
        left = _left(server.folder, limits.linger_s + 30)
    told = _summary(visits, memory, left, options)
    print(json.dumps(told, indent=2))
    if options.out is not None:
        options.out.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    sys.exit(bool(told["errors"] or told["mix_ups"] or told["files_left"]))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--model", type=Path, help="weights folder; llamo-tiny by default")
    parser.add_argument("--out", type=Path, help="JSON file for the figures")
    return parser.parse_args()


def _prepared(place: int, folder: Path, assistant: Any) -> Visit:
    """A clip that no other session has, and what is true of it."""
    from llamo.data.figures import Act, perform
    from llamo.formats import read_motion, write_motion

    acts = [Act("squat", repetitions=2 + place % 9)]
    motion, _ = perform(acts, rng=np.random.default_rng(place), fps=30.0)
    path = folder / f"session-{place}.npz"
    write_motion(motion, path)
    session = assistant.open(read_motion(path))
    expected: dict[str, Any] = {question: session.ask(question).answer for question in QUESTIONS}
    expected["count"] = session.count().count
    expected["duration_s"] = round(session.motion.duration_s, 3)
    return Visit(place, path, expected)


def _visit(visit: Visit, url: str, end: float) -> None:
    from gradio_client import Client, handle_file

    turn = 0
    try:
        client = Client(url, verbose=False, analytics_enabled=False, httpx_kwargs={"timeout": 120})
        while time.monotonic() < end:
            if turn % 10 == 0:  # opened anew now and then, as people do
                sent = handle_file(str(visit.clip))
                facts = visit.timed(
                    "open", lambda sent=sent: client.predict(file=sent, api_name="/open_clip")
                )
                _check(visit, "duration_s", facts["duration_s"])
                _check(visit, "count", client.predict(api_name="/count")["count"])
            question = QUESTIONS[turn % len(QUESTIONS)]
            _, answer = visit.timed(
                "ask", lambda question=question: client.predict(question, api_name="/ask")
            )
            _check(visit, question, answer["answer"])
            turn += 1
            time.sleep(PAUSE_S)
        client.close()
    except Exception as error:  # counted, and told in the summary
        visit.errors.append(f"session {visit.place}, turn {turn}: {error!r}"[:300])


def _check(visit: Visit, what: str, got: Any) -> None:
    if got != visit.expected[what]:
        visit.mixed_up.append(f"session {visit.place}: {what}: {got!r}")


def _memory_mb() -> float:
    """Resident memory of this process, which is the server's, too."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def _left(folder: Path, patience_s: float) -> list[str]:
    """Files that are still there when everybody has left."""
    give_up = time.monotonic() + patience_s
    while True:
        left = [str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()]
        if not left or time.monotonic() > give_up:
            return left
        time.sleep(0.5)


def _summary(
    visits: list[Visit], memory: list[tuple[float, float]], left: list[str], options: Any
) -> dict[str, Any]:
    seconds: dict[str, list[float]] = {}
    for visit in visits:
        for what, took in visit.seconds.items():
            seconds.setdefault(what, []).extend(took)
    late = [mb for time_s, mb in memory if time_s >= min(60, 30 * options.minutes)]
    return {
        "sessions": options.sessions,
        "minutes": options.minutes,
        "errors": [error for visit in visits for error in visit.errors],
        "mix_ups": [one for visit in visits for one in visit.mixed_up],
        "seconds": {
            what: {
                "n": len(took),
                **{f"p{p}": round(float(np.percentile(took, p)), 3) for p in (50, 90, 99)},
                "max": round(max(took), 3),
            }
            for what, took in seconds.items()
        },
        "memory_mb": {
            "start": round(memory[0][1]),
            "after_first_minute": round(late[0]) if late else None,
            "end": round(memory[-1][1]),
            "peak": round(max(mb for _, mb in memory)),
            "every_10_s": [round(mb) for _, mb in memory[::10]],
        },
        "files_left": left,
    }


if __name__ == "__main__":
    main()
