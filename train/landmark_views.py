"""What a pose detector would see of recorded motion from any side, beside what it saw of films.

Both are drawn anew for every step of the lifter's training: another body, camera, frame rate and
piece of the clip, every other one in a mirror.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from llamo.data.body_fit import bone_lengths, fit_bones
from llamo.data.drawn_people import Camera
from llamo.encoders.estimator.lifting import span_of
from llamo.encoders.lifter_input import FEET, POINTS, TWINS, Seen, body_size, from_hips
from llamo.motion import Motion, interpolate
from llamo.skeleton import SMPL22
from llamo.train.filmed_motion import Filmed
from llamo.train.landmark_places import Places, Sight, points_on

FRAMES = 64
"""Longest piece."""

_SLOWEST_HZ, _FASTEST_HZ = 10.0, 30.0
_NEAREST_M, _FARTHEST_M = 2.2, 8.0
_LOWEST_DEG, _HIGHEST_DEG = -8.0, 25.0  # from where the camera looks at the body
_ROLL = 0.06  # radians, standard deviation: cameras are held by hands

_HIDDEN, _CLEAR = 0.2, 0.97  # visibility of points behind the trunk, and of others
_HALF_HIDDEN = 0.5  # of the far leg, behind the near one
_IMAGINED, _JITTER = 0.07, 0.012  # errors of hidden and of visible points, in sizes of the body
_WANDERS_HZ = 2.0  # how fast errors come and go

_LENSES = (0.9, 1.6)
"""True focal lengths over the one that is assumed."""

_LOST, _LOST_POINTS = 0.25, 0.2  # share of clips with lost points, and of points lost in them
_NO_FEET = 0.3  # share of clips seen by a detector of COCO's points

_SMPL_TWINS = np.array(SMPL22.mirror)


class View(NamedTuple):
    """A clip as it is seen, and the body that is to be found, (T, 22, 3), in its sizes."""

    seen: Seen
    body: np.ndarray


def sight_of(filmed: Filmed) -> Sight | None:
    """A film for ``fit_places``; None where its camera is not known, or it is refused."""
    found = _found(filmed)
    if found is None:
        return None
    camera, body_m, image, visibility = found
    rays = (image - np.array(camera.size) / 2) / (camera.focal * camera.size[1])
    return Sight(body_m, rays, visibility)


def view_of(filmed: Filmed) -> View | None:
    """A film as it was seen; None where its camera is not known, or it is refused."""
    found = _found(filmed)
    if found is None:
        return None
    camera, body_m, image, visibility = found
    span = span_of(image, camera.size)
    return View(Seen(from_hips(image), visibility, filmed.motion.fps, span), _body(body_m))


def drawn_from_film(view: View, rng: np.random.Generator) -> View:
    """A film's view at another rate, mirrored or not; a piece of it."""
    if rng.random() < 0.5:
        view = mirrored(view)
    return _varied(_at_rate(view, float(rng.uniform(_SLOWEST_HZ, _FASTEST_HZ))), rng)


def drawn_from_recording(motion: Motion, places: Places, rng: np.random.Generator) -> View:
    """What a detector might see of a recording.

    Args:
        motion: SMPL-22.
        places: Where it puts its points.
        rng: Source of every choice.
    """
    joints = fit_bones(motion.joints, bone_lengths(motion.joints) * rng.uniform(0.92, 1.08, 21))
    joints = joints.astype(np.float64)
    if rng.random() < 0.5:
        joints = joints[:, _SMPL_TWINS] * [-1, 1, 1]
    body_m = _before_camera(joints, rng)
    size = body_size(body_m, SMPL22.joints)
    points_m = points_on(body_m, places)
    visibility = _visibility(points_m, size)
    spread = np.where(visibility < 0.6, _IMAGINED, _JITTER)[..., None]
    error = spread * _wandering(len(joints), motion.fps, rng)
    error += _JITTER * rng.standard_normal((1, len(POINTS), 2))  # for good
    image = (points_m[..., :2] + size * error) / points_m[..., 2:]
    visibility = visibility + 0.03 * rng.standard_normal(visibility.shape)
    span = body_size(image, POINTS) * rng.uniform(*_LENSES)
    seen = Seen(from_hips(image), visibility.clip(0, 1), motion.fps, span)
    view = _at_rate(View(seen, _body(body_m)), float(rng.uniform(_SLOWEST_HZ, _FASTEST_HZ)))
    return _varied(view, rng)


def mirrored(view: View) -> View:
    """Left and right exchanged, of the picture and of the person."""
    return View(view.seen.mirrored(), view.body[:, _SMPL_TWINS] * [-1, 1, 1])


def _found(filmed: Filmed) -> tuple[Camera, np.ndarray, np.ndarray, np.ndarray] | None:
    """The camera, the body before it (T, 22, 3) in metres, where ``POINTS`` are in the picture
    (T, N, 2) and how visible, on the film's clock."""
    camera, landmarks = filmed.camera, filmed.settled()
    if camera is None or landmarks is None:
        return None
    steady = landmarks.on_clock(filmed.motion.fps)
    steady = steady.part(slice(min(len(steady), len(filmed.motion))))
    image, visibility = steady.points(POINTS)
    body_m = camera.seen(filmed.motion.joints.astype(float))[: len(image)]
    return camera, body_m, image, visibility


def _body(body_m: np.ndarray) -> np.ndarray:
    return (body_m - body_m[:, :1]) / body_size(body_m, SMPL22.joints)


def _before_camera(joints: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(T, 22, 3), y-up -> from a camera that stands anywhere around."""
    joints = joints - joints[:, :1].mean(0)
    turn = rng.uniform(0, 2 * np.pi)
    pitch = np.radians(rng.uniform(_LOWEST_DEG, _HIGHEST_DEG))
    cos, sin = np.cos(turn), np.sin(turn)
    joints = joints @ np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]]).T
    cos, sin = np.cos(pitch), np.sin(pitch)
    up = joints[..., 1] * cos - joints[..., 2] * sin
    near = joints[..., 2] * cos + joints[..., 1] * sin
    away = max(rng.uniform(_NEAREST_M, _FARTHEST_M), float(near.max()) + 1.0)
    return np.stack([joints[..., 0], -up, away - near], -1)


def _visibility(points_m: np.ndarray, size: float) -> np.ndarray:
    """(T, N): arms behind the trunk are hidden, the far leg behind the near one is half hidden."""
    at = {name: points_m[:, place] for place, name in enumerate(POINTS)}
    visibility = np.full(points_m.shape[:2], _CLEAR)
    trunk = np.stack([at[f"{side}_{part}"] for part in ("shoulder", "hip")
                      for side in ("left", "right")], 1)  # fmt: skip
    low, high, depth = trunk[..., :2].min(1), trunk[..., :2].max(1), trunk[..., 2].mean(1)
    edge = 0.06 * size
    for place, name in enumerate(POINTS):
        point = points_m[:, place]
        if name.endswith(("elbow", "wrist")):
            inside = (point[:, :2] > low - edge).all(1) & (point[:, :2] < high + edge).all(1)
            visibility[inside & (point[:, 2] > depth), place] = _HIDDEN
        if name.endswith(("knee", "ankle", "heel", "foot")):
            other = points_m[:, TWINS[place]]
            behind = (point[:, 2] > other[:, 2] + edge) & (np.abs(point - other)[:, 0] < 1.5 * edge)
            visibility[behind, place] = _HALF_HIDDEN
    return visibility


def _wandering(frames: int, fps: float, rng: np.random.Generator) -> np.ndarray:
    """(T, N, 2) of unit spread, that comes and goes."""
    knots = max(2, int(frames / fps * _WANDERS_HZ) + 2)
    values = rng.standard_normal((knots, 2 * len(POINTS)))
    times = np.linspace(0, knots - 1, frames)
    return interpolate(np.arange(knots, dtype=float), values, times).reshape(frames, -1, 2)


def _at_rate(view: View, fps: float) -> View:
    seen = view.seen
    known_s = np.arange(len(seen.image)) / seen.fps
    times_s = np.arange(int(known_s[-1] * fps + 1e-6) + 1) / fps

    def at(values: np.ndarray) -> np.ndarray:
        return interpolate(known_s, values, times_s)

    found = Seen(at(seen.image), at(seen.visibility), fps, seen.span)
    return View(found, at(view.body))


def _varied(view: View, rng: np.random.Generator) -> View:
    """A piece, rolled a little, with points lost."""
    seen, body = view
    start = int(rng.integers(max(1, len(body) - FRAMES + 1)))
    piece = slice(start, start + FRAMES)
    roll = _ROLL * rng.standard_normal()
    turn = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    image = seen.image[piece] @ turn[:2, :2].T * rng.uniform(0.93, 1.07)
    image = image + rng.uniform(0, 0.006) * rng.standard_normal(image.shape)
    lost = np.zeros(len(POINTS), bool)
    if rng.random() < _LOST:
        lost |= rng.random(len(POINTS)) < _LOST_POINTS
    if rng.random() < _NO_FEET:
        lost |= FEET
    shown = Seen(image, seen.visibility[piece], seen.fps, seen.span).without(lost)
    return View(shown, body[piece] @ turn.T)
