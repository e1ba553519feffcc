"""Motion from video: whoever moves in the frames, as a ``Motion``.

An ``Estimator`` turns a ``Video`` into an ``Estimate``. ``MediaPipePose`` is the one that works
with what its wheel carries, ``estimator_named`` gives others; ``estimate_video`` reads a file and
estimates in one go.
"""

from __future__ import annotations

from llamo.encoders.estimator.by_name import estimate_video, estimator_named
from llamo.encoders.estimator.estimate import Estimate, Estimator
from llamo.encoders.estimator.pose import MediaPipePose, PoseEstimator

__all__ = [
    "Estimate", "Estimator", "MediaPipePose", "PoseEstimator", "estimate_video", "estimator_named",
]  # fmt: skip
