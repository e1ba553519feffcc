"""A picture of what an answer looked at: question, answer, viewpoints, timeline, measurements."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from llamo.answer import Answer
from llamo.report.colours import CHOSEN, FAINT, INK, LEFT, PAPER, RIGHT, RULE
from llamo.report.lettering import font, line_height, width_of, wrapped, write
from llamo.report.scene import Scene
from llamo.report.timeline import Timeline

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

_WIDTH, _MARGIN, _GAP = 1600, 48, 16
_QUESTION, _ANSWER, _TEXT = 34.0, 30.0, 19.0
_LONG_QUESTION = 240
"""Characters from which a question is written small."""

_ACROSS = {"upright": (8, 360), "wide": (4, 560)}
"""Most pictures in a row, and the widest one, pixels."""

_MOST = 32
"""Of more viewpoints than these the strongest are shown."""

_INSTEAD = 4
"""Pictures of a clip of which no frame was looked at."""


class Moment(NamedTuple):
    """A picture with what is written below it."""

    time_s: float
    number: int | None
    score: float | None


def draw_page(answer: Answer, scene: Scene, duration_s: float) -> Image:
    """The whole page.

    Args:
        answer: What was asked and answered.
        scene: The clip's pictures.
        duration_s: Of the clip.
    """
    from PIL import Image, ImageDraw

    inner = _WIDTH - 2 * _MARGIN
    size = _QUESTION if len(answer.question) <= _LONG_QUESTION else _TEXT
    question = wrapped(answer.question, size, inner)
    said = wrapped(answer.answer, _ANSWER, inner)
    measured = wrapped(measured_line(answer), _TEXT, inner)
    grid = _Grid(_moments(answer, scene), scene.shape, inner)
    above, below = Timeline.margins(_TEXT)
    blocks = (
        len(question) * line_height(size),
        len(said) * line_height(_ANSWER) + 4,
        line_height(_TEXT) + 2 * _GAP,
        grid.height + _GAP,
        line_height(_TEXT) + 4 + above + 130 + below + _GAP,
        len(measured) * line_height(_TEXT),
    )
    picture = Image.new("RGB", (_WIDTH, 2 * _MARGIN + sum(blocks)), PAPER)
    draw = ImageDraw.Draw(picture)
    y = write(draw, (_MARGIN, _MARGIN), question, size, INK)
    y = write(draw, (_MARGIN, y), said, _ANSWER, CHOSEN) + 4
    sure = f"confidence {answer.confidence:.2f}, by {answer.model}"
    write(draw, (_MARGIN, y), wrapped(sure, _TEXT, inner - 400, most=1), _TEXT, FAINT)
    draw_legend(draw, _WIDTH - _MARGIN, y, _TEXT)
    y += line_height(_TEXT) + 2 * _GAP
    grid.paste(picture, draw, scene, y)
    y += grid.height + _GAP
    y = write(draw, (_MARGIN, y), [_about_scores(answer)], _TEXT, FAINT) + 4 + above
    timeline = Timeline(_MARGIN, y, _WIDTH - _MARGIN, y + 130, duration_s, _TEXT)
    timeline.draw(draw, answer.scores, answer.viewpoints)
    write(draw, (_MARGIN, y + 130 + below + _GAP), measured, _TEXT, INK)
    return picture


def measured_line(answer: Answer) -> str:
    """The measurements that stood beside the question, in one line."""
    if not answer.measurements:
        return "measured: nothing"
    return "measured: " + ", ".join(str(one) for one in answer.measurements)


def draw_legend(draw: ImageDraw, right: float, y: float, size: float) -> None:
    """Which colour is which side, ending at ``right``."""
    for name, colour in (("right", RIGHT), ("the person's left", LEFT)):
        right -= width_of(name, size)
        draw.text((right, y), name, font=font(size), fill=INK)
        right -= size + 8
        draw.rounded_rectangle([right, y + 2, right + size, y + 2 + size], 4, fill=colour)
        right -= size


def _about_scores(answer: Answer) -> str:
    if answer.scores is None:
        return "along the clip"
    highest = float(answer.scores.score.max())
    return f"score of every frame, the highest {highest:.3f}; numbered: the moments looked at"


def _moments(answer: Answer, scene: Scene) -> list[Moment]:
    """The viewpoints; of a clip of which no frame was looked at, some frames without a number."""
    if answer.viewpoints:
        numbered = [
            Moment(one.time_s, number, one.score)
            for number, one in enumerate(answer.viewpoints, start=1)
        ]
        strongest = sorted(numbered, key=lambda moment: -(moment.score or 0))[:_MOST]
        return sorted(strongest)
    count = min(_INSTEAD, len(scene.times_s))
    places = (np.arange(count) + 0.5) * len(scene.times_s) / count
    return [Moment(float(scene.times_s[int(place)]), None, None) for place in places]


class _Grid:
    """Pictures in rows, as large as fits."""

    def __init__(self, moments: list[Moment], shape: float, inner: int) -> None:
        most, widest = _ACROSS["upright" if shape < 1 else "wide"]
        rows = math.ceil(len(moments) / most)
        columns = math.ceil(len(moments) / rows)
        width = min((inner - (columns - 1) * _GAP) // columns, widest)
        self._moments, self._columns = moments, columns
        self._picture = width, round(width / shape)
        self._lines = 2 + (width < 260)
        self._row = self._picture[1] + 6 + self._lines * line_height(_TEXT) + _GAP
        self.height = rows * self._row

    def paste(self, picture: Image, draw: ImageDraw, scene: Scene, top: float) -> None:
        """Put all pictures in their places."""
        width, height = self._picture
        for place, moment in enumerate(self._moments):
            x = _MARGIN + (place % self._columns) * (width + _GAP)
            y = round(top) + (place // self._columns) * self._row
            picture.paste(scene.draw(moment.time_s, self._picture), (x, y))
            draw.rectangle([x, y, x + width - 1, y + height - 1], outline=RULE)
            text = f"{moment.time_s:.2f} s"
            if moment.number is not None:
                text = f"{moment.number}   {text}"
            write(draw, (x, y + height + 6), [text], _TEXT, INK)
            second = "not looked at" if moment.score is None else f"score {moment.score:.3f}"
            remark = scene.remark(moment.time_s)
            lines = wrapped(f"{second}, {remark}" if remark else second, _TEXT, width, 2)
            write(draw, (x, y + height + 6 + line_height(_TEXT)), lines, _TEXT, FAINT)
