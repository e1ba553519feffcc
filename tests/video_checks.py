"""What reading a video must give: these frames at these times, or one line in time."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
import video_files as made

from llamo.errors import LlamoError
from llamo.video import Video, VideoLimits, read_video

QUICK = VideoLimits(deadline_s=20)


def refusal(path: Path | str, **wishes: object) -> str:
    """The message with which a file is refused: one line, within the deadline."""
    start = time.monotonic()
    with pytest.raises(LlamoError) as caught:
        read_video(path, **{"limits": QUICK} | wishes)  # type: ignore[arg-type]
    assert time.monotonic() - start < QUICK.deadline_s + 2
    return check_line(caught.value)


def check_line(error: LlamoError) -> str:
    """The message, which is one line and not too long."""
    message = str(error)
    assert message.isprintable()
    assert 20 < len(message) < 400
    return message


def check(video: Video, indices: list[int], times_ms: list[int], where: str = "top left") -> None:
    """These frames, in this order, upright, each at its time."""
    assert len(video) == len(indices)
    expected_s = (np.array(times_ms) - times_ms[0]) / 1000
    np.testing.assert_allclose(video.times_s, expected_s, atol=2e-4)
    assert video.frames.dtype == np.uint8
    seen = made.levels(video.frames)
    np.testing.assert_allclose(seen, [made.level(i) for i in indices], atol=14)
    assert (np.diff(seen) > 0).all()
    assert {made.corner(frame) for frame in video.frames} == {where}
