"""Figures as a perfect detector would see them: landmarks by geometry, no picture needed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from llamo.data.drawn_people import Camera
from llamo.encoders.estimator.estimate import Estimate
from llamo.encoders.estimator.landmarks import INDEX, Landmarks
from llamo.encoders.estimator.pose import estimate_landmarks
from llamo.motion import Motion, rotation_about_y
from llamo.skeleton import COCO17, MEDIAPIPE33, SMPL22
from llamo.video import Video

LEVEL = Camera(distance_m=4.0, height_m=1.3, aim_m=1.3, size=(720, 720), focal=0.85)
"""A camera held level, of the focal length that the estimator assumes."""

NO_CUTS = np.zeros(0, int)
COCO_OF = [INDEX[name] for name in COCO17.joints]
JITTER = (0.006, 0.012)
"""Metres across and along the line of sight, as measured on real videos."""

# Metres from the middle of the head: to the person's left (for the left twin), up, forward.
_FACE = {
    "nose": (0, -0.02, 0.13), "left_eye_inner": (0.02, 0.01, 0.115),
    "left_eye": (0.0315, 0.01, 0.11), "left_eye_outer": (0.045, 0.01, 0.1),
    "left_ear": (0.075, 0, 0), "left_mouth": (0.025, -0.06, 0.11),
}  # fmt: skip


def landmarks_3d(motion: Motion) -> np.ndarray:
    """(T, 33, 3) metres, y-up: where MediaPipe's landmarks lie on a figure."""
    joints = motion.to_skeleton(SMPL22).joints.astype(np.float64)
    at = {name: joints[:, place] for place, name in enumerate(SMPL22.joints)}
    up = _unit(at["neck"] - at["pelvis"])
    left = _unit(at["left_shoulder"] - at["right_shoulder"])
    forward = np.cross(left, up)
    head = at["head"] + 0.1 * up
    points = {}
    for name, (x, y, z) in _FACE.items():
        points[name] = head + x * left + y * up + z * forward
        points[name.replace("left", "right")] = head - x * left + y * up + z * forward
    for side in ("left", "right"):
        for part in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle"):
            points[f"{side}_{part}"] = at[f"{side}_{part}"]
        foot = at[f"{side}_foot"] - at[f"{side}_ankle"]
        points[f"{side}_foot"] = at[f"{side}_ankle"] + 1.3 * foot
        points[f"{side}_heel"] = at[f"{side}_ankle"] - 0.4 * foot - np.array([0, 0.045, 0])
        along = _unit(at[f"{side}_wrist"] - at[f"{side}_elbow"])
        for finger, reach in (("pinky", 0.08), ("index", 0.09), ("thumb", 0.04)):
            points[f"{side}_{finger}"] = at[f"{side}_wrist"] + reach * along
    return np.stack([points[name] for name in MEDIAPIPE33.joints], axis=1)


def see(
    motion: Motion,
    turn_deg: float = 0.0,
    camera: Camera = LEVEL,
    *,
    noise_m: tuple[float, float] = (0.0, 0.0),
    rng: np.random.Generator | None = None,
) -> Landmarks:
    """Landmarks of a figure turned about the vertical.

    Args:
        motion: A figure near the origin, on the floor.
        turn_deg: 0 faces the camera as it was made, 180 shows its back.
        camera: Looks along -z.
        noise_m: Standard deviations of the jitter across and along the line of sight.
        rng: Draws it.
    """
    turn = rotation_about_y(np.radians(turn_deg)).astype(np.float64)
    points = landmarks_3d(motion) @ turn.T
    pitch = np.arctan2(camera.height_m - camera.aim_m, camera.distance_m)
    image, _ = camera.project(points)
    hips = (points[:, INDEX["left_hip"]] + points[:, INDEX["right_hip"]]) / 2
    cos, sin = np.cos(pitch), np.sin(pitch)
    to_camera = np.array([[1, 0, 0], [0, -cos, sin], [0, -sin, -cos]])
    world = (points - hips[:, None]) @ to_camera.T
    if rng is not None:
        jitter = rng.normal(size=world.shape) * np.array([noise_m[0], noise_m[0], noise_m[1]])
        world = world + jitter
        pixels = camera.focal * camera.size[1] / camera.distance_m
        image = image + rng.normal(size=image.shape) * noise_m[0] * pixels
    return Landmarks(image, world, np.full(image.shape[:2], 0.98), motion.times_s, camera.size)


def taken_for_a_chest(landmarks: Landmarks, frames: np.ndarray) -> Landmarks:
    """What MediaPipe makes of a back in these frames: the body turned round, at full visibility,
    with a face imagined on the back of the head, too narrow, and toes half way up."""
    turned = landmarks.turned_round(frames)
    image = turned.image.copy()
    eyes = [INDEX["left_eye"], INDEX["right_eye"]]
    middle = image[:, eyes].mean(1, keepdims=True)
    image[:, eyes] = np.where(
        frames[:, None, None], middle + 0.4 * (image[:, eyes] - middle), image[:, eyes]
    )
    for side in ("left", "right"):
        heel, toe = INDEX[f"{side}_heel"], INDEX[f"{side}_foot"]
        lowered = image[:, heel, 1] + 0.4 * np.abs(image[:, toe, 1] - image[:, heel, 1])
        image[:, toe, 1] = np.where(frames, lowered, image[:, toe, 1])
    return replace(turned, image=image)


def mirrored(landmarks: Landmarks) -> Landmarks:
    """As seen in a flipped video: x runs backwards, and left and right change places."""
    twins = list(MEDIAPIPE33.mirror)
    image = landmarks.image[:, twins].copy()
    image[..., 0] = landmarks.size[0] - image[..., 0]
    world = landmarks.world[:, twins] * np.array([-1, 1, 1])
    return replace(landmarks, image=image, world=world, visibility=landmarks.visibility[:, twins])


def estimated(landmarks: Landmarks, fps: float = 30.0, cuts: np.ndarray = NO_CUTS) -> Estimate:
    """What the estimator makes of them."""
    return estimate_landmarks(landmarks, cuts, fps)


def keypoints_of(seen: Landmarks) -> np.ndarray:
    """(T, 17, 2) pixels."""
    return seen.image[:, COCO_OF]


class Fixed:
    """Finds what it was given, once; in any other video nobody."""

    def __init__(self, landmarks: Landmarks) -> None:
        self.landmarks = landmarks

    def detect(self, video: Video, progress: object = None) -> Landmarks:
        if len(video) == len(self.landmarks):
            return self.landmarks
        some = self.landmarks.part(np.zeros(len(video), int))
        return some.of(np.zeros(len(video), bool))

    def close(self) -> None: ...


def moving(frames: int, size: tuple[int, int]) -> Video:
    """Pictures that are not still."""
    pictures = np.random.default_rng(0).integers(0, 255, (frames, 24, 24, 3), np.uint8)
    return Video(pictures, np.arange(frames) / 30, np.arange(frames), size)


def centred(motion: Motion) -> Motion:
    """Turned and moved so that it walks through the origin."""
    return motion.face_forward()


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
