"""Small videos for the tests: odd ones and bad ones, made on the spot with PyAV.

Every frame has a red top left corner, which tells how it was turned, and a level of green in the
rest that rises from frame to frame, which tells which frame it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

WIDTH, HEIGHT = 96, 64
MILLISECONDS = Fraction(1, 1000)
STEADY = tuple(40 * i for i in range(25))
"""Time stamps of one second at 25 Hz, in milliseconds."""
HALTING = (0, 33, 66, 100, 500, 510, 900, 1500, 1533)
"""Time stamps as of a telephone that skips and hurries."""


def level(index: int) -> int:
    """Green of the frame ``index``."""
    return min(255, 20 + 8 * index)


def painted(index: int, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """(height, width, 3) uint8, the frame ``index``."""
    picture = np.empty((height, width, 3), np.uint8)
    picture[:] = (0, level(index), 60)
    picture[: height // 3, : width // 3] = (255, 0, 0)
    return picture


def make(
    path: Path,
    codec: str = "libx264",
    stamps: Sequence[int] = STEADY,
    *,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    pixels: str = "yuv420p",
    options: dict[str, str] | None = None,
    rotation: int = 0,
    ratio: Fraction | None = None,
    time_base: Fraction = MILLISECONDS,
    rate: int = 25,
    container: dict[str, str] | None = None,
) -> Path:
    """Write a video of one frame for each stamp; skips the test where PyAV cannot encode it."""
    import av

    try:
        av.codec.Codec(codec, "w")
    except ValueError:
        pytest.skip(f"this build of PyAV cannot encode {codec}")
    with av.open(path, "w", options=container or {}) as out:
        stream = out.add_stream(codec, rate=rate, options=options or {})
        stream.width, stream.height = size
        stream.pix_fmt = pixels
        stream.bit_rate = 4_000_000
        stream.codec_context.time_base = time_base
        if ratio:
            stream.codec_context.sample_aspect_ratio = ratio
        if rotation:
            stream.set_display_rotation(rotation)
        for index, stamp in enumerate(stamps):
            frame = av.VideoFrame.from_ndarray(painted(index, *size), format="rgb24")
            frame.pts, frame.time_base = stamp, time_base
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def make_sound(path: Path, cover: bool = False) -> Path:
    """Write half a second of silence, as a song with a picture on its ``cover`` if wanted."""
    import av

    with av.open(path, "w") as out:
        stream = out.add_stream("aac", rate=16000)
        art = None
        if cover:
            art = out.add_stream("mjpeg")
            art.width, art.height, art.pix_fmt = 16, 16, "yuvj420p"
            art.disposition = av.stream.Disposition.attached_pic
        for index in range(8):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
            frame.sample_rate, frame.pts = 16000, 1024 * index
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
        if art is not None:
            out.mux(art.encode(av.VideoFrame.from_ndarray(painted(0, 16, 16), format="rgb24")))
            out.mux(art.encode())
    return path


def make_without_frames(path: Path) -> Path:
    """Write an MKV that ends where its first frame would begin."""
    whole = make(path).read_bytes()
    path.write_bytes(whole[: whole.index(bytes.fromhex("1f43b675"))])  # a cluster of frames
    return path


def make_joined(path: Path) -> Path:
    """Write an MPEG-TS whose picture grows in the middle, as two recordings put together."""
    plain = {"bf": "0"}  # frames in order: no delay that would shift the first part only
    later = [2000 + stamp for stamp in STEADY[:10]]
    parts = [
        make(path.with_name("a.ts"), stamps=STEADY[:10], options=plain),
        make(path.with_name("b.ts"), stamps=later, size=(160, 128), options=plain),
    ]
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


def make_fuzzed(path: Path, whole: Path, seed: int) -> Path:
    """Write a copy with bytes changed, most of them in the header."""
    rng = np.random.default_rng(seed)
    raw = bytearray(whole.read_bytes())
    for reach, count in ((min(600, len(raw)), 12), (len(raw), 6)):
        for place in rng.integers(8, reach, count):
            raw[place] = rng.integers(256)
    path.write_bytes(raw)
    return path


def corner(frame: np.ndarray) -> str:
    """Where the red corner of a frame lies: ``"top left"`` ..., or ``"nowhere"``."""
    height, width = frame.shape[:2]
    places = {
        "top left": (0, 0),
        "top right": (0, 1),
        "bottom left": (1, 0),
        "bottom right": (1, 1),
    }
    for name, (low, right) in places.items():
        red, green, _ = frame[(height - 1) * low, (width - 1) * right]
        if red > 150 and green < 100:
            return name
    return "nowhere"


def levels(frames: np.ndarray) -> np.ndarray:
    """(S,) green at the middle of each frame."""
    return frames[:, frames.shape[1] // 2, frames.shape[2] // 2, 1].astype(int)
