"""Sequences of the pool, filmed: what the video encoder sees of them, and what to ask of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from llamo.data.ask_pixels import NOTHING, ask_pixels
from llamo.data.clips import LabelledClip
from llamo.data.question import Question, abstention
from llamo.data.scenes import boxes_of, facts_of, film, stage
from llamo.data.scenes.colours import NAMES
from llamo.data.scenes.facts import CAMERA_SIDES, Facts
from llamo.data.scenes.things import KINDS
from llamo.data.splice import Sequence as MotionSequence
from llamo.encoders.video import VideoEncoder
from llamo.encoders.views import sampled
from llamo.train.scene_frames import jittered

MOST_FRAMES = 16
"""Of a filmed sequence: more tell little that these do not, and cost as much to render."""

_RATES_HZ = (0.8, 2.0)
"""Of the features, by lot, so that no clock is taken for granted."""

_CAMERAS_HZ = (15.0, 60.0)
_NO_BOX = 0.1
_UNFILMED = 0.15
"""Share of the other sequences that are asked for what only pixels tell."""


@dataclass(frozen=True)
class Filmed:
    """What was seen of a sequence.

    Args:
        features: F_V, (S, H_v) float16.
        time_s: (S,) seconds.
        questions: That only pixels answer.
    """

    features: np.ndarray
    time_s: np.ndarray
    questions: list[Question]


class Filmer:
    """Films a share of the sequences; each depends on the seed and its number alone.

    Args:
        encoder: Frozen.
        clips: Whose motions people in the background make.
        share: Of the sequences, in 0-1.
        seed: Of every scene, with the sequence's number.
        held_out: Backdrops and wordings that training never uses.
    """

    def __init__(
        self,
        encoder: VideoEncoder,
        clips: Sequence[LabelledClip],
        share: float,
        seed: int,
        held_out: bool = False,
    ) -> None:
        self._encoder, self._share, self._seed, self._held_out = encoder, share, seed, held_out
        self._motions = [clip.motion for clip in clips]

    def film(self, number: int, sequence: MotionSequence) -> Filmed | None:
        """Film sequence ``number``, or leave it a motion; one with hidden limbs cannot be drawn."""
        rng = np.random.default_rng([self._seed, 9, number])
        if rng.random() >= self._share or sequence.hidden:
            return None
        motion = sequence.motion
        others = [self._motions[int(rng.integers(len(self._motions)))] for _ in range(2)]
        scene = stage(motion, rng, others=others, held_out=self._held_out)
        clock = np.arange(0, motion.duration_s + 1e-9, 1 / rng.uniform(*_CAMERAS_HZ))
        times_s = clock[sampled(clock, float(rng.uniform(*_RATES_HZ)), MOST_FRAMES)]
        boxes = jittered(boxes_of(scene, times_s), rng)
        if rng.random() < _NO_BOX:
            boxes[:] = np.nan
        seen = self._encoder.encode(film(scene, times_s), boxes)
        return Filmed(
            seen.features.numpy().astype(np.float16),
            seen.time_s.numpy(),
            ask_pixels(facts_of(scene, times_s), rng, self._held_out),
        )

    def ask_unfilmed(self, number: int) -> list[Question]:
        """What only pixels tell, asked of a motion alone: now and then one question, no answer."""
        rng = np.random.default_rng([self._seed, 10, number])
        if rng.random() >= _UNFILMED:
            return []
        asked = ask_pixels(made_up_facts(rng), rng, self._held_out)
        one = asked[int(rng.integers(len(asked)))]
        return [
            replace(
                one, answer=abstention("unseen"), kind="unseen", axis="hall", type="unseen",
                accept=(), reason="unseen",
            )
        ]  # fmt: skip


def pack_videos(videos: Sequence[Filmed | None]) -> dict[str, Any]:
    """What was seen, joined; a sequence that is not filmed has length 0."""
    seen = [one for one in videos if one is not None]
    if not seen:
        return {}
    return {
        "video": np.concatenate([one.features for one in seen]),
        "video_time_s": np.concatenate([one.time_s for one in seen]),
        "video_lengths": np.array([0 if one is None else len(one.time_s) for one in videos]),
    }


def unpack_videos(
    arrays: Mapping[str, np.ndarray], count: int
) -> list[tuple[np.ndarray, np.ndarray] | None]:
    """The reverse of ``pack_videos``."""
    if "video" not in arrays:
        return [None] * count
    lengths = arrays["video_lengths"]
    cuts = np.cumsum(lengths)[:-1]
    both = zip(np.split(arrays["video"], cuts), np.split(arrays["video_time_s"], cuts), strict=True)
    return [pair if length else None for pair, length in zip(both, lengths, strict=True)]


def made_up_facts(rng: np.random.Generator) -> Facts:
    """Facts of no scene, for questions that no motion answers."""
    thing, colour = str(rng.choice(KINDS)), str(rng.choice(NAMES))
    left = rng.random() < 0.5
    return Facts(
        top=str(rng.choice(NAMES)),
        bottom=str(rng.choice(NAMES)),
        legs=str(rng.choice(["trousers", "shorts", "skirt"])),
        left=thing if left else NOTHING,
        right=NOTHING if left else thing,
        left_colour=colour if left else None,
        right_colour=None if left else colour,
        camera=str(rng.choice(CAMERA_SIDES)),
        people=int(rng.integers(1, 5)),
    )
