"""Filming a scene: a painter's algorithm over hulls of balls, hundreds of frames a second.

The camera's picture is drawn part by part from the far to the near one. Everything about places is
computed for all frames at once; what is left a frame are a hundred convex polygons.
"""

from __future__ import annotations

import importlib.util
from collections import defaultdict

import numpy as np

from llamo.data.scenes.backdrop import draw_backdrop
from llamo.data.scenes.camera import NEAR_M
from llamo.data.scenes.person import person_solids
from llamo.data.scenes.solids import Solid
from llamo.data.scenes.stage import Staged
from llamo.data.scenes.things import thing_solids
from llamo.encoders.views import boxes_around
from llamo.errors import InvalidVideo, MissingDependency
from llamo.motion import interpolate
from llamo.video import Video

_SHADES = ((0.72, 1.0), (0.95, 0.72), (1.1, 0.36))
"""Light and size of each of the hulls that make a solid look round."""

_CORNERS = 12
_ANGLES = np.linspace(0, 2 * np.pi, _CORNERS, endpoint=False)
_CIRCLE = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], -1)  # (12, 2), its own mirror image
_FINE = 4  # binary digits after the point of a pixel
_SMALLEST_PX = 0.35


def film(scene: Staged, times_s: np.ndarray) -> Video:
    """Frames of a scene.

    Args:
        scene: What is filmed.
        times_s: (S,) rising seconds from 0; any clock. A motion that ends stands still.

    Raises:
        InvalidVideo: Times that do not rise from 0.
        MissingDependency: OpenCV is not installed.
    """
    _need_opencv()
    import cv2

    times_s = np.asarray(times_s, np.float64)
    if not len(times_s) or times_s[0] != 0:
        raise InvalidVideo("a film's times must begin with 0 and rise.")
    width, height = scene.camera.size
    rng = np.random.default_rng(scene.seed)
    behind = draw_backdrop(scene.backdrop, (width, height), _horizon(scene), rng)
    if scene.flipped:
        behind = behind[:, ::-1].copy()
    painter = Painter(scene, times_s)
    light = np.array(scene.light, np.float32)
    frames = np.empty((len(times_s), height, width, 3), np.uint8)
    for row in range(len(times_s)):
        picture = behind.copy()
        painter.paint(picture, row)
        picture *= light
        if scene.blur > 0.3:
            picture = cv2.GaussianBlur(picture, (3, 3), scene.blur)
        if scene.noise > 0.5:
            grain = rng.standard_normal((height, width, 1), np.float32) * scene.noise
            picture += grain[:, ::-1] if scene.flipped else grain
        frames[row] = np.clip(picture, 0, 255)
    order = np.arange(len(times_s), dtype=np.int64)
    return Video(frames, times_s, order, (width, height))


def boxes_of(scene: Staged, times_s: np.ndarray) -> np.ndarray:
    """(S, 4) left, top, right, bottom of the first person's joints, pixels."""
    pixels, _ = scene.camera.project(joints_at(scene, 0, times_s))
    size = np.array(scene.camera.size)
    inside = ((pixels >= 0) & (pixels < size)).all(2)
    return boxes_around(np.where(inside[..., None], pixels, np.nan))


def joints_at(scene: Staged, person: int, times_s: np.ndarray) -> np.ndarray:
    """(S, 22, 3) metres: one person's joints at these times."""
    motion = scene.people[person].motion
    return interpolate(motion.times_s, motion.joints.astype(np.float64), np.asarray(times_s))


class Painter:
    """Draws the people of a scene.

    Args:
        scene: Of whom.
        times_s: (S,) when.
    """

    def __init__(self, scene: Staged, times_s: np.ndarray) -> None:
        self._lamp = np.array(scene.lamp)
        solids: list[Solid] = []
        for number, one in enumerate(scene.people):
            joints = joints_at(scene, number, times_s)
            solids += person_solids(joints, one.look, number, scene.camera.place)
            for side, thing in zip(("left", "right"), one.held, strict=True):
                if thing is not None:
                    solids += thing_solids(thing, joints, side, number)
        self.solids = solids
        camera = scene.camera
        self._pixels, self._radii, depths = [], [], []
        for one in solids:
            pixels, depth = camera.project(one.centres)  # (S, K, 2), (S, K)
            self._pixels.append(pixels)
            self._radii.append(camera.scale_px * one.radii / depth)
            depths.append(depth.mean(1))
        depth = np.stack(depths, 1)  # (S, N)
        near = depth <= 1.5 * NEAR_M
        groups = np.array([one.group for one in solids])
        # All of a group are as far away as its first: hats and faces lie on heads.
        first = np.array([int(np.flatnonzero(groups == group)[0]) for group in groups])
        self._order = np.argsort(-depth[:, first], axis=1, kind="stable")
        shown = [np.ones(len(depth), bool) if s.shown is None else s.shown for s in solids]
        self._shown = np.stack(shown, 1) & ~near

    def paint(self, picture: np.ndarray, row: int) -> None:
        """Draw frame ``row`` over a float picture."""
        for place in self._order[row]:
            if self._shown[row, place]:
                colour = self.solids[place].colour
                for light, size in _SHADES:
                    paint = tuple(min(255.0, light * part) for part in colour)
                    self._hull(picture, row, place, paint, size)

    def numbered(self, size: tuple[int, int], row: int) -> np.ndarray:
        """(h, w) uint16: at each pixel 1 + the place in ``solids`` of what is seen there, or 0."""
        picture = np.zeros((size[1], size[0]), np.uint16)
        for place in self._order[row]:
            if self._shown[row, place]:
                self._hull(picture, row, place, (int(place) + 1,), 1.0, smooth=False)
        return picture

    def area(self, size: tuple[int, int], row: int, places: list[int]) -> int:
        """Pixels in the picture that some solids would take if nothing hid them."""
        picture = np.zeros((size[1], size[0]), np.uint8)
        for place in places:
            if self._shown[row, place]:
                self._hull(picture, row, place, (1,), 1.0, smooth=False)
        return int(np.count_nonzero(picture))

    def _hull(
        self,
        picture: np.ndarray,
        row: int,
        place: int,
        paint: tuple[float, ...],
        size: float,
        smooth: bool = True,
    ) -> None:
        import cv2

        radii = self._radii[place][row][:, None, None]  # (K, 1, 1)
        if smooth and radii.max() * size < _SMALLEST_PX:
            return
        middle = self._pixels[place][row][:, None] - 0.5
        if size < 1:
            middle = middle + self._lamp * radii * (1 - size) * 2
        outline = (middle + size * radii * _CIRCLE).reshape(-1, 2)
        outline = np.clip(outline, -4000, 4000).astype(np.float32)
        hull = cv2.convexHull(outline)
        points = np.round(hull * (1 << _FINE)).astype(np.int32)
        cv2.fillConvexPoly(picture, points, paint, cv2.LINE_AA if smooth else cv2.LINE_8, _FINE)


def parts_of(solids: list[Solid]) -> dict[str, list[int]]:
    """Places of solids by what they are."""
    places = defaultdict(list)
    for place, one in enumerate(solids):
        places[one.what].append(place)
    return dict(places)


def _horizon(scene: Staged) -> float:
    """Where a floor that ends three metres behind the people ends in the picture, in heights."""
    camera = scene.camera
    angle = np.radians(camera.azimuth_deg)
    far = -3.0 * np.array([np.sin(angle), 0, np.cos(angle)])
    return float(camera.project(far)[0][1]) / camera.size[1]


def _need_opencv() -> None:
    if importlib.util.find_spec("cv2") is None:
        raise MissingDependency("scenes are drawn by OpenCV: pip install 'llamo[video]'.")
