"""How many times a movement is repeated: how often the body leaves a pose and returns to it.

The body's distance from a pose of reference rises and falls once a repetition. Where it lingers,
where the clip starts and where it ends are the references tried; a hold at the turning point, or a
phase of its own on the way, makes too many excursions from one of them but not from all. Where
excursions clearly differ from each other, other actions stand beside the repeated one, or the
movement has two phases: then the largest group of excursions that resemble each other counts.

A repetition returns to the same pose: steps of walking count in strides, and left and right of an
alternating movement as one repetition where the body does not come to rest between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.sparse.csgraph import connected_components

from llamo.kinematics.posture import JOINT, Posture, read_posture, smooth
from llamo.motion import Motion

COUNTED_JOINTS = (
    "left_knee", "right_knee", "left_ankle", "right_ankle", "neck", "head", "left_shoulder",
    "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
)  # fmt: skip

SMALLEST_M = 0.10
"""Excursions below this (root of the summed squares over the counted joints) are swaying."""

VALLEY = 0.5
"""Two peaks are one repetition unless the way between them comes nearer than this share."""

LOW_SHARE = 0.2
"""An excursion lower than this share of the usual one is no repetition."""

ALIKE = 0.5
"""Excursions whose trajectories have this cosine hang together."""

FOREIGN = 0.35
"""An excursion at either end that is less alike by this than the others among themselves is
another action."""

NESTED_SHARE, NESTED_ALIKE = 0.25, 0.7
"""Repetitions inside an excursion are this high beside the way in, and this alike, at least."""

PASSING_ALIKE = 0.85
"""From this likeness on, excursions from the clip's first or last pose are repetitions."""

DEEP, SHALLOW, PHASES_ALIKE = 0.15, 0.25, 0.8
"""A body that comes back to rest comes nearer than the first share of the way, and one between two
phases of a movement stays beyond the second; movements of two phases are this alike."""

CLEARLY = 0.05
"""A reference whose excursions are more alike by this tells the repetitions better."""

POINTS = 12
"""Moments at which two excursions are compared."""

Span = tuple[int, int, int]


@dataclass(frozen=True)
class Repetitions:
    """Repetitions of the movement that a clip repeats.

    Args:
        count: How many.
        spans_s: Start, turning point and end of each, in seconds since the clip's start.
        joint: The joint that moves most in them, "" where nothing moves.
        confidence: 0-1; how far the references agree and how alike the repetitions are.
    """

    count: int
    spans_s: tuple[tuple[float, float, float], ...]
    joint: str
    confidence: float


NO_REPETITIONS = Repetitions(0, (), "", 1.0)


def count_repetitions(motion: Motion) -> Repetitions:
    """Count the repetitions of a motion's main movement."""
    return repetitions_of(read_posture(motion))


def repetitions_of(posture: Posture) -> Repetitions:
    """As ``count_repetitions``, for a motion that was made ready before."""
    joints = [name for name in COUNTED_JOINTS if posture.sees(name)]
    if not joints or len(posture.times_s) < 4:
        return NO_REPETITIONS
    pose = _pose(posture, joints)  # (T, D)
    references = (_usual_pose(pose), pose[0], pose[-1])
    away = [np.linalg.norm(pose - rest, axis=1) for rest in references]
    found = [_excursions(one) for one in away]
    found[0] = _joined_phases(pose, away[0], found[0])
    spans = _most_alike(pose, _choose(pose, found), found)
    if not spans:
        return NO_REPETITIONS
    typical = _typical(_likeness(pose, spans))
    agreeing = sum(len(other) == len(spans) for other in found) / len(found)
    times = posture.times_s
    return Repetitions(
        len(spans),
        tuple((float(times[a]), float(times[b]), float(times[c])) for a, b, c in spans),
        _busiest(posture, joints, spans),
        float(np.clip(0.3 + 0.4 * agreeing + 0.3 * typical, 0.05, 0.99)),
    )


def _pose(posture: Posture, joints: list[str]) -> np.ndarray:
    """(T, D) centred: the joints from the body's origin, and the origin's height."""
    points = posture.body[:, [JOINT[name] for name in joints]].reshape(len(posture.body), -1)
    if posture.sees("pelvis"):
        points = np.concatenate([points, posture.origin[:, 1:2]], axis=1)
    points = smooth(points, posture.rate_hz, 0.08)
    return points - points.mean(0)


def _usual_pose(pose: np.ndarray) -> np.ndarray:
    """The pose around which the body lingers most, (D,): the mode of a kernel density."""
    sample = pose[:: max(1, len(pose) // 300)]
    squared = (sample**2).sum(1)
    apart = np.sqrt((squared[:, None] + squared - 2 * sample @ sample.T).clip(0))
    width = max(0.05, 0.15 * float(np.median(apart)))
    return sample[np.exp(-0.5 * (apart / width) ** 2).sum(1).argmax()]


def _excursions(away: np.ndarray) -> list[Span]:
    """Start, peak and end frame of each departure from the pose that ``away`` (T,) is from."""
    low = np.flatnonzero((away[1:-1] <= away[:-2]) & (away[1:-1] < away[2:])) + 1
    valleys = [0, *low.tolist(), len(away) - 1]
    away = away - away.min()
    merged: list[Span] = []
    for start, end in pairwise(valleys):
        merged.append((start, start + int(away[start : end + 1].argmax()), end))
        while len(merged) > 1:
            before, last = merged[-2:]
            lower = min(away[before[1]], away[last[1]])
            if lower >= SMALLEST_M and away[last[0]] < VALLEY * lower:
                break
            top = before[1] if away[before[1]] >= away[last[1]] else last[1]
            merged[-2:] = [(before[0], top, last[2])]
    high = [span for span in merged if away[span[1]] >= SMALLEST_M]
    if not high:
        return []
    usual = float(np.median([away[span[1]] for span in high]))
    return [_tighten(away, span) for span in high if away[span[1]] >= LOW_SHARE * usual]


def _joined_phases(pose: np.ndarray, away: np.ndarray, spans: list[Span]) -> list[Span]:
    """Excursions that come half way back before their second phase, made one: a circle that is
    drawn, a swing with its follow-through. They are phases if the body comes to rest after one or
    two excursions, never after more, and what lies between rests is always the same."""
    away = away - away.min()
    groups: list[list[Span]] = []
    for span in spans:
        if groups:
            last = groups[-1][-1]
            lowest = away[last[2] : span[0] + 1].min() / min(away[last[1]], away[span[1]])
            if SHALLOW > lowest > DEEP:
                return spans
            if lowest >= SHALLOW:
                groups[-1].append(span)
                continue
        groups.append([span])
    if len(groups) < 2 or max(map(len, groups)) != 2:
        return spans
    whole = [
        (group[0][0], max(group, key=lambda one: away[one[1]])[1], group[-1][2]) for group in groups
    ]
    return whole if _typical(_likeness(pose, whole)) >= PHASES_ALIKE else spans


def _tighten(away: np.ndarray, span: Span) -> Span:
    """Without the idle ends of an excursion: below a tenth of its height above them."""
    start, peak, end = span
    rising, falling = away[start : peak + 1], away[peak : end + 1]
    up = rising.min() + 0.1 * (away[peak] - rising.min())
    down = falling.min() + 0.1 * (away[peak] - falling.min())
    first = start + int(np.flatnonzero(rising <= up)[-1])
    last = peak + int(np.flatnonzero(falling <= down)[0])
    return first, peak, last


def _likeness(pose: np.ndarray, spans: list[Span]) -> np.ndarray:
    """(N, N) cosine between the excursions' trajectories, each less the chord of its ends."""
    if not spans:
        return np.zeros((0, 0))
    share = np.linspace(0, 1, POINTS)[:, None]
    ways = []
    for start, _, end in spans:
        at = start + share[:, 0] * (end - start)
        low = np.minimum(at.astype(int), len(pose) - 2)
        part = (at - low)[:, None]
        way = pose[low] * (1 - part) + pose[low + 1] * part
        ways.append((way - way[0] * (1 - share) - way[-1] * share).ravel())
    flat = np.array(ways)
    size = np.linalg.norm(flat, axis=1)
    return flat @ flat.T / np.maximum(np.outer(size, size), 1e-12)


def _repeated(alike: np.ndarray) -> np.ndarray:
    """Indices of the excursions that are one movement: all, unless some clearly are not.

    Other actions come before or after, so that they are dropped from the ends; between, what does
    not fit is a careless repetition, unless it is as common as a second phase would be.
    """
    everything = np.arange(len(alike))
    if len(alike) < 3:
        return everything
    _, label = connected_components(alike > ALIKE, directed=False)
    core = np.flatnonzero(label == np.bincount(label).argmax())
    if len(core) < 2:
        return everything
    others = alike - 2 * np.eye(len(alike))
    nearest = others[:, core].max(1)
    own = nearest >= np.median(nearest[core]) - FOREIGN
    first, last = np.flatnonzero(own)[[0, -1]]
    inside = everything[first : last + 1]
    strange = np.setdiff1d(inside, core)
    return core[own[core]] if len(strange) >= max(2, 0.5 * len(core)) else inside


def _choose(pose: np.ndarray, found: list[list[Span]]) -> list[Span]:
    """The repetitions, from the excursions that each reference shows (the usual pose first)."""
    alike = _likeness(pose, found[0])
    repeated = _repeated(alike)
    foreign = len(repeated) < len(found[0])
    spans = [found[0][index] for index in repeated] if foreign else min(found, key=len)
    if foreign and len(found[0]) > 1.7 * len(spans):
        # the usual pose may lie half way, so that each repetition passes it twice
        for other in found[1:]:
            near = abs(len(other) - len(spans)) <= 1 < len(other)
            if near and _typical(_likeness(pose, other)) >= PASSING_ALIKE:
                return other
    alone = len(spans) == 1 or _typical(alike) < ALIKE
    if foreign or alone:
        inner = _nested(pose, found[0])
        if len(inner) > len(spans) or (alone and len(inner) > 1 and len(found[0]) > 1):
            return inner
    return spans


def _most_alike(pose: np.ndarray, chosen: list[Span], found: list[list[Span]]) -> list[Span]:
    """Of what was chosen and what each reference shows, the excursions that are most alike.

    Two repetitions with a pause far from the reference between them look like a single one, which
    is like no other.
    """
    others = max(found, key=lambda one: (_typical(_likeness(pose, one)), -len(one)))
    clearly = _typical(_likeness(pose, others)) > _typical(_likeness(pose, chosen)) + CLEARLY
    return others if chosen and others and clearly else chosen


def _typical(alike: np.ndarray) -> float:
    """Likeness of two excursions, usually; 0.7 where there is but one."""
    if len(alike) < 2:
        return 0.7
    return float(np.median(alike[np.triu_indices(len(alike), 1)]))


def _nested(pose: np.ndarray, spans: list[Span]) -> list[Span]:
    """Repetitions inside one excursion, which do not come back to the usual pose: waving with the
    arm up, or exercises done from a stance of their own. Two at least beside other excursions,
    three in a clip that is one excursion, so that the two phases of one movement are not taken
    for repetitions."""
    best: list[Span] = []
    for start, _, end in spans:
        part = pose[start : end + 1]
        if len(part) < 20:
            continue
        away = np.linalg.norm(part - _usual_pose(part), axis=1)
        edge = 2
        inner = [span for span in _excursions(away) if edge < span[1] < len(part) - 1 - edge]
        chosen = [inner[index] for index in _repeated(_likeness(part, inner))]
        enough = 2 if len(spans) > 1 else 3
        if len(chosen) < max(enough, len(best) + 1):
            continue
        high = min(float(away[peak]) for _, peak, _ in chosen)
        if high >= NESTED_SHARE * away.max() and _typical(_likeness(part, chosen)) >= NESTED_ALIKE:
            best = [(a + start, b + start, c + start) for a, b, c in chosen]
    return best


def _busiest(posture: Posture, joints: list[str], spans: list[Span]) -> str:
    frames = np.concatenate([np.arange(start, end + 1) for start, _, end in spans])
    spread = posture.body[frames][:, [JOINT[name] for name in joints]].std(0).sum(-1)
    return joints[int(spread.argmax())]
