"""What is usual in correct repetitions, and what a repetition that is not so speaks for.

Two readings of the same courses:

- *reasons*: a logistic regression on how each angle differs (at rest, at its most and least, at the
  turn), learnt from correct and incorrect repetitions with a penalty a joint (group lasso, Yuan &
  Lin, J R Stat Soc B 68 (2006) 49), so that few joints speak; what a joint adds is its reason.
- *unusual*: how far each angle's movement stands off what the other angles let one expect, in a
  normal distribution over correct repetitions. It knows no mistake beforehand, and so finds any.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from llamo.technique.courses import PHASES, excursions, rest_level
from llamo.technique.pose_angles import ANGLES, ANGLES_OF

FEATURES = ("rest", "most", "least", "turn")
"""What is taken from the course of each angle; all but the first less the angle at rest."""

UNUSUAL = 3.0
"""Log likelihood ratio from which a joint's movement is unusual (2.4 standard deviations)."""

STRIKING = 8.0
"""From which a single fault makes a repetition not correct, whatever is known of usual mistakes (4
standard deviations)."""

REST_OF = 0.3
"""A fault is a single one where, with it put right, nothing is left that is more unusual than this
share of it."""

SUREST = 0.99
"""A handful of people settle nothing beyond this."""

_SINE = np.sin(np.pi * (np.arange(PHASES) + 0.5) / PHASES) ** 2
_TURN = slice(int(0.42 * PHASES), int(0.42 * PHASES) + 7)

ROTATIONS = np.array([name.endswith("_rotation") for name in ANGLES])
"""Angles that a straight elbow hides; they give reasons, but are never called unusual."""


def features(angles: np.ndarray) -> np.ndarray:
    """(N, P, A) degrees -> (N, A * 4) in the order of ``ANGLES``, then of ``FEATURES``."""
    away = excursions(angles)
    taken = (rest_level(angles), away.max(1), away.min(1), away[:, _TURN].mean(1))
    return np.stack(taken, axis=-1).reshape(len(angles), -1)


def movement(angles: np.ndarray) -> np.ndarray:
    """(N, P, A) degrees -> (N, A): how far each angle goes from its rest towards the turn and back.

    The height of a sin² over the repetition that fits the course best, so that one jittery moment
    counts little.
    """
    rise = _SINE - _SINE[[0, 1, 2, -3, -2, -1]].mean()
    return np.einsum("npa,p->na", excursions(angles), _SINE) / (_SINE * rise).sum()


def joint_groups(two_sided: bool) -> dict[str, np.ndarray]:
    """Joints that a fault is told of, with the places of their angles in ``ANGLES``.

    In an exercise that both sides do together, left and right are one (``knee``).
    """
    groups: dict[str, list[int]] = {}
    for joint, names in ANGLES_OF.items():
        key = joint.rpartition("_")[2] if two_sided else joint
        groups.setdefault(key, []).extend(ANGLES.index(name) for name in names)
    return {joint: np.array(places) for joint, places in groups.items()}


def feature_places(angles: np.ndarray) -> np.ndarray:
    """Places of the features of some angles."""
    return (angles[:, None] * len(FEATURES) + np.arange(len(FEATURES))).ravel()


@dataclass(frozen=True, eq=False)
class Standard:
    """Correct repetitions of one exercise, and how to weigh what differs.

    Args:
        centre, scale: (A * 4) usual features and their spread.
        weights, bias: Of the logistic regression on (features - centre) / scale.
        usual: (A) degrees, the usual movement.
        covariance: (A, A) degrees², of the movement.
        slope: Turns the regression's sum into the log odds that hold for people it has not seen.
    """

    centre: np.ndarray
    scale: np.ndarray
    weights: np.ndarray
    bias: float
    usual: np.ndarray
    covariance: np.ndarray
    slope: float

    def around(self, correct: np.ndarray) -> Standard:
        """The same weights around a person's own correct repetitions, (R, P, A) degrees."""
        return replace(self, centre=features(correct).mean(0), usual=movement(correct).mean(0))

    def unusual(self, moved: np.ndarray) -> np.ndarray:
        """(N, A) log likelihood ratio: this angle moved as it did for a reason of its own."""
        pull = (moved - self.usual) @ self.precision
        return 0.5 * pull**2 / np.where(ROTATIONS, 1.0, np.diag(self.precision))

    @cached_property
    def precision(self) -> np.ndarray:
        """(A, A) inverse covariance of the movement; 0 for what is never called unusual."""
        told = np.ix_(~ROTATIONS, ~ROTATIONS)
        inverse = np.zeros_like(self.covariance)
        inverse[told] = np.linalg.inv(self.covariance[told])
        return inverse


@dataclass(frozen=True, eq=False)
class Evidence:
    """What N repetitions speak for, joint by joint.

    Args:
        joints: Names, in the order of the columns.
        total: (N,) sum of the regression; above 0 speaks for a known mistake.
        reasons: (N, J) what each joint adds to it.
        unusual: (N, J) of the joint's most unusual angle.
        rest: (N, J) of the most unusual angle that is left with this joint put right.
        slope: As of the standard.
    """

    joints: tuple[str, ...]
    total: np.ndarray
    reasons: np.ndarray
    unusual: np.ndarray
    rest: np.ndarray
    slope: float

    @property
    def single(self) -> np.ndarray:
        """(N,) whether one joint alone moves unusually."""
        most, left = self._most()
        return (most > UNUSUAL) & (left < REST_OF * most)

    @property
    def striking(self) -> np.ndarray:
        """(N,) whether one joint alone moves so unusually that it decides."""
        return self.single & (self.unusual.max(1) > STRIKING)

    @property
    def not_correct(self) -> np.ndarray:
        """(N,) the verdict."""
        return (self.total > 0) | self.striking

    @property
    def probability(self) -> np.ndarray:
        """(N,) that the repetition is not correct."""
        known = 1 / (1 + np.exp(-self.slope * self.total))
        odd = np.where(self.striking, 1 - 0.5 * np.exp(STRIKING - self.unusual.max(1)), 0.0)
        return np.maximum(known, odd).clip(1 - SUREST, SUREST)

    @property
    def named(self) -> np.ndarray:
        """(N,) place of the joint that the verdict rests on, or that differs most."""
        return self.order()[:, 0]

    @property
    def by_reason(self) -> np.ndarray:
        """(N,) whether the regression names the joint; else the most unusual one is named."""
        return (self.total > 0) & ~self.single

    def order(self) -> np.ndarray:
        """(N, J) places of the joints, the first the one to name."""
        reasons = self.reasons + 0.02 * self.unusual.clip(0, 10)  # a tie goes to the more unusual
        weight = np.where(self.by_reason[:, None], reasons, self.unusual)
        return np.argsort(-weight, axis=1, kind="stable")

    def _most(self) -> tuple[np.ndarray, np.ndarray]:
        place = self.unusual.argmax(1)[:, None]
        most = np.take_along_axis(self.unusual, place, 1)[:, 0]
        return most, np.take_along_axis(self.rest, place, 1)[:, 0]


def weigh(standard: Standard, groups: dict[str, np.ndarray], angles: np.ndarray) -> Evidence:
    """What repetitions speak for.

    Args:
        standard: What they are compared with.
        groups: From ``joint_groups``.
        angles: (N, P, A) degrees.
    """
    differs = (features(angles) - standard.centre) / standard.scale * standard.weights
    reasons = [differs[:, feature_places(group)].sum(1) for group in groups.values()]
    moved = movement(angles)
    alone = standard.unusual(moved)
    rest = []
    for group in groups.values():
        right = moved.copy()
        right[:, group] = standard.usual[group]
        rest.append(standard.unusual(right).max(1))
    return Evidence(
        joints=tuple(groups),
        total=differs.sum(1) + standard.bias,
        reasons=np.stack(reasons, axis=1),
        unusual=np.stack([alone[:, group].max(1) for group in groups.values()], axis=1),
        rest=np.stack(rest, axis=1),
        slope=standard.slope,
    )
