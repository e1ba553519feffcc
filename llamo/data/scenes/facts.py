"""What is true of a scene, and what of it can be seen."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from llamo.data.clips import swap_sides
from llamo.data.scenes.painter import Painter, joints_at, parts_of
from llamo.data.scenes.stage import Staged

CAMERA_SIDES = ("front", "back", "left", "right")
"""Which side of the person the camera sees."""

PLAINLY_DEG = 35.0
"""Seen from within this angle of straight ahead, it is that side; further away nobody can tell."""

_LOOKS = 6
"""Frames of a scene that tell what can be seen in it."""

_SEEN_SHARE = 0.3
"""Least part of something that must show, where nothing else were there, in some frame."""

_SEEN_PX = 9


@dataclass(frozen=True)
class Facts:
    """What a film of a scene tells. None: it cannot be seen, or not told.

    Args:
        top, bottom: Colours of the clothes, by name.
        legs: What is worn on the legs: "trousers", "shorts" or "skirt".
        left, right: What the hands hold, the person's own: a kind of thing, or "nothing".
        left_colour, right_colour: Colours of those things; None also where there is none.
        camera: One of ``CAMERA_SIDES``; None where it is between two, or changes.
        people: How many are seen.
    """

    top: str | None
    bottom: str | None
    legs: str
    left: str | None
    right: str | None
    left_colour: str | None
    right_colour: str | None
    camera: str | None
    people: int | None

    @property
    def hands(self) -> tuple[str | None, str | None]:
        """What the left and the right hand hold."""
        return self.left, self.right


def facts_of(scene: Staged, times_s: np.ndarray) -> Facts:
    """Facts of a scene filmed at these times (S,); what no frame shows is None."""
    rows = np.unique(np.linspace(0, len(times_s) - 1, _LOOKS).round().astype(int))
    seen = seen_parts(Painter(scene, np.asarray(times_s)[rows]))
    sides = [one for one in camera_sides(scene, times_s) if one != "between"]
    plain = len(sides) >= 0.8 * len(times_s) and len(set(sides)) == 1
    return _facts(scene, np.any(seen, axis=0), sides[0] if plain else None)


def facts_by_frame(painter: Painter) -> list[Facts]:
    """Facts that each single frame shows."""
    seen = seen_parts(painter)
    sides = camera_sides(painter.scene, painter.times_s)
    return [
        _facts(painter.scene, row, None if side == "between" else side)
        for row, side in zip(seen, sides, strict=True)
    ]


def mirror_facts(facts: Facts) -> Facts:
    """Facts of the mirrored scene."""
    return replace(
        facts,
        left=facts.right,
        right=facts.left,
        left_colour=facts.right_colour,
        right_colour=facts.left_colour,
        camera=swap_sides(facts.camera),
    )


def camera_sides(scene: Staged, times_s: np.ndarray) -> list[str]:
    """Which side of the first person the camera sees in each frame, or "between"."""
    motion = scene.people[0].motion
    joints = joints_at(scene, 0, times_s)
    headings = replace(motion, joints=joints.astype(np.float32), fps=1.0).headings()
    to_camera = scene.camera.place - joints[:, 0]
    where = np.arctan2(to_camera[:, 0], to_camera[:, 2]) - headings
    degrees = (np.degrees(where) + 180) % 360 - 180  # positive to the person's left
    sides = []
    for one in degrees:
        straight = {"front": 0.0, "left": 90.0, "right": -90.0, "back": 180.0}
        near = [
            name
            for name, angle in straight.items()
            if abs((one - angle + 180) % 360 - 180) <= PLAINLY_DEG
        ]
        sides.append(near[0] if near else "between")
    return sides


PARTS = ("top", "bottom", "left", "right")
"""What :func:`seen_parts` tells of: clothes, and hands with what they hold; people follow."""


def seen_parts(painter: Painter) -> np.ndarray:
    """Whether each of ``PARTS`` of the first person, and each person, can be seen in each frame.

    Returns:
        (S, 4 + people) bool.
    """
    places = parts_of(painter.solids)
    groups = [
        places["0:top"], places["0:bottom"],
        *(_hand(places, side) for side in ("left", "right")),
        *(
            [place for what, some in places.items() if what.startswith(f"{number}:")
             for place in some]
            for number in range(len(painter.scene.people))
        ),
    ]  # fmt: skip
    seen = np.zeros((len(painter), len(groups)), bool)
    for row in range(len(painter)):
        numbers = painter.numbered(row).ravel()
        found = np.bincount(numbers, minlength=len(painter.solids) + 1)[1:]
        for column, some in enumerate(groups):
            shows, all_of_it = int(found[some].sum()), painter.area(row, some)
            seen[row, column] = shows >= max(_SEEN_PX, _SEEN_SHARE * all_of_it)
    return seen


def _hand(places: dict[str, list[int]], side: str) -> list[int]:
    """A hand that holds something is known by that, an empty one by itself."""
    return places.get(f"0:{side} thing") or places[f"0:{side} hand skin"]


def _facts(scene: Staged, seen: np.ndarray, camera: str | None) -> Facts:
    first = scene.people[0]
    left, right = (
        (None if not shows else "nothing" if thing is None else thing.kind)
        for thing, shows in zip(first.held, seen[2:4], strict=True)
    )
    colours = [
        thing.colour_name if thing is not None and shows else None
        for thing, shows in zip(first.held, seen[2:4], strict=True)
    ]
    # Someone half hidden is counted by some and not by others.
    counted = seen[len(PARTS) :]
    return Facts(
        top=first.look.top if seen[0] else None,
        bottom=first.look.bottom if seen[1] else None,
        legs=first.look.legs,
        left=left,
        right=right,
        left_colour=colours[0],
        right_colour=colours[1],
        camera=camera,
        people=len(scene.people) if counted.all() else None,
    )
