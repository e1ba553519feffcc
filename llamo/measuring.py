"""``llamo measure``: a clip read and measured; no model is needed."""

from __future__ import annotations

from pathlib import Path

from llamo.clip import is_video, read_clip
from llamo.kinematics import Measured, measure_motion, read_exercise
from llamo.terminal import progress


def measure_clip(
    clip: str,
    exercise: str | None = None,
    fps: float | None = None,
    up: str | None = None,
    unit: str | None = None,
    body_model: Path | None = None,
) -> tuple[Measured, tuple[str, ...]]:
    """Read a motion file, or estimate a video's motion, and measure it.

    Returns:
        What was measured, and what is to be said about an estimated motion.

    Raises:
        LlamoError: The clip cannot be read, or the exercise has a fault.
    """
    chosen = None if exercise is None else read_exercise(exercise)  # before the work
    if is_video(clip):
        with progress("estimating") as told:
            opened = read_clip(clip, fps, up, unit, body_model, told)
    else:
        opened = read_clip(clip, fps, up, unit, body_model)
    measured = measure_motion(opened.motion, exercise=chosen)
    return measured if opened.sides_told else measured.without_sides(), opened.notes
