"""Decoding in a process of its own: what it sends is checked, and nothing of it outlives a reading.

Frames come through a pipe rather than shared memory or a file: there is nothing to remove
afterwards, however either side dies.
"""

from __future__ import annotations

import json
import math
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from typing import IO, Any

import numpy as np

from llamo.errors import UnreadableFile
from llamo.video.processes import PIPE_BYTES, Watchdog, environment, kill
from llamo.video.values import (
    BackendFailed,
    End,
    Event,
    Events,
    Head,
    Picture,
    Request,
    TooLate,
    shown,
)

_LONGEST_LINE = 4096


def decode_apart(
    names: list[str], request: Request, deadline_s: float, patience_s: float
) -> Events:
    """The events of ``backends.decode``, from a process that ends within ``deadline_s``.

    Args:
        names: Decoders; the next one goes on, in the same process, where one fails before it gives
            anything.
        request: What is wanted.
        deadline_s: Seconds that it may take in all.
        patience_s: Seconds that it may be silent.

    Raises:
        UnreadableFile: The file is to be refused, whichever decoder reads it.
        BackendFailed: A decoder could not read it, crashed, or (``TooLate``) took too long; its
            ``tried`` tells how many have failed so far.
    """
    wish = {"backends": names, "request": asdict(request), "deadline_s": deadline_s}
    process = subprocess.Popen(
        [*child_command(), json.dumps(wish)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(),
        pipesize=PIPE_BYTES,
        start_new_session=True,  # a group of its own, so that its children are killed with it
    )
    watchdog = Watchdog(process, deadline_s, patience_s)
    tried = 1
    try:
        watchdog.start()
        assert process.stdout is not None
        for event in _events(process.stdout, request):
            watchdog.heard_at = time.monotonic()
            if event is None:
                tried += 1
            else:
                yield event
    except (EOFError, BackendFailed) as error:
        failure = error if isinstance(error, BackendFailed) else None
        if failure is None and watchdog.late:
            failure = TooLate(f"not decoded within {deadline_s:.3g} s")
        failure = failure or BackendFailed(_last_words(process))
        failure.tried = min(tried, len(names))  # its word is not believed beyond that
        raise failure from None
    finally:
        watchdog.done.set()
        if watchdog.ident is not None:
            watchdog.join()
        kill(process)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def child_command() -> list[str]:
    """What starts the decoding process; ``-P`` keeps the working folder's modules out of it."""
    return [sys.executable, "-P", "-B", "-m", "llamo.video.child"]


def _last_words(process: subprocess.Popen[bytes]) -> str:
    """Why a process ended that did not say so itself."""
    kill(process)  # what it started may still be there
    code = process.wait()
    if code < 0:
        with suppress(ValueError):
            return f"the decoder crashed ({signal.Signals(-code).name})"
    return f"the decoder crashed (exit code {code})"


def _events(pipe: IO[bytes], request: Request) -> Iterator[Event | None]:
    """What the process sends, checked; None where it goes on to the next decoder.

    ``EOFError`` where it stops in the middle.
    """
    head: Head | None = None
    while True:
        line = _line(pipe)
        kind = line.get("kind")
        if kind == "refused":
            raise UnreadableFile(shown(str(line.get("why")), 400))
        if kind == "failed":
            raise BackendFailed(shown(str(line.get("why"))))
        if kind == "head" and head is None:
            head = _head(line, request)
            yield head
        elif kind == "picture" and head is not None:
            yield _picture(line, head, pipe)
        elif kind == "next" and head is None:
            yield None
        elif kind == "end" and head is not None:
            truncated = line.get("truncated")
            yield End(None if truncated is None else shown(str(truncated), 400))
            return
        else:
            raise _nonsense()


def _line(pipe: IO[bytes]) -> dict[str, Any]:
    raw = pipe.readline(_LONGEST_LINE)
    if not raw.endswith(b"\n"):
        raise EOFError
    try:
        line = json.loads(raw)
    except ValueError:
        raise _nonsense() from None
    if not isinstance(line, dict):
        raise _nonsense()
    return line


def _head(line: dict[str, Any], request: Request) -> Head:
    size, shape = line.get("size"), line.get("shape")
    for pair in (size, shape):
        if not (isinstance(pair, list) and len(pair) == 2 and all(type(n) is int for n in pair)):
            raise _nonsense()
    (width, height), (rows, columns) = size, shape  # type: ignore[misc]
    if min(width, height, rows, columns) < 1 or max(rows, columns) > request.limits.side:
        raise _nonsense()
    return Head((width, height), (rows, columns))


def _picture(line: dict[str, Any], head: Head, pipe: IO[bytes]) -> Picture:
    index, time_s = line.get("index"), line.get("time_s")
    if type(index) is not int or not isinstance(time_s, int | float) or not math.isfinite(time_s):
        raise _nonsense()
    pixels = np.empty((*head.shape, 3), np.uint8)
    left = memoryview(pixels.data).cast("B")
    while left:
        count = pipe.readinto(left)  # type: ignore[attr-defined]
        if not count:
            raise EOFError
        left = left[count:]
    return Picture(index, float(time_s), pixels)


def _nonsense() -> BackendFailed:
    return BackendFailed("the decoding process sent what it should not")
