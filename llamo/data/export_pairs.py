"""The same question on two motions: one settles it, the other does not.

Since the words are the same, nothing but the motion tells which is which.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from llamo.data.augment import hide_limb
from llamo.data.clips import LabelledClip
from llamo.data.library import ClipLibrary
from llamo.data.phrases import may_be_same
from llamo.data.question import Question, abstention
from llamo.data.questions import ask_about
from llamo.data.splice import Sequence, splice
from llamo.motion import Motion

Pair = tuple[Question, Sequence, Question, Sequence]
"""Question and motion that settles it; the same question and motion that does not."""


def unsettled_pairs(
    library: ClipLibrary, rng: np.random.Generator, held_out: bool, count: int
) -> list[Pair]:
    """``count`` pairs, in turn of: two hands, order, legs out of sight, cut off."""
    families = (_two_hands, _order, _legs, _order, _cut)
    pairs: list[Pair] = []
    turn = 0
    for _ in range(60 * count):
        if len(pairs) >= count:
            break
        found = next(families[turn % len(families)](library, rng, held_out), None)
        if found is not None:
            pairs.append(found)
        if found is not None or rng.random() < 0.02:  # a family the clips cannot make
            turn += 1
    return pairs


def _unsettled(question: Question, reason: str) -> Question:
    return replace(
        question, answer=abstention(reason), reason=reason, accept=(), span_s=None, axis="hall"
    )


def _two_hands(library: ClipLibrary, rng: np.random.Generator, held_out: bool) -> Iterator[Pair]:
    """Which hand, where one hand acts and where both do."""
    one, two = library.draw_clip(rng), library.draw_clip(rng)
    if one.limb != "hand" or one.side not in ("left", "right") or two.side != "both":
        return
    single = splice([one], rng, tempo=(0.9, 1.1), idle_share=0.3)
    for question in ask_about(single, rng, held_out, ["side"]):
        named = question.wording_id.startswith(("side_act", "raise"))
        if named or question.wording_id.startswith("side_or_both") or question.abstains:
            continue
        both = splice([two], rng, tempo=(0.9, 1.1), idle_share=0.3)
        yield question, single, _unsettled(question, "both hands"), both


def _order(library: ClipLibrary, rng: np.random.Generator, held_out: bool) -> Iterator[Pair]:
    """Before or after X, where X comes first or last, is missing, or comes twice."""
    clips = library.draw_clips(rng, int(rng.integers(3, 6)))
    if len(clips) < 3:
        return
    sequence = library.join(clips, rng, segment_s=2.4)
    for question in ask_about(sequence, rng, held_out, ["order"]):
        if question.abstains or len(question.anchors) != 1 or question.type != "order_action":
            continue
        at = next(i for i, s in enumerate(sequence.segments) if s.span_s == question.anchors[0])
        clip = clips[at]
        before = question.span_s is not None and question.span_s[0] < question.anchors[0][0]
        others = [c for i, c in enumerate(clips) if i != at]
        reason = ("nothing before" if before else "nothing after", "absent", "twice")[
            int(rng.integers(3))
        ]
        if reason == "absent":
            extra = _unlike(library, rng, clips)
            changed = None if extra is None else [*others[:at], extra, *others[at:]]
        elif reason == "twice":
            # a second occurrence, away from the first, with something before and after both
            place = 0 if at > 1 else len(clips)
            changed = [*clips[:place], clip, *clips[place:]]
        else:
            changed = [clip, *others] if before else [*others, clip]
        if changed is None:
            continue
        yield (
            question, sequence, _unsettled(question, reason),
            library.join(changed, rng, segment_s=2.4),
        )  # fmt: skip


def _unlike(
    library: ClipLibrary, rng: np.random.Generator, clips: list[LabelledClip]
) -> LabelledClip | None:
    """A clip of the same person that shows none of these acts."""
    for _ in range(12):
        clip = library.draw_clip(rng, clips[0].pack, clips[0].person)
        if not any(may_be_same(clip.says or "", c.says or "") for c in clips):
            return clip
    return None


def _legs(library: ClipLibrary, rng: np.random.Generator, held_out: bool) -> Iterator[Pair]:
    """About the legs, with the legs in sight and out of sight."""
    sequence = splice([library.draw_clip(rng)], rng, tempo=(0.9, 1.1), idle_share=0.3)
    segment = sequence.segments[0]
    if segment.limb != "leg" or segment.side not in ("left", "right"):
        return
    kind = ("side", "yes_no_side")[int(rng.integers(2))]
    questions = ask_about(sequence, rng, held_out, [kind])
    if not questions or questions[0].abstains:
        return
    question = questions[int(rng.integers(len(questions)))]
    hidden = hide_limb(sequence, "legs", rng)
    yield question, sequence, _unsettled(question, "legs"), hidden


def _cut(library: ClipLibrary, rng: np.random.Generator, held_out: bool) -> Iterator[Pair]:
    """How long does X last, where the clip shows all of it and where it ends within."""
    clips = library.draw_clips(rng, int(rng.integers(2, 4)))
    if len(clips) < 2:
        return
    sequence = library.join(clips, rng, idle_share=1.0, idle_s=(0.5, 1.2))
    for question in ask_about(sequence, rng, held_out, ["time"]):
        if question.type != "time_duration" or question.abstains or question.span_s is None:
            continue
        start, end = question.span_s
        middle = start + float(rng.uniform(0.35, 0.65)) * (end - start)
        frame = round(middle * sequence.motion.fps)
        early = rng.random() < 0.5
        joints = sequence.motion.joints
        joints = joints[frame:] if early else joints[:frame]
        shift = frame / sequence.motion.fps if early else 0.0
        segments = tuple(
            replace(s, start_s=max(0.0, s.start_s - shift), end_s=s.end_s - shift,
                    cut=s.span_s == question.span_s)
            for s in sequence.segments
            if (s.end_s > shift if early else s.start_s < middle)
        )  # fmt: skip
        trimmed = replace(sequence, motion=Motion(joints, sequence.motion.fps), segments=segments)
        yield question, sequence, _unsettled(question, "cut"), trimmed
