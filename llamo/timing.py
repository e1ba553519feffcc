"""How long an act lasts, when it starts and ends: measured on the spans that the encoder finds.

A language model tells what it reads, and a span of time stands in no token of the clip; so these
questions are measured, as angles are, and the answer says which moments it measured between.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from llamo.answer import Answer, Viewpoint, known
from llamo.data.naming import Named, acts_named
from llamo.data.question import REASONS
from llamo.finding import find
from llamo.kinematics import Measurement
from llamo.person_words import say_person

if TYPE_CHECKING:
    from llamo.acts import ActSpan
    from llamo.session import Session

SURE = 0.75
"""24 of 32 durations of training people's acts were within .3 s or .15 of the true one, whichever
is more; starts and ends were not counted apart."""

EDGE_S = 0.35
"""An act that begins or ends so near to the end of the clip may go on outside of it."""

_UNCERTAINTY_S = {"start": 0.11, "end": 0.35, "duration": 0.37}
"""Root mean square of what was off on 35 acts of training people, and for a duration both together;
ends are told late, as a body still moves while it comes to rest."""

_BEGIN = (
    r"\b(starts?|started|starting|begins?|began|begun|beginning|commences?|commenced|onset|"
    r"opening|sets? in|set about|gets? (going|under ?way)|launch(es)?|takes? up)\b"
)
_CEASE = (
    r"(\b(ends?|ended|ending|stops?|stopped|finish|finishes|finished|finishing|ceases?|ceased|"
    r"concludes?|concluded|completed?|terminates?|terminated|quits?|closing|close)\b"
    r"|\b(is|are|was|were|be|being|been|get|gets)\b.*\b(over|done|through|complete)\b)"
)
_MOMENT = (
    r"\b(when|how (late|early)|time|second|moment|instant|point|timestamp|"
    r"how many seconds in(to)?)\b"
)
_ASKED = {
    "start": re.compile(
        rf"{_MOMENT}.*{_BEGIN}|{_BEGIN}.*{_MOMENT}|\bafter how many seconds\b.*{_BEGIN}"
        r"|\b(from|since) (when|(which|what) (time|second|moment|point))\b|\bfirst second\b"
    ),
    "end": re.compile(
        rf"{_MOMENT}.*{_CEASE}|{_CEASE}.*{_MOMENT}|\bafter how many seconds\b.*{_CEASE}"
        r"|\b(until|till|up to) (when|(which|what) (time|second|moment|point))\b|\blast second\b"
    ),
    "duration": re.compile(
        r"\bhow long\b|\bhow (much|many) (time|seconds|secs)\b|\bduration\b|\btime span\b"
        r"|\b(lasts|lasted|(do|does|did|will)\b.*\blast)\b|\bin seconds\b|\bnumber of seconds\b"
        r"|\b(length|amount|stretch|span|period) of time\b|\b(takes?|took)\b.*\btime\b"
        r"|\btime\b.*\b(takes?|took|taken|spends?|spent|passes)\b|^\W*time ACT"
    ),
    "when": re.compile(r"\b(when|(which|what) (time|second|moment|point)s?)\b"),
}
"""What is asked for, the most particular first; the act itself reads ``ACT``."""

_OF_TIME = re.compile(
    r"\b(when|(time|second|moment|instant|point) at which|how (long|late|early)|"
    r"how (much|many) (time|seconds|secs)|"
    r"(at |from |until |by |on |in )?(which|what) "
    r"(time|second|moment|instant|point|length|amount|stretch|span|period)|"
    r"(what|which)(('s| is| was| are| would be| marks)? the| second| i want to know))\b"
)
_ELSE = re.compile(
    r"\b(what|which|who|whom|whose|where|why|how|whether|if|or|arm|leg|hand|foot|feet|side|limb|"
    r"extremity|body|part|way|direction|action|activity|move|exercise|one|each|every|"
    r"thing|deed|task|doing|busy|occupied|engaged|up to|label|practicing|practising|act|"
    r"single|per|average|mean|rep|repetition|between|ago|cm|meter|metre|pace|fast|faster|"
    r"longer|shorter|briefer|lengthier)s?\b"
)
"""Another question, a repetition of the act, or a length in space."""

_ORDINAL = re.compile(r"\b(first|second|third|fourth|fifth|last) ACT")
_OPENS = re.compile(r"^\W*(and |so |tell me |please )?(when|at )")
_TIME = re.compile(
    r"\b(when|how long|time|timestamp|seconds?|secs|moment|instant|point|duration|lasts?)\b"
)


def tell_time(session: Session, question: str) -> Answer | None:
    """The answer to how long an act lasts, when it starts or ends, or when it happens.

    Args:
        session: The clip.
        question: A question that passed ``checked_question``.

    Returns:
        None for any other question, and where the encoder has no words for acts.
    """
    words = say_person(question).lower()
    acts = session.acts if _TIME.search(words) else None
    if acts is None:
        return None
    asked = asked_time(words, acts_named(words, acts.names))
    if asked is None:
        return None
    plain = _OF_TIME.sub(" ", words)  # without a "second" that is a time
    found = find(plain, acts, session.unseen, presumed=asked != "when")
    if found.reason is not None:
        return session.assistant.declined(question, found.reason, session.open_ms)
    if asked != "when" and len(found.spans) > 1:
        times = " and ".join(f"{span.start_s:.1f} s" for span in found.spans[:3])
        reason = f"it happens {len(found.spans)} times (at {times}); ask for the first or the last"
        return session.assistant.declined(question, reason, session.open_ms)
    if any(_is_cut(span, asked, session.motion.duration_s) for span in found.spans):
        return session.assistant.declined(question, REASONS["cut"], session.open_ms)
    return known(
        question,
        _said(found.spans, asked),
        SURE * min(span.score for span in found.spans),
        tuple(_viewpoints(session, found.spans, asked)),
        session.assistant.name,
        session.open_ms,
        tuple(_measurement(span, asked) for span in found.spans),
    )


def asked_time(words: str, named: Sequence[Named]) -> str | None:
    """What of an act's time a question asks for.

    Args:
        words: The question in lower case.
        named: The acts that it names.

    Returns:
        ``start``, ``end``, ``duration`` or ``when`` (from when to when); None for anything else.
    """
    for act in reversed(named):
        words = f"{words[: act.start]}ACT{words[act.end :]}"
    words = _ORDINAL.sub("ACT", words)
    related = len(named) < 2 or re.search(r"\b(before|after)\b", words)
    if not named or not related or _ELSE.search(_OF_TIME.sub(" ", words)):
        return None
    asked = next((what for what, pattern in _ASKED.items() if pattern.search(words)), None)
    return asked if asked != "when" or _OPENS.search(words) else None


def _is_cut(span: ActSpan, asked: str, clip_s: float) -> bool:
    """Whether the clip's own start or end hides what is asked for."""
    start, end = span.start_s < EDGE_S, span.end_s > clip_s - EDGE_S
    return {"duration": start or end, "start": start, "end": end, "when": False}[asked]


def _said(spans: Sequence[ActSpan], asked: str) -> str:
    if asked == "when":
        return " and ".join(f"from {one.start_s:.1f} to {one.end_s:.1f} seconds" for one in spans)
    return f"{_value(spans[0], asked):.1f} seconds"


def _value(span: ActSpan, asked: str) -> float:
    if asked in ("start", "end"):
        return span.start_s if asked == "start" else span.end_s
    return span.duration_s


def _measurement(span: ActSpan, asked: str) -> Measurement:
    what = "duration" if asked == "when" else asked
    value, uncertainty = _value(span, what), _UNCERTAINTY_S[what]
    return Measurement(f"act_{what}", value, "s", uncertainty, span.start_s, span.end_s)


def _viewpoints(session: Session, spans: Sequence[ActSpan], asked: str) -> Iterator[Viewpoint]:
    for span in spans:
        for time_s in {"start": (span.start_s,), "end": (span.end_s,)}.get(
            asked, (span.start_s, span.end_s)
        ):
            yield Viewpoint(time_s, session.motion.frame_at(time_s), span.score)
