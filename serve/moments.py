"""The moments behind an answer: small pictures on a timeline; each can be pressed."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from llamo.answer import Answer, FrameScores, Viewpoint
    from llamo.serve.filmstrip import Filmstrip

_MOST = 6
"""Pictures under an answer."""

_TOGETHER_S = 0.25
"""Viewpoints this close to their neighbours are one moment."""

_WIDE, _HIGH = 600, 48


class Moment(NamedTuple):
    """Viewpoints side by side, shown by the strongest of them."""

    start_s: float
    end_s: float
    time_s: float
    score: float


def moments_of(viewpoints: Sequence[Viewpoint]) -> list[Moment]:
    """The strongest moments, in time order.

    Viewpoints at 1.0, 1.1, 1.2 and 5.0 s make two: 1.0-1.2 s and 5.0 s.
    """
    groups: list[list[Viewpoint]] = []
    for one in sorted(viewpoints, key=lambda one: one.time_s):
        if groups and one.time_s - groups[-1][-1].time_s <= _TOGETHER_S:
            groups[-1].append(one)
        else:
            groups.append([one])
    found = []
    for group in groups:
        best = max(group, key=lambda one: one.score)
        found.append(Moment(group[0].time_s, group[-1].time_s, best.time_s, best.score))
    strongest = sorted(found, key=lambda moment: -moment.score)[:_MOST]
    return sorted(strongest)


def moments_html(answer: Answer, strip: Filmstrip, duration_s: float, place: str = "main") -> str:
    """What stands under an answer: pictures, the timeline, how sure, and the numbers it read."""
    moments = moments_of(answer.viewpoints)
    pictures = "".join(
        _picture(number, moment, strip, place) for number, moment in enumerate(moments, 1)
    )
    parts = []
    if moments:
        parts.append(
            '<div class="llamo-moments" role="group" '
            f'aria-label="Moments that the answer looked at">{pictures}</div>'
        )
        parts.append(_timeline(answer.scores, moments, duration_s, place))
    parts.append(f'<p class="llamo-sure">{_said(answer)}</p>')
    if answer.measurements:
        numbers = "".join(f"<li>{html.escape(str(one))}</li>" for one in answer.measurements)
        parts.append(
            f"<details><summary>{len(answer.measurements)} measured numbers beside the question"
            f"</summary><ul>{numbers}</ul></details>"
        )
    return f'<div class="llamo-behind">{"".join(parts)}</div>'


def _picture(number: int, moment: Moment, strip: Filmstrip, place: str) -> str:
    data = base64.b64encode(strip.at(moment.time_s)).decode()
    width, height = strip.size
    seconds = f"{moment.time_s:.1f} s"
    return (
        f'<button type="button" class="llamo-moment" data-seek="{place}:{moment.time_s:.3f}" '
        f'aria-label="Moment {number}, at {seconds}: show it">'
        f'<img src="data:image/jpeg;base64,{data}" width="{width}" height="{height}" '
        f'alt="The person at {seconds}"><span><b>{number}</b> {seconds}</span></button>'
    )


def _timeline(
    scores: FrameScores | None, moments: Sequence[Moment], duration_s: float, place: str
) -> str:
    """Scores of all frames over the clip's time, the moments marked and numbered."""
    shapes = []
    if scores is not None and len(scores.time_s):
        highest = max(float(scores.score.max()), 1e-9)
        points = [
            f"{_WIDE * min(time_s / duration_s, 1):.1f},{_HIGH * (1 - 0.92 * score / highest):.1f}"
            for time_s, score in zip(scores.time_s.tolist(), scores.score.tolist(), strict=True)
        ]
        shapes.append(
            f'<polygon class="scores" points="0,{_HIGH} {" ".join(points)} {_WIDE},{_HIGH}"/>'
        )
    for moment in moments:
        left = _WIDE * moment.start_s / duration_s
        wide = max(_WIDE * (moment.end_s - moment.start_s) / duration_s, 4)
        shapes.append(
            f'<rect class="looked" x="{left:.1f}" y="0" width="{wide:.1f}" height="{_HIGH}"/>'
        )
    marks = "".join(
        f'<i style="left:{100 * min(moment.time_s / duration_s, 1):.2f}%">{number}</i>'
        for number, moment in enumerate(moments, 1)
    )
    told = ", ".join(f"{moment.time_s:.1f}" for moment in moments)
    return (
        f'<div class="llamo-timeline" data-line="{place}" data-seconds="{duration_s:.3f}">'
        f'<svg viewBox="0 0 {_WIDE} {_HIGH}" preserveAspectRatio="none" role="img" '
        f'aria-label="How much each moment of {duration_s:.1f} seconds bears on the question; '
        f'the most at {told} seconds">{"".join(shapes)}</svg>{marks}'
        f'<span class="ends"><span>0 s</span><span>{duration_s:.1f} s</span></span></div>'
    )


def _said(answer: Answer) -> str:
    if answer.abstained:
        return "It does not guess where the motion does not settle the question."
    took = answer.timing_ms.get("answer", 0.0)
    time = f", answered in {took / 1e3:.2g} s" if took else ""
    return f"{answer.confidence:.0%} sure{time}"
