"""What a step is shown: questions of the pool as the model's inputs, in five kinds of batches.

``easy``     one short clip of one act, one simple question, mostly without measurements
``looking``  clips of several acts, and where in them the answer lies; no answer is spoken
``reading``  scenes written out in words, for the language model alone
``copying``  numbers and verdicts to be read from the kinematic text, which are changed at random
``mixed``    all kinds of questions about all kinds of clips
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch

from llamo.data.question import CANT_TELL
from llamo.processing import LlamoProcessor
from llamo.train.collate import COPYING, collate, viewpoint_count, write
from llamo.train.question_noise import can_be_read, otherwise, scuffed
from llamo.train.question_pool import PoolQuestion, QuestionPool
from llamo.train.recipe import InstructStage
from llamo.train.streams import (
    MOTION_ALONE,
    Video,
    choose_streams,
    pad_features,
    video_spread,
)

EASY = {
    "action": 3.0, "exercise": 1.5, "correct": 3.0, "side": 1.5, "body_part": 0.7,
    "direction": 0.7, "colour": 0.5, "held": 0.5, "held_side": 0.5, "camera": 0.3, "people": 0.2,
}  # fmt: skip
"""Kinds that are asked first, about one act, and how often."""

LOOKING = {
    "order": 6.0, "while": 1.0, "side": 1.0, "time": 0.7, "yes_no": 0.6, "which_first": 0.7,
    "direction": 1.0, "faster": 0.3,
}  # fmt: skip
"""Kinds whose words point at one act among several."""

READING = {
    "order": 5.0, "yes_no": 4.0, "correct": 3.0, "action": 1.5, "exercise": 1.0, "side": 1.0,
    "direction": 1.0, "body_part": 0.7, "while": 1.0, "which_first": 1.0, "mirror": 0.5,
}  # fmt: skip
"""Kinds that a scene in words settles: what comes after, whether it occurs, and if no is good.

A language model from scratch knows no English. What "Are there any errors?" asks it learns from
words sooner than from what it sees.
"""

MIXED = {
    "action": 3.0, "exercise": 1.5, "correct": 4.0, "count": 3.0, "order": 2.5, "while": 1.5,
    "side": 1.5, "which_first": 0.8, "yes_no": 0.7, "unseen": 0.4, "mirror": 0.4, "measure": 0.3,
    "describe": 0.5, "faster": 0.2, "which_longer": 0.2, "time": 0.05, "held": 1.5,
    "held_side": 1.5, "camera": 1.5, "people": 1.5,
}  # fmt: skip
"""How often a question of a clip is drawn, beside 1 for all others.

What is asked about once a sequence (its action) would drown in what is asked many times (yes or
no); and answers whose digits a small model can only guess (seconds of a start) would drown all
others in noise.
"""

_SHOWN_SHARE = 0.5
"""Share of the questions of order whose answer is read from viewpoints that surely hold it.

From viewpoints that miss every other time the LM learns that it need not believe them.
"""

_LONG_ANSWER_SHARE = 0.1  # of the mixed batches; one long answer pads all others of its batch
_SHORT_S = 10.0  # of an easy clip
_COPYING_S = 2.0  # of the clip beside a number to copy, which the motion does not tell
_EASY_SILENCE = 0.8  # share of the easy batches without kinematic text


class BatchDrawer:
    """Draws training batches from a pool.

    Args:
        pool: Encoded sequences with questions.
        processor: Writes the prompts.
        stage: Sizes, noise and dropout.
        easy: Kinds of the easy batches, and how often each.
    """

    def __init__(
        self,
        pool: QuestionPool,
        processor: LlamoProcessor,
        stage: InstructStage,
        easy: Mapping[str, float] = EASY,
    ) -> None:
        self.pool, self.processor, self.stage, self._kinds = pool, processor, stage, easy
        some = pool.clips[:: max(1, len(pool) // 300)]
        self._spread = np.concatenate([clip.features for clip in some]).astype(np.float32).std(0)
        self._video_spread = video_spread(pool)
        one_act = np.array([not _has_order(clip.questions) for clip in pool.clips])
        short = pool.lengths <= _SHORT_S * pool.rate_hz
        self._easy = self._by_kind(easy, np.flatnonzero(one_act & short))
        self._yes_no = self._by_kind(["yes_no"], np.flatnonzero(short))
        self._copying = self._by_kind(COPYING, range(len(pool)), can_be_read)
        told = [
            i for i, clip in enumerate(pool.clips) if clip.questions and clip.questions[0].scene
        ]
        self._reading = self._by_kind(READING, told, lambda one: not one.pixels)
        self._weights = [
            _weights(clip.questions, MIXED) * _usefulness(clip.questions) for clip in pool.clips
        ]
        self._looking = {}
        several = np.flatnonzero(~one_act)
        for index in several if len(several) else range(len(pool)):
            weights = _weights(pool.clips[index].questions, LOOKING, 0.0)
            weights *= [bool(one.looks_s) for one in pool.clips[index].questions]
            if weights.any():
                self._looking[int(index)] = weights

    def easy(self, rng: np.random.Generator, yes_no: float = 0.0) -> dict[str, torch.Tensor]:
        """One simple question about each of some short clips.

        Args:
            rng: Source of every choice.
            yes_no: Share of pairs of a true and a false question about one clip.
        """
        count = self._size
        picks = _draw(self._easy, self._kinds, 3 * count, rng)
        if self._yes_no:
            for index, at in _draw(self._yes_no, {"yes_no": 1.0}, int(yes_no * len(picks)), rng):
                picks += [(index, one) for one in _pair_of(self.pool.clips[index].questions, at)]
        picks.sort(key=lambda pick: self.pool.lengths[pick[0]])
        start = int(rng.integers(max(1, len(picks) - count + 1)))
        silence = float(rng.random() < _EASY_SILENCE)
        chosen = [(i, [at]) for i, at in picks[start : start + count]]
        return self._collate(chosen, rng, silence, motion_alone=0.0)

    def copying(
        self, rng: np.random.Generator, motion: bool = True, count: int | None = None
    ) -> dict[str, torch.Tensor]:
        """Measurements to read, beside a piece of the clip; without ``motion`` for the LM alone."""
        picks = _draw(self._copying, COPYING, count or self._size, rng)
        questions = [
            otherwise(self._worded(self.pool.clips[i].questions[at], rng), rng) for i, at in picks
        ]
        if not motion:
            return write(self.processor, questions, num_viewpoints=0)
        features = [self.features_of(index, rng, _COPYING_S) for index, _ in picks]
        count = viewpoint_count(self.processor, features)
        batch = write(self.processor, questions, num_viewpoints=count)
        return batch | pad_features(features, range(len(features)), self.pool.rate_hz)

    def reading(
        self, rng: np.random.Generator, count: int | None = None
    ) -> dict[str, torch.Tensor]:
        """Questions about scenes in words, without motion."""
        if not self._reading:
            return self.copying(rng, motion=False, count=count)
        picks = _draw(self._reading, READING, count or self._size, rng)
        asked = [self.pool.clips[index].questions[at] for index, at in picks]
        questions = [replace(self._worded(one, rng), facts=one.scene) for one in asked]
        return write(self.processor, questions, num_viewpoints=0)

    def looking(self, rng: np.random.Generator) -> dict[str, torch.Tensor]:
        """Clips of several acts, without answers: what is learnt is where to look."""
        picks = []
        for index in self._like_length(np.fromiter(self._looking, int), rng):
            picks.append((index, _some(self._looking[index], self.stage.questions_per_clip, rng)))
        batch = self._collate(picks, rng, silence=1.0)
        del batch["labels"], batch["attention_mask"], batch["seen_targets"]
        return batch

    def mixed(self, rng: np.random.Generator) -> dict[str, torch.Tensor]:
        """Clips of like length with some of their questions; yes/no in pairs."""
        long_answers = rng.random() < _LONG_ANSWER_SHARE
        return self._some_of(self._like_length(np.arange(len(self.pool)), rng), long_answers, rng)

    def of_these(self, clips: Iterable[int], rng: np.random.Generator) -> dict[str, torch.Tensor]:
        """As :meth:`mixed`, of these clips."""
        return self._some_of(clips, rng.random() < _LONG_ANSWER_SHARE, rng)

    def features_of(
        self, index: int, rng: np.random.Generator, piece_s: float | None = None
    ) -> torch.Tensor:
        """F_M of a clip with noise, (T, H); or of a piece of it of ``piece_s`` seconds."""
        known = self.pool.clips[index].features
        if piece_s is not None:
            frames = round(piece_s * self.pool.rate_hz)
            start = int(rng.integers(max(1, len(known) - frames + 1)))
            known = known[start : start + frames]
        return self._noisy(known, rng)

    def _some_of(
        self, clips: Iterable[int], long_answers: bool, rng: np.random.Generator
    ) -> dict[str, torch.Tensor]:
        picks = []
        for index in clips:
            questions = self.pool.clips[index].questions
            weights = self._weights[index]
            if not long_answers:
                weights = weights * [one.kind != "describe" for one in questions]
            chosen = _some(weights, self.stage.questions_per_clip, rng)
            with_pairs = dict.fromkeys(at for one in chosen for at in _pair_of(questions, one))
            picks.append((index, list(with_pairs)))
        batch = self._collate(picks, rng, self.stage.text_dropout)
        kinds = [self.pool.clips[index].questions[at].kind for index, ats in picks for at in ats]
        shown = [kind == "order" and rng.random() < _SHOWN_SHARE for kind in kinds]
        return batch | self._shown(batch["viewpoint_targets"], shown, rng)

    def _shown(
        self, targets: torch.Tensor, shown: Sequence[bool], rng: np.random.Generator
    ) -> dict[str, torch.Tensor]:
        """Viewpoints for the rows to be ``shown`` them: any of their targets, (B, T)."""
        if self.stage.model.get("selection", "text") != "text":
            return {}  # whoever does not choose frames is not shown chosen ones either
        count = min(self.processor.num_viewpoints, targets.shape[1])
        forced = torch.full((len(targets), count), -1)
        for row in np.flatnonzero(shown):
            frames = rng.permutation(targets[row].nonzero()[:, 0].numpy())[:count]
            forced[row, : len(frames)] = torch.from_numpy(frames)
        return {"forced_viewpoints": forced}

    @property
    def _size(self) -> int:
        """Questions of a step with one question a clip, which costs more than several."""
        return max(1, int(0.8 * self.stage.clips_per_step * self.stage.questions_per_clip))

    def _by_kind(
        self,
        kinds: Iterable[str],
        clips: Iterable[int],
        fit: Callable[[PoolQuestion], bool] = lambda one: True,
    ) -> dict[str, list[tuple[int, int]]]:
        found = defaultdict(list)
        wanted = set(kinds)
        for index in clips:
            for at, one in enumerate(self.pool.clips[index].questions):
                if one.kind in wanted and _legible(one) and fit(one):
                    found[one.kind].append((int(index), at))
        return dict(found)

    def _like_length(self, among: np.ndarray, rng: np.random.Generator) -> list[int]:
        """``clips_per_step`` clips, neighbours in length among eight times as many."""
        count = self.stage.clips_per_step
        some = among[rng.integers(len(among), size=8 * count)]
        some = some[np.argsort(self.pool.lengths[some], kind="stable")]
        start = int(rng.integers(len(some) - count + 1))
        return [int(index) for index in some[start : start + count]]

    def _collate(
        self,
        picks: list[tuple[int, list[int]]],
        rng: np.random.Generator,
        silence: float,
        motion_alone: float = MOTION_ALONE,
    ) -> dict[str, torch.Tensor]:
        """Clips with the places of their questions; a share ``silence`` without kinematic text."""
        features = [self.features_of(index, rng) for index, _ in picks]
        questions = [
            self._worded(self.pool.clips[index].questions[at], rng)
            for index, ats in picks
            for at in ats
        ]
        videos: list[Video | None] = [None] * len(picks)
        if self._video_spread is not None:
            some = choose_streams(
                [self.pool.clips[index] for index, _ in picks], features, questions,
                [len(ats) for _, ats in picks], self._seen, rng, motion_alone,
            )  # fmt: skip
            features, videos, questions = some
        owners = [row for row, (_, ats) in enumerate(picks) for _ in ats]
        silent = rng.random(len(questions)) < silence
        return collate(
            self.processor, features, questions, owners, silent, self.pool.rate_hz, videos=videos
        )

    def _seen(self, video: tuple[np.ndarray, np.ndarray], rng: np.random.Generator) -> Video:
        """What the video encoder saw, with noise, and the time of each."""
        known, time_s = video
        return self._noisy(known, rng, self._video_spread), torch.from_numpy(time_s).float()

    def _worded(self, one: PoolQuestion, rng: np.random.Generator) -> PoolQuestion:
        if rng.random() >= self.stage.question_noise:
            return one
        return replace(one, question=scuffed(one.question, rng))

    def _noisy(
        self, known: np.ndarray, rng: np.random.Generator, spread: np.ndarray | None = None
    ) -> torch.Tensor:
        """Features with noise: of each frame, and of the clip as a whole.

        The encoder knows the clips that it was trained on by heart; another person's features lie
        elsewhere as a whole, which noise at single frames, soon averaged away, does not teach.
        """
        frames = rng.standard_normal(known.shape, np.float32) * rng.random()
        clip = rng.standard_normal(known.shape[1:], np.float32) * rng.random()
        noise = self.stage.feature_noise * frames + self.stage.clip_noise * clip
        return torch.from_numpy(
            known + noise * (self._spread if spread is None else spread)
        ).float()


def _draw(
    pool: Mapping[str, list[tuple[int, int]]],
    shares: Mapping[str, float],
    count: int,
    rng: np.random.Generator,
) -> list[tuple[int, int]]:
    """``count`` questions, their kinds by ``shares``."""
    kinds = [kind for kind in shares if kind in pool]
    weights = np.array([shares[kind] for kind in kinds])
    drawn = rng.choice(len(kinds), size=count, p=weights / weights.sum())
    return [pool[kinds[kind]][rng.integers(len(pool[kinds[kind]]))] for kind in drawn]


def _some(weights: np.ndarray, count: int, rng: np.random.Generator) -> list[int]:
    """Up to ``count`` different places, likelier where weights are larger."""
    count = min(count, int((weights > 0).sum()))
    if not count:
        return []
    return list(rng.choice(len(weights), count, replace=False, p=weights / weights.sum()))


def _weights(
    questions: Sequence[PoolQuestion], shares: Mapping[str, float], other: float = 1.0
) -> np.ndarray:
    return np.array([shares.get(one.kind, other) for one in questions])


def _usefulness(questions: Sequence[PoolQuestion]) -> np.ndarray:
    """Nothing of what cannot be read, and more of what order cannot tell, which is asked rarely."""
    return np.array([
        0.0 if not _legible(one)
        else 2.0 if one.kind == "order" and one.answer.startswith(CANT_TELL)
        else 1.0
        for one in questions
    ])  # fmt: skip


def _legible(one: PoolQuestion) -> bool:
    """A count that the text tells otherwise, or not at all, would teach to guess."""
    return one.kind != "count" or bool(re.search(rf"\breps {one.answer}\b", one.facts))


def _has_order(questions: Sequence[PoolQuestion]) -> bool:
    """Asked of clips of several acts alone."""
    return any(one.kind in ("order", "which_first", "which_longer") for one in questions)


def _pair_of(questions: Sequence[PoolQuestion], at: int) -> list[int]:
    """A yes/no question with its partner, which stands beside it; any other question alone."""
    if questions[at].kind != "yes_no":
        return [at]
    other = {"yes": at + 1, "no": at - 1}.get(questions[at].answer)
    if other is None or not 0 <= other < len(questions):
        return [at]
    opposite = {questions[at].answer, questions[other].answer} == {"yes", "no"}
    return sorted((at, other)) if opposite and questions[other].kind == "yes_no" else [at]
