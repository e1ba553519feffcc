"""Figures: accuracy with its interval, calibration, counting. numpy only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

RESAMPLES = 1000
ECE_BINS = 15
_PART = 10_000_000

Figure = dict[str, Any]
"""``{"accuracy": float | None, "n": int, "ci95": [low, high]}``; None where n is 0."""


def figure(
    correct: Sequence[bool] | Sequence[float] | np.ndarray,
    clusters: Sequence[object] | np.ndarray,
    *,
    weights: np.ndarray | None = None,
    seed: int = 0,
) -> Figure:
    """Accuracy with a 95 % bootstrap interval that resamples whole motions.

    Args:
        correct: Whether each question was answered right, (N,).
        clusters: The motion of each question, (N,): questions on one clip are no independent draws.
        weights: How much each question counts, (N,); all alike by default.
        seed: Of the resampling.
    """
    values = np.asarray(correct, dtype=np.float64)
    if not len(values):
        return {"accuracy": None, "n": 0, "ci95": [None, None]}
    weight = np.ones_like(values) if weights is None else np.asarray(weights, dtype=np.float64)
    hits, counts = _per_cluster(values * weight, weight, clusters)
    shares = _resampled(hits, counts, seed)[:, 0]
    return {
        "accuracy": float((values * weight).sum() / weight.sum()),
        "n": len(values),
        "ci95": interval(shares),
    }


def average(
    values: Sequence[float] | np.ndarray,
    clusters: Sequence[object] | np.ndarray,
    *,
    seed: int = 0,
) -> dict[str, Any]:
    """Mean of any numbers, with an interval as that of ``figure``: ``{"mean", "n", "ci95"}``."""
    one = figure(values, clusters, seed=seed)
    return {"mean": one["accuracy"], "n": one["n"], "ci95": one["ci95"]}


def macro(
    correct: Sequence[bool] | np.ndarray,
    groups: Sequence[str],
    clusters: Sequence[object],
    *,
    seed: int = 0,
) -> Figure:
    """Mean of the groups' accuracies, each group counting alike, with its interval.

    Args:
        correct, clusters, seed: As for ``figure``.
        groups: The group of each question, (N,).
    """
    values = np.asarray(correct, dtype=np.float64)
    names = sorted(set(groups))
    if not names:
        return {"accuracy": None, "n": 0, "ci95": [None, None]}
    member = np.array([[group == name for name in names] for group in groups], dtype=np.float64)
    hits, counts = _per_cluster(values[:, None] * member, member, clusters)
    shares = np.nanmean(_resampled(hits, counts, seed), axis=1)
    mean = float(np.mean((values @ member) / member.sum(0)))
    return {"accuracy": mean, "n": len(values), "ci95": interval(shares)}


def resampled_sums(
    values: np.ndarray, clusters: Sequence[object] | np.ndarray, *, seed: int = 0
) -> np.ndarray:
    """Sums of (N, F) values over resampled clusters, (R, F): for figures of a whole corpus."""
    sums, _ = _per_cluster(values, values, clusters)
    return np.concatenate([drawn @ sums for drawn in _draws(len(sums), seed)])


def _per_cluster(
    hits: np.ndarray, counts: np.ndarray, clusters: Sequence[object] | np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Weighted hits and weights summed over each cluster, both (C, G)."""
    numbers: dict[object, int] = {}
    owner = np.array([numbers.setdefault(cluster, len(numbers)) for cluster in clusters])
    hits, counts = hits.reshape(len(hits), -1), counts.reshape(len(counts), -1)
    sums = np.zeros((2, len(numbers), hits.shape[1]))
    np.add.at(sums[0], owner, hits)
    np.add.at(sums[1], owner, counts)
    return sums[0], sums[1]


def _resampled(hits: np.ndarray, counts: np.ndarray, seed: int) -> np.ndarray:
    """Accuracy of each group in each resample, (R, G); NaN where a group drew no question."""
    shares = []
    for drawn in _draws(len(hits), seed):
        total = drawn @ counts
        share = np.full(total.shape, np.nan)
        shares.append(np.divide(drawn @ hits, total, out=share, where=total > 0))
    return np.concatenate(shares)


def _draws(clusters: int, seed: int) -> Iterator[np.ndarray]:
    """How often each resample holds each cluster, (R, C) in parts of bounded size."""
    rows = max(1, min(RESAMPLES, _PART // clusters))
    if rows == RESAMPLES:
        yield _one_draw(clusters, seed)
        return
    rng = np.random.default_rng(seed)
    for start in range(0, RESAMPLES, rows):
        yield _multinomial(rng, clusters, min(rows, RESAMPLES - start))


@lru_cache(maxsize=4)
def _one_draw(clusters: int, seed: int) -> np.ndarray:
    """A report has dozens of figures over the same clusters: draw once."""
    return _multinomial(np.random.default_rng(seed), clusters, RESAMPLES)


def _multinomial(rng: np.random.Generator, clusters: int, rows: int) -> np.ndarray:
    even = np.full(clusters, 1 / clusters)
    return rng.multinomial(clusters, even, size=rows).astype(np.float32)


def interval(shares: np.ndarray) -> list[float]:
    """The middle 95 % of resampled values."""
    low, high = np.nanpercentile(shares, [2.5, 97.5])
    return [float(low), float(high)]


def category_weights(member: np.ndarray, batch: int = 4) -> np.ndarray:
    """Weights of one category's questions when each batch of ``batch`` counts alike.

    NSPose's released code averages within each batch of four questions, then over batches.

    Args:
        member: Whether each question, in the file's order, is of the category, (N,) bool.
        batch: Questions a batch.

    Returns:
        (members,) ``1 / (members in the same batch)``: the weighted mean is the mean over batches
        (those with a member) of the mean within the batch.
    """
    owner = np.arange(len(member)) // batch
    inside = np.bincount(owner, weights=member, minlength=1)
    return 1.0 / inside[owner[member]]


def expected_calibration_error(
    confidence: Sequence[float] | np.ndarray,
    correct: Sequence[bool] | np.ndarray,
    bins: int = ECE_BINS,
) -> float | None:
    """Mean distance of accuracy and confidence over equally wide bins (Guo et al. 2017, eq. 3).

    Args:
        confidence: In 0-1, (N,).
        correct: (N,).
    """
    sure, right = np.asarray(confidence, float), np.asarray(correct, float)
    if not len(sure):
        return None
    owner = np.clip(np.ceil(sure * bins).astype(int) - 1, 0, bins - 1)
    gap = np.bincount(owner, weights=right - sure, minlength=bins)
    return float(np.abs(gap).sum() / len(sure))


def risk_coverage(
    confidence: Sequence[float] | np.ndarray,
    correct: Sequence[bool] | np.ndarray,
    points: int = 20,
) -> list[dict[str, float]]:
    """Share of wrong answers among the most confident ones, as more are let through.

    Equal confidences are taken in random order, in expectation: each counts its group's mean.

    Returns:
        ``{"coverage", "risk", "threshold"}`` at ``points`` evenly spaced coverages up to 1;
        ``threshold`` is the lowest confidence let through.
    """
    sure, right = np.asarray(confidence, float), np.asarray(correct, float)
    if not len(sure):
        return []
    order = np.argsort(-sure, kind="stable")
    sure, right = sure[order], right[order]
    _, group = np.unique(-sure, return_inverse=True)
    right = (np.bincount(group, weights=right) / np.bincount(group))[group]
    risk = 1 - np.cumsum(right) / np.arange(1, len(right) + 1)
    kept = sorted({max(1, round(len(sure) * share / points)) for share in range(1, points + 1)})
    return [
        {
            "coverage": count / len(sure),
            "risk": float(risk[count - 1]),
            "threshold": float(sure[count - 1]),
        }
        for count in kept
    ]


def counting(
    predicted: Sequence[float | None], counts: Sequence[float]
) -> dict[str, float | int | None]:
    """Repetition counting: OBO, OBZ, MAE and RMSE.

    Args:
        predicted: Counted, rounded here to whole numbers; None (no count was given) is wrong for
            OBO and OBZ and counts as 0 in the errors.
        counts: What is right.

    Returns:
        ``obo``: share with |p-g| <= 1; ``obz``: share with p = g; ``mae``: mean |p-g| / (g+0.1)
        (TransRAC, ESCounts); ``mae_poserac``: the same with g + 1e-9 (PoseRAC); ``rmse``; ``n``;
        ``without_count``: how many gave none.
    """
    missing = np.array([value is None for value in predicted], bool)
    guess = np.array([0.0 if value is None else np.floor(value + 0.5) for value in predicted])
    truth = np.asarray(counts, float)
    if not len(truth):
        names = ("obo", "obz", "mae", "mae_poserac", "rmse")
        return {**dict.fromkeys(names), "n": 0, "without_count": 0}
    off = np.abs(guess - truth)
    return {
        "obo": float(((off <= 1) & ~missing).mean()),
        "obz": float(((off == 0) & ~missing).mean()),
        "mae": float((off / (truth + 0.1)).mean()),
        "mae_poserac": float((off / (truth + 1e-9)).mean()),
        "rmse": float(np.sqrt((off**2).mean())),
        "n": len(truth),
        "without_count": int(missing.sum()),
    }


def spread(correct: Sequence[bool], people: Sequence[str | None]) -> dict[str, Any] | None:
    """Accuracy of each person and how far people lie apart; None where nobody is named.

    Returns:
        ``{"people": {name: {"accuracy", "n"}}, "mean", "sd", "min", "max"}``: ``mean`` and ``sd``
        (with n - 1) are over people, each counting alike.
    """
    answers: dict[str, list[bool]] = {}
    for right, person in zip(correct, people, strict=True):
        if person is not None:
            answers.setdefault(person, []).append(right)
    if not answers:
        return None
    shares = {name: float(np.mean(one)) for name, one in sorted(answers.items())}
    values = np.array(list(shares.values()))
    return {
        "people": {
            name: {"accuracy": share, "n": len(answers[name])} for name, share in shares.items()
        },
        "mean": float(values.mean()),
        "sd": float(values.std(ddof=1)) if len(values) > 1 else None,
        "min": float(values.min()),
        "max": float(values.max()),
    }
