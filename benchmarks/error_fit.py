"""Recordings with their estimates, and the numbers of ``llamo.data.estimated`` from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from llamo.data.body_fit import bone_lengths
from llamo.data.estimated import LIMBS, POSE, Errors, how_seen, in_body_axes, limbs_m
from llamo.skeleton import SMPL22
from llamo.train.filmed_motion import Filmed

FACTORS = 8
QUANTILES = 9
TWINS = np.array(SMPL22.mirror)
FLIP = np.array([-1.0, 1.0, 1.0])

SIDED = [SMPL22.index(f"{side}_{part}") for part in
         ("shoulder", "elbow", "wrist", "knee", "ankle") for side in ("left", "right")]  # fmt: skip


@dataclass(frozen=True)
class Pair:
    """A recording and its estimate, frame by frame, in the camera's axes.

    Args:
        true, seen: (T, 22, 3) metres, SMPL-22.
        confidence: (T, 22).
        fps: Frames a second.
    """

    true: np.ndarray
    seen: np.ndarray
    confidence: np.ndarray
    fps: float

    @property
    def size(self) -> float:
        """How much larger the estimated body is."""
        return limbs_m(self.seen) / limbs_m(self.true)

    @property
    def bodies(self) -> tuple[np.ndarray, np.ndarray]:
        """(T, 22, 3) true, at the estimated size, and estimated, from the pelvis."""
        true, seen = self.true - self.true[:, :1], self.seen - self.seen[:, :1]
        return true * self.size, seen

    def mirrored(self) -> Pair:
        """Seen in a mirror."""
        true, seen = self.true[:, TWINS] * FLIP, self.seen[:, TWINS] * FLIP
        return Pair(true, seen, self.confidence[:, TWINS], self.fps)


def pair(filmed: Filmed) -> tuple[Pair | None, str]:
    """A pair, or why there is none: ``refused``, ``sides`` (wrong in some frames)."""
    found = filmed.estimate()
    if found is None:
        return None, "refused"
    motion = found.motion.to_skeleton(SMPL22)
    frames = min(len(motion), len(filmed.motion))
    assert motion.confidence is not None
    both = Pair(
        filmed.motion.joints[:frames].astype(float),
        motion.joints[:frames].astype(float),
        motion.confidence[:frames],
        motion.fps,
    )
    return (None, "sides") if wrong_sides(both).mean() > 0.05 else (both, "")


def wrong_sides(both: Pair) -> np.ndarray:
    """(T,) True where the estimate fits the body that is turned round better."""
    true, seen = both.bodies
    turned = true[:, TWINS] * np.array([1, 1, -1])
    as_it_is, as_turned = (
        np.linalg.norm((seen - way)[:, SIDED], axis=-1).mean(1) for way in (true, turned)
    )
    return as_turned + 0.02 < as_it_is


def measure(pairs: Sequence[Pair]) -> Errors:
    """Everything that ``as_estimated`` needs; left and right are made equal by a mirror."""
    pairs = [*pairs, *(one.mirrored() for one in pairs)]
    slope, offset = _slopes(pairs)
    left_over = [_left_over(one, slope, offset) for one in pairs]
    covariance = np.mean([(e.T @ e) / len(e) for e in left_over], axis=0)  # (66, 66)
    values, vectors = np.linalg.eigh(covariance)
    factors = vectors[:, -FACTORS:] * np.sqrt(values[-FACTORS:])
    rest = np.sqrt(np.maximum(np.diag(covariance) - (factors**2).sum(1), 0))
    parts, pose_m, passes_s = _parts(pairs, left_over, np.sqrt(np.diag(covariance)))
    lengths = np.stack([bone_lengths(one.seen) for one in pairs])
    sums = np.array([limbs_m(one.seen) for one in pairs])
    shares = lengths / sums[:, None]
    drift_m, drift_s = _drift(pairs)
    return Errors(
        length=(round(float(sums.mean()), 3), round(float(sums.std()), 3)),
        bones=shares.mean(0),
        bone_spread=round(float(np.median(shares.std(0) / shares.mean(0))), 3),
        slope=slope,
        offset=offset,
        factors=factors,
        rest=rest,
        parts=parts,
        pose_m=pose_m,
        passes_s=passes_s,
        root_drift=(drift_m, drift_s),
        lens=_LENS,
        confidence=_confidence(pairs),
        confidence_s=_CONFIDENCE_S,
        unsure=_UNSURE,
    )


_LENS = (0.6, 1.2)
"""The lens that is assumed, over those of telephones and cameras: known, not measured."""

_CONFIDENCE_S, _UNSURE = 0.5, 0.05


def _slopes(pairs: Sequence[Pair]) -> tuple[np.ndarray, np.ndarray]:
    """(22, 3) slopes by the camera's axes and (22, 3) offsets by the body's, in turn."""
    slope, offset = np.ones((22, 3)), np.zeros((22, 3))
    for _ in range(4):
        away = []
        for one in pairs:
            true, seen = one.bodies
            error = seen - slope * true
            # The transpose turns back: left and forward are read off along the body's axes.
            axes = [in_body_axes(one.true, np.tile(unit, (22, 1))) for unit in np.eye(3)]
            away.append(np.stack([(error * axis).sum(-1).mean(0) for axis in axes], axis=-1))
        offset = np.mean(away, axis=0)
        top, bottom = np.zeros((22, 3)), np.full((22, 3), 1e-9)
        for one in pairs:
            true, seen = one.bodies
            error = seen - in_body_axes(one.true, offset)
            top += (true * error).sum(0)
            bottom += (true**2).sum(0)
        slope = np.where(bottom > 1e-3, top / bottom, 1.0)
    return slope, offset


def _left_over(one: Pair, slope: np.ndarray, offset: np.ndarray) -> np.ndarray:
    """(T, 66) metres."""
    true, seen = one.bodies
    error = seen - slope * true - in_body_axes(one.true, offset)
    return error.reshape(len(error), -1)


def _parts(
    pairs: Sequence[Pair], left_over: Sequence[np.ndarray], spread: np.ndarray
) -> tuple[tuple[float, float, float], float, float]:
    """What share of the errors is constant, hangs on the pose, passes; and by what distances."""
    used = spread > 0.005
    rows = []
    rng = np.random.default_rng(0)
    for one, error in zip(pairs, left_over, strict=True):
        scaled = error[:, used] / spread[used]
        pose = one.bodies[0][:, POSE].reshape(len(error), -1) / np.sqrt(len(POSE))
        first, second = rng.integers(0, len(error), (2, 400))
        soon = first[:200] + rng.integers(0, 1 + round(0.4 * one.fps), 200)
        second[:200] = np.minimum(soon, len(error) - 1)  # half of them soon after each other
        apart_m = np.linalg.norm(pose[first] - pose[second], axis=-1)
        apart_s = np.abs(first - second) / one.fps
        rows.append(np.stack([apart_m, apart_s, (scaled[first] * scaled[second]).mean(1)], axis=1))
    apart_m, apart_s, alike = np.concatenate(rows).T
    best = (np.inf, (0.0, 0.0, 0.0), 0.0, 0.0)
    for pose_m in (0.05, 0.075, 0.1, 0.14, 0.2, 0.3):
        for passes_s in (0.04, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5):
            shapes = [np.ones_like(apart_m), np.exp(-0.5 * (apart_m / pose_m) ** 2)]
            shapes.append((1 + apart_s / passes_s) * np.exp(-apart_s / passes_s))
            shares, miss = nnls(np.stack(shapes, axis=1), alike)
            if miss < best[0]:
                shares = shares / shares.sum()
                told = round(float(shares[0]), 3), round(float(shares[1]), 3)
                best = (miss, (*told, round(1 - sum(told), 3)), pose_m, passes_s)
    return best[1:]


def _drift(pairs: Sequence[Pair]) -> tuple[float, float]:
    """Metres by which a body that stays wanders along the line of sight, and for how long."""
    wanders = []
    for one in pairs:
        way = one.true[:, 0, 2] * one.size
        if np.ptp(way) < 0.3:
            wanders.append((one.seen[:, 0, 2] - way, one.fps))
    size = float(np.sqrt(np.mean([(d - d.mean()).var() for d, _ in wanders])))
    return round(size, 3), 1.0


def _confidence(pairs: Sequence[Pair]) -> dict[str, np.ndarray]:
    """Joint -> (3, QUANTILES)."""
    at = np.linspace(0, 1, QUANTILES)
    trunk = np.concatenate([one.confidence[:, 0] for one in pairs])
    trunk = trunk[trunk > 0]
    tables = {"trunk": np.tile(np.quantile(trunk, at), (3, 1))}
    for part in LIMBS:
        told: list[list[np.ndarray]] = [[], [], []]
        for one in pairs:
            views = how_seen(one.true)
            for side in ("left", "right"):
                values = one.confidence[:, SMPL22.index(f"{side}_{part}")]
                for view in range(3):
                    told[view].append(values[views[f"{side}_{part}"] == view])
        joined = [np.concatenate(values) for values in told]
        everything = np.concatenate(joined)
        tables[part] = np.stack(
            [np.quantile(v if len(v) >= 50 else everything, at) for v in joined]
        )
    return tables
