"""What is pushed into a live session, checked: frames, joints and times."""

from __future__ import annotations

import math

import numpy as np

from llamo.clip import skeleton_of
from llamo.errors import InvalidMotion, InvalidVideo, LlamoError
from llamo.motion import Motion
from llamo.skeleton import Skeleton

MOST_PIXELS = 8192 * 4320
"""Larger pictures are no camera's."""


def checked_size(frame: object, before: tuple[int, int] | None) -> tuple[int, int]:
    """(width, height) of a frame.

    Args:
        frame: As it was pushed.
        before: Size of the frames before it, None for the first.

    Raises:
        InvalidVideo: No (h, w, 3) uint8, too large, or of another size.
    """
    if not isinstance(frame, np.ndarray):
        raise InvalidVideo(f"a frame must be (h, w, 3) uint8, RGB, got {type(frame).__name__}.")
    shape = frame.shape
    if frame.dtype != np.uint8 or len(shape) != 3 or shape[2] != 3 or 0 in shape:
        raise InvalidVideo(f"a frame must be (h, w, 3) uint8, RGB, got {frame.dtype} {shape}.")
    height, width = shape[:2]
    if height * width > MOST_PIXELS:
        raise InvalidVideo(f"a frame may have {MOST_PIXELS} pixels, got {width} x {height}.")
    if before is not None and before != (width, height):
        raise InvalidVideo(
            f"frames were {before[0]} x {before[1]} pixels, got {width} x {height}; "
            "begin another live session for another size."
        )
    return width, height


def checked_joints(
    joints: object, confidence: object, skeleton: Skeleton | None
) -> tuple[np.ndarray, Skeleton]:
    """One frame of joints.

    Args:
        joints: As they were pushed.
        confidence: As it was pushed, or None.
        skeleton: Of the frames before, None for the first.

    Returns:
        (J, 4) metres and confidence, and the joint set.

    Raises:
        InvalidMotion: No joints of one body, or confidence beyond 0-1.
    """
    try:
        array = np.asarray(joints)
        sure = None if confidence is None else np.asarray(confidence)[None]
    except ValueError:
        array, sure = np.zeros(0), None
    if array.ndim != 2 or array.shape[1] != 3:
        raise InvalidMotion(f"joints must be (J, 3) in metres, y up, got {array.shape}.")
    skeleton = skeleton or skeleton_of(len(array))
    frame = Motion(array[None], 1.0, skeleton, confidence=sure)
    seen = np.ones(len(array)) if frame.confidence is None else frame.confidence[0]
    return np.column_stack([frame.joints[0], seen]), skeleton


def checked_time(time_s: object, before_s: float, error: type[LlamoError]) -> float:
    """Seconds of a frame.

    Args:
        time_s: As it was pushed.
        before_s: Time of the frame before.
        error: What to raise: no number, or not after the frame before.
    """
    try:
        seconds = float(time_s)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        seconds = math.nan
    if not math.isfinite(seconds):
        raise error(f"time_s must be a number of seconds, got {time_s!r}.")
    if seconds <= before_s:
        raise error(f"times must rise: the frame before was at {before_s:g} s, got {seconds:g} s.")
    return seconds
