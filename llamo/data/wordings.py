"""How questions are worded: fragments that ask, and fragments that say when.

Patterns are written in the grammar of ``grammar.py``. A pattern after ``~`` is held out whole. A
query has three shapes: ``direct`` ("what does he do"), ``embedded`` ("tell me what he does") and
``nominal`` ("name the action"), so that every temporal clause goes with every one of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Query:
    """One thing to ask, in three shapes; a leading ``~`` holds a pattern out."""

    direct: tuple[str, ...]
    embedded: tuple[str, ...] = ()
    nominal: tuple[str, ...] = ()

    @cached_property
    def shapes(self) -> dict[bool, tuple[tuple[str, tuple[tuple[int, str], ...]], ...]]:
        """held out? -> ((shape, ((number, pattern), ...)), ...); empty shapes left out."""
        table = {}
        for held in (False, True):
            rows = []
            for shape in ("direct", "embedded", "nominal"):
                patterns = tuple(
                    (number, pattern.lstrip("~"))
                    for number, pattern in enumerate(getattr(self, shape))
                    if pattern.startswith("~") == held
                )
                if patterns:
                    rows.append((shape, patterns))
            table[held] = tuple(rows)
        return table


_DEED = "[action|action|movement|activity|~act]"

ACTION = Query(
    direct=(
        "what {do} {S} do",
        "what {is} {S} doing",
        f"what {_DEED} {{do}} {{S}} [perform|do|carry out|make|~execute]",
        f"which {_DEED} {{do}} {{S}} [perform|do|carry out|~execute]",
        f"what {_DEED} {{be}} [shown|performed|being done|seen|~carried out]",
        "what {t:happen}",
        "what {be} [going on|happening|~taking place]",
        f"which {_DEED} can [be seen|you see|I see|be observed]",
        f"what {_DEED} {{is}} {{S}} [performing|doing|carrying out|~executing]",
        "what [kind|sort|type] of [action|movement|motion|activity] {do} {S} [do|perform|make]",
        "what {be} the [action|activity|movement]",
        f"which {_DEED} [takes place|occurs|is it]",
        "what [do you see|can you see] {O} [do|doing]",
        "what {do} {S} do with {their} body",
        "{S} {v:do} what",
        "which [action|activity] {be} it",
        "~what {is} {S} up to",
        "~which activity {is} {S} [busy with|engaged in]",
        "~what {be} {S} seen doing",
        "~how would you name what {S} {v:do}",
    ),
    embedded=(
        "what {S} {v:do}",
        "what {S} {is} doing",
        f"which {_DEED} {{S}} {{v:perform}}",
        f"what {_DEED} {{be}} [shown|performed|seen]",
        "what {t:happen}",
        f"which {_DEED} [this is|it is|you see]",
        f"what {_DEED} {{S}} {{v:do}}",
        "~what {S} {is} up to",
        "~what {S} {is} engaged in",
    ),
    nominal=(
        f"the {_DEED}",
        f"the {_DEED} {{S}} {{v:perform}}",
        f"the {_DEED} [shown|performed|that is shown|in question]",
        "what {S} {v:do}",
        f"the {_DEED} {{S}} {{is}} doing",
        "~the kind of motion {S} {v:go} through",
        "~the deed",
    ),
)

EXERCISE = Query(
    direct=(
        "which exercise {do} {S} [do|perform|practise]",
        "what exercise {is} {S} [doing|performing|practising]",
        "which exercise {be} [this|it|shown|performed]",
        "what {be} the [exercise|name of the exercise|exercise called]",
        "what [physiotherapy|rehabilitation|therapy|gym] exercise {do} {S} [do|perform]",
        "which [physiotherapy|rehabilitation|rehab] exercise {be} [this|shown|being done]",
        "what is this exercise [called|named]",
        "which movement of the exercise programme {do} {S} [do|perform]",
        "what exercise [can be seen|do you see|is being done]",
        "{S} {v:do} which exercise",
        "which of the exercises {is} {S} [doing|performing]",
        "what [kind|type] of exercise {be} [this|shown|it]",
        "~which drill {is} {S} [doing|going through]",
        "~what would a therapist call this exercise",
        "~which exercise {is} {S} working on",
    ),
    embedded=(
        "which exercise {S} {v:do}",
        "what exercise {S} {is} [doing|performing]",
        "which exercise [this is|is shown]",
        "what the exercise is called",
        "~which drill this is",
    ),
    nominal=(
        "the exercise",
        "the exercise {S} {v:perform}",
        "the [physiotherapy|rehabilitation] exercise",
        "this exercise",
        "~the drill {S} {v:go} through",
    ),
)

SIDE = Query(  # presupposes one side; answered "left hand", "right leg", ...
    direct=(
        "which {limb} {do} {S} use",
        "which {limb} {is} {S} using",
        "what {limb} {do} {S} use",
        "which {limb} {t:move}",
        "which {limb} {is} {S} moving",
        "with which {limb} {do} {S} [do it|do this|move|act]",
        "which {limb} {be} [active|used|in use|moving|at work]",
        "which {limb} {t:do} the [work|action|movement]",
        "which of the two {limbs} {do} {S} [use|move]",
        "which {limb} [does the motion use|is it]",
        "{S} {v:use} which {limb}",
        "{S} {v:move} [which|what] {limb}",
        "which {limb} {be} [the active one|doing it]",
        "~which {limb} {be} {S} [acting|working] with",
        "~what {limb} {be} involved",
        "~by which {limb} {be} this done",
    ),
    embedded=(
        "which {limb} {S} {v:use}",
        "which {limb} {t:move}",
        "what {limb} {S} {is} using",
        "which {limb} {be} [used|active]",
        "~which {limb} {be} at work",
    ),
    nominal=(
        "the {limb} {S} {v:use}",
        "the {limb} that {t:move}",
        "the active {limb}",
        "the {limb} [used|in use]",
        "~the {limb} involved",
    ),
)

SIDE_ACT = Query(  # the same, naming the act
    direct=(
        "which {limb} {do} {S} use to {X}",
        "which {limb} {do} {S} {X.0} with",
        "with which {limb} {do} {S} {X.0}",
        "which {limb} {is} {S} {X.ing0} with",
        "what {limb} {do} {S} use [for {X.the}|when {X.ing}|while {X.ing}]",
        "which {limb} {t:do} {X.the}",
        "{X.the} {be} done with which {limb}",
        "when {P} {X.p}, which {limb} {pdo} {P} use",
        "{S} {X.s}. [which {limb}|with which {limb}|with what {limb}]",
        "which {limb} {be} used [to {X}|for {X.the}]",
        "which of the two {limbs} {do} {S} {X.0} with",
        "{S} {v:use} which {limb} to {X}",
        "~which {limb} {t:perform} {X.the}",
        "~by means of which {limb} {do} {S} {X.0}",
        "~what {limb} {be} involved in {X.the}",
    ),
    embedded=(
        "which {limb} {S} {v:use} to {X}",
        "with which {limb} {S} {X.s0}",
        "which {limb} {S} {X.s0} with",
        "~which {limb} {be} involved in {X.the}",
    ),
    nominal=(
        "the {limb} {S} {v:use} to {X}",
        "the {limb} {S} {X.s0} with",
        "the {limb} used for {X.the}",
        "~the {limb} behind {X.the}",
    ),
)

LEFT_RIGHT = Query(  # presupposes one side; answered "left" or "right"
    direct=(
        "{do} {S} use the left or the right {limb}",
        "{do} {S} use {their} left or [|{their} ]right {limb}",
        "left or right: which {limb} {t:move}",
        "{be} it the left or the right {limb}",
        "{be} the left or the right {limb} [used|moving|active]",
        "which side {do} {S} [use|move]",
        "on which side {do} {S} move the {limb}",
        "{is} {S} using the left or right {limb}",
        "which {limb} {be} it, left or right",
        "[right {limb} or left {limb}|left {limb} or right {limb}]",
        "{do} {S} move the right {limb} or the left [one|{limb}]",
        "the left {limb} or the right {limb}",
        "~{be} it {S's} left or right {limb} that {t:act}",
        "~to which side {t:belong} the {limb} {S} {v:use}",
    ),
    embedded=(
        "whether {S} {v:use} the left or the right {limb}",
        "if it {be} the left or the right {limb}",
        "which side {S} {v:use}",
        "whether the left or the right {limb} {t:move}",
        "~on which side the {limb} {t:act}",
    ),
    nominal=("the side of the {limb} {S} {v:use}", "~the side of the active {limb}"),
)

SIDE_OR_BOTH = Query(  # allows "both hands"
    direct=(
        "which {limb} or {limbs} {do} {S} use",
        "{do} {S} use the left {limb}, the right {limb} or both",
        "{do} {S} use one {limb} or both, and which",
        "which {limb} {t:move}: left, right or both",
        "left {limb}, right {limb} or both {limbs}",
        "which {limb}(s) {do} {S} use",
        "{do} {S} move the left {limb}, the right {limb} or both {limbs}",
        "with which {limb} or {limbs} {do} {S} [do this|move]",
        "one {limb} or both {limbs}: which",
        "~which {limb}, or {be} it both, {be} in use",
        "~{be} both {limbs} involved, or only one, and which one",
    ),
    embedded=(
        "which {limb} or {limbs} {S} {v:use}",
        "whether {S} {v:use} the left {limb}, the right {limb} or both",
        "~which of the {limbs} {be} involved, or if both",
    ),
    nominal=("the {limb} or {limbs} {S} {v:use}", "~the {limb} or {limbs} involved"),
)

DIRECTION = Query(
    direct=(
        "[which|what] direction {do} {S} [move|go|head] in",
        "in [which|what] direction {do} {S} [move|go|head]",
        "[which|what] direction {do} {S} [move|go|head|take]",
        "which way {do} {S} [move|go|head]",
        "where {do} {S} [move|go|head]",
        "in [which|what] direction {is} {S} [moving|going|heading]",
        "which way {is} {S} [moving|going|heading]",
        "{S} {v:move} in [which|what] direction",
        "what {be} the direction of [travel|movement|the motion]",
        "[which|what] direction {be} the [movement|motion] [in|going]",
        "{do} {S} move forward, backwards, left or right",
        "[to which side|towards where] {do} {S} move",
        "~what way {do} {S} travel",
        "~whither {do} {S} move",
        "~what heading {do} {S} take",
    ),
    embedded=(
        "which direction {S} {v:move} [in|]",
        "in [which|what] direction {S} {v:move}",
        "which way {S} {v:go}",
        "where {S} {is} [going|heading]",
        "~what way {S} {v:travel}",
    ),
    nominal=(
        "the direction {S} {v:move} in",
        "the direction of [movement|travel|the motion]",
        "the direction",
        "~the heading {S} {v:take}",
    ),
)

DIRECTION_ACT = Query(
    direct=(
        "[which|what] direction {do} {S} {X.0} in",
        "in [which|what] direction {do} {S} {X.0}",
        "which way {do} {S} {X.0}",
        "where {do} {S} {X.0} to",
        "in [which|what] direction {is} {S} {X.ing0}",
        "which way {is} {S} {X.ing0}",
        "{S} {X.s0} in [which|what] direction",
        "what {be} the direction of {X.the}",
        "{do} {S} {X.0} forward, backwards, left or right",
        "{S} {X.s0}. [in which direction|which way|where to]",
        "~what way {t:go} {X.the}",
        "~where {do} {S} head when {X.ing0}",
    ),
    embedded=(
        "which direction {S} {X.s0} in",
        "which way {S} {X.s0}",
        "~where {X.the} {t:lead}",
    ),
    nominal=(
        "the direction {S} {X.s0} in",
        "the direction of {X.the}",
        "~the heading of {X.the}",
    ),
)

BODY_PART = Query(
    direct=(
        "[what|which] body part {do} {S} use",
        "[what|which] part of the body {do} {S} [use|move]",
        "[what|which] body part {is} {S} [using|moving]",
        "which limb {do} {S} [use|move]",
        "with which [body part|limb] {do} {S} [do it|move|act]",
        "[what|which] part of {their} body {do} {S} [use|move]",
        "[what|which] body part {be} [used|active|moving]",
        "[what|which] body part {t:move}",
        "{S} {v:use} [what|which] body part",
        "which limb {be} [in use|active|the active one]",
        "[what|which] body part {do} {S} do it with",
        "~what part of the anatomy {be} at work",
        "~which extremity {do} {S} use",
        "~what body part {be} involved",
    ),
    embedded=(
        "[what|which] body part {S} {v:use}",
        "which part of the body {S} {v:move}",
        "which limb {S} {v:use}",
        "~which extremity {t:move}",
    ),
    nominal=(
        "the body part {S} {v:use}",
        "the body part [used|in use|that {t:move}]",
        "the limb {S} {v:use}",
        "~the extremity in use",
    ),
)

_ADV = "[|||just |right |immediately |~shortly ]"

WHEN: dict[str, tuple[str, ...]] = {
    "before": (
        f"{_ADV}before {{P}} {{X.p}}",
        f"{_ADV}before {{P}} {{X.p}}",
        f"{_ADV}before {{X.ing}}",
        f"{_ADV}before {{X.the}}",
        "prior to [{X.ing}|{X.the}]",
        "[ahead of|previous to] {X.the}",
        "before [starting|beginning] to {X}",
        "before {P} {p:start} [{X.ing}|to {X}]",
        "~preceding {X.the}",
        "~in the lead-up to {X.the}",
        "~in the moments before {X.the}",
    ),
    "after": (
        f"{_ADV}after {{P}} {{X.p}}",
        f"{_ADV}after {{P}} {{X.p}}",
        f"{_ADV}after {{X.ing}}",
        f"{_ADV}after {{X.the}}",
        "[following|next after] {X.the}",
        "once {X.the} {be} [over|done|finished]",
        "once {P} {pis} done {X.ing}",
        "[when|once|after] {P} {phas} finished {X.ing}",
        "as soon as {X.the} {be} over",
        "when {P} {p:stop} {X.ing}",
        "~subsequent to {X.the}",
        "~on the heels of {X.the}",
        "~as {X.the} comes to an end",
    ),
    "between": (
        "between {X.the} and {Y.the}",
        "[between|in between] {X.ing} and {Y.ing}",
        "after {X.ing} and before {Y.ing}",
        "after {X.the} [and|but] before {Y.the}",
        "after {P} {X.p} [and|but] before {P} {Y.p}",
        "before {P} {Y.p} [and|but] after {P} {X.p}",
        "before {Y.ing} [and|but] after {X.ing}",
        "once {X.the} {be} over but before {Y.the}",
        "~in the time from {X.the} to {Y.the}",
        "~from the end of {X.the} until {Y.the}",
    ),
    "while": (
        "while {P} {X.p}",
        "while {P} {pis} {X.ing}",
        "while {X.ing}",
        "when {P} {X.p}",
        "during {X.the}",
        "as {P} {X.p}",
        "at the [same time|moment] as {P} {X.p}",
        "~in the course of {X.the}",
        "~throughout {X.the}",
    ),
    "first": (
        "first",
        "at the [start|beginning]",
        "[to begin|to start] with",
        "[initially|at first|in the beginning]",
        "at the [start|beginning] of the [clip|sequence|motion|recording]",
        "when the [clip|sequence|recording] [starts|begins]",
        "before [anything|everything] else",
        "~at the outset",
        "~as the clip opens",
    ),
    "last": (
        "last",
        "at the end",
        "[in the end|finally|lastly]",
        "at the [end|close] of the [clip|sequence|motion|recording]",
        "when the [clip|sequence|recording] [ends|is almost over]",
        "after everything else",
        "~at the very end",
        "~to finish",
        "~as the clip closes",
    ),
    "nth": (
        "{Y}",
        "as {their} {Y} [action|thing]",
        "as the {Y} [action|thing|movement]",
        "in {Y} place",
        "as number {N}",
        "~in the {Y} part",
        "~as {Y} in line",
    ),
}
"""Temporal clauses by relation; X and Y are the acts they name."""

ORDER_WHOLE: dict[str, tuple[str, ...]] = {
    "before": (
        "what {t:come} [right|just||] before {X.the}",
        "what {t:happen} [right|just||] before {X.the}",
        "what {t:precede} {X.the}",
        "which [action|movement|activity] {t:precede} {X.the}",
        "which [action|movement] {t:lead} up to {X.the}",
        "{X.the} {be} preceded by [what|which action]",
        "{S} {X.s}. what {pdo} {P} do [before that|just before|beforehand]",
        "[which|what] [action|movement] {t:come} before {X.the}",
        "what had {S} been doing before {X.the}",
        "{S} {X.s}, but what {pdo} {P} do before",
        "~what leads into {X.the}",
        "~{X.the} comes after which action",
    ),
    "after": (
        "what {t:come} [right|just|next|] after {X.the}",
        "what {t:happen} [right|just||] after {X.the}",
        "what {t:follow} {X.the}",
        "which [action|movement|activity] {t:follow} {X.the}",
        "{X.the} {be} followed by [what|which action]",
        "{S} {X.s}. what {pdo} {P} do [after that|next|then|afterwards]",
        "[which|what] [action|movement] {t:come} after {X.the}",
        "what {be} {S's} next action after {X.the}",
        "{S} {X.s}, and then [what|what {pdo} {P} do]",
        "what {do} {S} do next, after {X.ing}",
        "~what does {X.the} lead into",
        "~{X.the} gives way to which action",
    ),
    "first": (
        "what {be} the first [action|movement|thing {S} {v:do}]",
        "which [action|movement] {t:come} first",
        "what {do} {S} [start|begin] with",
        "with which [action|movement] {do} {S} [start|begin]",
        "which [action|movement] {t:open} the [clip|sequence]",
        "how does the [clip|sequence] [start|begin]",
        "~what kicks off the sequence",
        "~which act leads the sequence",
    ),
    "last": (
        "what {be} the [last|final] [action|movement|thing {S} {v:do}]",
        "which [action|movement] {t:come} last",
        "what {do} {S} [end|finish] with",
        "with which [action|movement] {do} {S} [end|finish]",
        "which [action|movement] {t:close} the [clip|sequence]",
        "how does the [clip|sequence] [end|finish]",
        "~what rounds off the sequence",
        "~which act concludes the sequence",
    ),
    "nth": (
        "what {be} the {Y} [action|movement|thing {S} {v:do}]",
        "which [action|movement] {t:come} {Y}",
        "what {be} action number {N}",
        "name action number {N}",
        "~what stands in {Y} position",
        "~which act is {Y}",
    ),
}
"""Whole patterns that ask for an action by its place in time."""

IMPERATIVES = (
    "tell me {E}",
    "[please|] tell me {E}",
    "[say|please say] {E}",
    "[can|could] you tell [me|us] {E}",
    "I [want|would like] to know {E}",
    "do you know {E}",
    "~let me know {E}",
    "~I wonder {E}",
)
NOMINALS = (
    "name {E}",
    "[identify|state|give] {E}",
    "[what|which] is {E}",
    "tell me {E}",
    "[can|could] you [name|identify] {E}",
    "~specify {E}",
    "~determine {E}",
)

RAISE = Query(  # which hand, arm or leg goes up
    direct=(
        "which {limb} {do} {S} [raise|lift|put up]",
        "what {limb} {do} {S} [raise|lift]",
        "which {limb} {is} {S} [raising|lifting]",
        "which {limb} {t:go} up",
        "which {limb} {be} [raised|lifted]",
        "{S} {v:raise} which {limb}",
        "which of the two {limbs} {do} {S} [raise|lift]",
        "which {limb} {do} {S} hold up",
        "~which {limb} {t:rise}",
        "~what {limb} {be} brought up",
    ),
    embedded=("which {limb} {S} {v:raise}", "which {limb} {t:go} up", "~which {limb} {t:rise}"),
    nominal=("the {limb} {S} {v:raise}", "the raised {limb}", "~the {limb} that {t:rise}"),
)
