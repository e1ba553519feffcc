"""What a figure can do, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from llamo.data import figure_everyday as everyday
from llamo.data import figure_sports as sports
from llamo.data.figure_actor import Actor

HANDS = ("right", "left", "both")
FEET = ("right", "left")
WAYS = ("left", "right")


@dataclass(frozen=True)
class Action:
    """How an action is played.

    Args:
        play: Takes the actor, the side ("" for an action without) and the seconds of each beat.
        tempo_s: Usual seconds of one repetition.
        sides: The sides it may have, the usual one first.
    """

    play: Callable[[Actor, str, list[float]], None]
    tempo_s: float
    sides: tuple[str, ...] = ()


ACTIONS: dict[str, Action] = {
    "bow": Action(everyday.bow, 2.4),
    "clap": Action(everyday.clap, 0.5),
    "jump": Action(sports.jump, 1.5),
    "jumping jack": Action(sports.jumping_jack, 1.2),
    "kick": Action(sports.kick, 1.7, FEET),
    "lunge": Action(sports.lunge, 2.6, FEET),
    "march": Action(sports.march, 1.3),
    "punch": Action(sports.punch, 0.8, FEET),
    "raise": Action(everyday.raise_hand, 2.0, HANDS),
    "sit": Action(everyday.sit, 4.0),
    "sit down": Action(everyday.sit_down, 1.8),
    "squat": Action(everyday.squat, 2.2),
    "stand up": Action(everyday.stand_up, 1.6),
    "swing a bat": Action(sports.swing_bat, 2.4, FEET),
    "swing a golf club": Action(sports.swing_golf_club, 3.2, FEET),
    "turn": Action(everyday.turn, 1.5, WAYS),
    "walk": Action(everyday.walk, 0.58, ("forward", "backwards", *WAYS)),
    "wave": Action(everyday.wave, 0.6, HANDS),
}
"""What a figure can do, by name; for the side of a swing, the player's stronger hand."""
