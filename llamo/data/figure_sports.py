"""Sports and exercise moves of a figure, in the form of the everyday ones."""

from __future__ import annotations

from llamo.data.figure_actor import Actor
from llamo.data.figure_pose import SIDES, SIGN

_OTHER = {"left": "right", "right": "left"}


def _hands_at(actor: Actor, left: float, up: float, forward: float) -> dict[str, float]:
    """Both hands at one place; see ``Actor.reach``."""
    gap = 0.06
    return actor.reach("left", left + gap, up, forward) | actor.reach(
        "right", left - gap, up, forward
    )


def swing_golf_club(actor: Actor, side: str, beats: list[float]) -> None:
    # Key positions after the usual teaching sequence: address, top, impact, finish. `s` is +1 for a
    # right-handed player, who swings back to the right and through to the left.
    back, lead = side, _OTHER[side]
    s = SIGN[lead]
    for beat in beats:
        full = actor.vary(1.0)
        actor.step(lead, 0.12 * beat, lift=0.04, out=0.2)
        actor.line.start(0.16 * beat, pelvis_left=0.1 * s)
        actor.line.move(
            0.22 * beat, pelvis_pitch=22, lean=18, pelvis_down=0.05, pelvis_forward=-0.12,
            **_hands_at(actor, 0, -0.82, 0.42),
        )  # fmt: skip
        actor.line.wait(0.08 * beat)
        actor.line.move(
            0.25 * beat, twist_left=-55 * s * full, pelvis_yaw=-35 * s * full, head_left=75 * s,
            pelvis_left=0.04 * s, **_hands_at(actor, -0.42 * s, 0.25, 0.5),
        )  # fmt: skip
        actor.line.move(
            0.10 * beat, twist_left=6 * s, pelvis_yaw=18 * s, pelvis_left=0.15 * s,
            head_left=-10 * s, **_hands_at(actor, 0.04 * s, -0.84, 0.42),
        )  # fmt: skip
        actor.line.start(0.13 * beat, **{f"{back}_heel_raise": 50.0})
        actor.line.start(0.13 * beat, **actor.foot_at(back, turn=-40))
        actor.line.move(
            0.13 * beat, twist_left=55 * s * full, pelvis_yaw=60 * s * full, pelvis_left=0.2 * s,
            pelvis_pitch=4, lean=0, head_left=10 * s, **_hands_at(actor, 0.42 * s, 0.3, 0.45),
        )  # fmt: skip
        actor.line.wait(0.07 * beat)
        actor.line.start(0.1 * beat, **actor.foot_at(back), **{f"{back}_heel_raise": 0.0})
        actor.line.start(0.15 * beat, **actor.upright())
        actor.step(lead, 0.12 * beat, lift=0.04)
        actor.line.wait(0.15 * beat)


def swing_bat(actor: Actor, side: str, beats: list[float]) -> None:
    back, lead = side, _OTHER[side]
    s = SIGN[lead]
    for beat in beats:
        actor.line.move(
            0.25 * beat, pelvis_down=0.07, lean=10, twist_left=-40 * s, head_left=45 * s,
            pelvis_left=-0.06 * s, pelvis_yaw=-10 * s, **_hands_at(actor, -0.45 * s, 0.05, 0.4),
        )  # fmt: skip
        actor.step(lead, 0.16 * beat, lift=0.1, out=0.32)
        actor.line.move(0.17 * beat, pelvis_left=-0.1 * s, twist_left=-52 * s)
        actor.line.start(0.2 * beat, **{f"{back}_heel_raise": 45.0})
        actor.line.start(0.2 * beat, **actor.foot_at(back, turn=-45))
        actor.line.move(
            0.10 * beat, twist_left=10 * s, pelvis_yaw=35 * s, pelvis_left=0.14 * s, head_left=0,
            **_hands_at(actor, 0.0, -0.3, 0.85),
        )  # fmt: skip
        actor.line.move(
            0.12 * beat, twist_left=50 * s, pelvis_yaw=60 * s,
            **_hands_at(actor, 0.45 * s, 0.1, 0.4),
        )  # fmt: skip
        actor.line.wait(0.08 * beat)
        actor.line.start(0.18 * beat, **actor.upright())
        actor.line.start(0.18 * beat, **actor.foot_at(back), **{f"{back}_heel_raise": 0.0})
        actor.step(lead, 0.2 * beat)
        actor.line.wait(0.28 * beat)


def kick(actor: Actor, side: str, beats: list[float]) -> None:
    other, s = _OTHER[side], SIGN[side]
    usual = actor.body.hang["shoulder_flexion"]
    for beat in beats:
        far = actor.vary(0.92)
        actor.line.move(0.2 * beat, pelvis_left=-0.8 * s * actor.body.stance)
        actor.line.start(0.22 * beat, **actor.foot_at(side, forward=-0.42), **{
            f"{side}_foot_y": 0.28, f"{side}_heel_raise": 60.0})  # fmt: skip
        actor.line.move(
            0.22 * beat, lean=8, twist_left=12 * s,
            **actor.arms(other, shoulder_flexion=usual - 20, shoulder_abduction=25),
            **actor.arms(side, shoulder_flexion=usual + 20, shoulder_abduction=20),
        )  # fmt: skip
        actor.line.start(0.09 * beat, **{f"{side}_foot_y": 0.08})
        actor.line.start(0.2 * beat, **actor.foot_at(side, forward=far), **{
            f"{side}_foot_y": 0.58, f"{side}_heel_raise": -35.0})  # fmt: skip
        actor.line.move(
            0.2 * beat, lean=-8, twist_left=-12 * s, pelvis_pitch=-6,
            **actor.arms(other, shoulder_flexion=usual + 40, shoulder_abduction=25),
            **actor.arms(side, shoulder_flexion=usual - 30, shoulder_abduction=30),
        )  # fmt: skip
        actor.line.start(0.28 * beat, **actor.foot_at(side), **{
            f"{side}_foot_y": 0.0, f"{side}_heel_raise": 0.0})  # fmt: skip
        actor.line.move(0.33 * beat, **actor.upright())
        actor.line.wait(0.05 * beat)


def punch(actor: Actor, side: str, beats: list[float]) -> None:
    def guard(hand: str) -> dict[str, float]:
        return actor.reach(hand, SIGN[hand] * 0.2, 0.02, 0.42, -15)

    s = SIGN[side]
    actor.line.move(0.5, pelvis_down=0.04, lean=6, **guard("left"), **guard("right"))
    for beat in beats:
        far = actor.vary(0.97)
        actor.line.move(
            0.3 * beat, twist_left=-28 * s, pelvis_yaw=-10 * s, lean=10,
            **actor.reach(side, s * 0.12, 0.0, far, 25),
        )  # fmt: skip
        actor.line.move(0.4 * beat, twist_left=0, pelvis_yaw=0, lean=6, **guard(side))
        actor.line.wait(0.3 * beat)
    actor.line.move(0.6, **actor.upright())


def jump(actor: Actor, side: str, beats: list[float]) -> None:
    # A flight of height h lasts 2 sqrt(2 h / g); .22 leg lengths (.18 m) are .38 s in the air.
    flight_s, heels = 0.38, {f"{side}_heel_raise": 42.0 for side in SIDES}
    for beat in beats:
        high = actor.vary(0.22)
        ground = max(beat - flight_s, 0.6)
        actor.line.move(
            0.34 * ground, pelvis_down=0.28, pelvis_forward=-0.1, pelvis_pitch=22, lean=14,
            **actor.arms(*SIDES, shoulder_flexion=-35, elbow_flexion=20),
        )  # fmt: skip
        actor.line.start(0.16 * ground, **heels)
        actor.line.start(
            0.16 * ground + flight_s / 2, pelvis_pitch=0, lean=2, pelvis_forward=0,
            **actor.arms(*SIDES, shoulder_flexion=105, elbow_flexion=35),
        )  # fmt: skip
        actor.line.move(0.16 * ground, pelvis_down=0.0)
        for name in ("left_foot_y", "right_foot_y"):
            actor.line.start(flight_s / 2, **{name: high})
            actor.line.start(flight_s, **{name: 0.0})
        actor.line.move(flight_s / 2, pelvis_down=-high)
        actor.line.start(
            flight_s / 2 + 0.2 * ground, lean=12, pelvis_pitch=14,
            **actor.arms(*SIDES, shoulder_flexion=25, elbow_flexion=30),
        )  # fmt: skip
        actor.line.move(flight_s / 2, pelvis_down=0.0)
        actor.line.start(0.08, left_heel_raise=0.0, right_heel_raise=0.0)
        actor.line.move(0.2 * ground, pelvis_down=0.18, pelvis_forward=-0.06)
        actor.line.move(0.3 * ground, **actor.upright())


def jumping_jack(actor: Actor, side: str, beats: list[float]) -> None:
    for beat in beats:
        for out, arms in ((0.3, actor.vary(150)), (0.0, None)):
            for foot in SIDES:
                actor.step(foot, 0.42 * beat, lift=0.055, out=out)
            actor.line.start(0.1 * beat, pelvis_down=0.05)
            actor.line.start(0.26 * beat, pelvis_down=-0.02)
            if arms is None:
                actor.line.start(0.46 * beat, **actor.arms(*SIDES, **actor.body.hang))
            else:
                up = {"shoulder_abduction": arms, "shoulder_flexion": 5, "shoulder_inward": 0}
                actor.line.start(0.46 * beat, **actor.arms(*SIDES, **up, elbow_flexion=15))
            actor.line.move(0.5 * beat, pelvis_down=0.03)
    actor.line.move(0.3, **actor.upright())


def lunge(actor: Actor, side: str, beats: list[float]) -> None:
    other = _OTHER[side]
    for beat in beats:
        far = actor.vary(0.85)
        actor.step(side, 0.34 * beat, lift=0.12, forward=far)
        actor.line.start(0.34 * beat, **{f"{other}_heel_raise": 50.0})
        actor.line.move(0.42 * beat, pelvis_forward=0.52 * far, pelvis_down=0.4, lean=4)
        actor.line.wait(0.06 * beat)
        actor.line.start(0.36 * beat, **{f"{other}_heel_raise": 0.0})
        actor.line.wait(0.06 * beat)
        actor.step(side, 0.34 * beat, lift=0.12)
        actor.line.move(0.4 * beat, **actor.upright())
        actor.line.wait(0.06 * beat)


def march(actor: Actor, side: str, beats: list[float]) -> None:
    usual = actor.body.hang["shoulder_flexion"]
    for beat in beats:
        for foot in ("right", "left"):
            other, high = _OTHER[foot], actor.vary(0.46)
            actor.line.start(0.24 * beat, **actor.foot_at(foot, forward=0.3), **{
                f"{foot}_foot_y": high, f"{foot}_heel_raise": 20.0})  # fmt: skip
            actor.line.move(
                0.24 * beat, pelvis_left=-0.6 * SIGN[foot] * actor.body.stance,
                **actor.arms(other, shoulder_flexion=usual + 40, elbow_flexion=60),
                **actor.arms(foot, shoulder_flexion=usual - 25, elbow_flexion=30),
            )  # fmt: skip
            actor.line.start(0.24 * beat, **actor.foot_at(foot), **{
                f"{foot}_foot_y": 0.0, f"{foot}_heel_raise": 0.0})  # fmt: skip
            actor.line.move(0.26 * beat, **actor.upright())
