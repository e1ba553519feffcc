"""One question with its answer, and the scene it is asked about."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, field
from typing import Any

from llamo.data.ask import word
from llamo.data.phrases import known_actions, may_be_same
from llamo.data.sides import ARM_ACTIONS, LEG_ACTIONS
from llamo.data.splice import Segment, Sequence
from llamo.data.wordings import Query

Span = tuple[float, float]

CANT_TELL = "I can't tell"

REASONS = {
    "both hands": "both hands move",
    "both legs": "both legs move",
    "absent": "it does not happen here",
    "twice": "it happens more than once",
    "nothing before": "nothing happens before it",
    "nothing after": "nothing happens after it",
    "legs": "the legs are not visible",
    "arms": "the arms are not visible",
    "cut": "the clip starts or ends in the middle of it",
    "unseen": "motion alone does not show it",
    "hidden": "it is hidden, or out of the picture",
    "not held": "nobody holds one",
}
"""Why a motion does not settle a question, as the answer says it."""

AXES = ("body", "seq", "dir", "rea", "hall")


@dataclass(frozen=True)
class Question:
    """A question about a sequence.

    Args:
        question: As asked.
        answer: As answered; an abstention starts with ``CANT_TELL``.
        kind: What is asked (``action``, ``side``, ``order``, ``count``, ``yes_no``, ...).
        axis: One of the paper's five: ``body seq dir rea hall``.
        type: Finer than the kind; answers of one type compete when scored.
        span_s: Seconds of the segment that holds the answer; None if nothing does.
        anchors: Seconds of the segments that the question names.
        accept: Other texts that are right as well.
        wording_id: Which patterns made it.
        held_out: Its wording is never used in training.
        reason: Key of ``REASONS`` where the motion does not settle it.
        measure: Name of the measurement that answers it; the asker fills the answer in.
        shown_by: What of a picture shows the answer, by the names of ``Facts``' parts: "top",
            "bottom", "left hand", "right hand", "thing's colour", "camera", "people".
    """

    question: str
    answer: str
    kind: str
    axis: str
    type: str
    span_s: Span | None = None
    anchors: tuple[Span, ...] = ()
    accept: tuple[str, ...] = ()
    wording_id: str = ""
    held_out: bool = False
    reason: str | None = None
    measure: str | None = None
    shown_by: tuple[str, ...] = ()

    @property
    def abstains(self) -> bool:
        """The right answer is that the motion does not tell."""
        return self.reason is not None

    def to_dict(self) -> dict:
        """As a line of ``questions.jsonl``: an abstention's answer is None."""
        row = asdict(self)
        if self.abstains:
            row["answer"] = None
        return row


def abstention(reason: str) -> str:
    """The answer that says why there is none."""
    return f"{CANT_TELL}: {REASONS[reason]}."


@dataclass
class Scene:
    """A sequence being asked about: what is sure, what is doubtful, and the source of chance."""

    sequence: Sequence
    r: random.Random
    held_out: bool = False
    segments: tuple[Segment, ...] = field(init=False)
    names: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.segments = self.sequence.segments
        self.names = [segment.says or "" for segment in self.segments]

    @property
    def one_act(self) -> bool:
        """Everything here is one and the same act."""
        return len(set(self.names)) == 1 and self.names[0] != ""

    @property
    def clean_order(self) -> bool:
        """No two different acts that a viewer could call by the same word; all are named."""
        names = set(self.names)
        return "" not in names and not any(
            a < b and may_be_same(a, b) for a in names for b in names
        )

    def unique(self, segment: Segment) -> bool:
        """The segment's act occurs once, and nothing like it occurs elsewhere."""
        says = segment.says
        return bool(says) and sum(may_be_same(says, name) for name in self.names if name) == 1

    def hidden_for(self, name: str | None) -> str | None:
        """Reason why an act cannot be seen here, None when it can."""
        hidden = self.sequence.hidden
        if "legs" in hidden and name in LEG_ACTIONS:
            return "legs"
        if "arms" in hidden and name in ARM_ACTIONS:
            return "arms"
        return None

    def partly_hidden(self, segment: Segment) -> bool:
        """Some limb that the segment's act needs is out of sight."""
        hidden = self.sequence.hidden
        if self.hidden_for(segment.says):
            return True
        limb = segment.limb
        return any(limb == ("leg" if "leg" in part else "hand") for part in hidden)

    def absent_act(self, tries: int = 12) -> str | None:
        """An act that could have been here but is not, drawn as often as such acts occur."""
        pool = self.sequence.plausible or known_actions()
        for _ in range(tries):
            name = self.r.choice(pool)
            if not any(may_be_same(name, here) for here in self.names):
                return name
        return None

    def ask(self, name: str, query: Query, **options: Any) -> tuple[str, str]:
        """``word`` with this scene's chance and held-out switch."""
        return word(name, query, self.r, self.held_out, **options)

    def fork(self) -> tuple[random.Random, random.Random]:
        """Two equal sources of chance: a pair of questions in the same words."""
        seed = self.r.getrandbits(48)
        return random.Random(seed), random.Random(seed)


def accept_for(segment: Segment) -> tuple[str, ...]:
    """Other names of what a segment shows."""
    both = (segment.action, segment.exercise)
    return tuple(name for name in both if name and name != segment.says)


def side_answers(side: str, noun: str) -> tuple[str, tuple[str, ...]]:
    """``left``, ``hand`` -> ``left hand`` and what else is right."""
    pairs = {"hand": "arm", "arm": "hand", "leg": "foot", "foot": "leg"}
    if side == "both":
        return f"both {_plural(noun)}", ("both", f"both {_plural(pairs[noun])}")
    return f"{side} {noun}", (side, f"{side} {pairs[noun]}")


def _plural(noun: str) -> str:
    return "feet" if noun == "foot" else noun + "s"


def limb_words(limb: str, r: random.Random) -> dict[str, str]:
    """The word a question uses for a limb: hand or arm, leg or foot."""
    noun = r.choice({"hand": ("hand", "hand", "arm"), "leg": ("leg", "leg", "foot")}[limb])
    return {"limb": noun, "limbs": _plural(noun)}
