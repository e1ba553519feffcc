"""Pictures of moments, small enough to stand inside the page."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass

from llamo.answer import Answer, Viewpoint
from llamo.describing import Happening
from llamo.kinematics import Count
from llamo.report.handout.content import Content
from llamo.report.handout.wording import seconds
from llamo.report.scene import FootageScene, Scene

_TALL = 340
"""Pixels; about twice what a page shows, for sharp screens and for paper."""

_COLOURS = 64
"""Enough for a drawn figure."""

MOST_MOMENTS = 6
"""Pictures of the clip as a whole."""

MOST_SEEN = 4
"""Pictures beside an answer."""


@dataclass(frozen=True)
class Picture:
    """One moment.

    Args:
        source: The picture itself, as a data URI.
        alt: What is to be seen, for those who do not see it.
        caption: What it shows.
        time_s: When.
    """

    source: str
    alt: str
    caption: str
    time_s: float


class Album:
    """Takes pictures of a clip; the same moment only once.

    Args:
        scene: The clip's pictures.
    """

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._taken: dict[float, str] = {}

    def take(self, time_s: float, caption: str) -> Picture:
        """The picture nearest to a time."""
        video = isinstance(self._scene, FootageScene)
        what = "Video frame with the skeleton drawn on it" if video else "Drawn figure"
        remark = self._scene.remark(time_s)
        alt = ": ".join(filter(None, [f"{what} at {seconds(time_s)}", caption, remark]))
        key = round(time_s, 2)
        if key not in self._taken:
            self._taken[key] = self._source(time_s, video)
        return Picture(self._taken[key], alt, caption, time_s)

    def _source(self, time_s: float, video: bool) -> str:
        picture = self._scene.draw(time_s, (round(_TALL * self._scene.shape), _TALL))
        stream = io.BytesIO()
        if video:
            picture.save(stream, format="jpeg", quality=80)
            kind = "jpeg"
        else:
            picture.quantize(_COLOURS).save(stream, format="png", optimize=True)
            kind = "png"
        return f"data:image/{kind};base64,{base64.b64encode(stream.getvalue()).decode()}"


def key_moments(content: Content, album: Album) -> list[Picture]:
    """What to show of the clip: the events of the first performance, each act that was recognised,
    or the first repetition."""
    performed = () if content.judged is None else content.judged.performances
    if performed:
        events = list(performed[0].events_s.items())[:MOST_MOMENTS]
        which = f" of the first of {len(performed)}" if len(performed) > 1 else ""
        return [album.take(time_s, f"{name.replace('_', ' ').capitalize()}{which}")
                for name, time_s in events]  # fmt: skip
    if content.happenings:
        return [
            album.take(_telling(one, content.count), one.text.capitalize())
            for one in content.happenings[:MOST_MOMENTS]
        ]
    if content.count.repetitions:
        first = content.count.repetitions[0]
        which = "the first repetition"
        return [
            album.take(first.start_s, f"Start of {which}"),
            album.take(first.turn_s, f"Turning point of {which}"),
            album.take(first.end_s, f"End of {which}"),
        ]
    count = 4
    places = [(i + 0.5) * content.motion.duration_s / count for i in range(count)]
    return [album.take(time_s, f"Moment {i} of {count}") for i, time_s in enumerate(places, 1)]


def _telling(happening: Happening, count: Count) -> float:
    """The moment that shows an act best: where its first repetition turns, or its middle."""
    span = happening.span
    turns = [one.turn_s for one in count.repetitions if span.start_s <= one.turn_s <= span.end_s]
    if happening.repetitions and turns:
        return turns[0]
    return (span.start_s + span.end_s) / 2


def looked_at(answer: Answer, album: Album) -> list[Picture]:
    """The strongest moments of an answer, in time order; neighbours show the same."""
    chosen: list[Viewpoint] = []
    for one in sorted(answer.viewpoints, key=lambda viewpoint: -viewpoint.score):
        if all(abs(one.time_s - other.time_s) >= 0.25 for other in chosen):
            chosen.append(one)
    return [album.take(one.time_s, "")
            for one in sorted(chosen[:MOST_SEEN], key=lambda one: one.time_s)]  # fmt: skip


def clearest(each: Sequence[tuple[float, float]], good: float, album: Album) -> Picture:
    """Where a finding lies farthest from what is good.

    Args:
        each: Value and moment in seconds of each performance.
        good: The end of what is good that it lies beyond.
        album: Takes the picture.
    """
    _, time_s = max(each, key=lambda row: abs(row[0] - good))
    return album.take(time_s, "Where it shows most")
