"""From token probabilities to a confidence that can be trusted."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from llamo.errors import ModelError

FILE_NAME = "calibration.json"
ACTS, ESTIMATED, ESTIMATED_ACTS, SEEN = "acts", "estimated", "estimated acts", "seen"
_WITH_A_SCALE = (ACTS, ESTIMATED, ESTIMATED_ACTS, SEEN)
"""Circumstances that have a scale of their own, where one was fitted."""

_EDGE = 1e-6
_HEARD_EDGE = 1e-3
_FEWEST = 60
"""Answers that it takes to fit a scale."""


class Evidence(NamedTuple):
    """What speaks for an answer.

    Args:
        token_probabilities: Of each token, the end included.
        heard: How probably the act that the answer names happens in the moments looked at, by the
            motion encoder alone; None where the answer names none that the encoder tells.
        estimated: Whether the motion was estimated from a video.
        shown: How probably what the answer names is what the video shows, by the video encoder
            alone; None where it names nothing that the encoder tells.
    """

    token_probabilities: Sequence[float]
    heard: float | None = None
    estimated: bool = False
    shown: float | None = None

    @property
    def circumstances(self) -> tuple[str, ...]:
        """Whose scale counts, the most special first."""
        if self.shown is not None and self.heard is None:
            return (SEEN, *((ESTIMATED,) if self.estimated else ()))
        acts = () if self.heard is None else (ACTS,)
        if not self.estimated:
            return acts
        return (*((ESTIMATED_ACTS,) if acts else ()), ESTIMATED, *acts)


@dataclass(frozen=True)
class Scale:
    """Weights of the log-odds that speak for an answer.

    Args:
        temperature: The model's are divided by it.
        bias: Added.
        heard: Weight of the encoder's own.
    """

    temperature: float = 1.0
    bias: float = 0.0
    heard: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.temperature) and self.temperature > 0):
            raise ModelError(f"temperature must be a positive number, got {self.temperature!r}.")
        if not (math.isfinite(self.bias) and math.isfinite(self.heard)):
            raise ModelError(f"bias and heard must be numbers, got {self.bias!r}, {self.heard!r}.")


@dataclass(frozen=True)
class Calibration:
    """Temperature scaling of an answer's probability, in log-odds (Platt 1999; Guo et al. 2017).

    ``confidence = sigmoid(logit(p) / temperature + heard * logit(h) + bias)`` with p combined from
    the probabilities of the answer's tokens, and h what the motion encoder alone gives to the act
    that the answer names, or the video encoder to the thing seen. A language model names one of
    those that it knows whatever it is shown; an encoder's classifier is unsure of what it never
    saw.

    Args:
        temperature: Above 1 where the model is too sure of itself; 1 changes nothing.
        bias: Shift in log-odds; 0 changes nothing.
        combine: ``product`` (the probability of exactly this text), ``mean`` (geometric mean a
            token) or ``min`` (the least sure token).
        least_sure: Confidence under which an answer is better not given; 0 gives every answer.
        scales: In place of temperature and bias for answers that name an act (``acts``), of a
            motion estimated from a video (``estimated``), for both (``estimated acts``), and for
            those that name something seen (``seen``).
    """

    temperature: float = 1.0
    bias: float = 0.0
    combine: str = "product"
    least_sure: float = 0.0
    scales: Mapping[str, Scale] = field(default_factory=dict)

    def __post_init__(self) -> None:
        Scale(self.temperature, self.bias)
        if self.combine not in ("product", "mean", "min"):
            raise ModelError(f"combine must be product, mean or min, got {self.combine!r}.")
        if not 0 <= self.least_sure < 1:
            raise ModelError(f"least_sure must lie in 0-1, got {self.least_sure!r}.")
        unknown = set(self.scales) - set(_WITH_A_SCALE)
        if unknown:
            raise ModelError(f"no such scale: {', '.join(sorted(unknown))}.")

    def combined(self, token_probabilities: Sequence[float]) -> float:
        """One probability for the whole answer, before calibration; 0 for no tokens."""
        if not len(token_probabilities):
            return 0.0
        logs = np.log(np.clip(np.asarray(token_probabilities, np.float64), 1e-12, 1.0))
        total = {"product": logs.sum(), "mean": logs.mean(), "min": logs.min()}[self.combine]
        return float(np.exp(total))

    def confidence(self, evidence: Evidence) -> float:
        """Calibrated confidence in 0-1."""
        if not len(evidence.token_probabilities):
            return 0.0
        own = Scale(self.temperature, self.bias)
        scale = next((self.scales[c] for c in evidence.circumstances if c in self.scales), own)
        said, heard = self._log_odds(evidence)
        return 1 / (1 + math.exp(-(said / scale.temperature + scale.heard * heard + scale.bias)))

    @classmethod
    def fit(
        cls,
        answers: Sequence[Evidence],
        correct: Sequence[bool],
        combine: str = "product",
        weights: Sequence[float] | None = None,
    ) -> Calibration:
        """Fit all scales on answers whose correctness is known.

        Maximum likelihood with a weak pull to the identity, so that a handful of answers cannot
        turn the scale; circumstances of fewer than 60 answers get none of their own.

        Args:
            answers: What speaks for each.
            correct: Whether each was right.
            combine: As in the class.
            weights: How much each answer counts; None for all alike.
        """
        if len(answers) != len(correct) or not len(correct):
            raise ModelError(
                f"calibration needs one verdict an answer, got {len(answers)} answers "
                f"and {len(correct)} verdicts."
            )
        raw = cls(combine=combine)
        odds = np.array([raw._log_odds(one) for one in answers])
        right = np.asarray(correct, bool)
        counts = np.ones(len(right)) if weights is None else np.asarray(weights, float)
        recorded = np.array([not one.estimated and one.shown is None for one in answers])
        own = _fit(odds[recorded, :1], right[recorded], counts[recorded])
        scales = {}
        for name in _WITH_A_SCALE:
            some = np.array([one.circumstances[:1] == (name,) for one in answers])
            if some.sum() >= _FEWEST:
                columns = 1 if name == ESTIMATED else 2
                scales[name] = _fit(odds[some, :columns], right[some], counts[some])
        return cls(own.temperature, own.bias, combine, scales=scales)

    def _log_odds(self, evidence: Evidence) -> tuple[float, float]:
        """Of the model, and of an encoder; the latter 0 where it does not tell."""
        told = evidence.shown if evidence.heard is None else evidence.heard
        heard = 0.5 if told is None else told
        said = self.combined(evidence.token_probabilities)
        return _logit(said, _EDGE), _logit(heard, _HEARD_EDGE)

    @classmethod
    def load(cls, folder: str | Path) -> Calibration:
        """Read ``calibration.json`` of a weights folder; the identity where there is none.

        Raises:
            ModelError: The file cannot be read as a calibration.
        """
        path = Path(folder) / FILE_NAME
        if not path.exists():
            return cls()
        try:
            values = json.loads(path.read_text())
            scales = {
                str(name): Scale(**{part: float(value) for part, value in scale.items()})
                for name, scale in values.get("scales", {}).items()
            }
            return cls(
                temperature=float(values["temperature"]),
                bias=float(values.get("bias", 0.0)),
                combine=str(values.get("combine", "product")),
                least_sure=float(values.get("least_sure", 0.0)),
                scales=scales,
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError(
                f"{path} is not a calibration ({error}); expected "
                '{"temperature": T, "bias": B, "combine": "product"}.'
            ) from None

    def save(self, folder: str | Path) -> None:
        """Write ``calibration.json`` into a weights folder."""
        (Path(folder) / FILE_NAME).write_text(json.dumps(asdict(self), indent=2) + "\n")


def _fit(odds: np.ndarray, right: np.ndarray, counts: np.ndarray) -> Scale:
    """The likeliest scale of log-odds (N, 1), or (N, 2) with the encoder's; 1 and 0 for none."""
    from scipy.optimize import minimize

    def loss(parameters: np.ndarray) -> float:
        log_temperature, bias, *heard = parameters
        total = odds[:, 0] / np.exp(log_temperature) + bias + odds[:, 1:] @ np.array(heard)
        likelihood = counts @ np.logaddexp(0, np.where(right, -total, total))
        return float(likelihood + 0.5 * (parameters**2).sum())

    log_temperature, bias, *heard = minimize(loss, np.zeros(odds.shape[1] + 1)).x
    return Scale(float(np.exp(log_temperature)), float(bias), *map(float, heard))


def _logit(probability: float, edge: float) -> float:
    inside = min(max(probability, edge), 1 - edge)
    return math.log(inside) - math.log1p(-inside)
