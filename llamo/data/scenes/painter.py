"""A painter's algorithm over hulls of balls, hundreds of frames a second.

The picture is drawn part by part from the far to the near one. Everything about places is computed
for all frames at once; what is left a frame are a hundred convex polygons.
"""

from __future__ import annotations

import importlib.util
from collections import defaultdict

import numpy as np

from llamo.data.scenes.camera import NEAR_M
from llamo.data.scenes.person import person_solids
from llamo.data.scenes.solids import Solid
from llamo.data.scenes.stage import Staged
from llamo.data.scenes.things import thing_solids
from llamo.errors import MissingDependency
from llamo.motion import interpolate

_SHADES = ((0.72, 1.0), (0.95, 0.72), (1.1, 0.36))
"""Light and size of each of the hulls that make a solid look round."""

_FLAT = 0.9
"""Light of a solid that is too small to look round."""

_CORNERS = 12
_ANGLES = np.linspace(0, 2 * np.pi, _CORNERS, endpoint=False)
_CIRCLE = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], -1)  # (12, 2), its own mirror image
_FINE = 4  # binary digits after the point of a pixel
_SMALLEST_PX, _FLAT_PX = 0.35, 1.5
_FAR_PX = 4000


class Painter:
    """Draws the people of a scene, without what is behind them.

    Args:
        scene: Of whom.
        times_s: (S,) when, seconds.

    Raises:
        MissingDependency: OpenCV is not installed.
    """

    def __init__(self, scene: Staged, times_s: np.ndarray) -> None:
        if importlib.util.find_spec("cv2") is None:
            raise MissingDependency("scenes are drawn by OpenCV: pip install 'llamo[video]'.")
        self.scene, self.times_s = scene, np.asarray(times_s, np.float64)
        self.solids = _solids(scene, self.times_s)
        counts = [len(one.radii) for one in self.solids]
        self._ends = np.concatenate([[0], np.cumsum(counts)])
        centres = np.concatenate([one.centres for one in self.solids], axis=1)  # (S, balls, 3)
        pixels, depth = scene.camera.project(centres)
        radii = scene.camera.scale_px * np.concatenate([s.radii for s in self.solids]) / depth
        self._outlines = [
            _fixed(_outline(pixels, radii, size, np.array(scene.lamp))) for _, size in _SHADES
        ]  # each (S, balls, 12, 2)
        of_solid = np.add.reduceat(depth, self._ends[:-1], axis=1) / np.array(counts)
        groups = np.array([one.group for one in self.solids])
        # All of a group are as far away as its first: hats and faces lie on heads.
        _, first, member = np.unique(groups, return_index=True, return_inverse=True)
        self._order = np.argsort(-of_solid[:, first[member]], axis=1, kind="stable")
        widest = np.maximum.reduceat(radii, self._ends[:-1], axis=1)  # (S, solids)
        self._flat = widest < _FLAT_PX
        always = np.ones(len(self.times_s), bool)
        shown = np.stack([always if s.shown is None else s.shown for s in self.solids], 1)
        self._shown = shown & (of_solid > 1.5 * NEAR_M) & (widest >= _SMALLEST_PX)
        self._paints = [
            [tuple(min(255.0, light * part) for part in one.colour) for one in self.solids]
            for light in (*(light for light, _ in _SHADES), _FLAT)
        ]

    def __len__(self) -> int:
        return len(self.times_s)

    def paint(self, picture: np.ndarray, row: int) -> None:
        """Draw frame ``row`` over a picture, (h, w, 3) uint8."""
        for place in self._order[row]:
            if not self._shown[row, place]:
                continue
            if self._flat[row, place]:
                self._fill(picture, row, place, 0, self._paints[-1][place])
                continue
            for shade in range(len(_SHADES)):
                self._fill(picture, row, place, shade, self._paints[shade][place])

    def numbered(self, row: int) -> np.ndarray:
        """(h, w) uint16: at each pixel 1 + the place in ``solids`` of what is seen there, or 0."""
        width, height = self.scene.camera.size
        picture = np.zeros((height, width), np.uint16)
        for place in self._order[row]:
            if self._shown[row, place]:
                self._fill(picture, row, place, 0, (int(place) + 1,), smooth=False)
        return picture

    def area(self, row: int, places: list[int]) -> int:
        """Pixels in the picture that some solids would take if nothing hid them."""
        width, height = self.scene.camera.size
        picture = np.zeros((height, width), np.uint8)
        for place in places:
            if self._shown[row, place]:
                self._fill(picture, row, place, 0, (1,), smooth=False)
        return int(np.count_nonzero(picture))

    def _fill(
        self,
        picture: np.ndarray,
        row: int,
        place: int,
        shade: int,
        paint: tuple[float, ...],
        smooth: bool = True,
    ) -> None:
        import cv2

        first, end = self._ends[place], self._ends[place + 1]
        hull = cv2.convexHull(self._outlines[shade][row, first:end].reshape(-1, 1, 2))
        cv2.fillConvexPoly(picture, hull, paint, cv2.LINE_AA if smooth else cv2.LINE_8, _FINE)


def joints_at(scene: Staged, person: int, times_s: np.ndarray) -> np.ndarray:
    """(S, 22, 3) metres: one person's joints at these times."""
    motion = scene.people[person].motion
    return interpolate(motion.times_s, motion.joints.astype(np.float64), np.asarray(times_s))


def parts_of(solids: list[Solid]) -> dict[str, list[int]]:
    """Places of solids by what they are."""
    places = defaultdict(list)
    for place, one in enumerate(solids):
        places[one.what].append(place)
    return dict(places)


def _solids(scene: Staged, times_s: np.ndarray) -> list[Solid]:
    solids: list[Solid] = []
    for number, one in enumerate(scene.people):
        joints = joints_at(scene, number, times_s)
        solids += person_solids(joints, one.look, number, scene.camera.place)
        for side, thing in zip(("left", "right"), one.held, strict=True):
            if thing is not None:
                solids += thing_solids(thing, joints, side, number)
    return solids


def _outline(pixels: np.ndarray, radii: np.ndarray, size: float, lamp: np.ndarray) -> np.ndarray:
    """(S, balls, 12, 2) pixels on circles, the smaller ones moved towards the lamp."""
    spread = radii[..., None]
    middle = pixels - 0.5
    if size < 1:
        middle = middle + 2 * (1 - size) * spread * lamp
    return middle[..., None, :] + size * spread[..., None] * _CIRCLE


def _fixed(points: np.ndarray) -> np.ndarray:
    """Pixels as OpenCV's polygons take them, with a fixed point."""
    return np.round(points.clip(-_FAR_PX, _FAR_PX) * (1 << _FINE)).astype(np.int32)
