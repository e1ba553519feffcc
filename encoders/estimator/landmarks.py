"""What a detector sees of one person in each frame of a video: landmarks in 2-D and 3-D."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from llamo.errors import InvalidMotion
from llamo.motion import interpolate
from llamo.skeleton import MEDIAPIPE33

INDEX = {name: place for place, name in enumerate(MEDIAPIPE33.joints)}
MIRROR = np.array(MEDIAPIPE33.mirror)
"""For each landmark its twin on the other side."""

SIDED = np.array([name.startswith(("left_", "right_")) for name in MEDIAPIPE33.joints])
"""(33,) True for landmarks that have a twin."""


@dataclass(frozen=True, eq=False)
class Landmarks:
    """The 33 landmarks of MediaPipe Pose, one person, in each frame; NaN where nobody was found.

    Args:
        image: (T, 33, 2) pixels, x to the right, y down; may lie outside the picture.
        world: (T, 33, 3) about metres from the middle of the hips, along the camera's own axes: x
            to the right of the picture, y down, z away from the camera.
        visibility: (T, 33) in 0-1, 0 where nobody was found.
        times_s: (T,) seconds, rising from 0.
        size: (width, height) of the pictures, pixels.

    Raises:
        InvalidMotion: The arrays do not belong together.
    """

    image: np.ndarray
    world: np.ndarray
    visibility: np.ndarray
    times_s: np.ndarray
    size: tuple[int, int]

    def __post_init__(self) -> None:
        frames, count = len(self.times_s), len(MEDIAPIPE33)
        shapes = (self.image.shape, self.world.shape, self.visibility.shape)
        wanted = ((frames, count, 2), (frames, count, 3), (frames, count))
        if shapes != wanted or not frames:
            raise InvalidMotion(f"landmarks of {frames} frames must be {wanted}, got {shapes}.")

    def __len__(self) -> int:
        return len(self.times_s)

    @property
    def found(self) -> np.ndarray:
        """(T,) True where somebody was found."""
        return np.isfinite(self.image[:, 0, 0])

    @property
    def inside(self) -> np.ndarray:
        """(T, 33) True where a landmark lies in the picture."""
        x, y = self.image[..., 0], self.image[..., 1]
        return (x >= 0) & (y >= 0) & (x < self.size[0]) & (y < self.size[1])

    def middle(self, name: str) -> np.ndarray:
        """(T, 2) pixels: half way between the left and the right of a pair."""
        return (self.image[:, INDEX[f"left_{name}"]] + self.image[:, INDEX[f"right_{name}"]]) / 2

    @property
    def centre(self) -> np.ndarray:
        """(T, 2) pixels: the middle of the trunk."""
        return (self.middle("shoulder") + self.middle("hip")) / 2

    def points(self, names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Some landmarks: where in the picture (T, N, 2), and how visible, 0 outside of it."""
        places = [INDEX[name] for name in names]
        visibility = np.where(self.inside, self.visibility, 0.0)
        return self.image[:, places], visibility[:, places]

    def part(self, frames: slice | np.ndarray) -> Landmarks:
        """Some of the frames, which keep their times."""
        return replace(
            self,
            image=self.image[frames],
            world=self.world[frames],
            visibility=self.visibility[frames],
            times_s=self.times_s[frames],
        )

    def of(self, frames: np.ndarray) -> Landmarks:
        """Only these frames are kept as found; in the others nobody is."""
        hidden = ~frames
        image, world = self.image.copy(), self.world.copy()
        image[hidden], world[hidden] = np.nan, np.nan
        return replace(
            self, image=image, world=world, visibility=np.where(hidden[:, None], 0, self.visibility)
        )

    def turned_round(self, frames: np.ndarray) -> Landmarks:
        """In these frames front and back are exchanged: another body with the same outline.

        A body and its reflection in the plane of the picture, left and right exchanged, have one
        outline; a detector that takes a back for a chest gives the one for the other.
        """
        image, world, visibility = self.image.copy(), self.world.copy(), self.visibility.copy()
        image[frames] = image[frames][:, MIRROR]
        world[frames] = world[frames][:, MIRROR] * np.array([1, 1, -1])
        visibility[frames] = visibility[frames][:, MIRROR]
        return replace(self, image=image, world=world, visibility=visibility)

    def on_clock(self, fps: float) -> Landmarks:
        """At a steady rate, gaps bridged in straight lines; visibility stays 0 where nobody was."""
        found = np.flatnonzero(self.found)
        count = int(np.floor(self.times_s[-1] * fps + 1e-6)) + 1
        times_s = np.arange(count) / fps
        seen_s = self.times_s[found]
        visibility = interpolate(self.times_s, self.visibility, times_s)
        unseen = interpolate(self.times_s, (~self.found).astype(float), times_s) >= 0.5
        return replace(
            self,
            image=interpolate(seen_s, self.image[found], times_s),
            world=interpolate(seen_s, self.world[found], times_s),
            visibility=np.where(unseen[:, None], 0, visibility).clip(0, 1),
            times_s=times_s,
        )
