"""A scene by lot: who is in it, what they look like and hold, where the camera stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from llamo.data.scenes.backdrop import BACKDROPS, HELD_OUT_BACKDROPS
from llamo.data.scenes.camera import Camera
from llamo.data.scenes.look import Look, draw_look
from llamo.data.scenes.things import Thing, draw_thing
from llamo.motion import Motion, rotation_about_y
from llamo.skeleton import SMPL22

Held = tuple[Thing | None, Thing | None]
"""What is in the left hand and in the right hand, the person's own."""


@dataclass(frozen=True)
class StagedPerson:
    """Someone in a scene: a motion in its coordinates, SMPL-22, on the floor."""

    motion: Motion
    look: Look
    held: Held = (None, None)


@dataclass(frozen=True)
class Staged:
    """A scene, ready to be filmed.

    Args:
        people: The first is whom questions are about.
        camera: Of all frames.
        backdrop: A name of ``BACKDROPS`` or ``HELD_OUT_BACKDROPS``.
        light: Brightness of each colour, a factor.
        lamp: Where light comes from in the picture: right and down, about 0.3 long.
        noise: Standard deviation of the sensor's noise, of 255.
        blur: Pixels.
        seed: Of backdrop and noise.
        flipped: The backdrop is mirrored, as the rest of a mirrored scene is by itself.
    """

    people: tuple[StagedPerson, ...]
    camera: Camera
    backdrop: str
    light: tuple[float, float, float]
    lamp: tuple[float, float]
    noise: float
    blur: float
    seed: int
    flipped: bool = False


_NOTHING, _TWO = 0.3, 0.1
"""Shares of scenes in which hands are empty, and in which both hold something."""

_PEOPLE = (0.4, 0.24, 0.2, 0.16)
"""Shares of scenes with one, two, three, four people."""

_WHOLE = 0.86
"""Share of scenes whose camera shows the whole body; others lose the legs."""


def stage(
    motion: Motion,
    rng: np.random.Generator,
    *,
    others: Sequence[Motion] = (),
    size: tuple[int, int] | None = None,
    held_out: bool = False,
) -> Staged:
    """Put a motion into a scene.

    Args:
        motion: Of the person whom it is about, in any joint set that has the 22.
        rng: Of every choice; equal generators give equal scenes.
        others: Motions that people in the background may make; without, they make this one's.
        size: (width, height) of the pictures; None draws one with sides of 144-256 pixels.
        held_out: Take backdrops that training never shows.
    """
    if size is None:
        size = (int(rng.integers(144, 257)), int(rng.integers(144, 257)))
    main, reach_m, tall_m = _centred(motion)
    camera = _camera(main, reach_m, tall_m, size, rng)
    people = [StagedPerson(main, draw_look(rng), _held(rng))]
    count = 1 + int(rng.choice(len(_PEOPLE), p=_PEOPLE))
    places = _places(camera, reach_m, count - 1, rng)
    pool = list(others) or [motion]
    for place in places:
        other, _, _ = _centred(pool[int(rng.integers(len(pool)))])
        turned = other.joints @ rotation_about_y(float(rng.uniform(-np.pi, np.pi))).T
        seen = replace(other, joints=turned + place.astype(np.float32), rotations=None)
        people.append(StagedPerson(seen, draw_look(rng), _held(rng, nothing=0.7)))
    angle = float(rng.uniform(0, 2 * np.pi))
    level = float(rng.uniform(0.62, 1.12))
    red, green, blue = (float(level * rng.uniform(0.94, 1.06)) for _ in range(3))
    kinds = list(HELD_OUT_BACKDROPS if held_out else BACKDROPS)
    return Staged(
        people=tuple(people),
        camera=camera,
        backdrop=str(rng.choice(kinds)),
        light=(red, green, blue),
        lamp=(0.3 * float(np.cos(angle)), 0.3 * float(np.sin(angle))),
        noise=float(rng.uniform(0, 7)),
        blur=float(rng.uniform(0, 0.8)),
        seed=int(rng.integers(2**31)),
    )


def mirror_scene(scene: Staged) -> Staged:
    """The scene in a mirror: its film is the film flipped, and left and right change places."""
    return replace(
        scene,
        people=tuple(
            StagedPerson(one.motion.mirror(), one.look, (one.held[1], one.held[0]))
            for one in scene.people
        ),
        camera=replace(
            scene.camera,
            azimuth_deg=-scene.camera.azimuth_deg,
            shift=(-scene.camera.shift[0], scene.camera.shift[1]),
        ),
        lamp=(-scene.lamp[0], scene.lamp[1]),
        flipped=not scene.flipped,
    )


def _held(rng: np.random.Generator, nothing: float = _NOTHING) -> Held:
    luck = rng.random()
    left, right = draw_thing(rng), draw_thing(rng)
    if luck < nothing:
        return None, None
    if luck < nothing + _TWO and left.kind != right.kind:
        return left, right
    return (left, None) if rng.random() < 0.5 else (None, right)


def _centred(motion: Motion) -> tuple[Motion, float, float]:
    """Over the origin, on the floor; and how far from the axis, and how high, it reaches."""
    motion = motion.to_skeleton(SMPL22).bridge_gaps()
    joints = motion.joints
    root = joints[:, 0]
    middle = (root.min(0) + root.max(0)) / 2
    middle[1] = np.percentile(joints[..., 1].min(1), 5)
    joints = joints - middle
    reach = np.percentile(np.linalg.norm(joints[..., [0, 2]], axis=-1).max(1), 97)
    tall = np.percentile(joints[..., 1].max(1), 97)
    moved = replace(motion, joints=joints, rotations=None, confidence=None)
    return moved, float(reach), float(tall) + 0.2


def _camera(
    motion: Motion, reach_m: float, tall_m: float, size: tuple[int, int], rng: np.random.Generator
) -> Camera:
    """Somewhere round the person, mostly so that a side of the body is seen plainly."""
    heading = motion.headings()
    facing = np.degrees(np.arctan2(np.sin(heading).mean(), np.cos(heading).mean()))
    round_deg = float(rng.uniform(0, 360))
    if rng.random() < 0.7:
        round_deg = 90.0 * int(rng.integers(4)) + float(rng.uniform(-28, 28))
    focal = float(rng.uniform(0.8, 2.2))
    width, height = size
    # Half of what the picture holds, in focal lengths, against half of what is to be seen.
    half_high, half_wide = 0.5 / focal, 0.5 * width / height / focal
    fill = float(rng.uniform(0.6, 0.92))
    whole = rng.random() < _WHOLE
    high_m = tall_m + 0.1 if whole else 0.62 * tall_m
    distance = max(high_m / 2 / half_high, min(reach_m, 2.5) / half_wide) / fill
    distance += 0.6 * min(reach_m, 2.5)
    aim = high_m / 2 if whole else tall_m - high_m / 2
    room = (1 - fill) / 2
    return Camera(
        azimuth_deg=float(facing) + round_deg,
        distance_m=distance,
        height_m=float(rng.uniform(0.5, 2.1)),
        aim_m=aim,
        focal=focal,
        size=size,
        shift=(float(rng.uniform(-room, room)) * width / height, float(rng.uniform(-room, room))),
    )


def _places(
    camera: Camera, reach_m: float, count: int, rng: np.random.Generator
) -> list[np.ndarray]:
    """(3,) where further people stand: behind the first, apart from each other in the picture."""
    angle = np.radians(camera.azimuth_deg)
    back = -np.array([np.sin(angle), 0, np.cos(angle)])
    right = np.array([np.cos(angle), 0, -np.sin(angle)])
    slots = np.array([-0.36, -0.22, 0.22, 0.36])
    chosen = rng.permutation(len(slots))[:count]
    places = []
    for slot in chosen:
        away = float(rng.uniform(0.5, 3.0)) + 0.5 * min(reach_m, 2.5)
        wide = camera.size[0] / camera.scale_px * (camera.distance_m + away)
        across = wide * (slots[slot] + rng.uniform(-0.04, 0.04) - camera.shift[0] * 0.5)
        places.append(away * back + across * right)
    return places
