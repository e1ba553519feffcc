"""Questions about order and time: before, after, between, while, first, last, when, how long."""

from __future__ import annotations

from collections.abc import Iterator

from llamo.data import wordings
from llamo.data.ask_content import body_part_answer
from llamo.data.phrases import Phrase, body_part_phrase, direction_phrase, phrase_for
from llamo.data.question import (
    Question,
    Scene,
    Span,
    abstention,
    accept_for,
    limb_words,
    side_answers,
)
from llamo.data.splice import Segment
from llamo.data.wordings import Query

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")
EDGE_S = 0.25
"""An act's bounds count as seen when the clip goes on this long before and after it."""


def ask_order(scene: Scene, doubt: float = 0.4) -> Iterator[Question]:
    """One question about an act's place in time.

    Args:
        doubt: Chance of one that the motion does not settle, where one can be made.
    """
    if len(scene.segments) < 2 or not scene.clean_order or scene.one_act:
        return
    r = scene.r
    if r.random() < doubt:
        doubtful = list(_doubtful(scene))
        if doubtful:
            yield doubtful[0]
            return
    yield from _answerable(scene)


def ask_beside(scene: Scene) -> Iterator[Question]:
    """One question about the act before, after or between acts that it names."""
    if len(scene.segments) >= 2 and scene.clean_order and not scene.one_act:
        yield from _answerable(scene, beside=True)


def _answerable(scene: Scene, beside: bool = False) -> Iterator[Question]:
    r, segments = scene.r, scene.segments
    last = len(segments) - 1
    options: list[tuple[str, int, tuple[int, ...]]] = []  # relation, answer, named segments
    for at, segment in enumerate(segments):
        if scene.unique(segment):
            if at > 0:
                options.append(("before", at - 1, (at,)))
            if at < last:
                options.append(("after", at + 1, (at,)))
            if at + 2 <= last and scene.unique(segments[at + 2]):
                options.append(("between", at + 1, (at, at + 2)))
    places: list[tuple[str, int, tuple[int, ...]]] = [("first", 0, ()), ("last", last, ())]
    if last >= 2:
        places.append(("nth", r.randrange(1, last), ()))
    options = options if beside else [*options, *places]
    if not options:
        return
    wanted = r.choice(sorted({relation for relation, _, _ in options}))
    relation, answer_at, named = r.choice([one for one in options if one[0] == wanted])
    answer = segments[answer_at]
    if scene.hidden_for(answer.says) or any(scene.hidden_for(segments[i].says) for i in named):
        return
    phrases: dict[str, Phrase | str] = {}
    if named:
        phrases["X"] = anchor_phrase(scene, segments[named[0]])
    if len(named) > 1:
        phrases["Y"] = anchor_phrase(scene, segments[named[1]])
    if relation == "nth":
        phrases |= {"Y": ORDINALS[answer_at], "N": str(answer_at + 1)}
    anchors = tuple(segments[i].span_s for i in named)
    yield from query_about(scene, answer, relation, phrases, anchors)


def anchor_phrase(scene: Scene, segment: Segment) -> Phrase:
    """How a question names a segment: by its act, or by a direction or limb nothing else has."""
    r = scene.r
    sole_way = sum(s.direction == segment.direction for s in scene.segments) == 1
    if segment.direction and sole_way and r.random() < 0.25:
        return direction_phrase(segment.direction)
    if segment.body_part and r.random() < 0.15:
        noun = segment.body_part.split()[-1]
        side = segment.side
        others = [s for s in scene.segments if s is not segment]
        if noun and not any(s.side in (side, "both") and s.limb == segment.limb for s in others):
            return body_part_phrase(segment.body_part)
    return phrase_for(segment.says or "")


def query_about(
    scene: Scene,
    answer: Segment,
    relation: str | None,
    phrases: dict[str, Phrase | str],
    anchors: tuple,
    reason: str | None = None,
) -> Iterator[Question]:
    """Ask for the act, side, direction or body part of the segment that a relation points at."""
    r = scene.r
    choices = ["action"] * 5
    if answer.limb and answer.side in ("left", "right") and not scene.partly_hidden(answer):
        choices += ["side", "side", "body_part"]
    if answer.direction:
        choices += ["direction"] * 3
    wanted = r.choice(choices)
    accept: tuple[str, ...] = ()
    query: Query = wordings.ACTION
    words: dict[str, Phrase | str] = dict(phrases)
    text_answer = answer.says or ""
    if wanted == "action":
        accept = accept_for(answer)
        if answer.exercise and r.random() < 0.3:
            query, text_answer = wordings.EXERCISE, answer.exercise
            accept = tuple(filter(None, (answer.action,)))
    elif wanted == "side":
        query = wordings.SIDE
        words |= limb_words(answer.limb or "hand", r)
        text_answer, accept = side_answers(answer.side or "", str(words["limb"]))
    elif wanted == "body_part":
        query = wordings.BODY_PART
        text_answer, accept = body_part_answer(answer.body_part or f"{answer.side} {answer.limb}")
    else:
        query, text_answer = wordings.DIRECTION, answer.direction or ""
    text, wid = scene.ask(wanted, query, relation=relation, whole=query is wordings.ACTION, **words)
    axis = "hall" if reason else ("dir" if wanted == "direction" else "seq")
    yield Question(
        text, abstention(reason) if reason else text_answer, "order", axis, f"order_{wanted}",
        None if reason else answer.span_s, anchors, () if reason else accept, wid,
        scene.held_out, reason,
    )  # fmt: skip


def _doubtful(scene: Scene) -> Iterator[Question]:
    """Before X, where X is missing, occurs twice, or comes first; the same for after."""
    r, segments = scene.r, scene.segments
    options: list[tuple[str, str, Segment | None]] = []  # relation, reason, named segment
    twice = [s for s in segments if scene.names.count(s.says or "") > 1]
    if twice:
        named = r.choice(twice)
        options += [(r.choice(("before", "after")), "twice", named)] * 3  # rarely possible
    if scene.unique(segments[0]):
        options.append(("before", "nothing before", segments[0]))
    if scene.unique(segments[-1]):
        options.append(("after", "nothing after", segments[-1]))
    options.append((r.choice(("before", "after")), "absent", None))
    anchors: tuple[Span, ...] = ()
    relation, reason, named_segment = r.choice(options)
    if named_segment is None:
        act = scene.absent_act()
        if act is None:
            return
        phrase = phrase_for(act)
    else:
        if scene.hidden_for(named_segment.says):
            return
        phrase = phrase_for(named_segment.says or "")
        anchors = (named_segment.span_s,)
        if reason == "twice":
            anchors = tuple(s.span_s for s in segments if s.says == named_segment.says)
    # the words must not give the doubt away: ask for what another segment could answer
    yield from query_about(scene, r.choice(segments), relation, {"X": phrase}, anchors, reason)


def ask_while(scene: Scene) -> Iterator[Question]:
    """What else holds during the segment that a question names."""
    r = scene.r
    if scene.one_act or not scene.clean_order:
        return
    candidates = [
        s for s in scene.segments
        if scene.unique(s) and (s.direction or s.side in ("left", "right"))
        and not scene.partly_hidden(s) and not s.cut
    ]  # fmt: skip
    if not candidates:
        return
    segment = r.choice(candidates)
    act = phrase_for(segment.says or "")
    others = [s for s in scene.segments if s is not segment]
    if segment.direction:
        sole = not any(s.direction == segment.direction for s in others)
        if sole and r.random() < 0.5:
            text, wid = scene.ask(
                "action", wordings.ACTION, relation="while", X=direction_phrase(segment.direction)
            )
            yield Question(
                text, segment.says or "", "order", "seq", "order_action", segment.span_s,
                (segment.span_s,), accept_for(segment), wid, scene.held_out,
            )  # fmt: skip
            return
        text, wid = scene.ask("direction", wordings.DIRECTION, relation="while", X=act)
        yield Question(
            text, segment.direction, "order", "dir", "order_direction", segment.span_s,
            (segment.span_s,), (), wid, scene.held_out,
        )  # fmt: skip
        return
    limb, side = segment.limb, segment.side
    if limb is None or side is None:
        return
    part = segment.body_part or f"{side} {limb}"
    sole = not any(s.limb == limb and s.side in (side, "both") for s in others)
    silent = [s for s in others if s.limb is None and s.direction is None]
    if sole and not silent and r.random() < 0.5:
        text, wid = scene.ask("action", wordings.ACTION, relation="while", X=body_part_phrase(part))
        yield Question(
            text, segment.says or "", "order", "seq", "order_action", segment.span_s,
            (segment.span_s,), accept_for(segment), wid, scene.held_out,
        )  # fmt: skip
        return
    if r.random() < 0.5:
        words = limb_words(limb, r)
        text, wid = scene.ask("side", wordings.SIDE, relation="while", X=act, **words)
        answer, accept = side_answers(side, words["limb"])
    else:
        text, wid = scene.ask("body_part", wordings.BODY_PART, relation="while", X=act)
        answer, accept = body_part_answer(part)
    yield Question(
        text, answer, "order", "body", "order_side", segment.span_s, (segment.span_s,), accept,
        wid, scene.held_out,
    )  # fmt: skip


def ask_which_first(scene: Scene) -> Iterator[Question]:
    """Which came first or last, X or Y; which took longer."""
    r = scene.r
    unique = [s for s in scene.segments if scene.unique(s) and not scene.hidden_for(s.says)]
    if len(unique) < 2:
        return
    one, two = r.sample(unique, 2)
    x, y = phrase_for(one.says or ""), phrase_for(two.says or "")
    early, late = sorted((one, two), key=lambda s: s.start_s)
    if r.random() < 0.5:
        text, wid = scene.ask("which_first", wordings.WHICH_FIRST, X=x, Y=y)
        answer = early
    else:
        text, wid = scene.ask("which_last", wordings.WHICH_LAST, X=x, Y=y)
        answer = late
    yield Question(
        text, answer.says or "", "which_first", "seq", "which_first", answer.span_s,
        (one.span_s, two.span_s), accept_for(answer), wid, scene.held_out,
    )  # fmt: skip
    ratio = one.duration_s / two.duration_s
    if (1 / 1.4 < ratio < 1.4) or one.cut or two.cut:
        return
    longer, shorter = (one, two) if ratio > 1 else (two, one)
    if r.random() < 0.5:
        text, wid = scene.ask("which_longer", wordings.WHICH_LONGER, X=x, Y=y)
        answer = longer
    else:
        text, wid = scene.ask("which_shorter", wordings.WHICH_SHORTER, X=x, Y=y)
        answer = shorter
    yield Question(
        text, answer.says or "", "which_longer", "rea", "which_longer", answer.span_s,
        (one.span_s, two.span_s), accept_for(answer), wid, scene.held_out,
    )  # fmt: skip


def ask_times(scene: Scene) -> Iterator[Question]:
    """How long does it last, when does it start and end; doubtful where the clip cuts it off."""
    r = scene.r
    segment = r.choice(scene.segments)
    if not scene.unique(segment) or scene.hidden_for(segment.says):
        return
    total = scene.sequence.duration_s
    seen_start = segment.start_s >= EDGE_S
    seen_end = segment.end_s <= total - EDGE_S
    cut_start = segment.cut and segment.start_s < EDGE_S
    cut_end = segment.cut and segment.end_s > total - EDGE_S
    what = r.choice(("duration", "duration", "start", "end"))
    known = {"duration": seen_start and seen_end, "start": seen_start, "end": seen_end}[what]
    cut = {"duration": cut_start or cut_end, "start": cut_start, "end": cut_end}[what]
    if not known and not cut:
        return
    query, value = {
        "duration": (wordings.DURATION, segment.duration_s),
        "start": (wordings.START_TIME, segment.start_s),
        "end": (wordings.END_TIME, segment.end_s),
    }[what]
    text, wid = scene.ask(what, query, X=phrase_for(segment.says or ""))
    tenths = round(value * 10)
    slack = max(3, round(0.15 * tenths)) if what == "duration" else 5
    near = range(max(0, tenths - slack), tenths + slack + 1)
    accept = tuple(f"{t / 10:.1f} seconds" for t in near if t != tenths)
    yield Question(
        text, abstention("cut") if cut else f"{tenths / 10:.1f} seconds", "time",
        "hall" if cut else "seq", f"time_{what}", segment.span_s, (segment.span_s,),
        () if cut else accept, wid, scene.held_out, "cut" if cut else None,
    )  # fmt: skip
