"""Clips by pack, person and label, and sequences drawn from them evenly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Sequence as Seq
from dataclasses import replace
from typing import Any

import numpy as np

from llamo.data.augment import hide_limb
from llamo.data.clips import LabelledClip, mirror_clip
from llamo.data.phrases import may_be_same
from llamo.data.splice import Sequence, repeat, splice
from llamo.errors import InvalidData
from llamo.motion import Motion

PACK_WEIGHTS: dict[str, float] = {
    "utd_mhad": 0.27, "msr_action3d": 0.20, "hdm05": 0.13, "ui_prmd": 0.22, "bandai": 0.16,
    "coachme": 0.02,
}  # fmt: skip
"""How often a sequence comes from each pack."""

SINGLE_REPETITION: dict[str, frozenset[str]] = {
    "hdm05": frozenset({"squat", "kick", "touch elbow to knee", "jump", "rotate arms"}),
    "utd_mhad": frozenset({
        "bowl", "throw", "catch", "swipe", "draw circle", "draw x", "draw triangle", "lunge",
        "swing a tennis racket", "swing a baseball bat", "serve a tennis ball", "squat",
        "pick up and throw", "cross arms",
    }),
    "msr_action3d": frozenset({
        "throw", "catch", "punch", "kick", "draw x", "draw tick", "draw circle", "bend",
        "swing a tennis racket", "serve a tennis ball", "swing a golf club",
    }),
}  # fmt: skip
"""Acts whose clips hold exactly one repetition; every ``ui_prmd`` clip does."""

AT_REST = 0.35
"""Share of a movement's reach, as a distance from the rest pose, within which a body is at rest."""


class ClipLibrary:
    """Draws sequences: packs by weight, then people, labels and clips evenly.

    Args:
        clips: What to draw from; clips that say nothing are left out.
        weights: Pack -> weight; packs without clips drop out.

    Raises:
        InvalidData: No clip says anything.
    """

    def __init__(self, clips: Seq[LabelledClip], weights: Mapping[str, float] | None = None):
        self.clips = [clip for clip in clips if clip.says]
        if not self.clips:
            raise InvalidData("no clip here carries an action or an exercise to ask about.")
        # pack -> person -> label -> clips
        self.tree: dict[str, dict[int | str, dict[str, list[LabelledClip]]]] = {}
        labels: dict[str, dict[str, str]] = defaultdict(dict)
        for clip in self.clips:
            people = self.tree.setdefault(clip.pack, {})
            people.setdefault(clip.person, {}).setdefault(clip.label, []).append(clip)
            labels[clip.pack][clip.label] = clip.says or ""
        self.plausible = {pack: tuple(names.values()) for pack, names in labels.items()}
        weights = PACK_WEIGHTS if weights is None else weights
        self.packs = [pack for pack in self.tree if weights.get(pack, 0) > 0]
        if not self.packs:
            raise InvalidData(f"no pack of {sorted(self.tree)} has a weight above 0.")
        shares = np.array([weights[pack] for pack in self.packs], float)
        self.shares = np.cumsum(shares / shares.sum())
        self._whole_clips: dict[tuple[str, int | str, str], list[LabelledClip]] = {}
        self.countable = [
            (pack, person, label)
            for pack in self.packs
            for person, by_label in self.tree[pack].items()
            for label, group in by_label.items()
            if pack == "ui_prmd" or group[0].says in SINGLE_REPETITION.get(pack, ())
        ]

    def draw_pack(self, rng: np.random.Generator) -> str:
        """A pack, by weight."""
        return self.packs[int(np.searchsorted(self.shares, rng.random(), side="right"))]

    def draw_clip(
        self,
        rng: np.random.Generator,
        pack: str | None = None,
        person: int | str | None = None,
        *,
        mirror: bool | None = None,
    ) -> LabelledClip:
        """A clip, mirrored half of the time unless told otherwise."""
        pack = pack or self.draw_pack(rng)
        people = self.tree[pack]
        if person is None:
            person = list(people)[int(rng.integers(len(people)))]
        by_label = people[person]
        group = by_label[list(by_label)[int(rng.integers(len(by_label)))]]
        clip = group[int(rng.integers(len(group)))]
        if mirror is None:
            mirror = bool(rng.random() < 0.5)
        return mirror_clip(clip) if mirror else clip

    def draw_single(self, rng: np.random.Generator, pack: str | None = None) -> Sequence:
        """One clip, as recorded or at another tempo, with or without pauses around it."""
        clip = self.draw_clip(rng, pack)
        tempo = (0.999, 1.001) if rng.random() < 0.4 else (0.7, 1.4)
        idle_share = 0.0 if rng.random() < 0.5 else 0.7
        return self._with_pool(
            splice([clip], rng, tempo=tempo, idle_share=idle_share), (clip.pack,)
        )

    def draw_splice(
        self,
        rng: np.random.Generator,
        count: int | None = None,
        *,
        pack: str | None = None,
        like_length: bool | None = None,
        doubles: float = 0.2,
    ) -> Sequence:
        """Several clips: mostly one person's, sometimes one pack's, sometimes anyone's.

        Args:
            count: Segments; None draws 2-6.
            pack: Stay in one pack.
            like_length: Segments of like length; None decides by lot.
            doubles: Chance that one act occurs twice.
        """
        count = int(rng.integers(2, 7)) if count is None else count
        scope = rng.random()
        clips = self.draw_clips(
            rng, count, pack=pack, one_pack=bool(scope < 0.8), one_person=bool(scope < 0.6)
        )
        if len(clips) >= 2 and rng.random() < doubles:
            again = clips[int(rng.integers(len(clips)))]
            twin = self._another(again, rng)
            if len(clips) == count and count > 2:
                spare = [i for i, clip in enumerate(clips) if clip is not again]
                clips[spare[int(rng.integers(len(spare)))]] = twin
            else:
                clips.append(twin)
            clips = [clips[int(i)] for i in rng.permutation(len(clips))]
        if like_length is None:
            like_length = bool(rng.random() < 0.5)
        segment_s = float(rng.uniform(1.8, 3.0)) if like_length else None
        return self.join(clips, rng, segment_s=segment_s)

    def draw_clips(
        self,
        rng: np.random.Generator,
        count: int,
        *,
        pack: str | None = None,
        one_pack: bool = True,
        one_person: bool = True,
    ) -> list[LabelledClip]:
        """Up to ``count`` clips of acts that nobody could take for one another."""
        clips = [self.draw_clip(rng, pack)]
        where = clips[0].pack if pack or one_pack or one_person else None
        who = clips[0].person if one_person else None
        for _ in range(12 * count):
            if len(clips) == count:
                break
            clip = self.draw_clip(rng, where, who)
            if not any(may_be_same(clip.says or "", c.says or "") for c in clips):
                clips.append(clip)
        return clips

    def join(self, clips: Seq[LabelledClip], rng: np.random.Generator, **options: Any) -> Sequence:
        """``splice``, with what questions may falsely name."""
        sequence = splice(clips, rng, **options)
        packs = sequence.packs
        return self._with_pool(sequence, packs if len(packs) == 1 else tuple(self.packs))

    def _another(self, clip: LabelledClip, rng: np.random.Generator) -> LabelledClip:
        group = self.tree[clip.pack][clip.person][
            next(k for k, v in self.tree[clip.pack][clip.person].items() if v[0].says == clip.says)
        ]
        other = group[int(rng.integers(len(group)))]
        return mirror_clip(other) if rng.random() < 0.5 else other

    def draw_repeat(
        self,
        rng: np.random.Generator,
        k: int | None = None,
        total_s: float | None = None,
        *,
        pack: str | None = None,
    ) -> Sequence:
        """One movement of one person ``k`` times (None draws 2-10 evenly)."""
        groups = [g for g in self.countable if pack in (None, g[0])]
        groups = [g for g in groups if self._whole(*g)]
        if not groups:
            raise InvalidData(f"no countable movement in {pack or self.packs}.")
        k = int(rng.integers(2, 11)) if k is None else k
        by_pack = sorted({g[0] for g in groups})
        chosen = (
            "ui_prmd"
            if "ui_prmd" in by_pack and rng.random() < 0.55
            else by_pack[int(rng.integers(len(by_pack)))]
        )
        groups = [g for g in groups if g[0] == chosen]
        where, person, label = groups[int(rng.integers(len(groups)))]
        clips = self._whole(where, person, label)
        judged = clips[int(rng.integers(len(clips)))].correct
        clips = [clip for clip in clips if clip.correct == judged]
        sides = [clip.side for clip in clips]
        side = sides[int(rng.integers(len(sides)))]
        clips = [clip for clip in clips if clip.side == side]
        if rng.random() < 0.5:
            clips = [mirror_clip(clip) for clip in clips]
        return self._with_pool(repeat(clips, k, rng, total_s), (where,))

    def _whole(self, pack: str, person: int | str, label: str) -> list[LabelledClip]:
        """The clips of a group that start and end at rest, so that joined ones count right."""
        key = (pack, person, label)
        if key not in self._whole_clips:
            clips = self.tree[pack][person][label]
            kept = zip(clips, from_rest_to_rest(clips), strict=True)
            self._whole_clips[key] = [clip for clip, whole in kept if whole]
        return self._whole_clips[key]

    def draw(self, rng: np.random.Generator) -> Sequence:
        """A sequence of the training mixture: single 40 %, spliced 40 %, repeated 20 %.

        One in twelve loses sight of legs or arms, one in twelve is cut off at an end.
        """
        luck = rng.random()
        if luck < 0.4 or (luck >= 0.8 and not self.countable):
            sequence = self.draw_single(rng)
        elif luck < 0.8:
            sequence = self.draw_splice(rng)
        else:
            sequence = self.draw_repeat(rng)
        luck = rng.random()
        if luck < 1 / 12:
            sequence = hide_limb(sequence, "legs" if rng.random() < 0.6 else "arms", rng)
        elif luck < 2 / 12:
            sequence = cut_off(sequence, rng)
        return sequence

    def _with_pool(self, sequence: Sequence, packs: tuple[str, ...]) -> Sequence:
        pool = tuple(name for pack in packs for name in self.plausible[pack])
        return replace(sequence, plausible=pool)


def from_rest_to_rest(clips: Seq[LabelledClip]) -> list[bool]:
    """Which clips of one person and act start and end near the pose where most of them do.

    A clip that is cut in the middle of the movement, joined with others, shows another number of
    repetitions than were joined.
    """
    away = [clip.motion.joints - clip.motion.joints[:, :1] for clip in clips]
    rest = np.median([pose for joints in away for pose in (joints[0], joints[-1])], axis=0)
    far = [np.linalg.norm(joints - rest, axis=(1, 2)) for joints in away]
    return [bool(max(one[0], one[-1]) < AT_REST * np.percentile(one, 95)) for one in far]


def cut_off(sequence: Sequence, rng: np.random.Generator) -> Sequence:
    """Start or end the clip in the middle of its first or last act."""
    motion = sequence.motion
    segments = list(sequence.segments)
    share = float(rng.uniform(0.35, 0.65))
    if rng.random() < 0.5:
        first = segments[0]
        frame = round((first.start_s + share * first.duration_s) * motion.fps)
        shift = frame / motion.fps
        joints = motion.joints[frame:]
        segments = [
            replace(s, start_s=max(0.0, s.start_s - shift), end_s=s.end_s - shift) for s in segments
        ]
        segments[0] = replace(segments[0], cut=True)
    else:
        last = segments[-1]
        frame = max(2, round((last.start_s + share * last.duration_s) * motion.fps))
        joints = motion.joints[:frame]
        segments[-1] = replace(last, end_s=frame / motion.fps, cut=True)
    return replace(sequence, motion=Motion(joints, motion.fps), segments=tuple(segments))
