"""Figures that move by rule, as labelled clips: free of any licence, and what the examples show."""

from __future__ import annotations

import numpy as np

from llamo.data.clips import LabelledClip
from llamo.data.figure_actions import ACTIONS
from llamo.data.figures import make_figure
from llamo.data.sides import LIMB_OF_ACTION, TWO_HANDED

CLIPS_OF_AN_ACTION = 16

_PHRASES = {
    "bow": "bow", "clap": "clap", "jump": "jump", "kick": "kick", "lunge": "lunge",
    "march": "walk", "punch": "punch", "raise": "raise a hand", "sit down": "sit",
    "squat": "squat", "swing a bat": "swing a baseball bat",
    "swing a golf club": "swing a golf club", "walk": "walk", "wave": "wave",
}  # fmt: skip
"""Acts of the figures that questions can name, in the words of answers."""

_BOTH = {"raise a hand": "raise both hands", "wave": "wave both hands"}

_CYCLIC = {"wave": (2, 4), "walk": (4, 8), "march": (3, 6), "clap": (2, 5)}
"""Acts that are not recognisable from one repetition, and how many to make."""


def figure_clips(seed: int, count: int = CLIPS_OF_AN_ACTION) -> list[LabelledClip]:
    """``count`` varied clips of each action and side of ``llamo.data.figures``, at 20 fps."""
    clips: list[LabelledClip] = []
    for action in sorted(_PHRASES):
        known = ACTIONS[action]
        for side in known.sides or (None,):
            for number in range(count):
                rng = np.random.default_rng([seed, len(clips)])
                clips.append(_clip(action, side, number, len(clips), rng))
    return clips


def _clip(
    action: str, side: str | None, number: int, index: int, rng: np.random.Generator
) -> LabelledClip:
    low, high = _CYCLIC.get(action, (1, 1))
    idle_s = tuple(rng.uniform(0.05, 0.3, 2))
    motion = make_figure(
        action,
        side=side,
        repetitions=int(rng.integers(low, high + 1)),
        rng=rng,
        fps=20.0,
        idle_s=idle_s,
        heading=float(rng.uniform(0, 360)),
    )
    says = _PHRASES[action]
    if side == "both":
        says = _BOTH[says]
    limb = LIMB_OF_ACTION.get(says)
    acts_with = "both" if says in TWO_HANDED else side if limb else None
    return LabelledClip(
        pack="figures",
        index=index,
        name=f"{action} {side or ''} {number}",
        person=number % 8,
        motion=motion,
        label=f"{says} {side or ''}".strip(),
        action=says,
        direction=side if action == "walk" else None,
        body_part=f"{side} {limb}" if acts_with in ("left", "right") else None,
        side=acts_with,
        side_named=acts_with is not None,
    )
