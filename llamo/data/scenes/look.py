"""What a person looks like: build, hair, clothes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from llamo.data.scenes.colours import NAMES, Colour, draw_colour

_SKIN = (
    (244, 208, 180), (226, 178, 145), (205, 152, 115), (170, 116, 80), (128, 84, 56), (86, 56, 40),
)  # fmt: skip
_HAIR = ((32, 24, 20), (58, 40, 28), (104, 72, 40), (190, 152, 88), (150, 66, 32), (150, 148, 146))


@dataclass(frozen=True)
class Look:
    """A person's looks.

    Args:
        top, bottom: Names of the clothes' colours.
        top_colour, bottom_colour: Those colours.
        sleeves: "long", "short" or "none".
        legs: "trousers", "shorts" or "skirt".
        skin, hair, shoes: Colours.
        hair_style: "short", "long", "bald" or "cap".
        girth: Of limbs, of the trunk, of the head: factors.
    """

    top: str
    bottom: str
    top_colour: Colour
    bottom_colour: Colour
    sleeves: str
    legs: str
    skin: Colour
    hair: Colour
    shoes: Colour
    hair_style: str
    girth: tuple[float, float, float]


def draw_look(rng: np.random.Generator) -> Look:
    """A person by lot; all colours of clothes are as likely, and mostly differ."""
    top = str(rng.choice(NAMES))
    bottom = top if rng.random() < 0.06 else str(rng.choice(NAMES))
    light = rng.uniform(0.92, 1.06)
    skin = tuple(float(min(255.0, part * light)) for part in _SKIN[int(rng.integers(len(_SKIN)))])
    style = str(rng.choice(["short", "short", "long", "bald", "cap"]))
    hair = draw_colour(str(rng.choice(NAMES)), rng) if style == "cap" else _draw(_HAIR, rng)
    return Look(
        top=top,
        bottom=bottom,
        top_colour=draw_colour(top, rng),
        bottom_colour=draw_colour(bottom, rng),
        sleeves=str(rng.choice(["long", "short", "short", "none"])),
        legs=str(rng.choice(["trousers", "trousers", "shorts", "skirt"])),
        skin=(skin[0], skin[1], skin[2]),
        hair=hair,
        shoes=draw_colour(str(rng.choice(["black", "white", "brown", "grey", "red"])), rng),
        hair_style=style,
        girth=(
            float(rng.uniform(0.85, 1.3)), float(rng.uniform(0.85, 1.4)),
            float(rng.uniform(0.92, 1.1)),
        ),
    )  # fmt: skip


def _draw(colours: tuple[tuple[int, int, int], ...], rng: np.random.Generator) -> Colour:
    red, green, blue = colours[int(rng.integers(len(colours)))]
    return float(red), float(green), float(blue)
