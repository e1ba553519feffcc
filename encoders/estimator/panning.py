"""Whether the camera moves: most of a picture is not the person, and shifts as the camera does."""

from __future__ import annotations

import numpy as np

_HEIGHT = 96
"""Frames are compared at about this height."""

_ROWS, _COLUMNS = 3, 4
"""Tiles of a frame; the person covers fewer than half of them."""

_CLEAR = 0.12
"""Least height of the peak of a phase correlation, of 1, that tells a shift."""

_KEY_SHIFT = 6
"""Pixels after which a new frame is compared with; tiles must still overlap."""

_MOVES = 0.1
"""A camera that moves shifts the picture by more than this share of its width."""


def camera_moves(frames: np.ndarray) -> bool:
    """Whether the background shifts through the frames.

    Args:
        frames: (T, h, w, 3) uint8, of one shot.
    """
    path = background_path(frames)
    return bool(np.ptp(path, axis=0).max() > _MOVES * frames.shape[2])


def background_path(frames: np.ndarray) -> np.ndarray:
    """(T, 2) pixels by which the background has moved right and down since the first frame.

    Each tile tells its shift against an earlier frame by phase correlation (Kuglin & Hines 1975);
    the median over the tiles that tell it clearly is the background's.
    """
    block = max(1, frames.shape[1] // _HEIGHT)
    key, at_key = _spectra(frames[0], block), np.zeros(2)
    path = np.zeros((len(frames), 2))
    for place in range(1, len(frames)):
        now = _spectra(frames[place], block)
        shift = _shift(key, now)
        path[place] = at_key + shift
        if np.abs(shift).max() >= _KEY_SHIFT:
            key, at_key = now, path[place]
    return path * block


def _spectra(frame: np.ndarray, block: int) -> np.ndarray:
    """(tiles, rows, columns) complex: the tiles of a frame, thinned, without their edges."""
    rows, columns = (side // block for side in frame.shape[:2])
    green = frame[: rows * block, : columns * block, 1].astype(np.float32)
    small = green.reshape(rows, block, columns, block).mean((1, 3))
    high, wide = rows // _ROWS, columns // _COLUMNS
    tiles = small[: high * _ROWS, : wide * _COLUMNS].reshape(_ROWS, high, _COLUMNS, wide)
    tiles = tiles.transpose(0, 2, 1, 3).reshape(-1, high, wide)
    window = np.outer(np.hanning(high + 2)[1:-1], np.hanning(wide + 2)[1:-1])
    return np.fft.fft2((tiles - tiles.mean((1, 2), keepdims=True)) * window)


def _shift(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """(2,) right and down, in thinned pixels; 0 where too few tiles tell."""
    cross = after * before.conj()
    peaks = np.fft.ifft2(cross / np.maximum(np.abs(cross), 1e-6)).real  # (tiles, rows, columns)
    tiles, high, wide = peaks.shape
    flat = peaks.reshape(tiles, -1)
    clear = flat.max(1) > _CLEAR
    if clear.sum() < tiles / 3:
        return np.zeros(2)
    down, right = np.divmod(flat.argmax(1), wide)
    down = np.where(down > high // 2, down - high, down)
    right = np.where(right > wide // 2, right - wide, right)
    return np.array([np.median(right[clear]), np.median(down[clear])])
