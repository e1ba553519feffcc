"""A timeline of key values, joined as people move: minimum jerk between rests."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import BPoly, PchipInterpolator


class Timeline:
    """Named values over time, set at key moments.

    Between two rests a value follows the minimum-jerk curve (Flash and Hogan 1985, "The
    coordination of arm movements", eq. 5). Through a key between two others in the same direction
    it passes without a stop, at the slope of the monotone cubic (Fritsch and Carlson 1980), so
    that nothing overshoots.

    Args:
        rest: Each name with its value at time 0.
    """

    def __init__(self, rest: dict[str, float]) -> None:
        self.now_s = 0.0
        self._keys = {name: [(0.0, float(value))] for name, value in rest.items()}

    def value(self, name: str) -> float:
        """The value at the last key."""
        return self._keys[name][-1][1]

    def move(self, seconds: float, **targets: float) -> None:
        """From where they are, bring values to their targets, and time with them."""
        self.start(seconds, **targets)
        self.now_s += seconds

    def start(self, seconds: float, **targets: float) -> None:
        """As ``move``, but time stays, so that other values can move meanwhile."""
        for name, target in targets.items():
            keys = self._keys[name]
            if keys[-1][0] < self.now_s - 1e-6:
                keys.append((self.now_s, keys[-1][1]))
            keys.append((self.now_s + seconds, float(target)))

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now_s += seconds

    def sample(self, time_s: np.ndarray) -> dict[str, np.ndarray]:
        """Every value at the given times, each (T,)."""
        return {name: _curve(keys, time_s) for name, keys in self._keys.items()}


def _curve(keys: list[tuple[float, float]], time_s: np.ndarray) -> np.ndarray:
    # A move that starts before the last one has ended takes over: earlier keys that lie later go.
    moments: list[float] = []
    values: list[float] = []
    for moment, value in keys:
        while moments and moments[-1] >= moment - 1e-6:
            moments.pop()
            values.pop()
        moments.append(moment)
        values.append(value)
    if len(moments) == 1:
        return np.full(len(time_s), values[0])
    slopes = PchipInterpolator(moments, values).derivative()(moments)
    slopes[0] = slopes[-1] = 0.0
    states = np.stack([values, slopes, np.zeros(len(moments))], axis=1)  # value, speed, no push
    return BPoly.from_derivatives(moments, states)(time_s.clip(moments[0], moments[-1]))
