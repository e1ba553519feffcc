"""References of correct exercises, learnt from the packs that say what was correct."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from llamo.data.clips import LabelledClip, load_clips, split
from llamo.errors import InvalidData
from llamo.technique.courses import whole_clip
from llamo.technique.kernels import random_kernels
from llamo.technique.learn import learn_reference
from llamo.technique.learn_manner import learn_manner
from llamo.technique.pose_angles import pose_angles
from llamo.technique.reference import Reference, write_references

PACK = "ui_prmd"
"""The pack with correct and incorrect repetitions: ten exercises of physiotherapy."""

SOURCE = "UI-PRMD (Vakanski et al., Data 3 (2018) 2), people 1-5, statistics only"

TWO_SIDED = frozenset({"deep squat", "sit to stand"})
"""Exercises of that pack in which both sides do the same together."""


@dataclass(frozen=True, eq=False)
class JudgedRepetitions:
    """All repetitions of one exercise.

    Args:
        exercise: Its name.
        joints: (N, P, 22, 3) metres, each repetition on one clock.
        people: (N,) who.
        correct: (N,) whether it was done as asked.
        held_out: (N,) whether the person is kept out of training.
    """

    exercise: str
    joints: np.ndarray
    people: np.ndarray
    correct: np.ndarray
    held_out: np.ndarray

    @property
    def two_sided(self) -> bool:
        """Whether both sides do the same together."""
        return self.exercise in TWO_SIDED

    def chosen(self, rows: np.ndarray) -> JudgedRepetitions:
        """Some of them."""
        parts = (self.joints, self.people, self.correct, self.held_out)
        return JudgedRepetitions(self.exercise, *(part[rows] for part in parts))


def judged_repetitions(data_dir: str | Path) -> Iterator[JudgedRepetitions]:
    """The judged repetitions of the packs, one exercise after the other.

    Raises:
        InvalidData, UnreadableFile: As ``load_clips`` finds.
    """
    by_exercise: dict[str, list[LabelledClip]] = {}
    clips = load_clips(data_dir, [PACK])
    unseen = {id(clip) for clip in split(clips)[1]}
    for clip in clips:
        if clip.exercise is not None and clip.correct is not None:
            by_exercise.setdefault(clip.exercise, []).append(clip)
    for exercise, own in sorted(by_exercise.items()):
        yield JudgedRepetitions(
            exercise,
            np.concatenate([whole_clip(clip.motion).joints for clip in own]),
            np.array([int(clip.person) for clip in own]),
            np.array([bool(clip.correct) for clip in own]),
            np.array([id(clip) in unseen for clip in own]),
        )


def learn(repetitions: JudgedRepetitions, calibrated: bool = True) -> Reference:
    """The reference of one exercise, from all the repetitions given."""
    angles = pose_angles(repetitions.joints)
    labels = repetitions.people, repetitions.correct, repetitions.two_sided
    manner = learn_manner(random_kernels(), angles, *labels, calibrated)
    return replace(learn_reference(angles, *labels, SOURCE, calibrated), manner=manner)


def make_references(data_dir: str | Path, out: Path) -> dict[str, Reference]:
    """Learn references from the people that training may see, and write them.

    Raises:
        InvalidData: No judged repetitions, or too few people.
    """
    made = {one.exercise: learn(one.chosen(~one.held_out)) for one in judged_repetitions(data_dir)}
    if not made:
        raise InvalidData(f"{PACK} under {data_dir} holds no repetition that is judged correct.")
    write_references(made, out)
    return made
