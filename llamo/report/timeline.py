"""The scores of all frames along a clip's time, with the viewpoints numbered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from llamo.answer import FrameScores, Viewpoint
from llamo.report.colours import CHOSEN, FAINT, INK, RULE, SCORE
from llamo.report.lettering import font, line_height, width_of

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

_STEPS_S = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600)


@dataclass(frozen=True)
class Timeline:
    """Where a clip's time lies in a picture.

    Args:
        left, top, right, bottom: Pixels of the field, without what is written around it.
        duration_s: Of the clip.
        size: Of the letters, pixels.
    """

    left: float
    top: float
    right: float
    bottom: float
    duration_s: float
    size: float

    @staticmethod
    def margins(size: float) -> tuple[int, int]:
        """Pixels that letters take above and below the field."""
        return line_height(size) + 6, line_height(size) + 8

    def x(self, time_s: float) -> float:
        """Where a time lies."""
        return self.left + (self.right - self.left) * min(max(time_s / self.duration_s, 0), 1)

    def draw(
        self, draw: ImageDraw, scores: FrameScores | None, viewpoints: Sequence[Viewpoint]
    ) -> None:
        """The field with its seconds, scores and viewpoints."""
        self._seconds(draw)
        highest = max(
            [one.score for one in viewpoints]
            + ([] if scores is None else scores.score.tolist())
            + [1e-9]
        )
        if scores is not None:
            self._bars(draw, scores, highest)
        elif not viewpoints:
            text = "no frame was looked at"
            middle = (self.left + self.right - width_of(text, self.size)) / 2
            high = (self.top + self.bottom - line_height(self.size)) / 2
            draw.text((middle, high), text, font=font(self.size), fill=FAINT)
        for one in viewpoints:
            x, y = self.x(one.time_s), self._y(one.score / highest)
            draw.line([(x, self.bottom), (x, y)], fill=CHOSEN, width=2)
            draw.ellipse([x - 4, y - 4, x + 4, y + 4], fill=CHOSEN)
        for x, label in self._labels(viewpoints):
            draw.text((x, self.top - line_height(self.size) - 4), label,
                      font=font(self.size), fill=CHOSEN)  # fmt: skip

    def _y(self, share: float) -> float:
        return self.bottom - share * (self.bottom - self.top - 5)

    def _seconds(self, draw: ImageDraw) -> None:
        most = max(2, int((self.right - self.left) / (4 * self.size)))
        step = next((s for s in _STEPS_S if self.duration_s / s <= most), self.duration_s)
        places = 2 if step < 0.1 else 1 if step < 1 else 0
        for tick in np.arange(0, self.duration_s + 1e-9, step):
            x = self.x(tick)
            draw.line([(x, self.top), (x, self.bottom + 4)], fill=RULE, width=1)
            label = f"{tick:.{places}f}" if tick else "0 s"
            wide = width_of(label, self.size)
            start = min(max(x - wide / 2, self.left), self.right - wide)
            draw.text((start, self.bottom + 6), label, font=font(self.size), fill=FAINT)
        draw.line([(self.left, self.bottom), (self.right, self.bottom)], fill=FAINT, width=1)

    def _bars(self, draw: ImageDraw, scores: FrameScores, highest: float) -> None:
        """Each frame's score, from half way to the frame before to half way to the next."""
        times = scores.time_s.astype(float)
        halves = (times[1:] + times[:-1]) / 2
        last = 2 * times[-1] - halves[-1] if len(halves) else self.duration_s
        edges = [0.0, *halves, last]
        for start, end, score in zip(edges[:-1], edges[1:], scores.score.tolist(), strict=True):
            x0, x1 = self.x(start), self.x(end)
            draw.rectangle([x0, self._y(score / highest), max(x1 - 1, x0), self.bottom], fill=SCORE)

    def _labels(self, viewpoints: Sequence[Viewpoint]) -> list[tuple[float, str]]:
        """Numbers over the viewpoints, from 1; those too close for their own share one: 3-5."""
        groups: list[tuple[int, int]] = []
        for number in range(1, len(viewpoints) + 1):
            groups.append((number, number))
            while len(groups) > 1:
                before, here = (self._label(viewpoints, *group) for group in groups[-2:])
                if before[0] + width_of(before[1], self.size) + 6 <= here[0]:
                    break
                groups[-2:] = [(groups[-2][0], groups[-1][1])]
        return [self._label(viewpoints, *group) for group in groups]

    def _label(self, viewpoints: Sequence[Viewpoint], first: int, last: int) -> tuple[float, str]:
        text = f"{first}" if first == last else f"{first}-{last}"
        middle = float(np.mean([self.x(one.time_s) for one in viewpoints[first - 1 : last]]))
        wide = width_of(text, self.size)
        return min(max(middle - wide / 2, self.left), self.right - wide), text


def cursor(draw: ImageDraw, timeline: Timeline, time_s: float) -> None:
    """A line where the clip is now."""
    x = timeline.x(time_s)
    draw.line([(x, timeline.top), (x, timeline.bottom)], fill=INK, width=3)
