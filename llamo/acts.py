"""What happens when: spans of the acts that the motion encoder recognises.

The encoder's own classifiers tell for every tenth of a second which act it is; where the body
starts and stops to move tells the edges. Both thresholds were chosen on figures
(``llamo.data.figures``), by the mean overlap of spans that were found with those that were played.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from llamo.kinematics.course import RATE_HZ, read_course
from llamo.motion import Motion

if TYPE_CHECKING:
    from llamo.cross_talker import EncodedClip
    from llamo.model import LlamoForConditionalGeneration

SURE = 0.85
"""Probability that an act reaches somewhere, or it is not told."""

PRESUMED = 0.4
"""The same of an act that a question presumes."""

NEVER = 0.1
"""An act that is never likelier is not there: none of 194 that were, 18 of 20 that were not."""

INSIDE = 0.65
"""Probability from which a frame belongs to an act."""

BRIDGED_S = 0.35
"""A doubt that lasts no longer does not part an act."""

MOVES_M_S, RESTS_S = 0.1, 0.3
"""A body moves while any joint is faster; slower for less than the second it still moves."""

REACH_S = 1.5
"""An edge goes to where the body starts or stops to move, if that is no farther away."""

SHORTEST_S = 0.2
"""What is shorter is no act."""

SIDES = ("left", "right", "both")


@dataclass(frozen=True)
class ActSpan:
    """An act and when it happens.

    Args:
        act: As an answer says it.
        start_s, end_s: Seconds since the clip's start.
        score: Highest probability that the encoder gives it, 0-1.
        side: ``left``, ``right`` or ``both`` of the limb that acts, None where the encoder does
            not tell, or left and right are in doubt.
    """

    act: str
    start_s: float
    end_s: float
    score: float
    side: str | None = None

    @property
    def duration_s(self) -> float:
        """Seconds from its start to its end."""
        return self.end_s - self.start_s

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, times to the hundredth."""
        return {
            "act": self.act,
            "start_s": round(self.start_s, 2),
            "end_s": round(self.end_s, 2),
            "score": round(self.score, 4),
            "side": self.side,
        }


class Acts:
    """The acts of one clip.

    Args:
        names: Acts that the encoder can tell.
        time_s: (T,) seconds.
        likely: (T, len(names)) probability of each.
        sides: (T, 3) probability of ``SIDES``, None where the encoder does not tell them.
        moving_s: Spans in which the body moves.
    """

    def __init__(
        self,
        names: Sequence[str],
        time_s: np.ndarray,
        likely: np.ndarray,
        sides: np.ndarray | None,
        moving_s: Sequence[tuple[float, float]],
    ) -> None:
        self.names = tuple(names)
        self._time_s, self._likely, self._sides = time_s, likely, sides
        self._moving_s = tuple(moving_s)

    @classmethod
    def of(
        cls, model: LlamoForConditionalGeneration, encoded: EncodedClip | None, motion: Motion
    ) -> Acts | None:
        """What a model's encoder recognises in a clip, None where it has no words for acts."""
        names = act_names(model)
        if encoded is None or not names:
            return None
        assert model.motion_encoder is not None
        sizes = [len(words) for words in model.motion_encoder.settings.concept_words if words]
        odds = encoded.log_odds[0].double().cpu().numpy()  # (T, V)
        parts = np.split(odds, np.cumsum(sizes)[:-1], axis=1)
        sides = next(
            (
                part
                for part, words in zip(parts, _words(model), strict=True)
                if tuple(words) == SIDES
            ),
            None,
        )
        return cls(
            names,
            encoded.time_s[0].cpu().numpy(),
            _softmax(parts[0]),
            None if sides is None else _softmax(sides),
            moving_spans(motion),
        )

    def without_sides(self) -> Acts:
        """The same acts, of no told side."""
        return Acts(self.names, self._time_s, self._likely, None, self._moving_s)

    @property
    def moves(self) -> bool:
        """Whether the body moves at all."""
        return bool(self._moving_s)

    def likeliest(self, wanted: Sequence[str]) -> float:
        """The highest probability that any of some acts reaches, 0 for none that is known."""
        columns = [self.names.index(name) for name in wanted if name in self.names]
        return float(self._likely[:, columns].sum(1).max()) if columns else 0.0

    def spans_of(self, wanted: Sequence[str], presumed: bool = False) -> list[ActSpan]:
        """When any of some acts happens, in time order; nothing that is not sure.

        Args:
            wanted: Names of the acts.
            presumed: Whoever asks takes one of them for granted: where none is sure, what is
                likeliest will do.
        """
        found = self._spans(wanted, SURE, INSIDE)
        return found if found or not presumed else self._spans(wanted, PRESUMED, PRESUMED / 2)

    def _spans(self, wanted: Sequence[str], sure: float, inside: float) -> list[ActSpan]:
        wanted = [name for name in wanted if name in self.names]
        columns = [self.names.index(name) for name in wanted]
        if not columns:
            return []
        likely = self._likely[:, columns].sum(1)
        found: list[ActSpan] = []
        for first, last in _runs(likely >= inside, self._time_s, BRIDGED_S):
            part = slice(first, last + 1)
            score = float(likely[part].max())
            if score < sure:
                continue
            start_s, end_s = self._edges(float(self._time_s[first]), float(self._time_s[last]))
            if end_s - start_s < SHORTEST_S:
                continue
            act = wanted[int(self._likely[part][:, columns].sum(0).argmax())]
            if found and start_s < found[-1].end_s:  # both edges went to the same place
                before = found.pop()
                start_s, score = before.start_s, max(score, before.score)
            found.append(ActSpan(act, start_s, end_s, score, self._side(start_s, end_s)))
        return found

    def all_spans(self) -> list[ActSpan]:
        """Every act of the clip, in time order; of two that overlap the surer."""
        found = [span for name in self.names for span in self.spans_of([name])]
        kept: list[ActSpan] = []
        for one in sorted(found, key=lambda span: -span.score):
            length = one.end_s - one.start_s
            if all(_overlap(one, other) < 0.5 * min(length, other.end_s - other.start_s)
                   for other in kept):  # fmt: skip
                kept.append(one)
        return sorted(kept, key=lambda span: span.start_s)

    def _edges(self, start_s: float, end_s: float) -> tuple[float, float]:
        """The span between where the body starts to move before and stops after it."""
        touched = [(a, b) for a, b in self._moving_s if a < end_s and b > start_s]
        if not touched:
            return start_s, end_s
        first = min(a for a, _ in touched)
        last = max(b for _, b in touched)
        return (
            first if abs(first - start_s) <= REACH_S else start_s,
            last if abs(last - end_s) <= REACH_S else end_s,
        )

    def _side(self, start_s: float, end_s: float) -> str | None:
        if self._sides is None:
            return None
        inside = (self._time_s >= start_s) & (self._time_s <= end_s)
        if not inside.any():
            return None
        return SIDES[int(self._sides[inside].mean(0).argmax())]


def act_names(model: LlamoForConditionalGeneration) -> tuple[str, ...]:
    """Acts that a model's encoder can tell, () for one without words."""
    if model.config.concept_names is None or model.motion_encoder is None:
        return ()
    words = _words(model)
    return tuple(words[0]) if words else ()


def moving_spans(motion: Motion) -> list[tuple[float, float]]:
    """Seconds between which any joint moves."""
    course = read_course(motion)
    if len(course) < 2:
        return []
    speed = np.linalg.norm(np.gradient(course.joints, axis=0), axis=-1) * RATE_HZ  # (T, 22)
    fastest = np.where(np.isfinite(speed), speed, 0.0).max(1)
    runs = _runs(fastest > MOVES_M_S, course.times_s, RESTS_S)
    return [(float(course.times_s[first]), float(course.times_s[last])) for first, last in runs]


def _words(model: LlamoForConditionalGeneration) -> list[Sequence[str]]:
    """What the encoder's classifiers tell, in the order of the log-odds."""
    assert model.motion_encoder is not None
    return [words for words in model.motion_encoder.settings.concept_words if words]


def _runs(inside: np.ndarray, time_s: np.ndarray, bridged_s: float) -> list[tuple[int, int]]:
    """First and last frame of each stretch, gaps of at most ``bridged_s`` closed."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], inside.astype(int), [0]])))
    runs: list[tuple[int, int]] = []
    for first, end in edges.reshape(-1, 2).tolist():
        if runs and time_s[first] - time_s[runs[-1][1]] <= bridged_s:
            runs[-1] = (runs[-1][0], end - 1)
        else:
            runs.append((first, end - 1))
    return runs


def _overlap(one: ActSpan, other: ActSpan) -> float:
    return max(0.0, min(one.end_s, other.end_s) - max(one.start_s, other.start_s))


def _softmax(logits: np.ndarray) -> np.ndarray:
    raised = np.exp(logits - logits.max(1, keepdims=True))
    return raised / raised.sum(1, keepdims=True)
