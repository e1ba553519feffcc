"""A person as solids: joints over time, dressed."""

from __future__ import annotations

import numpy as np

from llamo.data.scenes.look import Look
from llamo.data.scenes.solids import Points, Solid, solid, unit
from llamo.skeleton import SMPL22

SIDES = ("left", "right")

# From, to, radius there and here in metres, what covers it.
_LIMBS = (
    ("hip", "knee", 0.088, 0.06, "thigh"),
    ("knee", "ankle", 0.058, 0.042, "shin"),
    ("ankle", "foot", 0.046, 0.04, "shoe"),
    ("shoulder", "elbow", 0.054, 0.042, "upper arm"),
    ("elbow", "wrist", 0.04, 0.031, "forearm"),
)
_COVERED = {
    "long": {"upper arm", "forearm"}, "short": {"upper arm"}, "none": set(),
    "trousers": {"thigh", "shin"}, "shorts": {"thigh"}, "skirt": set(),
}  # fmt: skip

# Colour, least cosine between facing and camera at which it shows, balls: metres from the head's
# middle to the left, up and forward, and radius.
_FACE: tuple[tuple[tuple[float, float, float] | str, float, tuple[tuple[float, ...], ...]], ...] = (
    ("skin", -0.25, ((0, -0.02, 0.03, 0.085), (0, -0.06, 0.045, 0.06))),
    ("skin", 0.0, ((0.105, -0.02, 0, 0.022),)),
    ("skin", 0.0, ((-0.105, -0.02, 0, 0.022),)),
    ((245, 245, 245), 0.15, ((0.038, 0.008, 0.112, 0.011),)),
    ((245, 245, 245), 0.15, ((-0.038, 0.008, 0.112, 0.011),)),
    ((30, 25, 25), 0.15, ((0.038, 0.008, 0.116, 0.006),)),
    ((30, 25, 25), 0.15, ((-0.038, 0.008, 0.116, 0.006),)),
    ("hair", 0.15, ((0.025, 0.03, 0.112, 0.004), (0.055, 0.03, 0.106, 0.004))),
    ("hair", 0.15, ((-0.025, 0.03, 0.112, 0.004), (-0.055, 0.03, 0.106, 0.004))),
    ("nose", 0.0, ((0, -0.01, 0.115, 0.009), (0, -0.03, 0.128, 0.014))),
    ((160, 70, 70), 0.15, ((0.022, -0.065, 0.105, 0.006), (-0.022, -0.065, 0.105, 0.006))),
)

_HEM = 0.85
"""How far down the thigh a skirt reaches."""

HAND_M = 0.09
"""From the wrist to the middle of the hand."""


def person_solids(joints: np.ndarray, look: Look, number: int, camera_m: np.ndarray) -> list[Solid]:
    """Solids of a person.

    Args:
        joints: (T, 22, 3) metres, SMPL-22.
        look: Build and clothes.
        number: Which person it is; stands in the names, and in the groups.
        camera_m: (3,) where the camera stands: it tells whether the face shows.
    """
    at = {name: joints[:, place] for place, name in enumerate(SMPL22.joints)}
    limb, trunk, _ = look.girth
    covers = _COVERED[look.sleeves] | _COVERED[look.legs]
    base = 1000 * number
    solids: list[Solid] = []

    def add(balls: list[tuple[Points, float]], cover: str, group: int) -> None:
        colour = {
            "top": look.top_colour, "bottom": look.bottom_colour, "skin": look.skin,
            "shoe": look.shoes,
        }[cover.split()[-1]]  # fmt: skip
        solids.append(solid(balls, colour, f"{number}:{cover}", base + group))

    for place, side in enumerate(SIDES):
        for order, (a, b, ra, rb, part) in enumerate(_LIMBS):
            clothed = part in covers
            cover = "shoe" if part == "shoe" else "skin"
            if clothed:
                cover = "bottom" if part in ("thigh", "shin") else "top"
            wide = 1.15 if clothed and part in ("thigh", "shin") else 1.0
            start, end = at[f"{side}_{a}"], at[f"{side}_{b}"]
            if part == "thigh" and look.legs == "skirt":  # the rest of it is under the skirt
                start = start + _HEM * (end - start)
            add([(start, limb * wide * ra), (end, limb * wide * rb)], cover, 10 * place + order)
        along = unit(at[f"{side}_wrist"] - at[f"{side}_elbow"])
        wrist = at[f"{side}_wrist"]
        add([(wrist + 0.03 * along, 0.04), (wrist + 0.11 * along, 0.035)], f"{side} hand skin",
            10 * place + 8)  # fmt: skip
    hips = [(at[f"{side}_hip"], 0.09 * trunk) for side in SIDES]
    shoulders = [(at[f"{side}_shoulder"], 0.062 * min(trunk, 1.15)) for side in SIDES]
    waist = at["pelvis"] + 0.35 * (at["spine2"] - at["pelvis"])
    # Hips and chest are drawn together: the clothes of one lie on the other's.
    add([*hips, (waist, 0.105 * trunk)], "bottom", 30)
    if look.legs == "skirt":
        hems = [
            (at[f"{side}_hip"] + _HEM * (at[f"{side}_knee"] - at[f"{side}_hip"]), 0.12 * trunk)
            for side in SIDES
        ]
        add([*hips, *hems], "bottom", 31)
    add([*shoulders, (waist, 0.11 * trunk), (at["spine2"], 0.125 * trunk)], "top", 30)
    add([(at["neck"], 0.052), (at["head"], 0.05)], "skin", 32)
    return solids + _head(at, look, number, base + 33, camera_m)


def forward_of(at: dict[str, np.ndarray]) -> np.ndarray:
    """(T, 3) the way the chest faces."""
    return unit(np.cross(at["left_shoulder"] - at["right_shoulder"], at["neck"] - at["pelvis"]))


def _head(
    at: dict[str, np.ndarray], look: Look, number: int, group: int, camera_m: np.ndarray
) -> list[Solid]:
    """A ball of hair with a face in front, whose parts show where they are not hidden."""
    size = look.girth[2]
    up = unit(at["head"] - at["neck"])
    forward = forward_of(at)
    left = unit(np.cross(up, forward))
    forward = np.cross(left, up)
    middle = at["head"] + 0.5 * (at["head"] - at["neck"])
    facing = np.sum(forward * unit(camera_m - middle), -1)  # (T,)

    def ball(x: float, y: float, z: float, radius: float) -> tuple[Points, float]:
        return middle + size * (x * left + y * up + z * forward), size * radius

    def part(balls: tuple[tuple[float, ...], ...], colour: object, least: float) -> Solid:
        colours = {"skin": look.skin, "hair": look.hair, "nose": _darker(look.skin)}
        paint = colours[colour] if isinstance(colour, str) else colour
        some = [ball(*one) for one in balls]  # type: ignore[call-arg]
        return solid(some, paint, f"{number}:head", group, facing > least)  # type: ignore[arg-type]

    hair = look.skin if look.hair_style == "bald" else look.hair
    crown: tuple[tuple[float, ...], ...] = ((0, 0.02, -0.015, 0.11),)
    if look.hair_style == "long":
        crown = ((0, 0.02, -0.015, 0.112), (0.03, -0.17, -0.07, 0.07), (-0.03, -0.17, -0.07, 0.07))
    solids = [part(crown, hair, -2.0)]
    if look.hair_style == "bald":  # the back of a bald head shows that it is one
        solids.append(part(((0, -0.06, -0.03, 0.07),), _darker(look.skin), -2.0))
    solids += [part(balls, colour, least) for colour, least, balls in _FACE]
    if look.hair_style == "cap":
        solids.append(part(((0, 0.085, 0.05, 0.04), (0, 0.075, 0.15, 0.03)), hair, -0.1))
    return solids


def _darker(colour: tuple[float, float, float]) -> tuple[float, float, float]:
    red, green, blue = (0.86 * part for part in colour)
    return red, green, blue
