"""A motion pushed into a live session."""

from __future__ import annotations

from collections.abc import Iterator

from llamo.live import LiveSession
from llamo.live_update import LiveUpdate
from llamo.motion import Motion


def pushed(live: LiveSession, motion: Motion, start_s: float = 0.0) -> Iterator[LiveUpdate]:
    """Push a motion, a frame at a time, from a moment on."""
    for place, time_s in enumerate(motion.times_s):
        sure = None if motion.confidence is None else motion.confidence[place]
        yield live.push_motion(motion.joints[place], start_s + float(time_s), sure)
