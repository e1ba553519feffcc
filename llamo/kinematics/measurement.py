"""A measured number: what, how much, in which unit, how sure, and when."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass

UNITS = ("deg", "s", "m", "deg/s", "m/s", "1/s", "1/min", "count", "ratio", "1")
"""``1`` is a number of its own kind, such as a smoothness; ``1/s`` the change of a ratio."""


FORM = "form_not_correct"
"""Name of the probability that an exercise was not done as asked."""

_SIDE = re.compile(r"(?:^|_)(?:left|right)(?=_|$)")


def names_side(name: str) -> bool:
    """Whether a course or number is of the person's left or right alone, or of a way to the left.

    ``left_knee_flexion``, ``trunk_left_lean``, ``turn_left``.
    """
    return _SIDE.search(name) is not None


def without_side(name: str) -> str:
    """The name without its side: ``knee_flexion``."""
    return _SIDE.sub("", name).strip("_")


@dataclass(frozen=True)
class Measurement:
    """One number that geometry settles.

    Args:
        name: What was measured (``left_knee_flexion_max``); sides are the person's own.
        value: The number, in ``unit``.
        unit: One of ``UNITS``.
        uncertainty: About one standard deviation, in ``unit``.
        start_s: Where it was measured: first second since the clip's start.
        end_s: Last second; equal to ``start_s`` for the moment of an extreme.
    """

    name: str
    value: float
    unit: str
    uncertainty: float
    start_s: float
    end_s: float

    @property
    def names_side(self) -> bool:
        """As of ``names_side``."""
        return names_side(self.name)

    def to_dict(self) -> dict[str, str | float]:
        """Plain values, rounded to what the number can bear, for JSON."""
        rounded = {
            key: round(value, 4) if isinstance(value, float) else value
            for key, value in asdict(self).items()
        }
        return rounded

    def __str__(self) -> str:
        """``left knee flexion max 106 ± 1.2 deg``, for people."""
        unit = "" if self.unit in ("count", "ratio") else f" {self.unit}"
        doubt = f" ± {self.uncertainty:.2g}" if self.uncertainty else ""
        return f"{self.name.replace('_', ' ')} {self.value:.3g}{doubt}{unit}"
