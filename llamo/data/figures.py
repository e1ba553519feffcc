"""Figures that move by rule: motions of our own making, for examples, tests and training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from llamo.data.figure_actions import ACTIONS
from llamo.data.figure_actor import Actor, Body
from llamo.errors import InvalidData
from llamo.motion import Motion


@dataclass(frozen=True)
class Act:
    """One thing that a figure does.

    Args:
        action: A name of ``ACTIONS``.
        side: The hand, the foot or the way: one of the action's ``sides``, None the first.
        repetitions: How often; steps for a walk, quarter turns for a turn.
        tempo_s: Seconds of one repetition, None for the usual.
    """

    action: str
    side: str | None = None
    repetitions: int = 1
    tempo_s: float | None = None


@dataclass(frozen=True)
class ActSpan:
    """When an act happens: from leaving rest to coming back to it, seconds."""

    act: Act
    start_s: float
    end_s: float


def perform(
    acts: Sequence[Act],
    *,
    rng: np.random.Generator | None = None,
    fps: float = 30.0,
    idle_s: tuple[float, float] = (1.0, 1.0),
    pause_s: float = 0.6,
    heading: float = 0.0,
    body: Body | None = None,
) -> tuple[Motion, list[ActSpan]]:
    """One figure does one act after the other, with rests between.

    Args:
        acts: What it does.
        rng: Draws body, posture, tempo and size; None gives the template figure, all repetitions
            alike.
        fps: Frames a second.
        idle_s: Seconds of rest before the first and after the last act.
        pause_s: Seconds of rest between acts.
        heading: Degrees that it faces at the start, 0 = +z, positive to its left.
        body: A person to keep for several motions; None draws one.

    Returns:
        The motion, on the floor y = 0, with rotations; and when each act happens.

    Raises:
        InvalidData: An act that is not known, or a side that it does not have.
    """
    if not acts:
        raise InvalidData("a figure needs at least one act to perform.")
    actor = Actor(body or Body.draw(rng), rng, heading)
    actor.line.wait(idle_s[0])
    spans = []
    for number, act in enumerate(acts):
        if number:
            actor.line.wait(actor.vary(pause_s))
        start_s = actor.line.now_s
        _play(actor, act)
        spans.append(ActSpan(act, start_s, actor.line.now_s))
    actor.line.wait(idle_s[1])
    return actor.motion(fps), spans


def make_figure(
    action: str,
    *,
    side: str | None = None,
    repetitions: int = 1,
    tempo_s: float | None = None,
    rng: np.random.Generator | None = None,
    fps: float = 30.0,
    idle_s: tuple[float, float] = (1.0, 1.0),
    heading: float = 0.0,
) -> Motion:
    """One figure does one thing; see :func:`perform`.

    >>> make_figure("squat", repetitions=5)
    Motion(390 frames, 22 joints (smpl22), 30 fps, 13.00 s)
    """
    act = Act(action, side, repetitions, tempo_s)
    return perform([act], rng=rng, fps=fps, idle_s=idle_s, heading=heading)[0]


def _play(actor: Actor, act: Act) -> None:
    known = ACTIONS.get(act.action)
    if known is None:
        raise InvalidData(f"a figure cannot {act.action!r}; it can: {', '.join(sorted(ACTIONS))}.")
    side = act.side
    if side is None and known.sides:
        side = known.sides[0]
    if side is not None and side not in known.sides:
        raise InvalidData(
            f"{act.action!r} has no side {act.side!r}; "
            + (f"it has {', '.join(known.sides)}." if known.sides else "leave it out.")
        )
    if act.repetitions < 1:
        raise InvalidData(f"repetitions must be 1 or more, got {act.repetitions}.")
    tempo_s = known.tempo_s if act.tempo_s is None else act.tempo_s
    if not 0.1 <= tempo_s <= 60:
        raise InvalidData(f"tempo_s must be 0.1 to 60 seconds a repetition, got {tempo_s}.")
    known.play(actor, side or "", [actor.vary(tempo_s) for _ in range(act.repetitions)])
