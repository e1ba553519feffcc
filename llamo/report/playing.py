"""A clip that plays with its skeleton over the timeline, and stops being plain at viewpoints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from llamo.answer import Answer
from llamo.report.colours import CHOSEN, FAINT, INK, PAPER
from llamo.report.lettering import line_height, wrapped, write
from llamo.report.page import draw_legend, measured_line
from llamo.report.scene import Scene
from llamo.report.timeline import Timeline, cursor

if TYPE_CHECKING:
    from PIL.Image import Image

_WIDTH, _MARGIN, _HIGHEST = 960, 24, 560
_QUESTION, _TEXT, _SMALL = 24.0, 18.0, 15.0
_FIELD = 80
_SHOWN_S = 0.12
"""A viewpoint is marked for so long before and after, so that it can be seen."""


class Player:
    """Draws the clip's pictures one after the other.

    Args:
        answer: What was asked and answered.
        scene: The clip's pictures.
        duration_s: Of the clip.
    """

    def __init__(self, answer: Answer, scene: Scene, duration_s: float) -> None:
        self._answer, self._scene = answer, scene
        inner = _WIDTH - 2 * _MARGIN
        height = min(_HIGHEST, round(inner / scene.shape))
        self._size = (min(inner, round(height * scene.shape)), height)
        self._question = wrapped(answer.question, _QUESTION, inner, most=2)
        self._said = wrapped(answer.answer, _QUESTION, inner, most=2)
        self._measured = wrapped(measured_line(answer), _SMALL, inner, most=3)
        above, self._below = Timeline.margins(_SMALL)
        lines = len(self._question) + len(self._said)
        top = _MARGIN + lines * line_height(_QUESTION) + 12
        self._place = ((_WIDTH - self._size[0]) // 2, top)
        self._caption_y = top + height + 8
        field_y = self._caption_y + line_height(_TEXT) + above + 4
        self._timeline = Timeline(
            _MARGIN, field_y, _WIDTH - _MARGIN, field_y + _FIELD, duration_s, _SMALL
        )
        self._still = self._draw_still()

    def frames(self, progress: Callable[[int, int], object] | None) -> Iterator[np.ndarray]:
        """(h, w, 3) uint8, one for each of the scene's times."""
        times_s = self._scene.times_s
        for done, time_s in enumerate(times_s.tolist(), start=1):
            yield np.asarray(self.frame(time_s))
            if progress is not None:
                progress(done, len(times_s))

    def frame(self, time_s: float) -> Image:
        """The whole picture at one time."""
        from PIL import ImageDraw

        picture = self._still.copy()
        draw = ImageDraw.Draw(picture)
        picture.paste(self._scene.draw(time_s, self._size), self._place)
        remark = self._scene.remark(time_s)
        caption = f"{time_s:.2f} s" + (f"   {remark}" if remark else "")
        ink = FAINT
        near = [
            (abs(one.time_s - time_s), number, one)
            for number, one in enumerate(self._answer.viewpoints, start=1)
        ]
        if near and min(near)[0] <= _SHOWN_S:
            _, number, viewpoint = min(near)
            caption += f"   looked at: {number}, score {viewpoint.score:.3f}"
            ink = CHOSEN
            (x, y), (width, height) = self._place, self._size
            draw.rectangle([x - 4, y - 4, x + width + 3, y + height + 3], outline=CHOSEN, width=4)
        write(draw, (_MARGIN, self._caption_y), [caption], _TEXT, ink)
        cursor(draw, self._timeline, time_s)
        return picture

    def _draw_still(self) -> Image:
        """All that does not move."""
        from PIL import Image, ImageDraw

        text_y = self._timeline.bottom + self._below
        height = round(text_y + len(self._measured) * line_height(_SMALL) + _MARGIN)
        picture = Image.new("RGB", (_WIDTH, height + height % 2), PAPER)
        draw = ImageDraw.Draw(picture)
        y = write(draw, (_MARGIN, _MARGIN), self._question, _QUESTION, INK)
        write(draw, (_MARGIN, y), self._said, _QUESTION, CHOSEN)
        draw_legend(draw, _WIDTH - _MARGIN, self._caption_y, _TEXT)
        self._timeline.draw(draw, self._answer.scores, self._answer.viewpoints)
        write(draw, (_MARGIN, text_y), self._measured, _SMALL, FAINT)
        return picture
