"""What one visitor may take of the server, so that all the others can go on."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, fields

from llamo.errors import InvalidData, LlamoError


class TooMuch(LlamoError):
    """A visitor asks for more than the server gives; the message says what and what to do."""


@dataclass(frozen=True)
class Limits:
    """Bounds of the demo.

    Args:
        upload_mb: Largest file, refused while it is still being sent.
        clip_s: Longest clip, seconds.
        visitors: People who are here at once, until they leave or sleep.
        questions_per_minute: Of one visitor.
        clips_per_minute: Opened by one visitor, second clips and examples included; reports and
            pictures to take home spend it as well.
        measurings_per_minute: Of one visitor: measured, counted or compared.
        waiting: Requests that may queue; further ones are turned away.
        idle_s: A visitor who does nothing for so long is taken to have left.
        linger_s: What a visitor who has left may still come back to, a phone that slept.
    """

    upload_mb: int = 200
    clip_s: float = 60.0
    visitors: int = 50
    questions_per_minute: int = 30
    clips_per_minute: int = 10
    measurings_per_minute: int = 60
    waiting: int = 100
    idle_s: float = 1800.0
    linger_s: float = 20.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not value > 0:
                raise InvalidData(f"the limit {field.name} must be above 0, got {value}.")


class Rate:
    """How often something may be done in any minute.

    Args:
        most: Times in 60 s.
        what: How the message calls it.
        clock: Seconds that only rise.
    """

    def __init__(self, most: int, what: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._what, self._clock = most, what, clock
        self._done: deque[float] = deque()
        self._lock = threading.Lock()

    def spend(self) -> None:
        """Do it once more.

        Raises:
            TooMuch: Not now.
        """
        with self._lock:
            now = self._clock()
            while self._done and now - self._done[0] >= 60:
                self._done.popleft()
            if len(self._done) >= self._most:
                wait_s = max(1, round(60 - (now - self._done[0])))
                raise TooMuch(
                    f"at most {self._most} {self._what} a minute; try again in {wait_s} s."
                )
            self._done.append(now)
