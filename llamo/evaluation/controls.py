"""What a score has to be compared with: guesses without the motion, and with a wrong one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from llamo.evaluation.items import Item
from llamo.evaluation.question_only import QuestionClassifier
from llamo.motion import Motion

WITHOUT_MODEL = ("majority", "question_only")
WITH_MODEL = ("zeroed_motion", "zeroed_tokens", "zeroed_text", "shuffled_motion")
FOLDS = 5

Guess = str | None
"""An answer as written in the file; None says that the motion cannot settle the question."""


def majority(items: Sequence[Item]) -> list[Guess]:
    """The most frequent answer of each type; the first in the alphabet among equals."""
    return _MostFrequent(items).guess(items)


class _MostFrequent:
    def __init__(self, items: Sequence[Item]) -> None:
        counts: dict[str, Counter[Guess]] = defaultdict(Counter)
        written: dict[tuple[str, object], Guess] = {}
        for item in items:
            counts[item.type][written.setdefault((item.type, item.key), item.answer)] += 1
        self.best: dict[str, Guess] = {
            kind: min(counter, key=lambda one: (-counter[one], one is None, one or ""))
            for kind, counter in counts.items()
        }

    def guess(self, items: Sequence[Item]) -> list[Guess]:
        return [self.best.get(item.type) for item in items]


def question_only(
    items: Sequence[Item], training: Sequence[Item] | None = None, *, seed: int = 0
) -> tuple[list[Guess], str]:
    """Answers guessed from the question's words alone, by a classifier for each type.

    Args:
        items: What is asked.
        training: Questions to fit on; None fits on ``items`` themselves, cross-validated so that
            all questions about one clip lie in one fold.
        seed: Of the folds.

    Returns:
        The guesses, and ``train`` or ``self``: what the classifier was fitted on.
    """
    if training is not None:
        return _fitted(training, items), "train"
    clips = sorted({item.clip.path for item in items})
    fold_of = dict(zip(clips, np.random.default_rng(seed).permutation(len(clips)), strict=True))
    guesses: list[Guess] = [None] * len(items)
    for fold in range(min(FOLDS, len(clips))):
        asked = [i for i, item in enumerate(items) if fold_of[item.clip.path] % FOLDS == fold]
        rest = [item for item in items if fold_of[item.clip.path] % FOLDS != fold]
        for i, guess in zip(asked, _fitted(rest, [items[i] for i in asked]), strict=True):
            guesses[i] = guess
    return guesses, "self"


def _fitted(training: Sequence[Item], asked: Sequence[Item]) -> list[Guess]:
    guesses: list[Guess] = [None] * len(asked)
    for kind in {item.type for item in asked}:
        known = [item for item in training if item.type == kind]
        if not known:
            continue
        written: dict[object, Guess] = {}
        answers = [written.setdefault(item.key, item.answer) for item in known]
        classifier = QuestionClassifier([item.question for item in known], answers)
        positions = [i for i, item in enumerate(asked) if item.type == kind]
        found = classifier.predict([asked[i].question for i in positions])
        for i, guess in zip(positions, found, strict=True):
            guesses[i] = guess
    return guesses


def mean_pose(motion: Motion) -> Motion:
    """The clip with every frame replaced by its mean pose; length and clock stay.

    A joint's mean counts each frame by its confidence. Rotations are left out: what is made from
    joints afterwards (features, measurements) sees one still pose.
    """
    weight = np.ones(motion.joints.shape[:2]) if motion.confidence is None else motion.confidence
    total = weight.sum(0)[:, None]  # (J, 1)
    pose = (motion.joints * weight[..., None]).sum(0) / np.where(total > 0, total, 1)  # (J, 3)
    confidence = motion.confidence
    if confidence is not None:
        confidence = np.broadcast_to(confidence.mean(0), confidence.shape).copy()
    joints = np.broadcast_to(pose, motion.joints.shape).astype(np.float32)
    return replace(motion, joints=joints, confidence=confidence, rotations=None)


def shuffled(items: Sequence[Item], *, seed: int = 0) -> dict[int, Item]:
    """For each question another clip of the same type with another answer.

    Returns:
        For each position an item whose clip is to be shown instead. A question is left out when
        its type has no clip with another answer.
    """
    rng = np.random.default_rng(seed)
    by_type: dict[str, list[int]] = defaultdict(list)
    for i, item in enumerate(items):
        by_type[item.type].append(i)
    partners: dict[int, Item] = {}
    for positions in by_type.values():
        for i in positions:
            partner = _partner(items, i, positions, rng)
            if partner is not None:
                partners[i] = items[partner]
    return partners


def _partner(
    items: Sequence[Item], i: int, positions: Sequence[int], rng: np.random.Generator
) -> int | None:
    """A random one among ``positions``; a few quick draws first, then a look at all."""
    quick = (positions[int(draw)] for draw in rng.integers(len(positions), size=16))
    found = next((other for other in quick if _differs(items[i], items[other])), None)
    if found is not None:
        return found
    fitting = [other for other in positions if _differs(items[i], items[other])]
    return fitting[int(rng.integers(len(fitting)))] if fitting else None


def _differs(item: Item, other: Item) -> bool:
    return item.clip != other.clip and item.key != other.key and other.answer not in item.accept
