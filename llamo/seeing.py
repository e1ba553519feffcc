"""What the assistant's video encoder makes of videos, while they are open anyway."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from llamo.video import Video, VideoLimits, read_video

if TYPE_CHECKING:
    from llamo.clip import Footage
    from llamo.encoders.estimator import Estimate
    from llamo.encoders.video import VideoEncoder
    from llamo.encoders.video_cache import Features

_READ_HZ = 15.0
"""Frames a second that are read of a video that is only looked at; the encoder takes fewer."""


class Seeing:
    """A video encoder with the features of the videos that it saw last.

    Args:
        encoder: Frozen.
    """

    def __init__(self, encoder: VideoEncoder) -> None:
        from llamo.encoders.video_cache import FeatureCache

        self.encoder = encoder
        self._cache = FeatureCache()

    @property
    def possible(self) -> bool:
        """Whether the backbone could be built: timm is installed."""
        return self.encoder.can_look

    def look(self, video: str | Path | Video, boxes: np.ndarray | None = None) -> Features:
        """Features of a video, of a file or of frames.

        Args:
            video: Where it lies, or its frames.
            boxes: As of ``VideoEncoder.prepare``.

        Raises:
            MissingDependency: timm is not installed.
        """
        if not isinstance(video, Video):
            video = read_video(video, fps=_READ_HZ, limits=VideoLimits(side=480))
        return self.encoder.encode(video, boxes, self._cache)

    def watcher(self) -> Watcher:
        """For one clip."""
        return Watcher(self)


class Watcher:
    """Looks at the frames of one video when they are shown to it.

    Args:
        seeing: Whose encoder.
    """

    def __init__(self, seeing: Seeing) -> None:
        self._seeing = seeing
        self.seen: Features | None = None

    def __call__(self, video: Video, estimate: Estimate) -> None:
        """Encode a video with the person that was followed in it."""
        if self._seeing.possible:
            self.seen = self._seeing.look(video, followed_boxes(video, estimate))


def followed_boxes(video: Video, estimate: Estimate) -> np.ndarray:
    """(S, 3, 4) pixels of the frames: around the landmarks that lie in the picture, and around the
    left and the right hand.
    """
    from llamo.encoders.estimator.landmarks import INDEX
    from llamo.encoders.views import boxes_around, hand_boxes

    landmarks = estimate.landmarks
    scale = np.array(video.frames.shape[2:0:-1]) / np.array(landmarks.size)
    points = landmarks.image * scale  # (S, 33, 2)
    body = boxes_around(np.where(landmarks.inside[..., None], points, np.nan))
    shoulders, hips, elbows, wrists = (
        points[:, [INDEX[f"left_{name}"], INDEX[f"right_{name}"]]]
        for name in ("shoulder", "hip", "elbow", "wrist")
    )
    hands = hand_boxes(shoulders, hips, elbows, wrists)
    return np.concatenate([body[:, None], hands], axis=1)


def missing_note(seeing: Seeing | None, footage: Footage | None) -> tuple[str, ...]:
    """A line where weights could look at a video, and this installation cannot."""
    if footage is None or seeing is None or seeing.possible:
        return ()
    return ("only the motion is used: to look at the video itself, pip install 'llamo[video]'",)
