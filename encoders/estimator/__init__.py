"""Motion from video: whoever moves in the frames, as a ``Motion``.

An ``Estimator`` turns a ``Video`` into an ``Estimate``. ``MediaPipePose`` is the one that works
with what its wheel carries; ``estimate_video`` reads a file and estimates in one go.
"""

from __future__ import annotations

from llamo.encoders.estimator.estimate import Estimate, Estimator
from llamo.encoders.estimator.pose import MediaPipePose, estimate_video

__all__ = ["Estimate", "Estimator", "MediaPipePose", "estimate_video"]
