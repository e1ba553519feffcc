"""What a file holds before anything is decided, and how it becomes a ``Motion``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from llamo.errors import MissingInformation
from llamo.formats.evidence import (
    AXES,
    UNITS_M,
    body_height,
    find_unit,
    find_up,
    turn_to_y_up,
)
from llamo.motion import Motion
from llamo.skeleton import SMPL22, Skeleton


@dataclass(frozen=True)
class Wishes:
    """What the caller says about a file; None means "see what the file tells"."""

    fps: float | None = None
    up: str | None = None
    unit: str | None = None
    body_model: str | None = None
    index: int | None = None


@dataclass
class Recording:
    """One clip as its file has it: the file's unit and axes, NaN where nothing was seen.

    Args:
        format: For people, e.g. ``BVH``.
        joints: (T, J, 3) in the file's unit and axes.
        skeleton: Joint set of ``joints``.
        fps: Frames a second, None if the file does not tell.
        up: The up-axis that the format defines, None to look at the body.
        unit: The unit that the file or format states, None to look at the body's height.
        rest: (J, 3) rest pose in the file's axes, a second witness of the up-axis.
        confidence: (T, J) in 0-1.
        rotations: (T, J, 3, 3) each relative to its parent, the root to the file's axes.
        time_s: (T,) seconds of each frame.
        clips: How many clips the file holds; ``index`` is this one's place.
        labels: What the file says about the clip.
        notes: What else a user should know, one sentence each.
        rig_units: Units that only this rig uses, tried beside the common ones.
    """

    format: str
    joints: np.ndarray
    skeleton: Skeleton = SMPL22
    fps: float | None = None
    up: str | None = None
    unit: str | None = None
    rest: np.ndarray | None = None
    confidence: np.ndarray | None = None
    rotations: np.ndarray | None = None
    time_s: np.ndarray | None = None
    clips: int = 1
    index: int | None = None
    labels: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    fps_from: str = "the file"
    up_from: str = "the format"
    unit_from: str = "the format"
    rig_units: tuple[str, ...] = ()


class Settled(NamedTuple):
    """A motion with how each thing about it came to be known."""

    motion: Motion | None
    facts: dict[str, Any]


def settle(recording: Recording, wishes: Wishes, *, need_fps: bool = True) -> Settled:
    """Decide frame rate, up-axis and unit, from the caller, the file, or the body's own evidence.

    Args:
        recording: What the reader found.
        wishes: What the caller says; it outranks file and evidence.
        need_fps: False to look at a file without a frame rate; the motion is then None.

    Raises:
        MissingInformation: Neither file nor body nor caller tell; the message names the option.
        InvalidMotion: The joints are no motion.
    """
    fps, fps_from = _first(wishes.fps, "you", recording.fps, recording.fps_from)
    if fps is None and need_fps:
        raise MissingInformation(
            f"{recording.format}: the file does not say its frame rate; "
            "pass it: --fps 30 (in Python fps=30)."
        )
    up, up_from = _up(recording, wishes)
    unit, unit_from = _unit(recording, wishes)
    turn = turn_to_y_up(up)
    with np.errstate(invalid="ignore", over="ignore"):  # Motion says what is wrong, in words
        joints = np.asarray(recording.joints, np.float64) * UNITS_M[unit] @ turn.T
        joints = joints.astype(np.float32)
    rotations = recording.rotations
    if rotations is not None and up != "y":
        roots = [i for i, parent in enumerate(recording.skeleton.parents) if parent < 0]
        rotations = rotations.copy()
        rotations[:, roots] = turn @ rotations[:, roots]
    motion = Motion(
        joints=joints,
        fps=1.0 if fps is None else fps,
        skeleton=recording.skeleton,
        confidence=recording.confidence,
        rotations=rotations,
        time_s=recording.time_s if wishes.fps is None else None,
    )
    height = body_height(motion.joints, motion.skeleton, motion.confidence)
    facts = {
        "format": recording.format,
        "clips": recording.clips,
        **({} if recording.index is None else {"index": recording.index}),
        "frames": len(motion),
        "fps": None if fps is None else motion.fps,
        "fps_from": "not in the file; pass --fps" if fps is None else fps_from,
        "seconds": None if fps is None else round(motion.duration_s, 3),
        "skeleton": motion.skeleton.name,
        "joints": len(motion.skeleton),
        "up": up,
        "up_from": up_from,
        "unit": unit,
        "unit_from": unit_from,
        "height_m": None if height is None else round(height, 2),
        "rotations": motion.rotations is not None,
        "confidence": motion.confidence is not None,
        **({"labels": recording.labels} if recording.labels else {}),
        **({"notes": list(recording.notes)} if recording.notes else {}),
    }
    return Settled(None if fps is None else motion, facts)


def _first(
    told: float | None, by: str, found: float | None, where: str
) -> tuple[float | None, str]:
    return (told, by) if told is not None else (found, where)


def _up(recording: Recording, wishes: Wishes) -> tuple[str, str]:
    if wishes.up is not None:
        if wishes.up not in AXES:
            raise MissingInformation(
                f"up must be one of {', '.join(AXES)}, got {wishes.up!r}; name the axis of the "
                "file that points to the ceiling."
            )
        return wishes.up, "you"
    if recording.up is not None:
        return recording.up, recording.up_from
    found = find_up(recording.joints, recording.skeleton, recording.rest, recording.confidence)
    if found.axis is None:
        raise MissingInformation(
            f"{recording.format}: which axis points up is not clear ({found.why}); "
            "pass it: --up y or --up z (in Python up='z')."
        )
    return found.axis, found.why


def _unit(recording: Recording, wishes: Wishes) -> tuple[str, str]:
    if wishes.unit is not None:
        if not isinstance(wishes.unit, str) or wishes.unit not in UNITS_M:
            raise MissingInformation(
                f"unit must be one of {', '.join(UNITS_M)}, got {wishes.unit!r}."
            )
        return wishes.unit, "you"
    if recording.unit is not None:
        return recording.unit, recording.unit_from
    found = find_unit(
        recording.joints, recording.skeleton, recording.confidence, recording.rig_units
    )
    if found.axis is None:
        raise MissingInformation(
            f"{recording.format}: the unit of length is not clear ({found.why}); "
            "pass it: --unit m, cm, mm or in (in Python unit='cm')."
        )
    return found.axis, found.why
