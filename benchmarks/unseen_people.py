"""People whom training never saw, in sequences with questions, to be asked as recorded and filmed.

Shared by the benchmarks; what is filmed for one is there for the others.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from llamo import Motion
from llamo.data.clips import load_clips, split
from llamo.data.library import PACK_WEIGHTS, ClipLibrary
from llamo.data.question import Question
from llamo.data.questions import ask_about
from llamo.data.splice import Sequence
from llamo.train.filmed_motion import Shot, as_filmed
from llamo.train.instruct import same_answer

LONGEST_S = 12.0
"""Longer sequences take too long to film."""

_SINGLE, _SPLICE = 0.6, 0.25
"""Shares of sequences with one act and with several; the others repeat one."""


@dataclass(frozen=True)
class Asked:
    """A question and what is right.

    Args:
        text: As asked.
        kind: As of ``Question``.
        accepted: Right answers.
    """

    text: str
    kind: str
    accepted: tuple[str, ...]

    def is_right(self, answer: str) -> bool:
        """Whether an answer is one of them."""
        return any(same_answer(answer, wanted) for wanted in self.accepted)


@dataclass(frozen=True)
class Case:
    """A motion and what is asked about it.

    Args:
        name: Unique.
        motion: As recorded.
        questions: In wordings that training never used.
    """

    name: str
    motion: Motion
    questions: list[Asked]


def unseen_people(data: Path, count: int, seed: int) -> list[Case]:
    """Sequences of the people of ``HELD_OUT``, of all packs with labels."""
    _, held_out = split([clip for clip in load_clips(data) if clip.pack != "cmu"])
    library = ClipLibrary([clip for clip in held_out if clip.says], PACK_WEIGHTS)
    rng = np.random.default_rng(seed)
    found = []
    for number in range(count):
        sequence = _short(library, rng)
        asked = [one for one in ask_about(sequence, rng, held_out=True) if _plain(one)]
        questions = [Asked(one.question, one.kind, (one.answer, *one.accept)) for one in asked]
        found.append(Case(f"known {number}", sequence.motion, questions))
    return found


def shots(cases: Iterable[Case], seed: int) -> list[Shot]:
    """A film of each from any side."""
    rng = np.random.default_rng([seed, 1])
    found = []
    for number, case in enumerate(cases):
        turn_deg = float(rng.uniform(0, 360))
        found.append(Shot(case.name, as_filmed(case.motion), turn_deg, seed * 100_000 + number))
    return found


def _short(library: ClipLibrary, rng: np.random.Generator) -> Sequence:
    while True:
        luck = rng.random()
        if luck < _SINGLE:
            sequence = library.draw_single(rng)
        elif luck < _SINGLE + _SPLICE:
            sequence = library.draw_splice(rng)
        else:
            sequence = library.draw_repeat(rng)
        if sequence.motion.duration_s <= LONGEST_S:
            return sequence


def _plain(one: Question) -> bool:
    return one.measure is None and one.kind != "describe"
