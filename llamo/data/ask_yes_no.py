"""Yes/no questions in pairs on one clip: the same words, one true and one false."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from llamo.data import wordings
from llamo.data.ask import word
from llamo.data.ask_content import RAISES
from llamo.data.clips import swap_sides
from llamo.data.phrases import direction_phrase, phrase_for
from llamo.data.question import Question, Scene, Span, abstention, limb_words
from llamo.data.sides import LEG_ACTIONS
from llamo.data.wordings import Query

_DIRECTIONS = ("forward", "backwards", "left", "right")


def _pair(
    scene: Scene,
    name: str,
    query: Query,
    true: dict[str, Any],
    false: dict[str, Any],
    axis: str,
    spans: tuple[Span | None, Span | None],
    anchors: tuple[Span, ...] = (),
) -> Iterator[Question]:
    """The two questions of a pair, the true one first, in the same words but for what they name.

    Args:
        spans: What settles the true one and the false one.
    """
    both = zip(scene.fork(), (true, false), ("yes", "no"), spans, strict=True)
    for r, phrases, answer, span in both:
        text, wid = word(name, query, r, scene.held_out, **phrases)
        yield Question(
            text, answer, "yes_no", axis, "yes_no", span, anchors, (), wid, scene.held_out
        )


def ask_yes_no(scene: Scene) -> Iterator[Question]:
    """Does he do X? X drawn as often false as true."""
    segment = scene.r.choice(scene.segments)
    if segment.says is None or segment.cut:
        return
    other = scene.absent_act()
    hidden = scene.hidden_for(segment.says) or scene.hidden_for(other)
    if hidden:
        named = segment.says if scene.hidden_for(segment.says) else other
        text, wid = scene.ask("yes_no", wordings.YES_NO_ACT, X=phrase_for(named or ""))
        yield Question(
            text, abstention(hidden), "yes_no", "hall", "yes_no", None, (), (), wid,
            scene.held_out, hidden,
        )  # fmt: skip
        return
    if other is None:
        return
    yield from _pair(
        scene, "yes_no", wordings.YES_NO_ACT, {"X": phrase_for(segment.says)},
        {"X": phrase_for(other)}, "hall", (segment.span_s, None),
    )  # fmt: skip


def ask_yes_no_side(scene: Scene) -> Iterator[Question]:
    """Does he use his left hand? And: his right hand?"""
    segment = scene.r.choice(scene.segments)
    if segment.side not in ("left", "right") or not segment.limb or not segment.says:
        return
    if scene.partly_hidden(segment) or segment.cut:
        return
    if scene.one_act and any(s.side != segment.side for s in scene.segments):
        return
    if not scene.one_act and not scene.unique(segment):
        return
    words = limb_words(segment.limb, scene.r)
    other = swap_sides(segment.side) or ""
    if not scene.one_act or scene.r.random() < 0.5:
        query = wordings.YES_NO_SIDE_ACT
        act: dict[str, Any] = {"X": phrase_for(segment.says)}
        if segment.says in RAISES:
            query, act = wordings.YES_NO_RAISE, {}
            if any(s.limb == segment.limb for s in scene.segments if s.says != segment.says):
                return  # more than one act raises that limb
        yield from _pair(
            scene, "yes_no_side_act", query, {**words, **act, "side": segment.side},
            {**words, **act, "side": other}, "body", (segment.span_s,) * 2, (segment.span_s,),
        )  # fmt: skip
        return
    yield from _pair(
        scene, "yes_no_side", wordings.YES_NO_SIDE, {**words, "side": segment.side},
        {**words, "side": other}, "body", (segment.span_s,) * 2,
    )  # fmt: skip


def ask_yes_no_direction(scene: Scene) -> Iterator[Question]:
    """Does he move forward? And: to the left?"""
    segment = scene.segments[0]
    if not scene.one_act or segment.direction is None or "legs" in scene.sequence.hidden:
        return
    if any(s.direction != segment.direction for s in scene.segments):
        return
    other = scene.r.choice([d for d in _DIRECTIONS if d != segment.direction])
    yield from _pair(
        scene, "yes_no_direction", wordings.YES_NO_DIRECTION,
        {"X": direction_phrase(segment.direction)}, {"X": direction_phrase(other)}, "dir",
        (segment.span_s,) * 2,
    )  # fmt: skip


def ask_yes_no_order(scene: Scene) -> Iterator[Question]:
    """Does he do X before Y? And: Y before X?"""
    unique = [s for s in scene.segments if scene.unique(s) and not scene.hidden_for(s.says)]
    if len(unique) < 2:
        return
    early, late = sorted(scene.r.sample(unique, 2), key=lambda s: s.start_s)
    x, y = phrase_for(early.says or ""), phrase_for(late.says or "")
    yield from _pair(
        scene, "yes_no_order", wordings.YES_NO_ORDER, {"X": x, "Y": y}, {"X": y, "Y": x},
        "seq", (early.span_s,) * 2, (early.span_s, late.span_s),
    )  # fmt: skip


def ask_leg_doubt(scene: Scene) -> Iterator[Question]:
    """With the legs out of sight: does he kick, squat, walk? Nobody can tell."""
    if "legs" not in scene.sequence.hidden:
        return
    pool = [name for name in scene.sequence.plausible if name in LEG_ACTIONS]
    if not pool:
        return
    r: random.Random = scene.r
    text, wid = scene.ask("yes_no", wordings.YES_NO_ACT, X=phrase_for(r.choice(pool)))
    yield Question(
        text, abstention("legs"), "yes_no", "hall", "yes_no", None, (), (), wid, scene.held_out,
        "legs",
    )  # fmt: skip
