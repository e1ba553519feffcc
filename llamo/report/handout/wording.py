"""Names, numbers and ranges as people read them."""

from __future__ import annotations

import math

from llamo.kinematics import Measurement
from llamo.kinematics.technique import Finding

_SHOWN_CM_BELOW_M = 3.0
"""Shorter lengths are told in centimetres."""

_UNITS = {
    "deg": "°", "deg/s": "°/s", "count": "", "ratio": "", "1": "", "1/min": " a minute",
    "1/s": " /s",
}  # fmt: skip
_ENDINGS = {"most": "most", "least": "least", "range": "range", "fastest": "fastest"}

VERDICTS = {
    "good": ("✓", "good"),
    "low": ("▼", "too low"),
    "high": ("▲", "too high"),
    "unsure": ("≈", "too close to call"),
    "": ("", "measured"),
}
"""A sign and a word for each verdict: nothing is told by colour alone."""


def name_in_words(name: str) -> str:
    """``left_knee_flexion_most`` -> ``Left knee flexion, most``."""
    words = name.removesuffix("_projected").replace("_projected_", "_").split("_")
    if len(words) > 1 and words[-1] in _ENDINGS:
        words[-2:] = [f"{words[-2]},", _ENDINGS[words[-1]]]
    return " ".join(words).capitalize()


def number(value: float, uncertainty: float) -> str:
    """As many decimals as the uncertainty bears, two at most."""
    if uncertainty <= 0:
        places = 0 if float(value).is_integer() else 2
    else:
        places = min(2, max(0, -math.floor(math.log10(2 * uncertainty))))
    shown = f"{value:.{places}f}"
    shown = shown.removeprefix("-") if float(shown) == 0 else shown
    return shown.replace("-", "−")


def quantity(measurement: Measurement, with_doubt: bool = True) -> str:
    """``106° ± 1°``; lengths in centimetres unless long, counts without a doubt of their own."""
    value, doubt, unit = measurement.value, measurement.uncertainty, measurement.unit
    if unit == "count":
        return f"{value:.0f}"
    scale, sign = _scale(unit, value)
    shown = number(value * scale, doubt * scale)
    if not with_doubt or doubt <= 0:
        return shown + sign
    places = len(shown.partition(".")[2])
    least = 10.0**-places  # less than the last shown digit would read as none
    return f"{shown}{sign} ± {max(doubt * scale, least):.{places}f}{sign}"


def good_range(finding: Finding) -> str:
    """``100° or more``, ``−10° to 10°``; "" without a range."""
    low, high = finding.good
    unit = finding.measurement.unit
    ends = [None if end is None else _plain(end, unit) for end in (low, high)]
    if ends[0] is None:
        return "" if ends[1] is None else f"{ends[1]} or less"
    return f"{ends[0]} or more" if ends[1] is None else f"{ends[0]} to {ends[1]}"


def seconds(time_s: float) -> str:
    """``1.23 s``, from two minutes on ``2:03``."""
    if time_s < 120:
        return f"{time_s:.2f} s"
    return f"{int(time_s // 60)}:{int(time_s % 60):02d}"


def span_in_words(measurement: Measurement) -> str:
    """When it was measured."""
    start, end = measurement.start_s, measurement.end_s
    if abs(end - start) < 0.005:
        return f"at {seconds(start)}"
    return f"{seconds(start)} to {seconds(end)}"


def _plain(value: float, unit: str) -> str:
    scale, sign = _scale(unit, value)
    return f"{value * scale:g}".replace("-", "−") + sign


def unit_sign(unit: str) -> str:
    """What stands behind a number."""
    return _UNITS.get(unit, f" {unit}")


def _scale(unit: str, value: float) -> tuple[float, str]:
    if unit == "m" and abs(value) < _SHOWN_CM_BELOW_M:
        return 100.0, " cm"
    return 1.0, unit_sign(unit)
