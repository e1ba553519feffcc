"""A count that runs along: what repeats in the last seconds of a motion that is still going on.

The same measuring as of a whole clip is done again and again on a window of the latest frames, so
that the count of a clip that fits into the window is the clip's own. A longer one is cut between
two repetitions; what lies before the cut has been counted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from llamo.errors import InvalidData
from llamo.kinematics.exercise import Exercise
from llamo.kinematics.repeats import find_repetitions, rise_under_way
from llamo.kinematics.signals import Signals
from llamo.kinematics.technique import performances_of
from llamo.motion import Motion

WINDOW_S = 30.0
"""Longest stretch that is measured at once."""

KEPT_S = 15.0
"""What is kept of it where it is cut."""

LONGEST_S = 60.0
"""A repetition that is still going on is not cut through, until the window is so long."""

SETTLED_S = 0.15
"""An event nearer to the newest frame than this may still move."""

SHORTEST_S = 0.3
"""Nobody repeats anything faster: what lasts less is not told."""

UNNAMED_S = 2.0
"""Without an exercise the first moments of a window look like anything: nothing is told of them."""

LEAST_FRAMES = 4
"""Fewer tell nothing."""


@dataclass(frozen=True)
class Moment:
    """Something that happened.

    Args:
        name: ``start``, ``turn``, ``end``, or as the exercise calls them; the events of a swing,
            jump or stride.
        time_s: When, on the clock of the frames.
        number: Of which repetition, from 1.
    """

    name: str
    time_s: float
    number: int


class RunningCount:
    """Counts as frames come in.

    Args:
        exercise: What is done; None counts whatever repeats, and may then take back a number as
            more is seen.
    """

    def __init__(self, exercise: Exercise | None = None) -> None:
        self.exercise = exercise
        self._before = 0
        self._found: list[dict[str, float]] = []
        self._going_s: float | None = None
        self._told_s: dict[str, float] = {}

    @property
    def count(self) -> int:
        """Repetitions up to now: those that were seen to come back."""
        return self._before + len(self._found)

    def look(self, motion: Motion, start_s: float) -> tuple[Moment, ...]:
        """Measure the window.

        Args:
            motion: The latest frames, from the last cut on.
            start_s: When its first frame was, on the clock of the frames.

        Returns:
            What has happened since the last look, in time order.
        """
        if len(motion) < LEAST_FRAMES:
            return ()
        signals = Signals.of(motion)
        self._found = [
            {name: start_s + time_s for name, time_s in events.items()}
            for events in self._performed(signals, motion)
        ]
        self._going_s = self._under_way(signals, start_s)
        now_s = start_s + float(motion.times_s[-1])
        is_clear = self.exercise is not None or now_s - start_s >= UNNAMED_S
        new = self._untold(now_s) if is_clear else []
        for one in new:
            self._told_s[one.name] = one.time_s
        return tuple(sorted(new, key=lambda one: one.time_s))

    def cut_s(self, start_s: float, now_s: float) -> float:
        """Where the window that began at ``start_s`` is to begin from now on.

        What was found to start before that moment is counted for good.
        """
        if now_s - start_s <= WINDOW_S:
            return start_s
        time_s = now_s - KEPT_S
        if now_s - start_s <= LONGEST_S:
            time_s = self._beside_repetitions(time_s, now_s)
        gone = sum(min(one.values()) < time_s for one in self._found)
        self._before += gone
        self._found = self._found[gone:]
        return time_s

    def interrupt(self) -> None:
        """Begin anew, with the count as it is: the frames that follow do not go on from these."""
        self._before, self._found, self._going_s = self.count, [], None

    def _performed(self, signals: Signals, motion: Motion) -> list[dict[str, float]]:
        if self.exercise is None:
            return [
                {"start": one.start_s, "turn": one.turn_s, "end": one.end_s}
                for one in find_repetitions(motion, signals).repetitions
            ]
        try:
            return [dict(one.events_s) for one in performances_of(signals, self.exercise)]
        except InvalidData:  # what the exercise hangs on is not seen
            return []

    def _under_way(self, signals: Signals, start_s: float) -> float | None:
        """When a repetition began that has not turned yet."""
        exercise = self.exercise
        if exercise is None or exercise.kind != "repetition":
            return None
        course = exercise.signal.removeprefix("acting_")
        names = [course]
        if course != exercise.signal:
            names = [f"{side}_{course}" for side in ("left", "right")]
        since_s = max((max(one.values()) for one in self._found), default=start_s) - start_s
        began = [
            rise_under_way(signals, name, exercise.at_least, since_s)
            for name in names
            if name in signals
        ]
        return min((start_s + one for one in began if one is not None), default=None)

    def _untold(self, now_s: float) -> list[Moment]:
        """Moments nobody has been told of yet; one that was found a little elsewhere is no news."""
        new = []
        for place, events in enumerate(self._found):
            lasts_s = max(events.values()) - min(events.values())
            if lasts_s < SHORTEST_S:
                continue
            for name, time_s in events.items():
                before_s = self._found[place - 1][name] if place else time_s - lasts_s
                told_s = self._told_s.get(name, -math.inf)
                if told_s < (before_s + time_s) / 2 and time_s <= now_s - SETTLED_S:
                    new.append(Moment(name, time_s, self._before + place + 1))
        if self._going_s is not None:
            name = self._word("start")
            before_s = self._found[-1][name] if self._found else self._going_s - 2 * SETTLED_S
            if self._told_s.get(name, -math.inf) < (before_s + self._going_s) / 2:
                new.append(Moment(name, self._going_s, self.count + 1))
        return new

    def _word(self, event: str) -> str:
        return event if self.exercise is None else self.exercise.words.get(event, event)

    def _beside_repetitions(self, time_s: float, now_s: float) -> float:
        """The moment, or one before the repetition in the midst of which it lies."""
        spans = [(min(one.values()), max(one.values())) for one in self._found]
        if self._going_s is not None:
            spans.append((self._going_s, now_s))
        for start_s, end_s in spans:
            if start_s < time_s < end_s:
                over = [end for _, end in spans if end <= start_s]
                return (max(over, default=start_s) + start_s) / 2
        return time_s
