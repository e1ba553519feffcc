"""The training mixture: sequences and what is asked about them, each by its number alone."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from llamo.data.ask_measure import ask_measurements
from llamo.data.augment import augment, hide_limb
from llamo.data.clips import LabelledClip
from llamo.data.estimated import as_estimated
from llamo.data.library import PACK_WEIGHTS, ClipLibrary, cut_off
from llamo.data.question import Question
from llamo.data.questions import ask_about
from llamo.data.splice import Sequence
from llamo.kinematics import Measurement, kinematic_text, relevant

_MEASURED = 2  # measurements that each sequence is asked for
_ROUNDS = 2  # times that each sequence is asked, in other words
_BESIDE_ROUNDS = 4  # further questions of before, after and between, the hardest to learn


class Made(NamedTuple):
    """A sequence of the training mixture.

    Args:
        sequence: As the motion encoder sees it.
        questions: About it.
        recorded: The same before it was made to move as a video's estimate would, to be filmed.
    """

    sequence: Sequence
    questions: list[Question]
    recorded: Sequence


class SequenceMaker:
    """Draws the sequences of the training mixture.

    Args:
        clips: Labelled clips; the pack ``figures`` is drawn for that share alone.
        shares: As of ``PoolStage``.
        seed: Of every sequence, with its number.
        held_out: Ask in wordings that training never uses.
        estimated: Share whose motion is as a video's estimate would be.
    """

    def __init__(
        self,
        clips: list[LabelledClip],
        shares: dict[str, float],
        seed: int,
        held_out: bool = False,
        estimated: float = 0.0,
    ) -> None:
        recorded = [clip for clip in clips if clip.pack != "figures"]
        figures = [clip for clip in clips if clip.pack == "figures"]
        self.library = ClipLibrary(recorded, PACK_WEIGHTS) if recorded else None
        self.figures = ClipLibrary(figures, {"figures": 1.0}) if figures else None
        kinds = {
            kind: share
            for kind, share in shares.items()
            if (self.figures if kind == "figures" else self.library)
        }
        self._kinds = list(kinds)
        self._shares = np.array(list(kinds.values())) / sum(kinds.values())
        self._seed, self._held_out, self._estimated = seed, held_out, estimated

    def make(self, number: int) -> Made:
        """Sequence ``number`` and its questions."""
        rng = np.random.default_rng([self._seed, 7, number])
        sequence = self._draw(str(rng.choice(self._kinds, p=self._shares)), rng)
        luck = rng.random()
        if luck < 0.07:
            sequence = hide_limb(sequence, "legs" if rng.random() < 0.6 else "arms", rng)
        elif luck < 0.14:
            sequence = cut_off(sequence, rng)
        if rng.random() < 0.75:
            sequence = augment(sequence, rng)
        recorded = sequence
        if self._estimated and rng.random() < self._estimated:
            sequence = replace(sequence, motion=as_estimated(sequence.motion, rng))
        questions = [
            one for _ in range(_ROUNDS) for one in ask_about(sequence, rng, self._held_out)
        ]
        questions += ask_about(sequence, rng, self._held_out, ["beside"] * _BESIDE_ROUNDS)
        return Made(sequence, questions, recorded)

    def ask_measured(
        self, number: int, measurements: list[Measurement], unseen: tuple[str, ...]
    ) -> list[Question]:
        """Questions that a measurement answers, where the kinematic text says it."""
        rng = np.random.default_rng([self._seed, 8, number])
        asked = ask_measurements(measurements, rng, self._held_out, count=_MEASURED)
        return [
            one
            for one in asked
            if one.answer.split()[0] in facts_for(measurements, one.question, unseen).split()
        ]

    def _draw(self, kind: str, rng: np.random.Generator) -> Sequence:
        if kind == "figures":
            assert self.figures is not None
            return (
                self.figures.draw_single(rng)
                if rng.random() < 0.4
                else self.figures.draw_splice(rng)
            )
        assert self.library is not None
        if kind == "single" or (kind == "repeat" and not self.library.countable):
            return self.library.draw_single(rng)
        if kind == "repeat":
            return self.library.draw_repeat(rng)
        return self.library.draw_splice(rng)


def facts_for(measurements: list[Measurement], question: str, unseen: tuple[str, ...]) -> str:
    """The kinematic text beside a question, as in inference."""
    return kinematic_text(relevant(measurements, question), unseen)
