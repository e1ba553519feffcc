"""A timeline of key values, joined as people move: minimum jerk between rests."""

from __future__ import annotations

import numpy as np


class Timeline:
    """Named values over time, set at key moments.

    Between two rests a value follows the minimum-jerk curve (Flash and Hogan 1985, "The
    coordination of arm movements", eq. 5). Through a key between two others in the same direction
    it passes without a stop, at the slope of the monotone cubic (Fritsch and Butland
    1984), so that it hardly overshoots.

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
    for moment, target in keys:
        while moments and moments[-1] >= moment - 1e-6:
            moments.pop()
            values.pop()
        moments.append(moment)
        values.append(target)
    if len(moments) == 1:
        return np.full(len(time_s), values[0])
    at, value = np.array(moments), np.array(values)
    step, slope = np.diff(at), _slopes(at, value)
    key = np.clip(np.searchsorted(at, time_s, side="right") - 1, 0, len(step) - 1)
    u = ((time_s - at[key]) / step[key]).clip(0, 1)
    # The quintic with these ends and slopes, and no acceleration at either end.
    rise = u**3 * (10 - 15 * u + 6 * u**2)
    leave = u - u**3 * (6 - 8 * u + 3 * u**2)
    arrive = u**3 * (-4 + 7 * u - 3 * u**2)
    curve = value[key] + (value[key + 1] - value[key]) * rise
    return curve + step[key] * (slope[key] * leave + slope[key + 1] * arrive)


def _slopes(at: np.ndarray, value: np.ndarray) -> np.ndarray:
    """(K,) slope at each key: zero at turning points and ends, else a weighted harmonic mean."""
    slopes = np.zeros(len(at))
    step = np.diff(at)
    rate = np.diff(value) / step
    before, after = rate[:-1], rate[1:]
    weight, other = 2 * step[1:] + step[:-1], step[1:] + 2 * step[:-1]
    onward = before * after > 0
    slopes[1:-1][onward] = (weight + other)[onward] / (
        weight[onward] / before[onward] + other[onward] / after[onward]
    )
    return slopes
