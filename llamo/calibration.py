"""From token probabilities to a confidence that can be trusted."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from llamo.errors import ModelError

FILE_NAME = "calibration.json"
_EDGE = 1e-6


@dataclass(frozen=True)
class Calibration:
    """Temperature scaling of an answer's probability, in log-odds (Platt 1999; Guo et al. 2017).

    ``confidence = sigmoid(logit(p) / temperature + bias)`` with p combined from the
    probabilities of the answer's tokens.

    Args:
        temperature: Above 1 where the model is too sure of itself; 1 changes nothing.
        bias: Shift in log-odds; 0 changes nothing.
        combine: ``product`` (the probability of exactly this text), ``mean`` (geometric mean a
            token) or ``min`` (the least sure token).
        least_sure: Confidence under which an answer is better not given; 0 gives every answer.
    """

    temperature: float = 1.0
    bias: float = 0.0
    combine: str = "product"
    least_sure: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.temperature) and self.temperature > 0):
            raise ModelError(f"temperature must be a positive number, got {self.temperature!r}.")
        if self.combine not in ("product", "mean", "min"):
            raise ModelError(f"combine must be product, mean or min, got {self.combine!r}.")
        if not 0 <= self.least_sure < 1:
            raise ModelError(f"least_sure must lie in 0-1, got {self.least_sure!r}.")

    def combined(self, token_probabilities: Sequence[float]) -> float:
        """One probability for the whole answer, before calibration; 0 for no tokens."""
        if not len(token_probabilities):
            return 0.0
        logs = np.log(np.clip(np.asarray(token_probabilities, np.float64), 1e-12, 1.0))
        total = {"product": logs.sum(), "mean": logs.mean(), "min": logs.min()}[self.combine]
        return float(np.exp(total))

    def confidence(self, token_probabilities: Sequence[float]) -> float:
        """Calibrated confidence in 0-1."""
        if not len(token_probabilities):
            return 0.0
        logit = float(_logit(self.combined(token_probabilities)))
        return 1 / (1 + math.exp(-(logit / self.temperature + self.bias)))

    @classmethod
    def fit(
        cls,
        token_probabilities: Sequence[Sequence[float]],
        correct: Sequence[bool],
        combine: str = "product",
    ) -> Calibration:
        """Fit temperature and bias on answers whose correctness is known.

        Maximum likelihood with a weak pull to the identity, so that a handful of answers cannot
        turn the scale.

        Args:
            token_probabilities: The token probabilities of each answer.
            correct: Whether each answer was right.
            combine: As in the class.
        """
        from scipy.optimize import minimize

        if len(token_probabilities) != len(correct) or not len(correct):
            raise ModelError(
                f"calibration needs one verdict an answer, got {len(token_probabilities)} answers "
                f"and {len(correct)} verdicts."
            )
        raw = cls(combine=combine)
        logits = _logit(np.array([raw.combined(one) for one in token_probabilities]))
        right = np.asarray(correct, bool)

        def loss(parameters: np.ndarray) -> float:
            log_temperature, bias = parameters
            odds = logits / np.exp(log_temperature) + bias
            likelihood = np.logaddexp(0, np.where(right, -odds, odds)).sum()
            return float(likelihood + 0.5 * (log_temperature**2 + bias**2))

        log_temperature, bias = minimize(loss, np.zeros(2)).x
        return cls(float(np.exp(log_temperature)), float(bias), combine)

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
            return cls(
                temperature=float(values["temperature"]),
                bias=float(values.get("bias", 0.0)),
                combine=str(values.get("combine", "product")),
                least_sure=float(values.get("least_sure", 0.0)),
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError(
                f"{path} is not a calibration ({error}); expected "
                '{"temperature": T, "bias": B, "combine": "product"}.'
            ) from None

    def save(self, folder: str | Path) -> None:
        """Write ``calibration.json`` into a weights folder."""
        (Path(folder) / FILE_NAME).write_text(json.dumps(asdict(self), indent=2) + "\n")


def _logit(probability: float | np.ndarray) -> np.ndarray:
    probability = np.clip(probability, _EDGE, 1 - _EDGE)
    return np.log(probability) - np.log1p(-probability)
