"""Recorded people, drawn with a body and clothes, and seen by the pose detector: once, then kept.

Drawing and looking take some 40 ms of processor time a frame, so what was seen is kept in a folder
beside what was to be seen; benchmarks can then be run again in seconds, also after a change to what
comes behind the detector. The pictures go to the detector as they are drawn, without a codec.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from llamo.data.drawn_people import Camera, Look, draw
from llamo.encoders.estimator import Estimate, detection
from llamo.encoders.estimator.detection import Detector
from llamo.encoders.estimator.landmarks import Landmarks
from llamo.encoders.estimator.pose import estimate_landmarks, one_person
from llamo.errors import NothingToEstimate
from llamo.motion import Motion, rotation_about_y
from llamo.video import Video

SIZE = (384, 400)
_LONG_S, _LONG_FPS, _FPS = 6.0, 10.0, 15.0
"""Those of a cheap camera; longer motions are filmed with fewer frames, to spare time."""

_NO_CUTS = np.zeros(0, int)

_IN_PICTURE = 0.94
"""Everything lies within this share of the picture."""


@dataclass(frozen=True)
class Shot:
    """A motion to be filmed.

    Args:
        name: Unique.
        motion: SMPL-22, y-up; filmed at its own rate.
        turn_deg: Where the person faces at first: 0 to the camera, 90 to the picture's right, 180
            away.
        seed: Of clothes and camera.
        facts: What is known of it, to be kept with it.
        flipped: Whether the pictures are flipped, so that left and right change places.
    """

    name: str
    motion: Motion
    turn_deg: float
    seed: int
    facts: dict[str, Any] = field(default_factory=dict)
    flipped: bool = False


@dataclass(frozen=True)
class Filmed:
    """What the detector saw of a shot, and what was to be seen.

    Args:
        motion: As the camera saw it: x to the picture's right, y up, z to the camera, over the
            floor.
        landmarks: As the detector gave them.
        facts: Of the shot.
        camera: That filmed it; None of films from before it was kept.
    """

    motion: Motion
    landmarks: Landmarks
    facts: dict[str, Any]
    camera: Camera | None = None

    def estimate(self) -> Estimate | None:
        """Motion from what was seen; None where it is refused."""
        try:
            return estimate_landmarks(self.landmarks, _NO_CUTS, self.motion.fps)
        except NothingToEstimate:
            return None

    def settled(self) -> Landmarks | None:
        """What was seen, left and right settled; None where it is refused."""
        try:
            return one_person(self.landmarks, _NO_CUTS)[1].landmarks
        except NothingToEstimate:
            return None


def film(shots: Iterable[Shot], cache: Path, draw_more: bool = True) -> Iterator[Filmed]:
    """Each shot as seen; what lies in ``cache`` is not drawn again.

    Args:
        shots: What to film.
        cache: Folder of what was filmed.
        draw_more: Otherwise shots that are not in ``cache`` are left out.
    """
    cache.mkdir(parents=True, exist_ok=True)
    deadlines = detection.START_S, detection.FRAME_S
    detection.START_S = detection.FRAME_S = 1800.0  # long work may share its machine
    detector: Detector | None = None
    try:
        for shot in shots:
            path = cache / f"{_key(shot)}.npz"
            if not path.is_file():
                if not draw_more:
                    continue
                detector = detector or Detector()
                _write(path, shot, detector)
            yield read_filmed(path)
    finally:
        detection.START_S, detection.FRAME_S = deadlines
        if detector is not None:
            detector.close()


def read_filmed(path: Path) -> Filmed:
    """One file of a cache."""
    with np.load(path) as kept:
        width, height = (int(side) for side in kept["size"])
        image, world, visibility = (
            kept[name].astype(np.float64) for name in ("image", "world", "visibility")
        )
        landmarks = Landmarks(image, world, visibility, kept["times_s"], (width, height))
        motion = Motion(kept["joints"], float(kept["fps"]))
        camera = None
        if "camera" in kept:
            distance_m, height_m, aim_m, focal = (float(value) for value in kept["camera"])
            camera = Camera(distance_m, height_m, aim_m, (width, height), focal)
        return Filmed(motion, landmarks, json.loads(str(kept["facts"])), camera)


def _key(shot: Shot) -> str:
    told = f"{shot.name} {shot.turn_deg:.1f} {shot.seed} {shot.motion.fps:.3f}"
    told += " flipped" if shot.flipped else ""
    digest = hashlib.sha256(told.encode() + shot.motion.joints.tobytes()).hexdigest()[:16]
    return "".join(c if c.isalnum() else "_" for c in shot.name)[:60] + "-" + digest


def _write(path: Path, shot: Shot, detector: Detector) -> None:
    rng = np.random.default_rng(shot.seed)
    look = Look.drawn_by(rng)
    motion = placed(shot.motion, shot.turn_deg)
    camera = framing(motion, rng)
    frames = draw(motion, camera, look=look)
    if shot.flipped:
        frames, motion = np.ascontiguousarray(frames[:, :, ::-1]), motion.mirror()
    times_s = np.arange(len(frames)) / motion.fps
    seen = detector.detect(Video(frames, times_s, np.arange(len(frames)), camera.size))
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.savez_compressed(
            file,
            image=seen.image.astype(np.float32),
            world=seen.world.astype(np.float32),
            visibility=seen.visibility.astype(np.float32),
            times_s=times_s,
            size=camera.size,
            joints=motion.joints,
            fps=motion.fps,
            facts=json.dumps(shot.facts),
            camera=[camera.distance_m, camera.height_m, camera.aim_m, camera.focal],
        )
    part.replace(path)


def as_filmed(motion: Motion) -> Motion:
    """A motion at the frame rate of its film."""
    return motion.resample(_LONG_FPS if motion.duration_s > _LONG_S else _FPS)


def placed(motion: Motion, turn_deg: float) -> Motion:
    """Turned to face as asked in its first frame, its way about the origin, feet on the floor."""
    motion = motion.face_forward()
    joints = motion.joints @ rotation_about_y(np.radians(turn_deg)).T
    way = joints[:, 0]
    middle = (way.min(0) + way.max(0)) / 2
    low = np.percentile(joints[..., 1].min(1), 5)
    joints = joints - np.array([middle[0], low, middle[2]], np.float32)
    return replace(motion, joints=joints.astype(np.float32), rotations=None)


def framing(motion: Motion, rng: np.random.Generator) -> Camera:
    """A camera that has all of the motion in its picture, as near as it can be."""
    height_m, focal = float(rng.uniform(0.7, 1.6)), float(rng.uniform(0.85, 1.3))
    half = np.array(SIZE) / 2
    for distance_m in np.arange(2.6, 14, 0.2):
        camera = Camera(float(distance_m), height_m, 0.9, SIZE, focal)
        top = motion.joints + np.array([0, 0.2, 0], np.float32)  # the crown of the head
        pixels, depth = camera.project(np.concatenate([motion.joints, top], axis=1).astype(float))
        if depth.min() > 0.8 and (np.abs(pixels - half) < _IN_PICTURE * half).all():
            return camera
    return camera
