"""A motion as a drawn figure: solid limbs over a floor, seen three-quarters from the front.

Orthogonal x to the right, y up and z to the eye, as far as a mild perspective lets them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial import ConvexHull

from llamo.motion import Motion
from llamo.report.colours import LEFT, PAPER, RIGHT, RULE
from llamo.skeleton import SMPL22

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

_TURN_DEG, _RISE_DEG, _EYE_M = 35.0, 14.0, 7.0
"""The eye: beside the body's front, above, and how far away."""

_TRUNK, _NOSE = (148, 154, 166), (84, 90, 104)
_UNSEEN, _SHADOW = (216, 219, 225), (232, 234, 238)
_EDGE_M = 0.012
"""A light edge keeps a limb apart from what it crosses."""

_LIMBS = (
    ("hip", "knee", 0.075), ("knee", "ankle", 0.052), ("ankle", "foot", 0.042),
    ("shoulder", "elbow", 0.05), ("elbow", "wrist", 0.038), ("wrist", "hand", 0.034),
)  # fmt: skip
_FLOOR_M, _TILE_M = 1.75, 0.5
_FOLLOW_S = 0.4
"""The eye follows the body as smoothly as a hand-held camera would."""

_FITTED = 99.5
"""Percent of the frames that surely fit into the picture."""

_SUPERSAMPLED = 2

Ball = tuple[np.ndarray, float]
"""A place in space, metres, and a radius."""

Projection = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
"""(..., 3) metres -> (..., 2) metres right and up, and nearness (...)."""


class Figure:
    """Draws the frames of a motion.

    Args:
        motion: In any joint set that has the limbs.

    Raises:
        InvalidMotion: Its joint set has not.
    """

    def __init__(self, motion: Motion) -> None:
        motion = motion.to_skeleton(SMPL22).bridge_gaps()
        self._joints = motion.joints.astype(np.float64)
        confidence = motion.confidence
        self._seen = np.ones(self._joints.shape[:2], bool) if confidence is None else confidence > 0
        floor_m = np.percentile(self._joints[..., 1].min(1), 5)
        focus = gaussian_filter1d(
            self._joints[:, 0], _FOLLOW_S * motion.fps, axis=0, mode="nearest"
        )  # (T, 3)
        focus[:, 1] = floor_m
        self._focus = focus
        self._axes = _axes(motion.headings())
        known = np.asarray(self._seen.any(0))
        self._known = known if known.any() else np.ones_like(known)
        flat, _ = self._project(self._joints - self._focus[:, None])
        flat = flat[:, self._known]
        # A single frame in which a tracker errs by metres must not make all others small.
        reach = np.percentile(np.abs(flat[..., 0]).max(1), _FITTED) + 0.2
        self._left, self._right = -reach, reach
        self._low = min(np.percentile(flat[..., 1].min(1), 100 - _FITTED), 0.0) - 0.15
        self._high = np.percentile(flat[..., 1].max(1), _FITTED) + 0.3

    @property
    def shape(self) -> float:
        """Width over height of a picture that the whole motion fits into."""
        wide = (self._right - self._left) / (self._high - self._low)
        return float(np.clip(wide, 0.6, 1.6))

    def draw(self, frame: int, size: tuple[int, int]) -> Image:
        """One frame as a picture of (width, height) pixels."""
        from PIL import Image, ImageDraw

        width, height = (_SUPERSAMPLED * side for side in size)
        picture = Image.new("RGB", (width, height), PAPER)
        draw = ImageDraw.Draw(picture)
        scale = min(
            width / (self._right - self._left), height / (self._high - self._low)
        )  # pixels a metre
        origin = np.array([width / 2, height + self._low * scale])
        brush = _Brush(draw, self._project, scale, origin)
        brush.floor(self._focus[frame])
        joints = self._joints[frame] - self._focus[frame]
        # Where a joint is that was never seen, nobody knows.
        at = dict(zip(SMPL22.joints, np.where(self._known[:, None], joints, np.nan), strict=True))
        seen = dict(zip(SMPL22.joints, self._seen[frame], strict=True))
        for side in ("left", "right"):
            elbow, wrist = at[f"{side}_elbow"], at[f"{side}_wrist"]
            along = (wrist - elbow) / max(np.linalg.norm(wrist - elbow), 1e-6)
            at[f"{side}_hand"], seen[f"{side}_hand"] = wrist + 0.09 * along, seen[f"{side}_wrist"]
        parts = [part for part in _parts(at, seen) if all(np.isfinite(p).all() for p, _ in part[0])]
        for balls, _ in parts:
            brush.shadow(balls)
        for balls, colour in sorted(parts, key=lambda part: self._nearness(part[0])):
            brush.solid(balls, colour)
        return picture.resize(size, Image.Resampling.BOX)

    def _nearness(self, balls: list[Ball]) -> float:
        return float(np.mean([self._project(place)[1] for place, _ in balls]))

    def _project(self, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(..., 3) metres from the focus -> (..., 2) metres right and up, and nearness (...)."""
        turned = places @ self._axes.T
        near = turned[..., 2]
        larger = _EYE_M / (_EYE_M - near.clip(max=0.6 * _EYE_M))
        return turned[..., :2] * larger[..., None], near


def _axes(headings: np.ndarray) -> np.ndarray:
    """(3, 3) rows: right, up, to the eye; the body mostly faces a little past the eye."""
    mean = np.exp(1j * headings).mean()
    # Who turns round and round faces nowhere on average: how they begin is shown then.
    facing = np.angle(mean) if abs(mean) > 0.3 else headings[0]
    turn, rise = facing + np.radians(_TURN_DEG), np.radians(_RISE_DEG)
    right = np.array([np.cos(turn), 0, -np.sin(turn)])
    eye = np.array([np.sin(turn) * np.cos(rise), np.sin(rise), np.cos(turn) * np.cos(rise)])
    return np.stack([right, np.cross(eye, right), eye])


def _parts(
    at: dict[str, np.ndarray], seen: dict[str, np.bool_]
) -> list[tuple[list[Ball], tuple[int, ...]]]:
    """Balls of each part of the body, whose hull it is, and its colour."""
    parts: list[tuple[list[Ball], tuple[int, ...]]] = []
    for side, colour in (("left", LEFT), ("right", RIGHT)):
        for start, end, radius in _LIMBS:
            a, b = f"{side}_{start}", f"{side}_{end}"
            shown = colour if seen[a] and seen[b] else _UNSEEN
            parts.append(([(at[a], radius), (at[b], 0.85 * radius)], shown))
    corners = [f"{side}_{part}" for part in ("hip", "shoulder") for side in ("left", "right")]
    trunk: list[Ball] = [(at[corner], 0.075) for corner in corners]
    trunk_seen = all(seen[corner] for corner in corners)
    parts.append((trunk, _TRUNK if trunk_seen else _UNSEEN))
    up = (at["head"] - at["neck"]) / max(np.linalg.norm(at["head"] - at["neck"]), 1e-6)
    across = at["left_shoulder"] - at["right_shoulder"]
    ahead = np.cross(across, up)
    ahead /= max(np.linalg.norm(ahead), 1e-6)
    head = at["neck"] + 0.17 * up
    colour = _TRUNK if seen["head"] else _UNSEEN
    parts.append(([(at["neck"], 0.05), (head, 0.05)], colour))
    parts.append(([(head, 0.105)], colour))
    nose = head - 0.01 * up + 0.1 * ahead  # tells where the face is
    parts.append(([(nose, 0.022)], _NOSE if seen["head"] else _UNSEEN))
    return parts


class _Brush:
    """Draws balls, hulls and a floor on one picture."""

    def __init__(
        self, draw: ImageDraw, project: Projection, scale: float, origin: np.ndarray
    ) -> None:
        self._draw, self._project, self._scale, self._origin = draw, project, scale, origin

    def _pixels(self, places: np.ndarray) -> np.ndarray:
        flat, _ = self._project(places)
        return self._origin + flat * np.array([1, -1]) * self._scale

    def floor(self, focus: np.ndarray) -> None:
        """Tiles that stay where they are while the eye follows the body."""
        lines = np.arange(-_FLOOR_M, _FLOOR_M + 1e-9, _TILE_M)
        for axis in (0, 2):
            shift = -(focus[axis] % _TILE_M) + _TILE_M / 2
            for line in lines + shift:
                half = np.sqrt(max(_FLOOR_M**2 - line**2, 0.0))
                ends = np.zeros((2, 3))
                ends[:, axis], ends[:, 2 - axis] = line, (-half, half)
                self._draw.line([*map(tuple, self._pixels(ends))], fill=RULE, width=2)

    def shadow(self, balls: list[Ball]) -> None:
        """Straight below, on the floor."""
        for (a, radius), (b, _) in zip(balls, balls[1:] or balls, strict=False):
            ends = self._pixels(np.array([a, b]) * np.array([1, 0, 1]))
            width = max(1, round(1.4 * radius * self._scale))
            self._draw.line([*map(tuple, ends)], fill=_SHADOW, width=width)

    def solid(self, balls: list[Ball], colour: tuple[int, ...]) -> None:
        """The hull of balls, with an edge."""
        for grown, paint in ((_EDGE_M, PAPER), (0.0, colour)):
            self._draw.polygon(self._outline(balls, grown), fill=paint)

    def _outline(self, balls: list[Ball], grown: float) -> list[tuple[float, float]]:
        angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        circle = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
        points = np.concatenate(
            [
                self._pixels(place) + (radius + grown) * self._scale * circle
                for place, radius in balls
            ]
        )
        return [tuple(point) for point in points[ConvexHull(points).vertices]]
