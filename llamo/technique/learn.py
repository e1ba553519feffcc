"""From labelled repetitions of several people to a reference: statistics, and no one's movement."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from llamo.technique.courses import mirrored
from llamo.technique.pose_angles import ANGLES
from llamo.technique.reference import Reference
from llamo.technique.standard import (
    Standard,
    feature_places,
    features,
    joint_groups,
    movement,
)

LEAST_PEOPLE = 3
"""Fewer show no spread between people."""

JOINT_PENALTY = 0.05
"""Of the group lasso, chosen by folds over the people of training: with 0.02 two more of a hundred
verdicts are right, but more joints share in each, and putting one right turns fewer of them."""

SHRINKAGE = 0.4
"""Share of the covariance's diagonal: a handful of people settle few correlations."""

OTHERS_DEG2, OWN_DEG2 = 9.0, 2.0
"""Variance added to each movement: joint centres are no surer than that."""

_STEPS = 120


def learn_reference(
    angles: np.ndarray,
    people: Sequence[int] | np.ndarray,
    correct: Sequence[bool] | np.ndarray,
    two_sided: bool,
    source: str,
    calibrated: bool = True,
) -> Reference:
    """Learn what is correct in an exercise.

    Args:
        angles: (N, P, A) degrees, one repetition each, of either side.
        people: Who each is of.
        correct: Whether each was done as asked.
        two_sided: Both sides do the same together.
        source: Whose repetitions these are, for whoever reads the file.
        calibrated: Learn how sure a verdict is, too, which takes a fit for each person.

    Raises:
        ValueError: Fewer than ``LEAST_PEOPLE`` people who did it right and wrong.
    """
    person, wrong = np.asarray(people), ~np.asarray(correct, bool)
    both = [one for one in np.unique(person) if len(set(wrong[person == one])) == 2]
    if len(both) < LEAST_PEOPLE:
        raise ValueError(f"{len(both)} people did it right and wrong; {LEAST_PEOPLE} are needed.")
    kept = np.isin(person, both)
    angles, person, wrong = angles[kept], person[kept], wrong[kept]
    if two_sided:
        angles = np.concatenate([angles, mirrored(angles)])
        person, wrong = np.tile(person, 2), np.tile(wrong, 2)
        seen = np.repeat([0, 1], len(person) // 2)
    else:
        angles, seen = one_way(angles, ~wrong), np.zeros(len(person), int)
    groups = joint_groups(two_sided)
    others, own = (
        _learn(
            angles,
            _deviations(angles, person, wrong, seen, own),
            person,
            wrong,
            groups,
            own,
            calibrated,
        )
        for own in (False, True)
    )
    mean = np.mean([angles[(person == one) & ~wrong].mean(0) for one in both], axis=0)
    return Reference(
        mean=mean, others=others, own=own, two_sided=two_sided, people=len(both),
        repetitions=int((~wrong).sum()) // (2 if two_sided else 1), source=source,
    )  # fmt: skip


def one_way(angles: np.ndarray, correct: np.ndarray) -> np.ndarray:
    """Repetitions (N, P, A) of either side, mirrored so that the right side acts in all.

    Which ones to mirror is told by what differs between left and right (its first principal
    direction), then by which mean they are nearer to.
    """
    flipped = mirrored(angles)
    contrast = _apart(angles) - _apart(flipped)  # changes its sign in a mirror
    _, _, directions = np.linalg.svd(contrast, full_matrices=False)
    flip = contrast @ directions[0] < 0
    for _ in range(5):
        chosen = np.where(flip[:, None, None], flipped, angles)
        mean = chosen[correct].mean(0)
        nearer = ((flipped - mean) ** 2).sum((1, 2)) < ((angles - mean) ** 2).sum((1, 2))
        if (nearer == flip).all():
            break
        flip = nearer
    busy = np.ptp(chosen, axis=1).mean(0)
    left, right = (
        busy[[name.startswith(side) for name in ANGLES]].sum() for side in ("left_", "right_")
    )
    return mirrored(chosen) if left > right else chosen


def _apart(angles: np.ndarray) -> np.ndarray:
    return np.concatenate([angles.mean(1), np.ptp(angles, axis=1)], axis=1)


def _deviations(
    angles: np.ndarray, person: np.ndarray, wrong: np.ndarray, seen: np.ndarray, own: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Features and movements; less the mean of the person's other correct ones where ``own``."""
    made, moved = features(angles), movement(angles)
    if not own:
        return made, moved
    for values in (made, moved):
        for one in np.unique(person):
            for view in np.unique(seen):
                rows = (person == one) & (seen == view)
                right = rows & ~wrong
                count = right.sum()
                values[rows] -= values[right].mean(0)
                values[right] *= count / max(count - 1, 1)  # the mean holds the one itself
    return made, moved


def _learn(
    angles: np.ndarray,
    made: tuple[np.ndarray, np.ndarray],
    person: np.ndarray,
    wrong: np.ndarray,
    groups: dict[str, np.ndarray],
    own: bool,
    calibrated: bool,
) -> Standard:
    """A standard, its slope from people left out in turn."""
    standard = _fit(*made, person, wrong, groups, own)
    if not calibrated:
        return standard
    sums, truth = [], []
    for one in np.unique(person):
        rest = person != one
        fold = _fit(made[0][rest], made[1][rest], person[rest], wrong[rest], groups, own)
        sums.append((made[0][~rest] - fold.centre) / fold.scale @ fold.weights + fold.bias)
        truth.append(wrong[~rest])
    return Standard(
        **{**vars(standard), "slope": slope_of(np.concatenate(sums), np.concatenate(truth))}
    )


def _fit(
    seen: np.ndarray, moved: np.ndarray, person: np.ndarray, wrong: np.ndarray,
    groups: dict[str, np.ndarray], own: bool,
) -> Standard:  # fmt: skip
    centre, between, within = _spread(seen[~wrong], person[~wrong])
    usual, movers, jitter = _spread(moved[~wrong], person[~wrong])
    if own:
        centre, usual = np.zeros_like(centre), np.zeros_like(usual)
        scale = np.sqrt(np.diag(within) + 4)
        covariance = 1.1 * jitter  # one repetition beside the mean of ten
    else:
        scale = np.sqrt(np.diag(between) + np.diag(within) + 2)
        covariance = movers * (1 + 1 / len(np.unique(person))) + jitter
    covariance = (1 - SHRINKAGE) * covariance + SHRINKAGE * np.diag(np.diag(covariance))
    covariance += (OWN_DEG2 if own else OTHERS_DEG2) * np.eye(len(covariance))
    places = [feature_places(group) for group in groups.values()]
    weights, bias = group_lasso((seen - centre) / scale, wrong, places, JOINT_PENALTY)
    return Standard(centre, scale, weights, bias, usual, covariance, 1.0)


def _spread(values: np.ndarray, person: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean over people, covariance between their means, covariance within."""
    means = np.array([values[person == one].mean(0) for one in np.unique(person)])
    place = np.searchsorted(np.unique(person), person)
    return means.mean(0), np.cov(means.T), np.cov((values - means[place]).T)


def group_lasso(
    values: np.ndarray, wrong: np.ndarray, groups: Sequence[np.ndarray], penalty: float
) -> tuple[np.ndarray, float]:
    """Logistic regression with a penalty a group, by accelerated proximal descent (FISTA).

    Beck & Teboulle, SIAM J Imaging Sci 2 (2009) 183.

    Args:
        values: (N, F).
        wrong: (N,) what is to be told.
        groups: Places of each group's columns.
        penalty: Times the square root of a group's size.

    Returns:
        Weights (F,) and the bias.
    """
    count, width = values.shape
    step = 1 / (np.linalg.norm(values, 2) ** 2 / 4 / count + 0.25)
    owner = np.empty(width, int)
    for number, group in enumerate(groups):
        owner[group] = number
    shrink = step * penalty * np.sqrt(np.bincount(owner))
    weights = ahead = np.zeros(width)
    bias = ahead_bias = 0.0
    pace = 1.0
    for _ in range(_STEPS):
        error = 1 / (1 + np.exp(-(values @ ahead + ahead_bias))) - wrong
        new = ahead - step * (values.T @ error) / count
        new_bias = ahead_bias - step * float(error.mean())
        size = np.sqrt(np.bincount(owner, new**2))
        new *= (1 - shrink / size.clip(1e-12)).clip(0)[owner]
        faster = (1 + np.sqrt(1 + 4 * pace**2)) / 2
        ahead = new + (pace - 1) / faster * (new - weights)
        ahead_bias = new_bias + (pace - 1) / faster * (new_bias - bias)
        weights, bias, pace = new, new_bias, faster
    return weights, bias


def slope_of(sums: np.ndarray, wrong: np.ndarray) -> float:
    """Of a logistic regression through 0 (Platt's, without his constant), by bisection."""
    low, high = 0.0, 10.0
    for _ in range(40):
        middle = (low + high) / 2
        error = 1 / (1 + np.exp(-middle * sums)) - wrong
        low, high = (low, middle) if (error * sums).sum() > 0 else (middle, high)
    return max((low + high) / 2, 0.05)
