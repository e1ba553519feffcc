"""Ask a model for "before X" and "after X", first and last; measure where it looks, and why."""

from __future__ import annotations

import random
from collections.abc import Sequence as Seq
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from llamo.data.phrases import phrase_for
from llamo.data.question import Scene, accept_for
from llamo.data.splice import Segment, Sequence
from llamo.data.wordings import ACTION
from llamo.errors import InvalidData
from llamo.evaluation.selection import Selection, measure_overlap, measure_selection
from llamo.evaluation.vocab import Vocabulary, score
from llamo.motion import Motion

if TYPE_CHECKING:
    from llamo.answer import Answer
    from llamo.assistant import Assistant


@dataclass(frozen=True)
class Asked:
    """A question whose answer lies in one segment."""

    question: str
    answer: str
    span_s: tuple[float, float]
    accept: tuple[str, ...] = ()


@dataclass(frozen=True)
class OppositeQuestions:
    """Two questions about one clip whose answers lie in different segments.

    Args:
        clip: Number of the clip, for intervals clustered by clip.
        motion: The clip.
        first: "Before X", or the first act.
        second: "After X", or the last act.
        relation: ``order`` (before / after) or ``place`` (first / last).
    """

    clip: int
    motion: Motion = field(repr=False)
    first: Asked
    second: Asked
    relation: str


def opposite_questions(
    sequences: Seq[Sequence], *, seed: int = 0, held_out: bool = True
) -> list[OppositeQuestions]:
    """For each sequence one pair before / after an act that occurs once, and one first / last.

    The two answers of a pair differ: else the other question's moments would serve as well.

    Args:
        sequences: Spliced from several clips; ``splice(..., segment_s=...)`` makes segments alike
            in length, so that no segment is found by its length alone.
        seed: Of the acts asked about and of the wordings.
        held_out: Word them in ways that training never uses.
    """
    pairs = []
    for number, sequence in enumerate(sequences):
        scene = Scene(sequence, random.Random(seed * 1_000_003 + number), held_out)
        segments = sequence.segments
        if len(segments) < 3 or not scene.clean_order or scene.one_act:
            continue
        inner = [
            at
            for at in range(1, len(segments) - 1)
            if scene.unique(segments[at]) and segments[at - 1].says != segments[at + 1].says
        ]
        if inner:
            at = scene.r.choice(inner)
            name = segments[at].says or ""
            before = _ask(scene, "before", segments[at - 1], name)
            after = _ask(scene, "after", segments[at + 1], name)
            pairs.append(OppositeQuestions(number, sequence.motion, before, after, "order"))
        if segments[0].says == segments[-1].says:
            continue
        first, last = _ask(scene, "first", segments[0]), _ask(scene, "last", segments[-1])
        pairs.append(OppositeQuestions(number, sequence.motion, first, last, "place"))
    return pairs


def _ask(scene: Scene, relation: str, answer: Segment, anchor: str = "") -> Asked:
    phrases = {"X": phrase_for(anchor)} if anchor else {}
    text, _ = scene.ask("action", ACTION, relation=relation, whole=True, **phrases)
    return Asked(text, answer.says or "", answer.span_s, accept_for(answer))


def measure_guidance(
    assistant: Assistant, pairs: Seq[OppositeQuestions], *, batch_size: int = 64, seed: int = 0
) -> dict[str, Any]:
    """Where the model looks for each question, and its accuracy with the opposite one's moments.

    Args:
        assistant: Who answers.
        pairs: Questions, two a clip.
        batch_size: Questions that the model sees at once.
        seed: Of the intervals.

    Returns:
        As ``measure_selection``, and ``overlap`` (before / after only) as ``measure_overlap``.

    Raises:
        InvalidData: There are no pairs.
    """
    if not pairs:
        raise InvalidData("no sequence has an act that occurs once, with others around it.")
    asked = [one for pair in pairs for one in (pair.first, pair.second)]
    vocabulary = Vocabulary(one.answer for one in asked)
    free: list[Answer] = []
    forced: list[Answer] = []
    for start in range(0, len(pairs), max(1, batch_size // 2)):
        batch = pairs[start : start + max(1, batch_size // 2)]
        opened = {pair.clip: pair.motion for pair in batch}
        sessions = {clip: assistant.open(motion) for clip, motion in opened.items()}
        questions = [
            (sessions[pair.clip], one.question)
            for pair in batch
            for one in (pair.first, pair.second)
        ]
        answers = assistant.answer_batch(questions, batch_size=batch_size)
        swapped = [answers[i ^ 1] for i in range(len(answers))]
        free += answers
        forced += assistant.answer_batch(
            questions,
            batch_size=batch_size,
            forced_viewpoints=[_times(one).tolist() or [0.0] for one in swapped],
        )

    def right(one: Asked, answer: Answer) -> bool:
        return score(answer.answer, answer.abstained, one.answer, one.accept, vocabulary).correct

    selections = [
        Selection(
            clip=pairs[i // 2].clip,
            span=one.span_s,
            duration_s=pairs[i // 2].motion.duration_s,
            times_s=_times(free[i]),
            other_times_s=_times(free[i ^ 1]),
            correct=right(one, free[i]),
            correct_forced=right(one, forced[i]),
        )
        for i, one in enumerate(asked)
    ]
    order = [i for i, pair in enumerate(pairs) if pair.relation == "order"]
    frames = [[view.frame for view in answer.viewpoints] for answer in free]
    overlap = measure_overlap(
        [(frames[2 * i], frames[2 * i + 1]) for i in order],
        [pairs[i].clip for i in order],
        seed=seed,
    )
    return {**measure_selection(selections, seed=seed), "overlap": overlap}


def _times(answer: Answer) -> np.ndarray:
    return np.array([view.time_s for view in answer.viewpoints])
