"""Was an exercise done correctly, and if not: which joint, by how much, when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from llamo.motion import Motion
from llamo.skeleton import other_side
from llamo.technique.courses import (
    PHASES,
    Repetitions,
    excursions,
    likeness,
    mirrored,
    repetitions_like,
)
from llamo.technique.fault import Fault
from llamo.technique.pose_angles import ANGLES
from llamo.technique.reference import SHIPPED, Reference, named_exercise, read_reference
from llamo.technique.standard import (
    FEATURES,
    UNUSUAL,
    Evidence,
    Standard,
    features,
    joint_groups,
    movement,
    weigh,
)
from llamo.technique.verdict import CORRECT, NOT_CORRECT, UNSURE, JudgedRepetition, Technique

MOST_FAULTS = 3
"""A coach says few things at a time."""

LEAST_OWN = 3
"""Fewer repetitions of one's own are no standard."""

LIKE = 0.5
"""A movement less like the reference is taken for another one. In folds over people this refuses 4
of 100 repetitions of the exercise itself, and two in three of the other nine exercises."""

LEAST_SHARE = 0.25
"""A further joint is named if it gives so much of the first one's reason."""


def judge_technique(
    motion: Motion, exercise: str, own: Motion | Sequence[Motion] | None = None
) -> Technique:
    """Judge how an exercise was done.

    Args:
        motion: One or several repetitions.
        exercise: One of ``reference_names``.
        own: Correct repetitions of the same person, to compare with instead of other people's: at
            least three, in one clip or several. People differ more from each other than from
            themselves, so that this tells smaller faults.

    Raises:
        InvalidData: No reference of this exercise.
    """
    reference = read_reference(exercise)
    name = named_exercise(exercise, SHIPPED, whole=True) or exercise
    repetitions = repetitions_like(motion, reference.mean)
    own_angles = None
    if own is not None:
        clips = [own] if isinstance(own, Motion) else list(own)
        cut = [repetitions_like(clip, reference.mean).angles for clip in clips]
        own_angles = np.concatenate(cut)
    return judge_repetitions(repetitions, reference, name, own_angles)


def judge_repetitions(
    repetitions: Repetitions, reference: Reference, exercise: str, own: np.ndarray | None = None
) -> Technique:
    """``judge_technique`` on a clip that is cut already; own repetitions as (R, P, A) degrees."""
    angles, flipped = oriented(repetitions.angles, reference)
    if np.isnan(angles[..., _needed(reference)]).any():
        return Technique(exercise, UNSURE, 0.0, reason="not all of the body that it takes is seen")
    if likeness(angles.mean(0), reference.mean) < LIKE:
        return Technique(exercise, UNSURE, 0.0, reason=f"the movement is not like the {exercise}")
    if own is None:
        compared, standard = "correct repetitions", reference.others
        turned = np.where(np.isnan(angles), reference.mean, angles)
    else:
        compared = "own correct repetitions"
        own = oriented(own, reference)[0]
        if len(own) < LEAST_OWN:
            why = f"at least {LEAST_OWN} own correct repetitions are needed, got {len(own)}"
            return Technique(exercise, UNSURE, 0.0, reason=why)
        # What is hidden in one of the two does not differ.
        usual = np.where(np.isnan(own).any(0), reference.mean, own.mean(0))
        turned = np.where(np.isnan(angles), usual, angles)
        own = np.where(np.isnan(own), turned.mean(0), own)
        standard = reference.own.around(own)
    groups = joint_groups(reference.two_sided)
    each = weigh(standard, groups, turned)
    whole = weigh(standard, groups, turned.mean(0, keepdims=True))
    wrong = bool(whole.not_correct[0])
    faults: tuple[Fault, ...] = ()
    if wrong:
        faults = faults_of(whole, standard, groups, repetitions, turned, flipped)
    side = "" if reference.two_sided else "left" if flipped else "right"
    return Technique(
        exercise, _verdict(wrong), _confidence(wrong, float(whole.probability[0])), faults,
        tuple(
            JudgedRepetition(*span, _verdict(bad), _confidence(bad, float(odds)))
            for span, bad, odds in zip(
                repetitions.spans_s, each.not_correct, each.probability, strict=True
            )
        ),
        side, compared, striking=bool(whole.striking[0]),
    )  # fmt: skip


def oriented(angles: np.ndarray, reference: Reference) -> tuple[np.ndarray, bool]:
    """Repetitions (R, P, A) with the acting side on the right, and whether that mirrored them."""
    if reference.two_sided:
        return angles, False
    course = angles.mean(0)
    flipped = mirrored(course)
    away = [float(np.nansum((one - reference.mean) ** 2)) for one in (course, flipped)]
    return (mirrored(angles), True) if away[1] < away[0] else (angles, False)


def faults_of(
    evidence: Evidence,
    standard: Standard,
    groups: dict[str, np.ndarray],
    repetitions: Repetitions,
    angles: np.ndarray,
    flipped: bool,
) -> tuple[Fault, ...]:
    """The joints that a verdict rests on.

    Args:
        evidence: Of the mean course alone.
        standard: What it was compared with.
        groups: From ``joint_groups``.
        repetitions: As they are in the clip.
        angles: Theirs, (R, P, A), as they were weighed.
        flipped: Whether they were mirrored for that.
    """
    course = angles.mean(0)
    by_reason = bool(evidence.by_reason[0])
    weight = (evidence.reasons if by_reason else evidence.unusual)[0]
    order = evidence.order()[0]
    names = list(groups)
    found: list[Fault] = []
    for place in order[:MOST_FAULTS]:
        small = weight[place] <= LEAST_SHARE * weight[order[0]]
        if found and (small or (not by_reason and weight[place] < UNUSUAL)):
            continue
        fault = _fault(names[place], groups[names[place]], by_reason, standard, course)
        found.append(_in_the_clip(fault, repetitions, angles, flipped))
    return tuple(found)


@dataclass(frozen=True)
class _Difference:
    joint: str
    columns: tuple[int, ...]
    degrees: float
    doubt: float
    phase: int
    posture: bool


def _fault(
    joint: str, group: np.ndarray, by_reason: bool, standard: Standard, course: np.ndarray
) -> _Difference:
    """The angle of a joint, and the number of it, that tells most."""
    width = len(FEATURES)
    seen = features(course[None])[0]
    away = (seen - standard.centre).reshape(-1, width)  # (A, 4) deg
    told = (away / standard.scale.reshape(-1, width)) * standard.weights.reshape(-1, width)
    if not by_reason or told[group].max() <= 0:
        moved = movement(course[None])
        unusual = standard.unusual(moved)[0]
        best = int(group[unusual[group].argmax()])
        degrees = (moved - standard.usual)[0]
        doubts = np.sqrt(np.diag(standard.covariance))
        kind = FEATURES.index("turn")
        phase = int(np.abs(excursions(course)[:, best]).argmax())
        phase = phase if 0.2 < phase / PHASES < 0.8 else PHASES // 2
    else:
        # A pair of joints is told by the angle that speaks on both sides together.
        pairs = {c: [one for one in _twins(c) if one in group] for c in group.tolist()}
        best = max(pairs, key=lambda c: float(told[pairs[c]].sum(0).max()))
        kind = int(told[pairs[best]].sum(0).argmax())
        best = max(pairs[best], key=lambda c: float(told[c, kind]))
        degrees, doubts = away[:, kind], standard.scale.reshape(-1, width)[:, kind]
        phase = _phase(FEATURES[kind], course[:, best])
    columns = [best]
    twin = ANGLES.index(other_side(ANGLES[best]))
    if twin != best and twin in group:
        size, other = degrees[best], degrees[twin]
        if size * other > 0 and min(abs(size), abs(other)) >= 0.5 * max(abs(size), abs(other)):
            columns.append(twin)
    return _Difference(
        joint, tuple(columns), float(degrees[columns].mean()), float(doubts[columns].mean()),
        phase, FEATURES[kind] == "rest",
    )  # fmt: skip


def _twins(column: int) -> list[int]:
    """An angle and the same of the other side."""
    return sorted({column, ANGLES.index(other_side(ANGLES[column]))})


def _phase(feature: str, course: np.ndarray) -> int:
    if feature == "rest":
        return 0
    if feature == "turn":
        return PHASES // 2
    return int(course.argmax() if feature == "most" else course.argmin())


def _in_the_clip(
    difference: _Difference, repetitions: Repetitions, angles: np.ndarray, flipped: bool
) -> Fault:
    """A difference in the words of the clip: its own sides, and when."""
    name = ANGLES[difference.columns[0]]
    degrees = difference.degrees
    if flipped:
        name = other_side(name)
        degrees = -degrees if name.startswith("trunk_left_") else degrees
    side, _, rest = name.partition("_")
    if side not in ("left", "right"):
        side, rest = "", name
    if len(difference.columns) > 1:
        side = "both"
    joint = "trunk" if not side else rest.partition("_")[0]
    if side in ("left", "right"):
        joint = f"{side}_{joint}"
    # The repetition that shows it most.
    there = angles[:, difference.phase, list(difference.columns)].mean(1)
    worst = int((there * np.sign(difference.degrees)).argmax())
    return Fault(
        joint, side, rest, degrees, difference.doubt,
        repetitions.time_s(worst, difference.phase), difference.phase / (PHASES - 1),
        difference.posture,
    )  # fmt: skip


def _needed(reference: Reference) -> np.ndarray:
    """(A,) whether an angle bears on the verdict, on either side."""
    weights = np.abs(reference.others.weights).reshape(len(ANGLES), -1).sum(1)
    bears = weights > 0.05 * weights.max()
    twins = [ANGLES.index(other_side(name)) for name in ANGLES]
    return bears | bears[twins]


def _verdict(wrong: bool) -> str:
    return NOT_CORRECT if wrong else CORRECT


def _confidence(wrong: bool, probability: float) -> float:
    return probability if wrong else 1 - probability
