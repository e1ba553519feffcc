"""How many times, which repetition was faster, and descriptions in a sentence."""

from __future__ import annotations

from collections.abc import Iterator

from llamo.data import wordings
from llamo.data.ask_content import whole_span
from llamo.data.phrases import inflect, phrase_for
from llamo.data.question import Question, Scene
from llamo.data.splice import Segment

NUMBER_WORDS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen", "twenty",
)  # fmt: skip


def ask_count(scene: Scene) -> Iterator[Question]:
    """How many times? Answered in digits."""
    if scene.sequence.kind != "repeat" or not scene.one_act:
        return
    segment = scene.segments[0]
    if any(s.cut for s in scene.segments) or scene.partly_hidden(segment):
        return
    count = len(scene.segments)
    act = phrase_for(segment.exercise if segment.exercise and scene.r.random() < 0.3
                     else segment.says or "")  # fmt: skip
    if scene.r.random() < 0.5:
        text, wid = scene.ask("count", wordings.COUNT, X=act)
    else:
        text, wid = scene.ask("count_any", wordings.COUNT_ANY)
    accept = (NUMBER_WORDS[count],) if count < len(NUMBER_WORDS) else ()
    yield Question(
        text, str(count), "count", "seq", "count", whole_span(scene), (), accept, wid,
        scene.held_out,
    )  # fmt: skip


def ask_faster(scene: Scene) -> Iterator[Question]:
    """Was the first or the last repetition faster? Asked where they differ clearly."""
    if scene.sequence.kind != "repeat" or len(scene.segments) < 2:
        return
    first, last = scene.segments[0], scene.segments[-1]
    ratio = first.duration_s / last.duration_s
    if first.cut or last.cut or scene.partly_hidden(first) or 1 / 1.3 < ratio < 1.3:
        return
    text, wid = scene.ask("faster", wordings.FASTER_REPETITION, X=phrase_for(first.says or ""))
    answer, segment = ("last", last) if ratio > 1 else ("first", first)
    yield Question(
        text, answer, "faster", "rea", "faster", segment.span_s, (first.span_s, last.span_s),
        (f"the {answer}", f"the {answer} repetition"), wid, scene.held_out,
    )  # fmt: skip


def clause(segment: Segment, form: str = "third") -> str:
    """``waves with the left hand``, ``walks forward``: what a description says of a segment."""
    surface = phrase_for(segment.says or "").verbs[0].replace("{their}", "the")
    text = inflect(surface, form)
    if segment.direction:
        ways = {"forward": "forward", "backwards": "backwards", "left": "to the left",
                "right": "to the right"}  # fmt: skip
        text += f" {ways[segment.direction]}"
    elif segment.side in ("left", "right") and segment.limb:
        lifted = f" a {segment.limb}", f" an {'arm' if segment.limb == 'hand' else segment.limb}"
        for plain in lifted:
            if text.endswith(plain):
                return text.removesuffix(plain) + f" the {segment.side} {plain.split()[-1]}"
        text += f" with the {segment.side} {segment.limb}"
    return text


def ask_describe(scene: Scene) -> Iterator[Question]:
    """Describe the clip: acts in order, their side and direction, how often."""
    if not all(scene.names) or any(scene.partly_hidden(s) or s.cut for s in scene.segments):
        return
    if scene.sequence.kind == "repeat":
        answer = f"The person {clause(scene.segments[0])} {len(scene.segments)} times."
    else:
        clauses = [clause(segment) for segment in scene.segments]
        if len(clauses) == 1:
            answer = f"The person {clauses[0]}."
        else:
            answer = f"The person {', then '.join(clauses)}."
    text, wid = scene.ask("describe", wordings.DESCRIBE)
    several = len(scene.segments) > 1
    yield Question(
        text, answer, "describe", "seq" if several else "body", "describe", whole_span(scene),
        tuple(s.span_s for s in scene.segments), (), wid, scene.held_out,
    )  # fmt: skip
