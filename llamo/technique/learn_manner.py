"""From labelled repetitions of several people to the weights of a ``Manner``."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from llamo.technique.courses import mirrored
from llamo.technique.kernels import Kernels, Manner, found_shapes
from llamo.technique.learn import one_way, slope_of

PENALTY = 100.0
"""On the squared weights, beside the sum of the losses. In folds over the people of training 10
tells as many verdicts, 1,000 one or two of a hundred fewer."""

LEVELS = (0.1, 0.9)
"""A kernel's level is a quantile between these of its fits in training."""


def learn_manner(
    kernels: Kernels,
    angles: np.ndarray,
    people: np.ndarray,
    correct: np.ndarray,
    two_sided: bool,
    calibrated: bool = True,
) -> Manner:
    """Learn what tells correct repetitions of an exercise from others.

    Args:
        kernels: Shared by all exercises.
        angles: (N, P, A) degrees, one repetition each, of either side.
        people: Who each is of.
        correct: Whether each was done as asked.
        two_sided: Both sides do the same together.
        calibrated: Learn how sure it is, too, which takes a fit for each person.
    """
    wrong = ~np.asarray(correct, bool)
    if two_sided:
        angles = np.concatenate([angles, mirrored(angles)])
        people, wrong = np.tile(people, 2), np.tile(wrong, 2)
    else:
        angles = one_way(angles, ~wrong)
    manner = _fit(kernels, angles, wrong)
    if not calibrated:
        return manner
    sums = np.empty(len(wrong))
    for one in np.unique(people):
        rest = people != one
        sums[~rest] = _fit(kernels, angles[rest], wrong[rest]).log_odds(angles[~rest])
    slope = slope_of(sums, wrong)
    return replace(manner, weights=slope * manner.weights, bias=slope * manner.bias)


def _fit(kernels: Kernels, angles: np.ndarray, wrong: np.ndarray) -> Manner:
    centre, scale = angles.mean((0, 1)), angles.std((0, 1)) + 1e-6
    fits = kernels.run((angles - centre) / scale)
    quantiles = np.linspace(*LEVELS, fits.shape[2])
    levels = np.array([np.quantile(fits[..., k], share) for k, share in enumerate(quantiles)])
    seen = found_shapes(fits, levels)
    mean, spread = seen.mean(0), seen.std(0)
    spread[spread < 1e-6] = np.inf  # found always or never
    weights, bias = ridge_logistic((seen - mean) / spread, wrong, PENALTY)
    weights = weights / spread
    return Manner(kernels, centre, scale, levels, weights, bias - float(mean @ weights))


def ridge_logistic(
    values: np.ndarray, wrong: np.ndarray, penalty: float
) -> tuple[np.ndarray, float]:
    """Logistic regression with a penalty on the squared weights.

    Args:
        values: (N, F), with more columns than rows: what is fitted lies in the rows' span.
        wrong: (N,) what is to be told.
        penalty: Half of it times the squared weights is added to the sum of the losses.

    Returns:
        Weights (F,) and the bias.
    """
    left, sizes, right = np.linalg.svd(values, full_matrices=False)
    inside = left * sizes  # (N, R)
    sign = np.where(wrong, 1.0, -1.0)

    def loss(found: np.ndarray) -> tuple[float, np.ndarray]:
        weights, bias = found[:-1], found[-1]
        margin = sign * (inside @ weights + bias)
        pull = -sign * expit(-margin)
        slope = np.append(inside.T @ pull + penalty * weights, pull.sum())
        return float(np.logaddexp(0, -margin).sum() + penalty / 2 * weights @ weights), slope

    found = minimize(loss, np.zeros(len(sizes) + 1), jac=True, method="L-BFGS-B").x
    return found[:-1] @ right, float(found[-1])
