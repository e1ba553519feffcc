"""Questions that only a picture answers: colours, things held, the camera's side, how many people.

Where a film does not show it, or shows that what is asked about is not there, the answer says so.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import numpy as np

from llamo.data import wordings
from llamo.data.ask import word
from llamo.data.question import Question, abstention
from llamo.data.scenes.colours import NAMES
from llamo.data.scenes.facts import Facts
from llamo.data.scenes.things import KINDS
from llamo.data.wordings import Query

PIXEL_KINDS = ("colour", "held", "held_side", "camera", "people")
"""Kinds of these questions, beside "yes_no"."""

NOTHING = "nothing"
FROM = {
    "front": "from the front", "back": "from behind", "left": "from the left",
    "right": "from the right",
}  # fmt: skip
"""How an answer says which side of the person the camera sees."""

_TOPS = ("shirt", "top", "shirt", "T-shirt", "jumper", "sweater")
_LEGS = {
    "trousers": ("trousers", "trousers", "pants", "jeans"), "shorts": ("shorts", "trousers"),
    "skirt": ("skirt",),
}  # fmt: skip
_HANDS = ("left hand", "right hand")
_PLURAL = ("trousers", "pants", "jeans", "shorts")


def ask_pixels(facts: Facts, rng: np.random.Generator, held_out: bool = False) -> list[Question]:
    """Ask what a film shows, each thing once.

    Args:
        facts: Of the film.
        rng: Source of every choice; equal generators ask equal questions.
        held_out: Word them in ways that training never uses.
    """
    asker = _Asker(facts, random.Random(int(rng.integers(2**63))), held_out)
    askers = (
        asker.top, asker.bottom, asker.held, asker.held_in, asker.holding_hand, asker.holding,
        asker.thing_colour, asker.camera, asker.people,
    )  # fmt: skip
    return [question for ask in askers for question in ask()]


def people_answer(count: int) -> str:
    """``2 people``: a bare number would be one of repetitions."""
    return "1 person" if count == 1 else f"{count} people"


def article(noun: str) -> str:
    """``ball`` -> ``a ball``."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


class _Asker:
    def __init__(self, facts: Facts, r: random.Random, held_out: bool) -> None:
        self.facts, self.r, self.held_out = facts, r, held_out

    def _ask(
        self,
        name: str,
        query: Query,
        answer: str | None,
        kind: str,
        shown_by: tuple[str, ...],
        accept: tuple[str, ...] = (),
        reason: str = "hidden",
        r: random.Random | None = None,
        **phrases: Any,
    ) -> Question:
        """One question; an answer of None abstains for ``reason``."""
        text, wid = word(name.lower(), query, r or self.r, self.held_out, **phrases)
        axis = "hall" if answer is None else "dir" if kind == "camera" else "body"
        return Question(
            text, abstention(reason) if answer is None else answer, kind, axis, name.lower(),
            None, (), accept if answer is not None else (), wid, self.held_out,
            reason if answer is None else None, shown_by=shown_by,
        )  # fmt: skip

    def top(self) -> Iterator[Question]:
        """The colour of the shirt."""
        yield from self._garment(self.r.choice(_TOPS), self.facts.top, "top")

    def bottom(self) -> Iterator[Question]:
        """The colour of trousers, shorts or skirt."""
        yield from self._garment(self.r.choice(_LEGS[self.facts.legs]), self.facts.bottom, "bottom")

    def _garment(self, garment: str, colour: str | None, part: str) -> Iterator[Question]:
        words: dict[str, Any] = {"G": garment, "gis": "are" if garment in _PLURAL else "is"}
        shown = (part,)
        yield self._ask("GARMENT_COLOUR", wordings.GARMENT_COLOUR, colour, "colour", shown, **words)
        if colour is None or self.r.random() < 0.5:
            return
        other = self.r.choice([name for name in NAMES if name != colour])
        seed = self.r.getrandbits(48)
        for said, answer in ((colour, "yes"), (other, "no")):
            dressed = f"{said} {garment}" if garment in _PLURAL else article(f"{said} {garment}")
            yield self._ask(
                "GARMENT_YES_NO", wordings.GARMENT_YES_NO, answer, "yes_no", shown,
                r=random.Random(seed), C=said, CG=dressed, **words,
            )  # fmt: skip

    def held(self) -> Iterator[Question]:
        """What is held, in whichever hand."""
        things = [thing for thing in self.facts.hands if thing not in (None, NOTHING)]
        if len(things) > 1:
            return  # both hands hold something: two right answers
        answer: str | None = None
        accept: tuple[str, ...] = ()
        if things:
            answer, accept = _held(things[0])
        elif None not in self.facts.hands:
            answer, accept = _held(NOTHING)
        yield self._ask("HELD", wordings.HELD, answer, "held", _HANDS, accept)

    def held_in(self) -> Iterator[Question]:
        """What one hand holds."""
        sides = {"left": self.facts.left, "right": self.facts.right}
        # A hand that holds something is asked about as often as an empty one.
        full = [side for side, thing in sides.items() if thing not in (None, NOTHING)]
        side = self.r.choice(full if full and self.r.random() < 0.5 else sorted(sides))
        thing = sides[side]
        answer, accept = _held(thing)
        said = None if thing is None else answer
        shown = (f"{side} hand",)
        yield self._ask("HELD_IN", wordings.HELD_IN, said, "held", shown, accept, L=side)

    def holding_hand(self) -> Iterator[Question]:
        """Which hand holds a thing; now and then one that nobody holds."""
        held = self._held_things()
        if held and self.r.random() < 0.85:
            side, thing = self.r.choice(held)
            yield self._ask(
                "HOLDING_HAND", wordings.HOLDING_HAND, f"{side} hand", "held_side", _HANDS,
                (side, f"the {side} hand", f"in the {side} hand"), N=thing,
            )  # fmt: skip
        elif None not in self.facts.hands and self.r.random() < 0.35:
            yield self._ask(
                "HOLDING_HAND", wordings.HOLDING_HAND, None, "held_side", _HANDS, reason="not held",
                N=self._absent(),
            )  # fmt: skip

    def holding(self) -> Iterator[Question]:
        """Does he hold a ball? And: a cup? Where he holds one of them."""
        held = self._held_things()
        if not held or None in self.facts.hands:
            return
        _, thing = self.r.choice(held)
        seed = self.r.getrandbits(48)
        for said, answer in ((thing, "yes"), (self._absent(), "no")):
            yield self._ask(
                "HOLDING_YES_NO", wordings.HOLDING_YES_NO, answer, "yes_no", _HANDS,
                r=random.Random(seed), A=article(said),
            )  # fmt: skip

    def thing_colour(self) -> Iterator[Question]:
        """The colour of what is held."""
        facts = self.facts
        seen = [
            (thing, colour)
            for thing, colour in zip(
                facts.hands, (facts.left_colour, facts.right_colour), strict=True
            )
            if thing is not None and colour is not None
        ]
        if not seen or len({thing for thing, _ in seen}) < len(seen):
            return
        thing, colour = self.r.choice(seen)
        shown = ("thing's colour",)
        yield self._ask("THING_COLOUR", wordings.THING_COLOUR, colour, "colour", shown, N=thing)

    def camera(self) -> Iterator[Question]:
        """Which side of the person the camera sees."""
        side = self.facts.camera
        if side is None:
            return
        accept = (side, "behind") if side == "back" else (side,)
        yield self._ask(
            "CAMERA_SIDE", wordings.CAMERA_SIDE, FROM[side], "camera", ("camera",), accept
        )

    def people(self) -> Iterator[Question]:
        """How many people are seen."""
        count = self.facts.people
        if count is not None:
            yield self._ask(
                "PEOPLE",
                wordings.PEOPLE,
                people_answer(count),
                "people",
                ("people",),
                (str(count),),
            )

    def _held_things(self) -> list[tuple[str, str]]:
        """(side, kind) of what is seen in a hand."""
        both = zip(("left", "right"), self.facts.hands, strict=True)
        return [(side, thing) for side, thing in both if thing not in (None, NOTHING)]  # type: ignore[misc]

    def _absent(self) -> str:
        return self.r.choice([kind for kind in KINDS if kind not in self.facts.hands])


def _held(thing: str | None) -> tuple[str, tuple[str, ...]]:
    """The answer that names a thing, and what else is right."""
    if thing is None or thing == NOTHING:
        return NOTHING, ("nothing at all",)
    return article(thing), (thing,)
