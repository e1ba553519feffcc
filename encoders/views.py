"""What the video encoder is shown of a frame: the whole picture, the person in it, the hands."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

import numpy as np

from llamo.errors import InvalidVideo, MissingDependency

WHOLE, PERSON, LEFT_HAND, RIGHT_HAND = "whole", "person", "left_hand", "right_hand"
VIEWS = (WHOLE, PERSON, LEFT_HAND, RIGHT_HAND)
_BOX_OF = {PERSON: 0, LEFT_HAND: 1, RIGHT_HAND: 2}

_MARGIN = 1.3
"""Side of the square around a person, in sides of the box."""

_HAND_REACH = 1.15
"""Side of a hand's box, in lengths of the trunk: room for what hangs from it or stands in it."""

_BEYOND_WRIST = 0.35
"""Where a hand is held, in forearms beyond the wrist."""

_SHOULDERS_TO_TRUNK = 1.3
"""A trunk that leans towards the camera looks short; its shoulders are still as wide."""

_EMPTY = 124
"""Grey beyond the picture's edge: about the mean of pictures, so that it says little."""


def sampled(times_s: np.ndarray, rate_hz: float, most: int) -> np.ndarray:
    """Indices of the frames nearest to the ticks of a clock in seconds.

    Args:
        times_s: (S,) seconds, rising from 0; the rate may vary.
        rate_hz: Ticks a second.
        most: Frames at most; a longer clip gets as many, evenly spread in time.

    Returns:
        Rising indices, each once; a slow video keeps all its frames.
    """
    last_s = float(times_s[-1])
    count = int(last_s * rate_hz) + 1
    ticks = np.arange(count) / rate_hz if count <= most else np.linspace(0, last_s, most)
    after = np.searchsorted(times_s, ticks).clip(1, max(1, len(times_s) - 1))
    if len(times_s) == 1:
        return np.zeros(1, np.int64)
    before = after - 1
    nearer = ticks - times_s[before] <= times_s[after] - ticks
    return np.unique(np.where(nearer, before, after))


def boxes_around(points: np.ndarray) -> np.ndarray:
    """(S, P, 2) pixels -> (S, 4) left, top, right, bottom; NaN where no point is known."""
    boxes = np.full((len(points), 4), np.nan)
    known = np.isfinite(points).all(2)  # (S, P)
    for row in np.flatnonzero(known.any(1)):
        some = points[row][known[row]]
        boxes[row] = [*some.min(0), *some.max(0)]
    return boxes


def hand_boxes(
    shoulders: np.ndarray, hips: np.ndarray, elbows: np.ndarray, wrists: np.ndarray
) -> np.ndarray:
    """(S, 2, 4) left, top, right, bottom around the left and the right hand; NaN where unknown.

    Args:
        shoulders, hips, elbows, wrists: (S, 2, 2) pixels of the left and the right one.
    """
    trunk = np.linalg.norm(shoulders.mean(1) - hips.mean(1), axis=-1)
    wide = np.linalg.norm(shoulders[:, 0] - shoulders[:, 1], axis=-1)
    half = _HAND_REACH / 2 * np.fmax(trunk, _SHOULDERS_TO_TRUNK * wide)[:, None, None]
    hands = wrists + _BEYOND_WRIST * (wrists - elbows)
    return np.concatenate([hands - half, hands + half], axis=-1)


def views_of(
    frames: np.ndarray, boxes: np.ndarray | None, views: tuple[str, ...], side: int
) -> np.ndarray:
    """Squares that a backbone sees.

    Args:
        frames: (S, h, w, 3) uint8.
        boxes: (S, 3, 4) left, top, right, bottom of the person, the left and the right hand in
            pixels, or (S, 4) of the person alone; NaN, or None for all frames, where nobody knows:
            for the person the whole picture then stands in, for a hand nothing does.
        views: Of ``VIEWS``.
        side: Of the squares, pixels.

    Returns:
        (S, V, 3, side, side) uint8.

    Raises:
        InvalidVideo: Not one box for each frame.
    """
    places = _all_boxes(boxes, len(frames))
    out = np.empty((len(frames), len(views), side, side, 3), np.uint8)
    for row, frame in enumerate(frames):
        height, width = frame.shape[:2]
        for place, view in enumerate(views):
            box = places[row, _BOX_OF[view]] if view in _BOX_OF else None
            if view in (LEFT_HAND, RIGHT_HAND) and not _is_box(box, (width, height)):
                out[row, place] = _EMPTY
                continue
            out[row, place] = _cut(frame, *square_around(box, (width, height)), side)
    return np.ascontiguousarray(out.transpose(0, 1, 4, 2, 3))


def _all_boxes(boxes: np.ndarray | None, count: int) -> np.ndarray:
    """(S, 3, 4) of the person and the hands, NaN where nobody told."""
    known = np.full((count, len(_BOX_OF), 4), np.nan)
    if boxes is None:
        return known
    if boxes.shape == (count, 4):
        known[:, 0] = boxes
    elif boxes.shape == known.shape:
        known[:] = boxes
    else:
        raise InvalidVideo(f"boxes must be ({count}, 3, 4) or ({count}, 4), got {boxes.shape}.")
    return known


def square_around(box: np.ndarray | None, size: tuple[int, int]) -> tuple[float, float, float]:
    """Middle (x, y) and side, pixels, of what is cut from a picture.

    Args:
        box: (4,) left, top, right, bottom of a person; NaN or None for the whole picture.
        size: (width, height) of the picture.
    """
    whole = size[0] / 2, size[1] / 2, float(max(size))
    if box is None or not _is_box(box, size):
        return whole
    left, top, right, bottom = (float(edge) for edge in box)
    return (left + right) / 2, (top + bottom) / 2, _reach(box)


def _is_box(box: np.ndarray | None, size: tuple[int, int]) -> bool:
    """Whether there is one, and no detector's slip: as a body is, 4 pixels to 4 pictures wide."""
    if box is None or not np.isfinite(box).all():
        return False
    return 4 <= _reach(box) <= 4 * max(size)


def _reach(box: np.ndarray) -> float:
    left, top, right, bottom = (float(edge) for edge in box)
    return _MARGIN * max(right - left, bottom - top)


def _cut(frame: np.ndarray, x: float, y: float, reach: float, side: int) -> np.ndarray:
    """The square of ``reach`` pixels around (x, y), grey beyond the edge, scaled to ``side``."""
    resize = _resize()
    height, width = frame.shape[:2]
    left, top = round(x - reach / 2), round(y - reach / 2)
    reach_px = max(1, round(reach))
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + reach_px, width), min(top + reach_px, height)
    if x1 <= x0 or y1 <= y0:
        return np.full((side, side, 3), _EMPTY, np.uint8)
    scale = side / reach_px
    size = (max(1, round((x1 - x0) * scale)), max(1, round((y1 - y0) * scale)))
    part = resize(frame[y0:y1, x0:x1], size)
    out = np.full((side, side, 3), _EMPTY, np.uint8)
    column = min(max(round((x0 - left) * scale), 0), side - 1)
    row = min(max(round((y0 - top) * scale), 0), side - 1)
    part = part[: side - row, : side - column]
    out[row : row + part.shape[0], column : column + part.shape[1]] = part
    return out


def _resize() -> Callable[[np.ndarray, tuple[int, int]], np.ndarray]:
    if importlib.util.find_spec("cv2") is None:
        raise MissingDependency("the video encoder needs OpenCV: pip install 'llamo[video]'.")
    import cv2

    def resize(part: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        smaller = size[0] < part.shape[1]
        return cv2.resize(part, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)

    return resize
