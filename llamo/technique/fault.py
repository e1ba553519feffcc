"""A fault: which joint, in which angle, by how many degrees, when; and the words for it."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from llamo.kinematics import Measurement

_WORDS: dict[str, tuple[str, str, str]] = {
    # angle: what it is of and does, then "more" and "less" of it
    "knee_flexion": ("knee bends", "more", "less"),
    "elbow_flexion": ("elbow bends", "more", "less"),
    "hip_flexion": ("hip bends", "more", "less"),
    "hip_abduction": ("thigh points", "further outwards", "further inwards"),
    "shoulder_elevation": ("arm is lifted", "higher", "less high"),
    "shoulder_forward": ("arm points", "further forwards", "further backwards"),
    "shoulder_rotation": ("forearm turns", "further inwards", "further outwards"),
    "trunk_forward_lean": ("trunk leans", "further forwards", "further backwards"),
    "trunk_left_lean": ("trunk leans", "further to the left", "further to the right"),
    "trunk_left_turn": ("shoulders turn", "further to the left", "further to the right"),
}

_ADVICE: dict[str, tuple[str, str]] = {
    # angle: what to do where there is too much of it, and where there is too little
    "knee_flexion": ("bend the {side}knee less", "bend the {side}knee more"),
    "elbow_flexion": ("keep the {side}elbow straighter", "bend the {side}elbow more"),
    "hip_flexion": ("bend the {side}hip less", "bend the {side}hip more"),
    "hip_abduction": ("keep the {side}thigh closer in", "take the {side}thigh further out"),
    "shoulder_elevation": ("lift the {side}arm less", "lift the {side}arm higher"),
    "shoulder_forward": ("keep the {side}arm further back", "keep the {side}arm further forwards"),
    "shoulder_rotation": (
        "turn the {side}forearm outwards",
        "turn the {side}forearm less outwards",
    ),
    "trunk_forward_lean": ("keep the trunk more upright", "lean the trunk further forwards"),
    "trunk_left_lean": ("lean less to the left", "lean less to the right"),
    "trunk_left_turn": (
        "turn the shoulders less to the left",
        "turn the shoulders less to the right",
    ),
}

_PLURAL = {"knee": "knees", "elbow": "elbows", "hip": "hips", "thigh": "thighs", "arm": "arms",
           "forearm": "forearms"}  # fmt: skip
_VERBS = {"bends": "bend", "points": "point", "is": "are", "turns": "turn", "leans": "lean"}


@dataclass(frozen=True)
class Fault:
    """One joint that moves otherwise than in correct repetitions.

    Args:
        joint: ``left_knee``, ``trunk``; without a side where both do the same (``knee``).
        side: ``left``, ``right``, ``both``, or "" for the trunk.
        angle: Which of its angles, without a side.
        difference_deg: By how much it differs, positive for more.
        uncertainty_deg: One standard deviation of the same number among correct repetitions.
        time_s: Where it differs so, seconds since the clip's start.
        phase: The same in 0-1 of the repetition.
        posture: It differs where the repetition starts and ends already.
    """

    joint: str
    side: str
    angle: str
    difference_deg: float
    uncertainty_deg: float
    time_s: float
    phase: float
    posture: bool

    @property
    def names_side(self) -> bool:
        """Whether its words tell left from right."""
        return self.side in ("left", "right") or self.angle.startswith("trunk_left_")

    @property
    def words(self) -> str:
        """``the left knee bends 14 deg less``."""
        subject, more, less = _WORDS[self.angle]
        noun, verb, *rest = subject.split()
        if self.side == "both":
            noun, verb = _PLURAL[noun], _VERBS[verb]
        side = f"{self.side} " if self.side in ("left", "right") else ""
        way = more if self.difference_deg > 0 else less
        amount = f"{abs(self.difference_deg):.0f} deg"
        return " ".join(["the", f"{side}{noun}", verb, *rest, amount, way])

    @property
    def advice(self) -> str:
        """``bend the left knee more``."""
        too_much, too_little = _ADVICE[self.angle]
        text = too_much if self.difference_deg > 0 else too_little
        if self.side == "both":
            text = re.sub(r"\{side\}(\w+)", lambda found: _PLURAL[found[1]], text)
        return text.replace("{side}", f"{self.side} " if self.side else "")

    @property
    def measurement(self) -> Measurement:
        """The number as any other measurement, to stand beside an answer."""
        side = f"{self.side}_" if self.side else ""
        name = f"{side}{self.angle}_off"
        doubt = self.uncertainty_deg
        return Measurement(name, self.difference_deg, "deg", doubt, self.time_s, self.time_s)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, degrees to the tenth, times to the millisecond."""
        plain = asdict(self)
        for name in ("difference_deg", "uncertainty_deg"):
            plain[name] = round(plain[name], 1)
        for name in ("time_s", "phase"):
            plain[name] = round(plain[name], 3)
        return {**plain, "words": self.words, "advice": self.advice}
