"""The process that decodes: ``python -m llamo.video.child REQUEST``, started by ``isolation``.

It writes to its standard output: a line of JSON for each event, and after a picture's line its
bytes. Nothing is pickled: the parent must not run what a decoder that was taken over sends.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import suppress
from dataclasses import asdict
from typing import BinaryIO

from llamo.errors import LlamoError
from llamo.video.backends import decode
from llamo.video.values import BackendFailed, Head, Picture, Request, VideoLimits


def main() -> None:
    """Decode what the first argument asks for."""
    wish = json.loads(sys.argv[1])
    request = Request(**wish["request"] | {"limits": VideoLimits(**wish["request"]["limits"])})
    confine(request.limits.memory_bytes, wish["deadline_s"])
    # Decoders print: what they print must not get between the frames.
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)
        answer(wish["backends"], request, out)


def confine(memory_bytes: int, deadline_s: float) -> None:
    """Bound this process where the platform can: memory, files written, life without a parent."""
    try:
        import resource
    except ImportError:  # Windows: the parent's deadline is the only bound
        return
    for limit, value in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(limit)[1]
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        with suppress(ValueError, OSError):  # macOS has the name of a limit that it does not keep
            resource.setrlimit(limit, (bound, bound))
    # If the parent is killed nobody else ends this process; the alarm does, inside a decoder too.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, deadline_s + 1)


def answer(names: list[str], request: Request, out: BinaryIO) -> None:
    """Write the events of the first decoder that gives any, or one line saying why none does."""

    def say(**line: object) -> None:
        out.write(json.dumps(line).encode() + b"\n")

    for name in names:
        begun = False
        try:
            for event in decode(name, request):
                begun = True
                if isinstance(event, Head):
                    say(kind="head", size=event.size, shape=event.shape)
                elif isinstance(event, Picture):
                    say(kind="picture", index=event.index, time_s=event.time_s)
                    out.write(event.pixels.tobytes())
                else:
                    say(kind="end", **asdict(event))
            return
        except BackendFailed as failure:
            if begun or name == names[-1]:
                say(kind="failed", why=str(failure))
                return
            say(kind="next")
            out.flush()
        except LlamoError as refusal:
            say(kind="refused", why=str(refusal))
            return


if __name__ == "__main__":
    main()
