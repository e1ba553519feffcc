"""How far the question alone gives the answer away: naive Bayes on words and word pairs."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable
from collections.abc import Sequence as Seq
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from llamo.data.question import Question


@dataclass(frozen=True)
class Leak:
    """What can be guessed about one type of question.

    Args:
        type: The questions' type.
        n: Questions tested.
        majority: Accuracy of always giving the most frequent answer.
        question_only: Accuracy of the classifier that reads the question alone.
    """

    type: str
    n: int
    majority: float
    question_only: float


class NaiveBayes:
    """Multinomial naive Bayes with add-one smoothing.

    Args:
        texts, answers: What to fit, (N,).
    """

    def __init__(self, texts: Seq[str], answers: Seq[str]) -> None:
        self.answers = sorted(set(answers))
        row = {answer: i for i, answer in enumerate(self.answers)}
        vocabulary: dict[str, int] = {}
        for text in texts:
            for term in _terms(text):
                vocabulary.setdefault(term, len(vocabulary))
        counts = np.ones((len(self.answers), len(vocabulary)))
        for text, answer in zip(texts, answers, strict=True):
            for term in _terms(text):
                counts[row[answer], vocabulary[term]] += 1
        self.vocabulary = vocabulary
        self.log_likelihood = np.log(counts / counts.sum(1, keepdims=True))
        priors = Counter(answers)
        self.log_prior = np.log([priors[answer] / len(answers) for answer in self.answers])

    def predict(self, text: str) -> str:
        """The likeliest answer."""
        columns = [self.vocabulary[t] for t in _terms(text) if t in self.vocabulary]
        scores = self.log_prior + self.log_likelihood[:, columns].sum(1)
        return self.answers[int(scores.argmax())]


def leaks(questions: Seq[Question], test: Seq[Question]) -> list[Leak]:
    """Fit on one set of questions, test on another, a row for each type.

    An abstention counts as one answer, whatever its reason; the last row, ``cant_tell``, asks only
    whether the answer abstains, over the types in which both occur.
    """
    fitted: dict[str, list[Question]] = defaultdict(list)
    tested: dict[str, list[Question]] = defaultdict(list)
    for pool, group in ((questions, fitted), (test, tested)):
        for question in pool:
            if question.kind not in ("describe", "unseen", "measure", "time"):
                group[question.type].append(question)
    rows = [
        _leak(name, fitted[name], tested[name], _answer)
        for name in sorted(fitted)
        if tested.get(name)
    ]
    doubtful = [n for n in fitted if len({q.abstains for q in fitted[n]}) == 2]
    mixed = [q for name in doubtful for q in fitted[name]]
    held = [q for name in doubtful for q in tested.get(name, [])]
    if held:
        rows.append(_leak("cant_tell", mixed, held, lambda q: str(q.abstains)))
    return rows


def leak_table(rows: Seq[Leak]) -> str:
    """Rows as text for a terminal."""
    lines = [f"{'type':<18}{'n':>6}{'majority':>10}{'question only':>15}"]
    lines += [
        f"{row.type:<18}{row.n:>6}{row.majority:>10.2f}{row.question_only:>15.2f}" for row in rows
    ]
    return "\n".join(lines)


def _leak(
    name: str, fit: Seq[Question], test: Seq[Question], answer_of: Callable[[Question], str]
) -> Leak:
    answers = [answer_of(q) for q in fit]
    common = Counter(answers).most_common(1)[0][0]
    model = NaiveBayes([q.question for q in fit], answers)
    truth = [answer_of(q) for q in test]
    guesses = [model.predict(q.question) for q in test]
    return Leak(
        name,
        len(test),
        float(np.mean([common == t for t in truth])),
        float(np.mean([g == t for g, t in zip(guesses, truth, strict=True)])),
    )


def _answer(question: Question) -> str:
    return "can't tell" if question.abstains else question.answer


def _terms(text: str) -> list[str]:
    words = re.findall(r"[a-z0-9]+", text.lower())
    return words + [f"{a} {b}" for a, b in pairwise(words)]
