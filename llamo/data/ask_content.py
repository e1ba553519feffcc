"""Questions about one segment: act, exercise, side, direction, body part, quality."""

from __future__ import annotations

from collections.abc import Iterator

from llamo.data import wordings
from llamo.data.clips import swap_sides
from llamo.data.phrases import Phrase, phrase_for
from llamo.data.question import (
    Question,
    Scene,
    abstention,
    accept_for,
    limb_words,
    side_answers,
)
from llamo.data.splice import Segment

RAISES = {"raise a hand", "raise an arm", "raise a leg", "raise both hands"}
ONE_SIDED_NAME = {"wave both hands": "wave", "raise both hands": "raise a hand"}
"""How a question that presupposes one hand names an act of both."""


def whole_span(scene: Scene) -> tuple[float, float]:
    """From the first act's start to the last act's end."""
    return scene.segments[0].start_s, scene.segments[-1].end_s


def ask_action(scene: Scene) -> Iterator[Question]:
    """What is he doing? Asked where only one act is shown."""
    if not scene.one_act or any(s.cut for s in scene.segments):
        return
    segment = scene.segments[0]
    if scene.partly_hidden(segment):
        return
    says = segment.says or ""
    if segment.action:
        text, wid = scene.ask("action", wordings.ACTION)
        yield Question(
            text, says, "action", "body", "action", whole_span(scene),
            accept=accept_for(segment), wording_id=wid, held_out=scene.held_out,
        )  # fmt: skip
    if segment.exercise:
        text, wid = scene.ask("exercise", wordings.EXERCISE)
        yield Question(
            text, segment.exercise, "exercise", "body", "exercise", whole_span(scene),
            accept=tuple(filter(None, (segment.action,))), wording_id=wid,
            held_out=scene.held_out,
        )  # fmt: skip


def ask_side(scene: Scene) -> Iterator[Question]:
    """Which hand, arm, leg or foot? One-sided wordings have no answer on two-handed acts."""
    segment = scene.r.choice(scene.segments)
    if not segment.limb or segment.side is None or segment.cut:
        return
    if any(s.side != segment.side for s in scene.segments if s.says == segment.says):
        return
    alone = scene.one_act
    if not alone and not scene.unique(segment):
        return
    same_limb = any(s.limb == segment.limb for s in scene.segments if s.says != segment.says)
    if segment.says in RAISES and same_limb:
        return  # more than one act raises that limb
    act = None if alone and scene.r.random() < 0.5 else segment.says
    yield from side_question(scene, segment, act, whole_span(scene) if alone else segment.span_s)


def side_question(
    scene: Scene, segment: Segment, act: str | None, span: tuple[float, float]
) -> Iterator[Question]:
    """One question about the side of a segment, naming its act or not."""
    r = scene.r
    limb, side = segment.limb or "hand", segment.side or "both"
    words = limb_words(limb, r)
    hidden = "legs" if limb == "leg" else "arms"
    reason = hidden if hidden in scene.sequence.hidden else None
    if reason is None and scene.partly_hidden(segment):
        return
    phrases: dict[str, Phrase | str] = dict(words)
    style = r.random()
    if act is not None:
        if side == "both" and act not in ONE_SIDED_NAME:
            return  # its name alone would say that both hands move
        named = ONE_SIDED_NAME.get(act, act)
        if named in RAISES:
            text, wid = scene.ask("raise", wordings.RAISE, **phrases)
        else:
            text, wid = scene.ask("side_act", wordings.SIDE_ACT, X=phrase_for(named), **phrases)
        answer, accept = side_answers(side, words["limb"])
        one_sided = True
    elif style < 0.45:
        text, wid = scene.ask("side", wordings.SIDE, **phrases)
        answer, accept = side_answers(side, words["limb"])
        one_sided = True
    elif style < 0.75:
        text, wid = scene.ask("left_right", wordings.LEFT_RIGHT, **phrases)
        full, others = side_answers(side, words["limb"])
        answer, accept = side, tuple(dict.fromkeys(t for t in (full, *others) if t != side))
        one_sided = True
    else:
        text, wid = scene.ask("side_or_both", wordings.SIDE_OR_BOTH, **phrases)
        answer, accept = side_answers(side, words["limb"])
        one_sided = False
    if reason is None and side == "both" and one_sided:
        reason = f"both {limb}s"
    anchors = (segment.span_s,) if act is not None else ()
    yield Question(
        text, abstention(reason) if reason else answer, "side", "hall" if reason else "body",
        "side", span, anchors, () if reason else tuple(accept), wid, scene.held_out, reason,
    )  # fmt: skip


def ask_false_side(scene: Scene) -> Iterator[Question]:
    """Which hand does he wave with, where nobody waves."""
    from llamo.data.sides import LIMB_OF_ACTION, TWO_HANDED

    act = scene.absent_act()
    limb = LIMB_OF_ACTION.get(act or "")
    if act is None or limb is None or act in TWO_HANDED:
        return
    if ("legs" if limb == "leg" else "arms") in scene.sequence.hidden:
        return
    words = limb_words(limb, scene.r)
    if act in RAISES:
        text, wid = scene.ask("raise", wordings.RAISE, **words)
        if any(segment.limb == limb for segment in scene.segments):
            return  # some arm goes up in many acts of the arms
    else:
        text, wid = scene.ask("side_act", wordings.SIDE_ACT, X=phrase_for(act), **words)
    yield Question(
        text, abstention("absent"), "side", "hall", "side", None, (), (), wid, scene.held_out,
        "absent",
    )  # fmt: skip


def ask_body_part(scene: Scene) -> Iterator[Question]:
    """What body part does he use? Asked where one limb does it."""
    if not scene.one_act:
        return
    segment = scene.segments[0]
    parts = {s.body_part for s in scene.segments}
    if segment.body_part is None or len(parts) != 1 or scene.partly_hidden(segment):
        return
    text, wid = scene.ask("body_part", wordings.BODY_PART)
    answer, accept = body_part_answer(segment.body_part)
    yield Question(
        text, answer, "body_part", "body", "body_part", whole_span(scene), (), accept, wid,
        scene.held_out,
    )  # fmt: skip


def body_part_answer(body_part: str) -> tuple[str, tuple[str, ...]]:
    """``right hand`` and its close neighbours."""
    side, _, noun = body_part.partition(" ")
    return body_part, side_answers(side, noun)[1][1:]


def ask_direction(scene: Scene) -> Iterator[Question]:
    """Which direction does he move in, with or without naming the act."""
    segment = scene.r.choice(scene.segments)
    if segment.direction is None or "legs" in scene.sequence.hidden or segment.cut:
        return
    alone = scene.one_act and len({s.direction for s in scene.segments}) == 1
    if not alone and not scene.unique(segment):
        return
    if alone and scene.r.random() < 0.5:
        text, wid = scene.ask("direction", wordings.DIRECTION)
        anchors: tuple = ()
    else:
        act = phrase_for(segment.says or "")
        text, wid = scene.ask("direction_act", wordings.DIRECTION_ACT, X=act)
        anchors = (segment.span_s,)
    yield Question(
        text, segment.direction, "direction", "dir", "direction",
        whole_span(scene) if alone else segment.span_s, anchors, (), wid, scene.held_out,
    )  # fmt: skip


def ask_correct(scene: Scene) -> Iterator[Question]:
    """Done correctly or not: yes, no, correct, incorrect."""
    segment = scene.segments[0]
    judged = {s.correct for s in scene.segments}
    if not scene.one_act or len(judged) != 1 or segment.correct is None or segment.cut:
        return
    if scene.partly_hidden(segment):
        reason = scene.hidden_for(segment.says)
        if reason is None:
            return
    else:
        reason = None
    act = phrase_for(segment.exercise or segment.says or "")
    style = scene.r.random()
    correct = bool(segment.correct)
    if style < 0.5:
        text, wid = scene.ask("correct", wordings.CORRECT, X=act)
        answer, accept = ("yes", ("correct",)) if correct else ("no", ("incorrect",))
    elif style < 0.75:
        text, wid = scene.ask("correct_or_not", wordings.CORRECT_OR_NOT, X=act)
        answer, accept = ("correct", ("yes",)) if correct else ("incorrect", ("no",))
    else:
        text, wid = scene.ask("mistake", wordings.MISTAKE, X=act)
        answer, accept = ("no", ("correct",)) if correct else ("yes", ("incorrect",))
    yield Question(
        text, abstention(reason) if reason else answer, "correct", "hall" if reason else "rea",
        "correct", whole_span(scene), (), () if reason else accept, wid, scene.held_out, reason,
    )  # fmt: skip


def ask_mirror(scene: Scene) -> Iterator[Question]:
    """What would the mirrored clip show?"""
    if not scene.one_act or scene.sequence.hidden:
        return
    segment = scene.segments[0]
    if segment.side in ("left", "right") and segment.limb:
        if any(s.side != segment.side for s in scene.segments):
            return
        words = limb_words(segment.limb, scene.r)
        text, wid = scene.ask("mirror_side", wordings.MIRROR_SIDE, **words)
        answer, accept = side_answers(swap_sides(segment.side) or "", words["limb"])
    elif segment.direction and len({s.direction for s in scene.segments}) == 1:
        text, wid = scene.ask("mirror_direction", wordings.MIRROR_DIRECTION)
        answer, accept = swap_sides(segment.direction) or "", ()
    else:
        return
    yield Question(
        text, answer, "mirror", "rea", "mirror", whole_span(scene), (), accept, wid,
        scene.held_out,
    )  # fmt: skip


def ask_unseen(scene: Scene) -> Iterator[Question]:
    """What motion never shows."""
    text, wid = scene.ask("unseen", wordings.UNSEEN)
    yield Question(
        text, abstention("unseen"), "unseen", "hall", "unseen", None, (), (), wid,
        scene.held_out, "unseen",
    )  # fmt: skip
