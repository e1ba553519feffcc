"""Training material of the motion encoder: clips joined on the encoder's own input.

Joint features do not depend on heading and place, so two clips can be joined by joining their
features: hundreds of sequences a second, never twice the same.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from llamo.data.augment import LIMBS
from llamo.data.clips import LabelledClip
from llamo.encoders.joint_features import JOINTS, RATE_HZ, joint_features, mirror_features

SIDES = ("left", "right", "both")
DIRECTIONS = ("forward", "backwards", "left", "right")
TARGETS = ("phrase", "label", "side", "direction", "correct")
"""What the encoder learns to tell."""

PACK_SHARES = {
    "utd_mhad": 0.23, "msr_action3d": 0.19, "hdm05": 0.12, "ui_prmd": 0.25, "bandai": 0.15,
    "coachme": 0.03, "figures": 0.03,
}  # fmt: skip
"""How often each pack is drawn: by how much it has to teach, not by its size."""

_SEAM, _UNSURE = 4, 3  # frames that are blended, and that belong to neither clip, on each side
_POSITIONS, _VELOCITIES = slice(0, 3 * JOINTS), slice(3 * JOINTS, 6 * JOINTS)
_YAW_RATE, _CONFIDENCE = 6 * JOINTS + 1, 6 * JOINTS + 2


@dataclass(frozen=True)
class Classes:
    """What each target can be."""

    phrases: tuple[str, ...]
    labels: tuple[str, ...]

    def sizes(self) -> tuple[int, ...]:
        """Number of classes of each of ``TARGETS``."""
        return len(self.phrases), len(self.labels), len(SIDES), len(DIRECTIONS), 2

    def words(self) -> tuple[tuple[str, ...], ...]:
        """The classes as an answer would say them; a pack's own labels are no English."""
        return self.phrases, (), SIDES, DIRECTIONS, ("wrong", "correct")


@dataclass(frozen=True)
class Example:
    """One clip: its features (F, C) and its class of each target, -1 for unknown."""

    pack: str
    features: np.ndarray
    targets: tuple[int, ...]
    clip: LabelledClip

    def mirrored(self) -> Example:
        """The clip in a mirror."""
        phrase, label, side, direction, correct = self.targets
        side = {0: 1, 1: 0}.get(side, side)
        direction = {2: 3, 3: 2}.get(direction, direction)
        targets = (phrase, label, side, direction, correct)
        return Example(self.pack, mirror_features(self.features), targets, self.clip)


def class_label(clip: LabelledClip) -> str:
    """The pack's label without the side that its mirror twin would change."""
    label = clip.label
    if clip.pack == "bandai":
        label = label.replace("-left", "").replace("-right", "")
        if clip.label in ("walk-left", "walk-right"):
            label = "walk-side"
    return f"{clip.pack}:{label}"


def find_classes(clips: list[LabelledClip]) -> Classes:
    """All phrases and labels of some clips."""
    phrases = sorted({clip.says for clip in clips if clip.says})
    return Classes(tuple(phrases), tuple(sorted({class_label(clip) for clip in clips})))


def make_examples(clips: list[LabelledClip], classes: Classes) -> list[Example]:
    """Features and targets of clips; clips that say nothing are left out."""

    def place(values: tuple[str, ...], value: str | None) -> int:
        return values.index(value) if value in values else -1

    return [
        Example(
            clip.pack,
            joint_features(clip.motion),
            (
                place(classes.phrases, clip.says),
                place(classes.labels, class_label(clip)),
                place(SIDES, clip.side if clip.limb == "hand" or clip.side_named else None),
                place(DIRECTIONS, clip.direction),
                -1 if clip.correct is None else int(clip.correct),
            ),
            clip,
        )
        for clip in clips
        if clip.says or clip.direction
    ]


class FeatureSplicer:
    """Draws augmented sequences for the encoder.

    Args:
        examples: Clips to draw from: pack by ``PACK_SHARES``, then label (by the root of its number
            of clips: evenly, a class of one clip would be learnt by heart), then clip.
        frames: F, length of a sequence at 20 Hz.
        single_share: Share of sequences that hold one clip alone.
        noise: Strength of the augmentation.
    """

    def __init__(
        self, examples: list[Example], frames: int, single_share: float, noise: float
    ) -> None:
        self.frames, self.single_share, self.noise = frames, single_share, noise
        by_label: dict[str, dict[int, list[Example]]] = defaultdict(lambda: defaultdict(list))
        for example in examples:
            by_label[example.pack][example.targets[1]].append(example)
        self._packs = sorted(by_label)
        self._by_label = {pack: list(by_label[pack].values()) for pack in self._packs}
        self._label_shares = {
            pack: _normalised(np.sqrt([len(group) for group in groups]))
            for pack, groups in self._by_label.items()
        }
        self._shares = _normalised(np.array([PACK_SHARES[pack] for pack in self._packs]))

    def batch(
        self, size: int, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Several sequences, as :meth:`sequence` gives them."""
        sequences = zip(*(self.sequence(rng) for _ in range(size)), strict=True)
        features, targets, segments, mask = map(np.stack, sequences)
        return features, targets, segments, mask

    def sequence(
        self, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Draw one.

        Returns:
            Features (F, C); targets (F, 5), -1 for unknown; which clip each frame is of (F,), -1
            for none; True on frames before the padding (F,).
        """
        pack = self._draw_pack(rng)
        any_pack = rng.random() < 0.15
        alone = rng.random() < self.single_share
        frames = self.frames
        features = np.zeros((frames, 6 * JOINTS + 2 + JOINTS), np.float32)
        targets = np.full((frames, len(TARGETS)), -1)
        segments = np.full(frames, -1)
        filled = 0
        while filled < frames:
            example = self._draw(self._draw_pack(rng) if any_pack else pack, rng)
            body = self._vary(example.features, rng)
            if len(body) > frames:
                start = int(rng.integers(len(body) - frames + 1))
                body = body[start : start + frames]
            if filled and frames - filled < 0.7 * len(body):
                break  # less than most of a clip may not be recognisable
            body = body[: frames - filled]
            here = slice(filled, filled + len(body))
            features[here] = body
            targets[here] = example.targets
            segments[here] = segments.max() + 1
            if filled:
                _blend(features, filled)
                targets[filled - _UNSURE : filled + _UNSURE] = -1
            filled = here.stop
            if alone:
                break
            if rng.random() < 0.3 and filled < frames - 10:
                pause = min(int(rng.integers(4, 30)), frames - filled)
                still = features[filled - 1].copy()
                still[_VELOCITIES], still[_YAW_RATE] = 0, 0
                features[filled : filled + pause] = still
                filled += pause
        if rng.random() < 0.08:
            _hide(features, "legs" if rng.random() < 0.6 else "arms")
        return features, targets, segments, np.arange(frames) < filled

    def _draw_pack(self, rng: np.random.Generator) -> str:
        return self._packs[rng.choice(len(self._packs), p=self._shares)]

    def _draw(self, pack: str, rng: np.random.Generator) -> Example:
        labels = self._by_label[pack]
        clips = labels[rng.choice(len(labels), p=self._label_shares[pack])]
        example = clips[rng.integers(len(clips))]
        return example.mirrored() if rng.random() < 0.5 else example

    def _vary(self, features: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Another tempo, body and camera: features (F, C) -> (F', C)."""
        features = change_tempo(features, float(np.exp(rng.uniform(-0.35, 0.35))))
        angle = rng.normal(0, 0.15 * self.noise)
        cos, sin = np.cos(angle), np.sin(angle)
        turn = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
        proportions = np.exp(rng.normal(0, 0.06, (3, 1)))
        vectors = features[:, : 6 * JOINTS].reshape(len(features), 2 * JOINTS, 3)
        vectors = vectors @ (turn * proportions).T.astype(np.float32)
        jitter = self.noise * rng.random(2)
        positions, velocities = vectors[:, 1:JOINTS], vectors[:, JOINTS:]
        positions += rng.normal(0, 0.015 * self.noise, positions.shape[1:]).astype(np.float32)
        positions += 0.01 * jitter[0] * rng.standard_normal(positions.shape, np.float32)
        velocities += 0.15 * jitter[1] * rng.standard_normal(velocities.shape, np.float32)
        features[:, : 6 * JOINTS] = vectors.reshape(len(features), -1)
        return features


def change_tempo(features: np.ndarray, tempo: float) -> np.ndarray:
    """Joint features (F, C) played ``tempo`` times as fast; a new array."""
    count = max(8, round(len(features) / tempo))
    place = np.linspace(0, len(features) - 1, count)
    low = np.clip(place.astype(int), 0, max(0, len(features) - 2))
    share = (place - low)[:, None].astype(np.float32)
    high = np.minimum(low + 1, len(features) - 1)
    features = features[low] * (1 - share) + features[high] * share
    features[:, _VELOCITIES] *= tempo
    features[:, _YAW_RATE] *= tempo
    return features


def _normalised(weights: np.ndarray) -> np.ndarray:
    return weights / weights.sum()


def _blend(features: np.ndarray, seam: int) -> None:
    low, high = max(0, seam - _SEAM), min(len(features), seam + _SEAM)
    share = np.linspace(0, 1, high - low, dtype=np.float32)[:, None]
    features[low:high] = features[low] * (1 - share) + features[high - 1] * share


def _hide(features: np.ndarray, limb: str) -> None:
    joints = list(LIMBS[limb])
    vectors = features[:, : 6 * JOINTS].reshape(len(features), 2 * JOINTS, 3)
    vectors[:, joints] = 0
    vectors[:, [JOINTS + joint for joint in joints]] = 0
    features[:, [_CONFIDENCE + joint for joint in joints]] = 0


def sequence_frames(seconds: float) -> int:
    """Frames at the encoder's rate."""
    return round(seconds * RATE_HZ)
