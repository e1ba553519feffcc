"""Scores what a model said under ``vocab``, each question type against its own answers."""

from __future__ import annotations

from collections.abc import Sequence

from llamo.evaluation.items import Item
from llamo.evaluation.predictions import Output
from llamo.evaluation.vocab import Score, Vocabulary, score


class Scorer:
    """Scores outputs under ``vocab``; each type's vocabulary is read off the whole file once."""

    def __init__(self, items: Sequence[Item]) -> None:
        answers: dict[str, list[str]] = {}
        for item in items:
            answers.setdefault(item.type, [])
            if item.answer is not None:
                answers[item.type].append(item.answer)
        self.vocabularies = {kind: Vocabulary(known) for kind, known in answers.items()}

    def __call__(self, item: Item, output: Output) -> Score:
        vocabulary = self.vocabularies[item.type]
        return score(output.text, output.abstained, item.answer, item.accept, vocabulary)
