"""A classifier on the question's words: how far the answer can be guessed without the motion."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from llamo.evaluation.vocab import normalise

_PENALTY = 1e-3
_STEPS = 300


class QuestionClassifier:
    """Multinomial logistic regression on words, word pairs and the answers' frequencies.

    Questions with the same words are one row with the count of each answer, so that thousands of
    questions in a few hundred wordings fit in well under a second.

    Args:
        questions: To fit on, (N,).
        answers: Their answers, (N,); None is a class like any other.
    """

    def __init__(self, questions: Sequence[str], answers: Sequence[str | None]) -> None:
        self.classes = sorted(set(answers), key=lambda one: (one is None, one or ""))
        number = {answer: i for i, answer in enumerate(self.classes)}
        rows: dict[tuple[str, ...], np.ndarray] = {}
        for question, answer in zip(questions, answers, strict=True):
            count = rows.setdefault(_terms(question), np.zeros(len(self.classes)))
            count[number[answer]] += 1
        self.index: dict[str, int] = {}
        for terms in rows:
            for term in terms:
                self.index.setdefault(term, len(self.index))
        features = np.stack([self._features(terms) for terms in rows])  # (U, F)
        counts = np.stack(list(rows.values()))  # (U, C)
        self.weights = _fit(features, counts / counts.sum())

    def predict(self, questions: Sequence[str]) -> list[str | None]:
        """The likeliest answer to each question."""
        found: dict[tuple[str, ...], str | None] = {}
        answers = []
        for question in questions:
            terms = _terms(question)
            if terms not in found:
                found[terms] = self.classes[int((self._features(terms) @ self.weights).argmax())]
            answers.append(found[terms])
        return answers

    def _features(self, terms: tuple[str, ...]) -> np.ndarray:
        """(F + 1,) of length 1: which terms occur, and a constant."""
        row = np.zeros(len(self.index) + 1)
        row[-1] = 1
        for term in terms:
            if term in self.index:
                row[self.index[term]] = 1
        return row / np.linalg.norm(row)


def _terms(question: str) -> tuple[str, ...]:
    words = normalise(question)
    pairs = (" ".join(pair) for pair in pairwise(words))
    return tuple(sorted({*words, *pairs}))


def _fit(features: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Weights (F, C) by Nesterov's accelerated gradient.

    Args:
        features: Rows of length 1, (U, F): the mean loss then has curvature of at most 1/2.
        shares: Share of all questions with this wording and answer, (U, C).
    """
    weights = np.zeros((features.shape[1], shares.shape[1]))
    ahead = weights
    mass = shares.sum(1, keepdims=True)
    rate = 1 / (0.5 + _PENALTY)
    for step in range(_STEPS):
        logits = features @ ahead
        odds = np.exp(logits - logits.max(1, keepdims=True))
        slope = features.T @ (odds / odds.sum(1, keepdims=True) * mass - shares)
        moved = ahead - rate * (slope + _PENALTY * ahead)
        ahead = moved + step / (step + 3) * (moved - weights)
        weights = moved
    return weights
