"""An angle over a clip's time, as a drawing that moves with the player."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import numpy as np

from llamo.kinematics.course import RATE_HZ
from llamo.kinematics.joint_angles import PAIRED_ANGLES
from llamo.kinematics.measurement import names_side
from llamo.kinematics.signals import Signals

if TYPE_CHECKING:
    from llamo.kinematics import Count
    from llamo.motion import Motion

COURSES = (*PAIRED_ANGLES, "trunk_forward_lean", "trunk_left_lean")
"""What can be drawn: angles of both sides, and of the trunk."""

_WIDE, _HIGH, _LEFT, _BELOW, _ABOVE, _RIGHT = 720, 240, 44, 26, 12, 10
_POINTS = 480
_STEPS_S = (0.5, 1, 2, 5, 10, 20, 30, 60, 120)
_STEPS_DEG = (5, 10, 20, 30, 45, 60, 90)


class Chart:
    """Draws the courses of one clip.

    Args:
        motion: The clip.
        count: Its repetitions, which are shaded.
        sides_told: Whether the person's left and right are known.
    """

    def __init__(self, motion: Motion, count: Count, sides_told: bool = True) -> None:
        self._sides_told = sides_told
        self._signals = Signals.of(motion)
        self._duration_s = motion.duration_s
        self._count = count

    def draw(self, course: str, place: str = "main") -> str:
        """HTML with one drawing.

        Args:
            course: One of ``COURSES``; another name draws the first.
            place: Whose player it moves with.
        """
        course = course if course in COURSES else COURSES[0]
        sides = ("left", "right") if course in PAIRED_ANGLES else ("",)
        curves = [(side, self._values(f"{side}_{course}".strip("_"))) for side in sides]
        told = np.concatenate([values[np.isfinite(values)] for _, values in curves])
        title = course.replace("_", " ")
        if not len(told) or (names_side(course) and not self._sides_told):
            return f'<p class="llamo-sure">The {title} cannot be told in this clip.</p>'
        low, high = _rounded(float(told.min()), float(told.max()))
        shapes = [self._repetitions(), self._grid(low, high)]
        shapes += [self._curve(side, values, low, high) for side, values in curves]
        called = {"left": "the person’s left", "right": "right", "": ""}
        if not self._sides_told:
            called = {"left": "one side", "right": "the other", "": ""}
        legend = "".join(
            f'<span class="{side or "middle"}">{called[side]}</span>' for side in sides if side
        )
        about = "; ".join(
            f"{called[side] or title} from {np.nanmin(values):.0f} to "
            f"{np.nanmax(values):.0f} degrees"
            for side, values in curves
            if np.isfinite(values).any()
        )
        return (
            f'<figure class="llamo-chart" data-line="{place}" '
            f'data-seconds="{self._duration_s:.3f}" data-left="{_LEFT / _WIDE:.4f}" '
            f'data-right="{_RIGHT / _WIDE:.4f}"><figcaption>{html.escape(title)}, degrees'
            f"{legend}</figcaption>"
            f'<svg viewBox="0 0 {_WIDE} {_HIGH}" role="img" aria-label="{html.escape(title)} over '
            f'{self._duration_s:.1f} seconds: {about}">{"".join(shapes)}'
            f'<line class="now" x1="{_LEFT}" x2="{_LEFT}" y1="{_ABOVE}" y2="{_HIGH - _BELOW}"/>'
            f"</svg></figure>"
        )

    def _values(self, name: str) -> np.ndarray:
        """(T,) degrees on the clock of ``RATE_HZ``; nothing of what is never seen."""
        signal = self._signals.find(name)
        return np.zeros(0) if signal is None else signal.values

    def _x(self, time_s: float) -> float:
        return _LEFT + (_WIDE - _LEFT - _RIGHT) * min(max(time_s / self._duration_s, 0), 1)

    def _curve(self, side: str, values: np.ndarray, low: float, high: float) -> str:
        """Lines between what is known; a gap stays a gap."""
        path, gap = [], True
        for place in range(0, len(values), max(1, len(values) // _POINTS)):
            value = float(values[place])
            if np.isfinite(value):
                x, y = self._x(place / RATE_HZ), _y(value, low, high)
                path.append(f"{'M' if gap else 'L'}{x:.1f},{y:.1f}")
            gap = not np.isfinite(value)
        return f'<path class="{side or "middle"}" d="{"".join(path)}"/>'

    def _repetitions(self) -> str:
        bands = []
        for one in self._count.repetitions[::2]:
            left, right = self._x(one.start_s), self._x(one.end_s)
            bands.append(
                f'<rect class="repetition" x="{left:.1f}" y="{_ABOVE}" '
                f'width="{right - left:.1f}" height="{_HIGH - _BELOW - _ABOVE}"/>'
            )
        return "".join(bands)

    def _grid(self, low: float, high: float) -> str:
        lines = []
        for value in np.arange(low, high + 1e-6, _step(high - low, _STEPS_DEG, 5)):
            y = _y(value, low, high)
            lines.append(
                f'<line class="grid" x1="{_LEFT}" x2="{_WIDE - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
                f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:.0f}°</text>'
            )
        for time_s in np.arange(0, self._duration_s, _step(self._duration_s, _STEPS_S, 8)):
            lines.append(
                f'<text x="{self._x(time_s):.1f}" y="{_HIGH - 8}" text-anchor="middle">'
                f"{time_s:g} s</text>"
            )
        return "".join(lines)


def _y(value: float, low: float, high: float) -> float:
    return _HIGH - _BELOW - (_HIGH - _BELOW - _ABOVE) * (value - low) / (high - low)


def _step(span: float, steps: tuple[float, ...], most: int) -> float:
    return next((step for step in steps if span / step <= most), steps[-1])


def _rounded(low: float, high: float) -> tuple[float, float]:
    """Ends of an axis: whole tens of degrees, at least 20 of them."""
    low, high = np.floor(low / 10) * 10, np.ceil(high / 10) * 10
    return (low, high) if high - low >= 20 else (low - 10, high + 10)
