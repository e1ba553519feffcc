"""What the lifter reads of a clip: where a body's points lie in the picture, over time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from llamo.skeleton import SMPL22, other_side

_SIDED = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "heel", "foot")
POINTS = (
    "nose", "left_ear", "right_ear",
    *(f"{side}_{part}" for part in _SIDED for side in ("left", "right")),
)  # fmt: skip
"""What is read of a picture: joints of MediaPipe's 33, of which COCO's 17 have all but the feet."""

TWINS = np.array([POINTS.index(other_side(name)) for name in POINTS])
"""For each of ``POINTS`` its twin on the other side."""

FEET = np.array([name.endswith(("heel", "foot")) for name in POINTS])
"""Those of ``POINTS`` that COCO's keypoints lack."""

CHANNELS = 4 * len(POINTS) + 2
"""Of a frame: where each point is (2), how visible, whether visible; the rate, and how large the
body is in the picture."""

ADULT_M = 1.3
"""Trunk and leg of an adult: a picture does not tell a size."""

USUAL_HZ = 20.0
"""Of the clips that it learns from, about."""

_USUAL_SPAN = 0.35
_VISIBLE = 0.3
_SIZE_PERCENTILE = 90.0


class Seen(NamedTuple):
    """A clip as the lifter reads it, in sizes of the body, from the middle of the hips.

    Args:
        image: (T, N, 2) where ``POINTS`` lie in the picture: x to the right, y down.
        visibility: (T, N) in 0-1; 0 where nothing is known.
        fps: Frames a second.
        span: The body's size over the focal length that is assumed, both in pixels: how near it is,
            and so how much larger what is in front looks.
    """

    image: np.ndarray
    visibility: np.ndarray
    fps: float
    span: float

    def part(self, frames: slice, fps: float) -> Seen:
        """Some of the frames, at their own rate."""
        return Seen(self.image[frames], self.visibility[frames], fps, self.span)

    def mirrored(self) -> Seen:
        """Left and right exchanged, of the picture and of the person."""
        image = self.image[:, TWINS] * [-1, 1]
        return self._replace(image=image, visibility=self.visibility[:, TWINS])

    def without(self, points: np.ndarray) -> Seen:
        """As seen by a detector that knows nothing of some points, (N,) True."""
        visibility = np.where(points, 0.0, self.visibility)
        return self._replace(
            image=np.where(points[:, None], 0.0, self.image), visibility=visibility
        )

    def channels(self) -> np.ndarray:
        """(T, ``CHANNELS``) float32, the network's input."""
        count = len(self.image)
        whole = [USUAL_HZ / self.fps - 1, self.span / _USUAL_SPAN - 1]
        beside = np.broadcast_to(whole, (count, len(whole)))
        parts = (self.image, self.visibility, self.visibility > _VISIBLE, beside)
        return np.concatenate([part.reshape(count, -1) for part in parts], 1).astype(np.float32)


def body_size(points: np.ndarray, names: tuple[str, ...]) -> float:
    """Length of trunk and leg, in whatever unit: where they are least foreshortened.

    Args:
        points: (T, N, 2 or 3) without gaps.
        names: Of the points; shoulders, hips, knees and ankles are among them.
    """
    at = {name: points[:, place] for place, name in enumerate(names)}

    def apart(one: np.ndarray, other: np.ndarray) -> np.ndarray:
        return np.linalg.norm(one - other, axis=-1)

    hips, shoulders = (
        (at[f"left_{part}"] + at[f"right_{part}"]) / 2 for part in ("hip", "shoulder")
    )
    legs = [
        apart(at[f"{side}_hip"], at[f"{side}_knee"])
        + apart(at[f"{side}_knee"], at[f"{side}_ankle"])
        for side in ("left", "right")
    ]
    return float(np.percentile(apart(shoulders, hips) + sum(legs) / 2, _SIZE_PERCENTILE))


def from_hips(points: np.ndarray, names: tuple[str, ...] = POINTS) -> np.ndarray:
    """(T, N, 2 or 3) from the middle of the hips, in sizes of the body."""
    left, right = names.index("left_hip"), names.index("right_hip")
    middle = (points[:, left] + points[:, right]) / 2
    return (points - middle[:, None]) / max(body_size(points, names), 1e-6)


def joints_in_picture() -> np.ndarray:
    """(22, N) which mean of ``POINTS`` lies about where each of SMPL's joints does."""
    at = np.eye(len(POINTS))

    def middle(*names: str) -> np.ndarray:
        return at[[POINTS.index(name) for name in names]].mean(0)

    hips, shoulders = middle("left_hip", "right_hip"), middle("left_shoulder", "right_shoulder")
    rows = {"pelvis": hips, "neck": shoulders, "head": middle("nose", "left_ear", "right_ear")}
    for number in (1, 2, 3):
        rows[f"spine{number}"] = hips + (shoulders - hips) * number / 4
    for side in ("left", "right"):
        rows[f"{side}_collar"] = (shoulders + middle(f"{side}_shoulder")) / 2
    return np.stack([rows[name] if name in rows else middle(name) for name in SMPL22.joints])
