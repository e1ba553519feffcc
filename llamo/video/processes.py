"""Processes of our own that do risky work: watched, and ended with all that they started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress

PIPE_BYTES = 1 << 20
"""Of a pipe for frames (Linux): the usual 64 KiB wake both sides up a dozen times a frame."""


class Watchdog(threading.Thread):
    """Kills a process that is over its deadline, or silent for too long."""

    def __init__(
        self, process: subprocess.Popen[bytes], deadline_s: float, patience_s: float
    ) -> None:
        super().__init__(daemon=True)
        self.process, self.patience_s = process, patience_s
        self.heard_at = time.monotonic()
        self.ends_at = self.heard_at + deadline_s
        self.done = threading.Event()
        self.late = False

    def run(self) -> None:
        while not self.done.wait(max(0.0, self._due() - time.monotonic())):
            if time.monotonic() >= self._due():
                self.late = True
                kill(self.process)
                return

    def _due(self) -> float:
        return min(self.ends_at, self.heard_at + self.patience_s)


def environment() -> dict[str, str]:
    """The parent's, with its module path; one thread for what would start one for each core."""
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    return {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill the process and all that it started, unless it was waited for already."""
    if process.returncode is not None:
        return  # its number may by now be another's
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
