"""BLEU, ROUGE-L and CIDEr-D on words, as coco-caption defines them; numpy only."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

LONGEST = 4
"""N-grams up to this long."""

ROUGE_BETA = 1.2
CIDER_SIGMA = 6.0

Words = tuple[str, ...]
_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")


def words(text: str) -> Words:
    """Lower case, punctuation dropped, hyphens and apostrophes within a word kept."""
    return tuple(_WORD.findall(text.lower().replace("\u2019", "'")))


def ngrams(text: Words, n: int) -> Counter[Words]:
    """How often each n-gram occurs."""
    return Counter(text[i : i + n] for i in range(len(text) - n + 1))


def bleu_counts(candidate: Words, references: Sequence[Words]) -> np.ndarray:
    """(10,) matches and n-grams for n = 1-4, length, length of the closest reference.

    Sums of these over a corpus make its BLEU (Papineni et al. 2002): a match counts as often as
    the reference that has it most often; of two references equally near the shorter is closest.
    """
    row = []
    for n in range(1, LONGEST + 1):
        said = ngrams(candidate, n)
        most: Counter[Words] = Counter()
        for reference in references:
            most |= ngrams(reference, n)
        row += [float((said & most).total()), float(said.total())]
    closest = min((abs(len(one) - len(candidate)), len(one)) for one in references)[1]
    return np.array([*row, len(candidate), closest], float)


def bleu(sums: np.ndarray, n: int = LONGEST) -> np.ndarray:
    """BLEU-n of summed ``bleu_counts``, (..., 10) -> (...); 0 where an order has no match."""
    matches, totals = sums[..., 0 : 2 * n : 2], sums[..., 1 : 2 * n : 2]
    found = (matches > 0).all(-1)
    share = np.divide(matches, totals, out=np.ones_like(matches), where=matches > 0)
    length, closest = sums[..., -2], sums[..., -1]
    ratio = np.divide(closest, length, out=np.full_like(length, np.inf), where=length > 0)
    brevity = np.exp(np.minimum(0.0, 1 - ratio))
    return np.where(found, np.exp(np.log(share).mean(-1)) * brevity, 0.0)


def rouge_l(candidate: Words, references: Sequence[Words]) -> float:
    """F of the longest common subsequence: best precision, best recall (Lin 2004, beta 1.2)."""
    if not candidate:
        return 0.0
    common = [_longest_common(candidate, one) for one in references]
    precision = max(common) / len(candidate)
    recall = max(one / len(ref) for one, ref in zip(common, references, strict=True))
    if not precision or not recall:
        return 0.0
    square = ROUGE_BETA**2
    return (1 + square) * precision * recall / (recall + square * precision)


def _longest_common(first: Words, second: Words) -> int:
    row = [0] * (len(second) + 1)
    for word in first:
        row = _next_row(row, word, second)
    return row[-1]


def _next_row(row: list[int], word: str, second: Words) -> list[int]:
    fresh = [0]
    for other, (diagonal, above) in zip(second, pairwise(row), strict=True):
        fresh.append(diagonal + 1 if word == other else max(above, fresh[-1]))
    return fresh


def cider_d(candidates: Sequence[Words], references: Sequence[Sequence[Words]]) -> np.ndarray:
    """(N,) CIDEr-D of each candidate (Vedantam et al. 2015), ten at most.

    Args:
        candidates: Texts.
        references: Of each; how rare an n-gram is, is counted over these.
    """
    rare = [_document_counts(references, n) for n in range(1, LONGEST + 1)]
    log_size = math.log(max(len(references), 1))
    scores = np.zeros(len(candidates))
    for i, (candidate, known) in enumerate(zip(candidates, references, strict=True)):
        for n in range(1, LONGEST + 1):
            said = _weighted(candidate, n, rare[n - 1], log_size)
            for reference in known:
                right = _weighted(reference, n, rare[n - 1], log_size)
                gap = len(candidate) - len(reference)
                near = math.exp(-(gap**2) / (2 * CIDER_SIGMA**2))
                scores[i] += 10 * near * _clipped_cosine(said, right) / len(known) / LONGEST
    return scores


def _document_counts(references: Sequence[Sequence[Words]], n: int) -> Counter[Words]:
    """In how many items an n-gram occurs in any reference."""
    found: Counter[Words] = Counter()
    for known in references:
        found.update({gram for one in known for gram in ngrams(one, n)})
    return found


def _weighted(text: Words, n: int, rare: Counter[Words], log_size: float) -> dict[Words, float]:
    return {
        gram: count * (log_size - math.log(max(1, rare[gram])))
        for gram, count in ngrams(text, n).items()
    }


def _clipped_cosine(said: dict[Words, float], right: dict[Words, float]) -> float:
    length = math.sqrt(sum(one**2 for one in said.values()) * sum(o**2 for o in right.values()))
    if not length:
        return 0.0
    return (
        sum(min(one, right[gram]) * right[gram] for gram, one in said.items() if gram in right)
        / length
    )
