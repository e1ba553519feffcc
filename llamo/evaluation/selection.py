"""Does the question guide the selection? Where the viewpoints fall, and what they are worth.

Plain functions on arrays: times of viewpoints in seconds, spans of segments, frame indices.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from llamo.evaluation.metrics import Figure, figure

Span = tuple[float, float]
"""Start and end of a segment in seconds; the end is not part of it."""


def share_inside(times_s: Sequence[float] | np.ndarray, span: Span) -> float:
    """Share of the viewpoints that fall into a segment; 0 when there are no viewpoints.

    Args:
        times_s: Times of the viewpoints, (K,).
        span: The segment.
    """
    times = np.asarray(times_s, float)
    return float(((times >= span[0]) & (times < span[1])).mean()) if len(times) else 0.0


def uniform_times(duration_s: float, k: int) -> np.ndarray:
    """(k,) the middles of k equal parts of a clip: what a selection without text would look at."""
    return (np.arange(k) + 0.5) * duration_s / k


def common_share(first: Sequence[Hashable], second: Sequence[Hashable]) -> float:
    """Share of frames that two selections have in common, of the smaller one."""
    one, other = set(first), set(second)
    smaller = min(len(one), len(other))
    return len(one & other) / smaller if smaller else 0.0


def jaccard(first: Sequence[Hashable], second: Sequence[Hashable]) -> float:
    """Common frames of all frames that either selection holds."""
    one, other = set(first), set(second)
    return len(one & other) / len(one | other) if one | other else 0.0


def random_common_share(frames: int, k: int) -> float:
    """What ``common_share`` is on average for two random selections of k out of ``frames``."""
    return min(k, frames) / frames


@dataclass(frozen=True)
class Selection:
    """The viewpoints of one question on one clip.

    Args:
        clip: Which clip, for intervals clustered by clip.
        span: Segment that holds the answer, in seconds.
        duration_s: The clip's length.
        times_s: Viewpoints for the question, (K,).
        other_times_s: Viewpoints of the same model for another question about the clip, (K,).
        correct: Whether the answer was right.
        correct_forced: Whether it was right with the other question's viewpoints forced, None
            where that was not tried.
    """

    clip: Hashable
    span: Span
    duration_s: float
    times_s: Sequence[float] | np.ndarray
    other_times_s: Sequence[float] | np.ndarray
    correct: bool | None = None
    correct_forced: bool | None = None


def measure_selection(selections: Sequence[Selection], *, seed: int = 0) -> dict[str, Any]:
    """How far the question guides the selection, with intervals clustered by clip.

    Returns:
        ``inside``: mean share of viewpoints inside the answer's segment; ``inside_other``: the same
        span, the viewpoints of the other question; ``inside_uniform``: as many uniform frames;
        ``gain_over_other``: the difference, question by question. Where forcing was tried:
        ``correct``, ``correct_forced`` and ``forced_loss``, their difference. Each is a figure
        ``{"accuracy", "n", "ci95"}`` whose ``accuracy`` is the mean share.
    """
    inside = [share_inside(one.times_s, one.span) for one in selections]
    other = [share_inside(one.other_times_s, one.span) for one in selections]
    uniform = [
        share_inside(uniform_times(one.duration_s, len(one.times_s)), one.span)
        for one in selections
    ]
    clips = [one.clip for one in selections]
    report: dict[str, Any] = {
        "inside": figure(inside, clips, seed=seed),
        "inside_other": figure(other, clips, seed=seed),
        "inside_uniform": figure(uniform, clips, seed=seed),
        "gain_over_other": figure(np.subtract(inside, other), clips, seed=seed),
    }
    tried = [one for one in selections if None not in (one.correct, one.correct_forced)]
    if tried:
        clips = [one.clip for one in tried]
        free = np.array([one.correct for one in tried], float)
        forced = np.array([one.correct_forced for one in tried], float)
        report["correct"] = figure(free, clips, seed=seed)
        report["correct_forced"] = figure(forced, clips, seed=seed)
        report["forced_loss"] = figure(free - forced, clips, seed=seed)
    return report


def measure_overlap(
    pairs: Sequence[tuple[Sequence[Hashable], Sequence[Hashable]]],
    clips: Sequence[Hashable],
    *,
    seed: int = 0,
) -> dict[str, Figure]:
    """How much the frames chosen for two questions on one clip ("before X", "after X") overlap.

    Args:
        pairs: Frame indices chosen for the one and for the other question.
        clips: The clip of each pair.

    Returns:
        ``common``: mean share of common frames; ``jaccard``: the mean of that measure.
    """
    return {
        "common": figure([common_share(*pair) for pair in pairs], clips, seed=seed),
        "jaccard": figure([jaccard(*pair) for pair in pairs], clips, seed=seed),
    }
