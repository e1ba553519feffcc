"""Everyday moves of a figure: one function each, once for every beat (seconds a repetition)."""

from __future__ import annotations

from llamo.data.figure_actor import Actor
from llamo.data.figure_pose import SIDES, SIGN
from llamo.errors import InvalidData

_OTHER = {"left": "right", "right": "left"}


def _hands(side: str) -> tuple[str, ...]:
    return SIDES if side == "both" else (side,)


def squat(actor: Actor, side: str, beats: list[float]) -> None:
    for beat in beats:
        deep = actor.vary(1.0)
        actor.line.move(
            0.45 * beat, pelvis_down=0.46 * deep, pelvis_forward=-0.24 * deep,
            pelvis_pitch=30 * deep, lean=14, head_pitch=-18, left_knee_out=10, right_knee_out=10,
            **actor.arms(*SIDES, shoulder_flexion=105, elbow_flexion=8, shoulder_inward=0),
        )  # fmt: skip
        actor.line.wait(0.04 * beat)
        actor.line.move(0.43 * beat, **actor.upright())
        actor.line.wait(0.08 * beat)


def wave(actor: Actor, side: str, beats: list[float]) -> None:
    sides = _hands(side)
    up = {"shoulder_abduction": 82, "shoulder_flexion": 12, "shoulder_inward": -82}
    actor.line.move(0.7, **actor.arms(*sides, **up, elbow_flexion=60))
    for beat in beats:
        size = actor.vary(1.0)
        actor.line.move(beat / 2, **actor.arms(*sides, elbow_flexion=85 + 25 * size))
        actor.line.move(beat / 2, **actor.arms(*sides, elbow_flexion=85 - 25 * size))
    actor.line.move(0.7, **actor.upright())


def raise_hand(actor: Actor, side: str, beats: list[float]) -> None:
    for beat in beats:
        up = {"shoulder_flexion": actor.vary(160), "shoulder_abduction": 8, "elbow_flexion": 8}
        actor.line.move(0.4 * beat, **actor.arms(*_hands(side), **up))
        actor.line.wait(0.15 * beat)
        actor.line.move(0.4 * beat, **actor.upright())
        actor.line.wait(0.05 * beat)


def walk(actor: Actor, side: str, beats: list[float]) -> None:
    if side in SIDES:
        _sidestep(actor, side, beats)
        return
    way = 1.0 if side == "forward" else -0.7
    foot, lead = "right", 0.0  # how far the last foot stands ahead of the place
    for number, beat in enumerate(beats):
        last = number == len(beats) - 1
        length = way * actor.vary(0.62)
        ahead = 0.0 if last else length / 2
        actor.line.start(beat, **actor.go(forward=lead + ahead))
        actor.step(foot, 0.92 * beat, lift=0.06, forward=ahead)
        actor.line.start(0.4 * beat, **{f"{foot}_heel_raise": 32.0 if way > 0 else 12.0})
        actor.line.start(0.75 * beat, **{f"{foot}_heel_raise": -12.0 * way if not last else 0.0})
        actor.line.start(0.98 * beat, **{f"{foot}_heel_raise": 0.0})
        lead, other = ahead, _OTHER[foot]
        swing = 0.0 if last else actor.vary(24.0)
        actor.line.move(
            beat, lean=actor.body.stoop + (0 if last else 3), twist_left=-swing / 4 * SIGN[other],
            **actor.arms(other, shoulder_flexion=actor.body.hang["shoulder_flexion"] + swing),
            **actor.arms(foot, shoulder_flexion=actor.body.hang["shoulder_flexion"] - swing),
        )  # fmt: skip
        foot = other
    actor.line.move(0.3, **actor.upright())


def _sidestep(actor: Actor, side: str, beats: list[float]) -> None:
    for beat in beats:
        wide = actor.vary(0.42)
        half = SIGN[side] * wide / 2
        actor.line.start(beat / 2, **actor.go(left=half))
        actor.step(side, 0.46 * beat, out=wide / 2)
        actor.line.wait(beat / 2)
        actor.line.start(beat / 2, **actor.go(left=half))
        actor.step(_OTHER[side], 0.46 * beat)
        actor.line.wait(beat / 2)


def turn(actor: Actor, side: str, beats: list[float]) -> None:
    for beat in beats:
        actor.line.start(0.3 * beat, head_left=SIGN[side] * 35)
        for _ in range(2):
            actor.line.start(beat / 2, **actor.go(turn=SIGN[side] * 45))
            actor.step(side, beat / 4)
            actor.line.wait(beat / 4)
            actor.step(_OTHER[side], beat / 4)
            actor.line.wait(beat / 4)
        actor.line.start(0.2, head_left=0.0)
    actor.line.wait(0.2)


def clap(actor: Actor, side: str, beats: list[float]) -> None:
    def hands(gap: float) -> dict[str, float]:
        return actor.reach("left", gap, -0.22, 0.5, 25) | actor.reach("right", -gap, -0.22, 0.5, 25)

    actor.line.move(0.5, **hands(0.35))
    for beat in beats:
        actor.line.move(0.45 * beat, **hands(0.03))
        actor.line.move(0.55 * beat, **hands(actor.vary(0.33)))
    actor.line.move(0.5, **actor.upright())


def bow(actor: Actor, side: str, beats: list[float]) -> None:
    for beat in beats:
        deep = actor.vary(1.0)
        actor.line.move(
            0.4 * beat, pelvis_pitch=38 * deep, lean=30 * deep, head_pitch=12, pelvis_forward=-0.14,
            **actor.arms(*SIDES, shoulder_flexion=45, elbow_flexion=12),
        )  # fmt: skip
        actor.line.wait(0.15 * beat)
        actor.line.move(0.4 * beat, **actor.upright())
        actor.line.wait(0.05 * beat)


def _seat(actor: Actor) -> dict[str, float]:
    hands = actor.arms(*SIDES, shoulder_flexion=28, elbow_flexion=55, shoulder_inward=15)
    return actor.upright() | {"pelvis_down": 0.47, "pelvis_forward": -0.5} | hands


def _halfway(actor: Actor) -> dict[str, float]:
    hands = actor.arms(*SIDES, shoulder_flexion=45, elbow_flexion=25)
    return {"pelvis_pitch": 32.0, "lean": 18.0, "head_pitch": -15.0, **hands}


def sit_down(actor: Actor, side: str, beats: list[float]) -> None:
    for beat in beats:
        if actor.seated:
            stand_up(actor, side, [beat / 2])
            beat /= 2
        actor.line.start(0.5 * beat, **_halfway(actor))
        seat = _seat(actor)
        actor.line.start(0.8 * beat, pelvis_down=seat["pelvis_down"])
        actor.line.start(0.75 * beat, pelvis_forward=seat["pelvis_forward"])
        actor.line.wait(0.5 * beat)
        rest = {k: v for k, v in seat.items() if k not in ("pelvis_down", "pelvis_forward")}
        actor.line.move(0.5 * beat, **rest)
        actor.seated = True


def stand_up(actor: Actor, side: str, beats: list[float]) -> None:
    for beat in beats:
        if not actor.seated:
            raise InvalidData(
                "a figure stands up after it has sat down; let it do 'sit down' first."
            )
        actor.line.start(0.4 * beat, **_halfway(actor))
        actor.line.wait(0.22 * beat)
        actor.line.start(0.7 * beat, pelvis_down=0.0, pelvis_forward=0.0)
        actor.line.wait(0.18 * beat)
        rest = actor.upright()
        rest = {k: v for k, v in rest.items() if k not in ("pelvis_down", "pelvis_forward")}
        actor.line.move(0.6 * beat, **rest)
        actor.seated = False


def sit(actor: Actor, side: str, beats: list[float]) -> None:
    for beat in beats:
        sit_down(actor, side, [0.45 * beat])
        actor.line.wait(0.1 * beat)
        stand_up(actor, side, [0.45 * beat])
