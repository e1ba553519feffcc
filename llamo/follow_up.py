"""Questions that lean on the turn before: "and the other hand?", "and after that?".

Each is put into words of its own before anything is asked, so that the question alone can choose
the moments to look at. Only forms that are known to lean are touched.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from llamo.answer import abstention_reason
from llamo.data.clips import swap_sides
from llamo.data.naming import Named, acts_named, say_act

_PARTS = "hand|arm|leg|foot|knee|elbow|wrist|ankle|shoulder|hip"
_PART = re.compile(rf"\b({_PARTS})\b")
_SIDE = re.compile(r"\b(left|right)\b", re.IGNORECASE)
_ORDINALS = "first|second|third|fourth|fifth|sixth|last"
_ORDINAL = re.compile(rf"\b({_ORDINALS})\b")
_WHO = "(?:the person|the athlete|the man|the woman|he|she|they|it)"
_THIS = "(?:that|this|it|those|these|them)"
_THE = "(?:the |his |her |their |its )?"

_LEAD_IN = re.compile(
    r"^(?:(?:ok|okay|and|but|so|also|now|what about|how about|what of)\b[\s,]*)+(?=\S)"
)
_DANGLING = re.compile(rf"why|how so|again|what else|{_THIS}|{_THE}(?:same|others?)(?: one)?")
"""What never stands alone, and no rule knows."""

_FRAGMENT_WORDS = 4
"""After "and" or "what about", so few words are no question of their own."""


class Unresolved(Exception):
    """The question leans on something that the turn before does not hold; says on what."""


@dataclass(frozen=True)
class Before:
    """The turn before.

    Args:
        question: As it was understood.
        answer: What was said.
    """

    question: str
    answer: str

    @property
    def told(self) -> str:
        """The answer, "" where it told of nothing that happens."""
        denied = self.answer.strip(" .").lower() in ("no", "none", "nothing", "0")
        return "" if denied or abstention_reason(self.answer) is not None else self.answer

    @cached_property
    def named(self) -> list[Named]:
        """Acts that the question names."""
        return acts_named(self.question)

    def act(self, word: str) -> str:
        """What happened: the act that the answer names, or the question.

        Raises:
            Unresolved: Neither names one, or the answer denies it.
        """
        if not self.told:
            raise Unresolved(f"the answer before tells of nothing that “{word}” could mean")
        named = acts_named(self.told) or self.named
        if not named:
            raise Unresolved(f"neither question nor answer before names what “{word}” means")
        return named[-1].act

    def side(self, text: str) -> str | None:
        """The one side that a text names."""
        sides = {side.lower() for side in _SIDE.findall(text)}
        return sides.pop() if len(sides) == 1 else None


def resolve(question: str, before: Before | None) -> str:
    """The question in words of its own.

    Args:
        question: As asked.
        before: The turn before, None at the start of a conversation.

    Returns:
        A question that can be asked by itself; one that leans on nothing comes back as it is.

    Raises:
        Unresolved: It leans on something that is not there.
    """
    text = re.sub(r"\s+", " ", question).strip().rstrip("?!. ").lower()
    core = _LEAD_IN.sub("", text)
    for pattern, rule, alone in _RULES:
        match = pattern.fullmatch(core)
        if match is None:
            continue
        if before is None:
            if alone:
                return question
            raise Unresolved(f"there is no earlier question that “{text}” could refer to")
        try:
            return rule(match, before)
        except Unresolved:
            if alone:
                return question
            raise
    fragment = core != text and len(core.split()) <= _FRAGMENT_WORDS
    if fragment and before is not None:
        swapped = _other_act(core, before)
        if swapped is not None:
            return swapped
    if _DANGLING.fullmatch(core) or fragment:
        raise Unresolved(f"it is not clear what “{text}” refers to; ask it in full")
    return question


def _other_side(match: re.Match[str], before: Before) -> str:
    part = match["part"]
    if before.side(before.question) is not None:
        mirrored = swap_sides(before.question)
        assert mirrored is not None
        return _with_part(mirrored, part)
    side = before.side(before.told)
    if side is None:
        raise Unresolved("the turn before names no one side that there could be another of")
    if part in (None, "one", "side"):
        found = _PART.search(before.told.lower()) or _PART.search(before.question.lower())
        if found is None:
            raise Unresolved("the turn before does not say the other what")
        part = found[1]
    return f"What does the person do with the {swap_sides(side)} {part}?"


def _this_side(match: re.Match[str], before: Before) -> str:
    side, part = match["side"], match["part"]
    if before.side(before.question) is not None:
        return _with_part(_SIDE.sub(side, before.question), part)
    whole = part if part not in (None, "one", "side") else None
    if re.search(r"\b(?:which|what)\b", before.question.lower()) and before.named:
        limb = whole or _part_of(before.question) or "hand"
        return f"Does the person {say_act(before.named[-1].act, 'inf')} with the {side} {limb}?"
    if _part_of(before.question) is None:
        raise Unresolved(f"the question before asks about nothing that has a {side}")
    found = _PART.search(before.question.lower())
    assert found is not None
    return (
        f"{before.question[: found.start()]}{side} {whole or found[1]}"
        f"{before.question[found.end() :]}"
    )


def _this_part(match: re.Match[str], before: Before) -> str:
    if _part_of(before.question) is None:
        raise Unresolved(f"the question before asks about nothing that “{match['part']}” replaces")
    return _with_part(before.question, match["part"])


def _beside(match: re.Match[str], before: Before) -> str:
    words = match.groupdict()
    way = (
        "before"
        if (words.get("way") or words.get("adverb") or "").startswith("before")
        else ("after")
    )
    return f"What does the person do {way} the {say_act(before.act('that'), 'noun')}?"


def _how_many(match: re.Match[str], before: Before) -> str:
    return f"How many times does the person {say_act(before.act('those'), 'inf')}?"


def _which_limb(match: re.Match[str], before: Before) -> str:
    act = say_act(before.act(match["part"]), "inf")
    return f"With which {match['part']} does the person {act}?"


def _when(match: re.Match[str], before: Before) -> str:
    return f"When does the person {say_act(before.act('that'), 'inf')}?"


def _correct(match: re.Match[str], before: Before) -> str:
    return f"Does the person do the {say_act(before.act('that'), 'noun')} correctly?"


def _how_long(match: re.Match[str], before: Before) -> str:
    return f"How long does the {say_act(before.act('that'), 'noun')} take?"


def _ordinal(match: re.Match[str], before: Before) -> str:
    if _ORDINAL.search(before.question.lower()) is None:
        raise Unresolved(f"the question before asks about nothing that has a {match['ordinal']}")
    return _ORDINAL.sub(match["ordinal"], before.question, count=1)


def _do_it(match: re.Match[str], before: Before) -> str:
    act = say_act(before.act(match["this"]), "inf")
    return f"{match['start']} {act}{match['rest']}?".capitalize()


def _during_it(match: re.Match[str], before: Before) -> str:
    act = say_act(before.act(match["this"]), "noun")
    return f"{match['start']} {match['link']} the {act}?".capitalize()


def _other_act(core: str, before: Before) -> str | None:
    """ "And lunges?" after "How many squats ...?"."""
    bare = re.sub(rf"^{_THE}", "", core)
    named = acts_named(bare)
    if len(named) != 1 or (named[0].start, named[0].end) != (0, len(bare)) or not before.named:
        return None
    old = before.named[-1]
    new = say_act(named[0].act, old.form)
    return f"{before.question[: old.start]}{new}{before.question[old.end :]}"


_Rule = Callable[[re.Match[str], Before], str]

_RULES: tuple[tuple[re.Pattern[str], _Rule, bool], ...] = tuple(
    (re.compile(pattern), rule, alone)
    for pattern, rule, alone in (
        # form, what to make of it, whether it may also stand for itself
        (rf"(?:with |using )?{_THE}(?:other|opposite)(?: (?P<part>one|side|{_PARTS})s?)?",
         _other_side, False),
        (rf"(?:with |using )?{_THE}(?P<side>left|right)(?: (?P<part>one|side|{_PARTS}))?",
         _this_side, False),
        (rf"{_THE}(?P<part>{_PARTS})s?", _this_part, False),
        (rf"(?:what (?:happens|comes|follows|is|was|(?:does|did|do) {_WHO} do) )?"
         rf"(?:right |just |directly )?(?P<way>after|before) {_THIS}", _beside, False),
        (rf"(?:what (?:happens|comes|follows|is|was|(?:does|did|do) {_WHO} do) )?"
         r"(?P<adverb>next|then|afterwards?|beforehand|before|after)", _beside, False),
        (rf"how (?:many|often)(?: times)?(?: of {_THIS}"
         rf"| (?:does|did|do) {_WHO} (?:do|repeat|perform|make) {_THIS})", _how_many, False),
        (r"how (?:many|often)(?: times)?(?: in (?:all|total))?", _how_many, True),
        (rf"(?:with |using )?(?:which|what) (?P<part>{_PARTS}|side)", _which_limb, True),
        (rf"when(?: (?:is|was|does|did) {_THIS}(?: happen)?)?", _when, False),
        (rf"(?:is|was|are|were) (?:{_THIS}|they)(?: done| performed)? "
         r"(?:correct|correctly|right|good|well|properly|ok|okay)", _correct, False),
        (rf"how long (?:is|was|does|did) {_THIS}(?: take| last)?", _how_long, False),
        (rf"{_THE}(?P<ordinal>{_ORDINALS})(?: (?:one|time|repetition))?", _ordinal, False),
        (rf"(?P<start>.*\b(?:does|did|do|can|could|should) {_WHO}) (?:do|repeat|perform) "
         rf"(?P<this>{_THIS})\b(?P<rest>.*)", _do_it, False),
        (rf"(?P<start>.+) (?P<link>for|during|in|while doing|after|before) (?P<this>{_THIS})",
         _during_it, False),
    )
)  # fmt: skip


def _part_of(text: str) -> str | None:
    found = _PART.search(text.lower())
    return None if found is None else found[1]


def _with_part(question: str, part: str | None) -> str:
    """The question about another part of the body."""
    if part in (None, "one", "side") or _part_of(question) in (None, part):
        return question
    return _PART.sub(part or "", question, count=1)
