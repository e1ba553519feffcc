"""Measurements and comparisons as tables; a time in them can be pressed."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llamo.kinematics import Comparison, Count, Measured
    from llamo.kinematics.technique import Finding

_UNITS = {"ratio": "", "count": "", "1": "", "deg": "°", "deg/s": "°/s"}

_MOST_DIFFERENCES = 12
"""Rows of a comparison; the clear and large ones come first."""


def words(name: str) -> str:
    """``left_knee_flexion`` as people read it, escaped."""
    return html.escape(name.replace("_", " "))


def seek_button(time_s: float, place: str) -> str:
    """A time that brings the player there."""
    return (
        f'<button type="button" class="llamo-time" data-seek="{place}:{time_s:.3f}" '
        f'aria-label="Show {time_s:.1f} seconds">{time_s:.1f} s</button>'
    )


def measured_html(measured: Measured, count: Count, place: str = "main") -> str:
    """What was measured, with what is good where an exercise says so, and what to work on."""
    judged = any(finding.verdict for finding in measured.findings)
    heads = ["measure", "value", *(["good", ""] if judged else []), "when"]
    rows = "".join(_row(finding, judged, place) for finding in measured.findings)
    title = words(measured.exercise) if measured.exercise else "Everything that was measured"
    found = ""
    if measured.exercise:
        found = f": {len(measured.performances)} found"
    elif count.count:
        found = f"; {count.count} repetitions"
    return (
        _repetitions(measured, count, place)
        + _advice(measured)
        + f'<div class="llamo-scroll" tabindex="0" role="region" aria-label="Measurements">'
        f"<table><caption>{title}{found}</caption><thead><tr>{_heads(heads)}</tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )


def compared_html(comparison: Comparison, names: tuple[str, str]) -> str:
    """How two clips differ, phase by phase."""
    first, second = (html.escape(name) for name in names)
    phases = "".join(
        f"<tr><th scope=row>{words(one.phase)}</th><td>{one.time_s:.2f} s</td>"
        f"<td>{one.other_time_s:.2f} s</td>"
        f"<td>{one.time_s - one.other_time_s:+.2f} ± {one.uncertainty_s:.2f} s</td></tr>"
        for one in comparison.phases
    )
    ranked = sorted(comparison.differences, key=lambda one: (not one.clear, -abs(one.mean)))[
        :_MOST_DIFFERENCES
    ]
    rows = "".join(
        f'<tr class="{"" if one.clear else "unsure"}"><th scope=row>{words(one.name)}</th>'
        f"<td>{words(one.phase)}</td>"
        f"<td>{one.mean:+.0f}{_unit(one.unit)}</td>"
        f"<td>{one.largest:+.0f} ± {one.uncertainty:.0f}{_unit(one.unit)}</td>"
        f'<td><button type="button" class="llamo-time" '
        f'data-seek="a:{one.at_s:.3f} b:{one.other_at_s:.3f}" '
        f'aria-label="Show where they differ most">{one.at_s:.1f} s, {one.other_at_s:.1f} s'
        f"</button></td></tr>"
        for one in ranked
    )
    heads = _heads(["angle", "phase", "mean", "at most", "where"])
    return (
        f'<div class="llamo-scroll" tabindex="0" role="region" aria-label="Times of the phases">'
        f"<table><caption>How long each phase takes</caption><thead><tr>"
        f"{_heads(['phase', first, second, 'difference'])}</tr></thead><tbody>{phases}</tbody>"
        f"</table></div>"
        f'<div class="llamo-scroll" tabindex="0" role="region" aria-label="Differences">'
        f"<table><caption>What differs: {first} minus {second}</caption><thead><tr>{heads}</tr>"
        f"</thead><tbody>{rows}</tbody></table></div>"
    )


def _heads(names: list[str]) -> str:
    return "".join(f"<th scope=col>{name}</th>" for name in names)


def _row(finding: Finding, judged: bool, place: str) -> str:
    one = finding.measurement
    doubt = f" ± {one.uncertainty:.2g}" if one.uncertainty else ""
    cells = f"<td>{one.value:.3g}{doubt}{_unit(one.unit)}</td>"
    if judged:
        cells += f"<td>{_span(finding.good)}</td>"
        cells += f'<td class="verdict {finding.verdict}">{html.escape(finding.verdict)}</td>'
    return (
        f"<tr><th scope=row>{words(one.name)}</th>{cells}"
        f"<td>{seek_button(one.start_s, place)}</td></tr>"
    )


def _unit(unit: str) -> str:
    told = _UNITS.get(unit, f" {unit}")
    return html.escape(told)


def _span(good: tuple[float | None, float | None]) -> str:
    low, high = good
    if low is None:
        return "" if high is None else f"at most {high:g}"
    return f"at least {low:g}" if high is None else f"{low:g} to {high:g}"


def _repetitions(measured: Measured, count: Count, place: str) -> str:
    """Buttons to each performance, or to each repetition where no exercise was asked for."""
    starts = [next(iter(one.events_s.values()), 0.0) for one in measured.performances]
    if not measured.exercise:
        starts = [one.start_s for one in count.repetitions]
    if not starts:
        return ""
    buttons = "".join(
        f"<li>{number}. {seek_button(start, place)}</li>" for number, start in enumerate(starts, 1)
    )
    return f'<ol class="llamo-repetitions" aria-label="Repetitions">{buttons}</ol>'


def _advice(measured: Measured) -> str:
    if not measured.to_work_on:
        return ""
    items = "".join(
        f"<li>{html.escape(one.advice)} <cite>{html.escape(one.source)}</cite></li>"
        for one in measured.to_work_on
    )
    return f'<div class="llamo-advice"><h4>To work on</h4><ul>{items}</ul></div>'
