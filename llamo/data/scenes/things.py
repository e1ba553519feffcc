"""Things to hold: a few solids at a hand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from llamo.data.scenes.colours import Colour, draw_colour
from llamo.data.scenes.person import HAND_M, forward_of
from llamo.data.scenes.solids import Solid, solid, unit
from llamo.skeleton import SMPL22

KINDS = ("ball", "stick", "cup", "bag", "book", "umbrella")
_COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "white", "black")
UMBRELLA_M = 0.75
"""From the hand to its top."""


@dataclass(frozen=True)
class Thing:
    """Something in a hand.

    Args:
        kind: One of ``KINDS``.
        colour_name, colour: Of it.
        size: Factor.
    """

    kind: str
    colour_name: str
    colour: Colour
    size: float


def draw_thing(rng: np.random.Generator) -> Thing:
    """Any thing of any colour."""
    name = str(rng.choice(_COLOURS))
    kind = str(rng.choice(KINDS))
    return Thing(kind, name, draw_colour(name, rng), float(rng.uniform(0.9, 1.35)))


def thing_solids(thing: Thing, joints: np.ndarray, side: str, number: int) -> list[Solid]:
    """Solids of a thing in one hand of a person (T, 22, 3)."""
    at = {name: joints[:, place] for place, name in enumerate(SMPL22.joints)}
    wrist = at[f"{side}_wrist"]
    along = unit(wrist - at[f"{side}_elbow"])
    hand = wrist + HAND_M * along
    forward = forward_of(at)
    out = at[f"{side}_shoulder"] - at["right_shoulder" if side == "left" else "left_shoulder"]
    out = unit(out * np.array([1.0, 0.0, 1.0]))
    up = np.broadcast_to(np.array([0.0, 1.0, 0.0]), hand.shape)
    what, group = f"{number}:{side} thing", 1000 * number + 40 + (side == "right")
    dark: Colour = (60.0, 55.0, 52.0)
    pale: Colour = (236.0, 232.0, 222.0)
    size = thing.size

    def one(balls: list[tuple[np.ndarray, float]], colour: Colour = thing.colour) -> Solid:
        return solid(balls, colour, what, group)

    match thing.kind:
        case "ball":
            return [one([(hand + 0.08 * size * along, 0.105 * size)])]
        case "stick":
            # Held across the forearm, as a stick, bat or club is.
            way = unit(forward + 0.7 * up - 0.3 * along)
            start, end = hand - 0.12 * way, hand + 0.7 * size * way
            return [one([(start, 0.018), (end, 0.022 * size)])]
        case "cup":
            foot, rim = hand - 0.03 * up, hand + 0.085 * size * up
            handle = hand + 0.03 * up + 0.075 * size * out
            return [
                one([(handle, 0.022)]),
                one([(foot, 0.036 * size), (rim, 0.05 * size)]),
                one([(rim + 0.012 * up, 0.036 * size)], dark),
            ]
        case "bag":
            top, bottom = hand - 0.14 * up, hand - 0.42 * size * up
            corners = [
                (place + reach * size * forward, 0.045)
                for place, reach in ((top, 0.08), (top, -0.08), (bottom, 0.13), (bottom, -0.13))
            ]
            straps = [
                one([(hand, 0.01), (top + reach * size * forward, 0.01)]) for reach in (0.08, -0.08)
            ]
            return [*straps, one(corners)]
        case "book":
            way = unit(along + 0.4 * up)
            across = out + 0.25 * forward
            across = unit(across - np.sum(across * way, -1, keepdims=True) * way)
            middle = hand + 0.09 * size * way
            corners = [
                (middle + x * 0.1 * size * across + y * 0.14 * size * way, 0.014)
                for x in (-1, 1) for y in (-1, 1)
            ]  # fmt: skip
            pages = [
                (middle + x * 0.075 * size * across + y * 0.1 * size * way, 0.008)
                for x in (-1, 1) for y in (-1, 1)
            ]  # fmt: skip
            return [one(corners), one(pages, pale)]
        case _:
            top = hand + UMBRELLA_M * up
            edge = [
                (top - 0.2 * up + 0.45 * size * (np.cos(a) * forward + np.sin(a) * out), 0.012)
                for a in np.linspace(0, 2 * np.pi, 8, endpoint=False)
            ]
            return [one([(hand - 0.1 * up, 0.014), (top, 0.014)], dark), one([(top, 0.03), *edge])]
