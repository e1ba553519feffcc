"""Writing a video: frames at their own times, as H.264 in MP4."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import numpy as np

from llamo.errors import MissingDependency, UnreadableFile

_TIME_BASE = Fraction(1, 1000)


def write_video(
    path: Path, frames: Iterable[np.ndarray], times_s: np.ndarray, comment: str | None = None
) -> None:
    """Write frames so that each is shown at its time; the file appears when it is whole.

    Args:
        path: An ``.mp4``.
        frames: (h, w, 3) uint8 RGB, all of one size; an odd last row or column is left out.
        times_s: (S,) rising seconds from 0, one for each frame.
        comment: What the file is to say about itself.

    Raises:
        UnreadableFile: Another ending, or a place that cannot be written to.
        MissingDependency: PyAV is not installed.
    """
    if path.suffix.lower() != ".mp4":
        raise UnreadableFile(f"cannot write {path.name!r}; name the video .mp4.")
    try:
        import av
    except ImportError:
        raise MissingDependency(
            "writing video needs PyAV; install it: pip install 'llamo[video]'."
        ) from None
    beside = path.with_name(path.name + ".part")
    try:
        with av.open(str(beside), "w", format="mp4") as out:
            if comment is not None:
                out.metadata["comment"] = comment
            stream = None
            for frame, time_s in zip(frames, times_s, strict=True):
                height, width = (side // 2 * 2 for side in frame.shape[:2])  # 4:2:0 halves them
                if stream is None:
                    stream = out.add_stream("libx264", rate=30)
                    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
                    stream.codec_context.time_base = _TIME_BASE
                picture = av.VideoFrame.from_ndarray(
                    np.ascontiguousarray(frame[:height, :width]), format="rgb24"
                )
                picture.pts, picture.time_base = round(time_s / _TIME_BASE), _TIME_BASE
                out.mux(stream.encode(picture))
            if stream is not None:
                out.mux(stream.encode())
        beside.replace(path)
    except OSError as error:  # FFmpeg's errors are OSErrors, too
        raise UnreadableFile(f"cannot write {path}: {error.strerror or error}.") from None
    finally:
        beside.unlink(missing_ok=True)
