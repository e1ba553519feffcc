"""Pictures of figures, drawn well enough that a pose estimator takes them for people."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import Any

import numpy as np

from llamo.errors import MissingDependency
from llamo.motion import Motion, rotation_about_y
from llamo.skeleton import SMPL22

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Look:
    """What a person wears and stands before; the defaults are somebody in a red shirt.

    Args:
        skin, hair, shirt, sleeves, trousers, shins, shoes: Colours, RGB; sleeves are the forearms'.
        wall, floor: Colours of the background.
        girth: How thick the body is against the usual one.
        long_hair: Whether the hair falls to the shoulders.
    """

    skin: Colour = (214, 164, 132)
    hair: Colour = (58, 40, 28)
    shirt: Colour = (170, 52, 48)
    sleeves: Colour = (214, 164, 132)
    trousers: Colour = (48, 62, 110)
    shins: Colour = (48, 62, 110)
    shoes: Colour = (30, 30, 32)
    wall: Colour = (195, 195, 195)
    floor: Colour = (150, 140, 128)
    girth: float = 1.0
    long_hair: bool = False

    @classmethod
    def drawn_by(cls, rng: np.random.Generator) -> Look:
        """Somebody at random: long or short sleeves and trousers, any colours."""

        def cloth() -> Colour:
            red, green, blue = rng.integers(25, 225, 3).tolist()
            return red, green, blue

        skin = _SKINS[int(rng.integers(len(_SKINS)))]
        shirt, trousers = cloth(), cloth()
        grey = int(rng.integers(110, 235))
        return cls(
            skin=skin,
            hair=_HAIRS[int(rng.integers(len(_HAIRS)))],
            shirt=shirt,
            sleeves=shirt if rng.random() < 0.5 else skin,
            trousers=trousers,
            shins=trousers if rng.random() < 0.7 else skin,
            shoes=cloth(),
            wall=(grey, grey, int(rng.integers(110, 235))),
            floor=cloth(),
            girth=float(rng.uniform(0.85, 1.25)),
            long_hair=bool(rng.random() < 0.35),
        )


_SKINS = ((238, 196, 168), (214, 164, 132), (168, 118, 84), (112, 74, 52), (78, 52, 40))
_HAIRS = ((24, 20, 18), (58, 40, 28), (112, 74, 40), (196, 160, 96), (128, 124, 120))
_SHADES = 5
_NECK_M, _HEAD_M = 0.11, 0.19
"""The skull's base and the head's middle are at most so far from the neck."""

# (from, to, radius there and here in metres, colour of a ``Look``); sides are filled in below.
_LIMBS = (
    ("hip", "knee", 0.085, 0.058, "trousers"),
    ("knee", "ankle", 0.058, 0.042, "shins"),
    ("ankle", "foot", 0.045, 0.038, "shoes"),
    ("shoulder", "elbow", 0.052, 0.04, "shirt"),
    ("elbow", "wrist", 0.038, 0.03, "sleeves"),
)


# Colour, or its name in a ``Look``; least cosine between facing and camera at which it shows;
# balls: metres from the head's middle to the left, up and forward, and radius.
_HEAD: tuple[tuple[Any, ...], ...] = (
    ("hair", -1.0, (0, 0.02, -0.015, 0.11)),
    ("skin", -0.25, (0, -0.02, 0.03, 0.085), (0, -0.06, 0.045, 0.06)),
    *(("skin", 0.0, (x, -0.02, 0, 0.022)) for x in (0.105, -0.105)),
    *(((245, 245, 245), 0.15, (x, 0.008, 0.112, 0.011)) for x in (0.038, -0.038)),
    *(((30, 25, 25), 0.15, (x, 0.008, 0.116, 0.006)) for x in (0.038, -0.038)),
    *(
        ("hair", 0.15, (0.025 * s, 0.03, 0.112, 0.004), (0.055 * s, 0.03, 0.106, 0.004))
        for s in (1, -1)
    ),
    ((196, 140, 112), 0.0, (0, -0.01, 0.115, 0.009), (0, -0.03, 0.128, 0.014)),
    ((160, 70, 70), 0.15, (0.022, -0.065, 0.105, 0.006), (-0.022, -0.065, 0.105, 0.006)),
)
"""Hair, face, ears, eyes, pupils, brows, nose, mouth."""


@dataclass(frozen=True)
class Camera:
    """A pinhole camera that looks at the point (0, ``aim_m``, 0) from +z.

    Args:
        distance_m: Along z.
        height_m: Of the camera over the floor.
        aim_m: Height of the point looked at.
        size: (width, height) pixels.
        focal: In picture heights.
    """

    distance_m: float = 4.0
    height_m: float = 1.3
    aim_m: float = 0.9
    size: tuple[int, int] = (320, 400)
    focal: float = 1.4

    def seen(self, points: np.ndarray) -> np.ndarray:
        """(..., 3) metres, y-up -> from the camera: x right, y down, z away."""
        pitch = np.arctan2(self.height_m - self.aim_m, self.distance_m)
        away = points - np.array([0, self.height_m, self.distance_m])
        cos, sin = np.cos(pitch), np.sin(pitch)
        up = away[..., 1] * cos - away[..., 2] * sin
        depth = -away[..., 2] * cos - away[..., 1] * sin
        return np.stack([away[..., 0], -up, depth], -1)

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(..., 3) metres, y-up -> pixels (..., 2), and depth (...) in metres."""
        seen = self.seen(points)
        scale = self.focal * self.size[1] / seen[..., 2:]
        return seen[..., :2] * scale + np.array(self.size) / 2, seen[..., 2]


def draw(
    motion: Motion,
    camera: Camera | None = None,
    turn_deg: float = 0.0,
    look: Look | None = None,
) -> np.ndarray:
    """(T, h, w, 3) uint8: the motion, turned about the vertical, before a plain wall.

    Raises:
        MissingDependency: OpenCV is not installed.
    """
    if importlib.util.find_spec("cv2") is None:
        raise MissingDependency(
            "drawing people needs OpenCV; install it: pip install 'llamo[video]'."
        )
    camera, look = camera or Camera(), look or Look()
    joints = motion.to_skeleton(SMPL22).joints.astype(np.float64)
    turn = rotation_about_y(np.radians(turn_deg)).astype(np.float64)
    return np.stack([_picture(frame @ turn.T, camera, look) for frame in joints])


def _picture(joints: np.ndarray, camera: Camera, look: Look) -> np.ndarray:
    import cv2

    width, height = camera.size
    picture = np.empty((height, width, 3), np.uint8)
    picture[:] = np.linspace(1.05, 0.95, height)[:, None, None] * np.array(look.wall)
    horizon = int(camera.project(np.array([0.0, 0.0, -2.5]))[0][1])
    picture[max(horizon, 0) :] = look.floor
    at = dict(zip(SMPL22.joints, joints, strict=True))
    g = look.girth
    # A limb is two ends, two radii and a colour; the trunk is balls; the head has a front.
    parts: list[tuple[float, Any]] = [(_depth(at[f"{side}_{a}"], at[f"{side}_{b}"], camera),
              (at[f"{side}_{a}"], at[f"{side}_{b}"], g * ra, g * rb, getattr(look, colour)))
             for side in ("left", "right") for a, b, ra, rb, colour in _LIMBS]  # fmt: skip
    parts += [(_depth(at[f"{side}_wrist"], at[f"{side}_wrist"], camera),
               (*_hand(at[f"{side}_elbow"], at[f"{side}_wrist"]), 0.04, 0.035, look.skin))
              for side in ("left", "right")]  # fmt: skip
    trunk = _trunk(at, g)
    parts += [(_depth(at["pelvis"], at["neck"], camera), trunk)]
    # Recordings have their head joint anywhere between the skull's base and its crown.
    above = at["head"] - at["neck"]
    long_m = np.linalg.norm(above)
    skull = at["neck"] + above / long_m * min(long_m, _NECK_M)
    head = at["neck"] + above / long_m * min(1.5 * long_m, _HEAD_M)
    parts += [(_depth(head, head, camera), (head, _forward(at)))]
    for _, part in sorted(parts, key=lambda one: -one[0]):
        if part is trunk:
            _capsules(picture, part, look.shirt, camera)
        elif len(part) == 2:  # chin and hair cover the neck, from wherever it is seen
            _capsules(picture, [(at["neck"], 0.055), (skull, 0.055)], look.skin, camera)
            _head(picture, part[0], part[1], at, camera, look)
        else:
            a, b, ra, rb, colour = part
            _capsules(picture, [(a, ra), (b, rb)], colour, camera)
    return cv2.GaussianBlur(picture, (3, 3), 0)


def _depth(a: np.ndarray, b: np.ndarray, camera: Camera) -> float:
    return float(camera.project((a + b) / 2)[1])


def _hand(elbow: np.ndarray, wrist: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    along = (wrist - elbow) / np.linalg.norm(wrist - elbow)
    return wrist + 0.03 * along, wrist + 0.11 * along


def _forward(at: dict[str, np.ndarray]) -> np.ndarray:
    across = at["left_shoulder"] - at["right_shoulder"]
    forward = np.cross(across, at["neck"] - at["pelvis"])
    return forward / np.linalg.norm(forward)


def _trunk(at: dict[str, np.ndarray], girth: float) -> list[tuple[np.ndarray, float]]:
    hips = [(at[f"{side}_hip"], 0.09 * girth) for side in ("left", "right")]
    shoulders = [(at[f"{side}_shoulder"], 0.06 * girth) for side in ("left", "right")]
    return [*hips, *shoulders, (at["spine2"], 0.12 * girth)]


def _capsules(
    picture: np.ndarray,
    balls: list[tuple[np.ndarray, float]],
    colour: tuple[int, int, int],
    camera: Camera,
) -> None:
    """The hull of balls, lighter towards a lamp at the top left."""
    import cv2

    for shade in range(_SHADES):
        inner = 1 - 0.75 * shade / _SHADES
        outline = []
        for centre, radius_m in balls:
            pixel, depth = camera.project(centre)
            radius = camera.focal * camera.size[1] * radius_m / depth
            middle = pixel - np.array([0.3, 0.3]) * radius * (1 - inner)
            angles = np.linspace(0, 2 * np.pi, 20)
            outline.append(middle + inner * radius * np.stack([np.cos(angles), np.sin(angles)], -1))
        hull = cv2.convexHull(np.concatenate(outline).astype(np.float32))
        light = 0.62 + 0.46 * shade / _SHADES
        paint = tuple(min(255.0, part * light) for part in colour)
        cv2.fillPoly(picture, [np.round(hull * 8).astype(np.int32)], paint, cv2.LINE_AA, 3)


def _head(
    picture: np.ndarray,
    head: np.ndarray,
    forward: np.ndarray,
    at: dict[str, np.ndarray],
    camera: Camera,
    look: Look,
) -> None:
    """A ball of hair with a face in front, whose parts show where they are not hidden."""
    up = (at["head"] - at["neck"]) / np.linalg.norm(at["head"] - at["neck"])
    left = np.cross(up, forward)
    to_camera = np.array([0, camera.height_m, camera.distance_m]) - head
    to_camera /= np.linalg.norm(to_camera)
    if look.long_hair:
        _capsules(
            picture,
            [(head - 0.06 * forward - y * up, radius) for y, radius in ((0.05, 0.1), (0.2, 0.07))],
            look.hair,
            camera,
        )
    for paint, least, *balls in _HEAD:
        colour = getattr(look, paint) if isinstance(paint, str) else paint
        if forward @ to_camera > least:
            _capsules(
                picture,
                [(head + x * left + y * up + z * forward, radius) for x, y, z, radius in balls],
                colour,
                camera,
            )
