"""Landmarks by RTMPose (Jiang et al. 2023) through rtmlib, which brings its own weights."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout

import numpy as np

from llamo.encoders.estimator.two_stage import TwoStagePose, first_line
from llamo.errors import MissingDependency, ModelError

SIZES = ("balanced", "lightweight", "performance")
"""Of rtmlib's weights."""


class RTMPose(TwoStagePose):
    """See :class:`TwoStagePose`.

    Args:
        size: One of ``SIZES``. rtmlib looks for the weights where it keeps them, and downloads
            them otherwise.
        device: Where both networks run: "cpu", "cuda".

    Raises:
        MissingDependency: rtmlib or onnxruntime is not installed.
        ModelError: The weights are neither there nor to be had.
    """

    def __init__(self, size: str = SIZES[0], device: str = "cpu") -> None:
        if size not in SIZES:
            raise ModelError(f"rtmpose comes as {', '.join(SIZES)}; got {size!r}.")
        try:
            import onnxruntime  # noqa: F401 rtmlib asks for it late
            from rtmlib import Body
        except ImportError:
            raise MissingDependency(
                "rtmpose needs rtmlib and onnxruntime; install them: pip install 'llamo[rtmpose]'."
            ) from None
        try:
            with redirect_stdout(sys.stderr):  # it prints what it loads
                self._body = Body(mode=size, backend="onnxruntime", device=device)
        except Exception as error:  # whatever a download, a zip file or onnxruntime raises
            raise ModelError(f"rtmpose's weights cannot be loaded: {first_line(error)}") from None

    def people(self, frames: list[np.ndarray]) -> list[np.ndarray]:
        """See :class:`TwoStagePose`."""
        found = [self._body.det_model(_bgr(frame)) for frame in frames]
        return [np.asarray(one, dtype=float).reshape(-1, 4) for one in found]

    def keypoints(
        self, frames: list[np.ndarray], boxes: list[np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """See :class:`TwoStagePose`."""
        seen = [
            self._body.pose_model(_bgr(frame), bboxes=[box])
            for frame, box in zip(frames, boxes, strict=True)
        ]
        return np.stack([one[0][0] for one in seen]), np.stack([one[1][0] for one in seen])


def _bgr(frame: np.ndarray) -> np.ndarray:
    """As OpenCV reads pictures."""
    return np.ascontiguousarray(frame[..., ::-1])
