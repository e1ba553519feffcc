"""The project's own ``.npz``: ``joints`` float32 (T, J, 3) metres y-up, ``fps``, ``skeleton``,
``schema`` = 1, and where known ``time_s`` (T,), ``confidence`` (T, J), ``rotations``
(T, J, 3, 3). A joint set without a name here also carries ``joint_names`` and ``parents``."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from llamo.errors import InvalidMotion, MissingInformation, UnreadableFile
from llamo.formats.arrays import Archive
from llamo.formats.evidence import find_up
from llamo.formats.recording import Recording, Wishes
from llamo.motion import MAX_FRAMES, Motion
from llamo.skeleton import SKELETONS, Skeleton

SCHEMA = 1

_FLOOR_M = 0.15


def is_native(archive: Archive) -> bool:
    """Whether an archive is of this format, or any that keeps joint positions under ``joints``."""
    return "joints" in archive


def read_native(archive: Archive, wishes: Wishes) -> Recording:
    """Read the own format; a foreign archive with ``joints`` alone is held to the body's evidence.

    Raises:
        UnreadableFile: A newer schema, a missing or misshapen array.
        InvalidMotion: An unknown number of joints, too many frames.
    """
    name = archive.path.name
    schema = archive.number("schema")
    if schema is not None and schema != SCHEMA:
        raise UnreadableFile(
            f"{name} has schema {schema:g}, this version reads {SCHEMA}; update llamo."
        )
    shape = archive.header("joints").shape
    if len(shape) != 3 or shape[-1] != 3:
        raise InvalidMotion(f"joints in {name} must be (frames, joints, 3), got {shape}.")
    check_frames(shape[0], name)
    skeleton = _skeleton(archive, shape[1])
    recording = Recording(
        format="llamo npz" if schema else "npz with joints",
        joints=archive.numbers("joints", ndim=3),
        skeleton=skeleton,
        fps=archive.number("fps"),
        up="y" if schema else None,
        unit="m" if schema else None,
    )
    for key, ndim in (("time_s", 1), ("confidence", 2), ("rotations", 4)):
        if key in archive:
            setattr(recording, key, archive.numbers(key, ndim=ndim))
    if schema and wishes.up is None:
        _contradict(recording)
    return recording


def write_native(motion: Motion, path: Path) -> None:
    """Write the own format; reading it back gives the same motion to the bit."""
    arrays: dict[str, np.ndarray] = {
        "schema": np.array(SCHEMA),
        "joints": motion.joints.astype(np.float32),
        "fps": np.array(motion.fps),
        "skeleton": np.array(motion.skeleton.name),
    }
    if SKELETONS.get(motion.skeleton.name) != motion.skeleton:
        arrays["joint_names"] = np.array(motion.skeleton.joints)
        arrays["parents"] = np.array(motion.skeleton.parents)
    for key in ("time_s", "confidence", "rotations"):
        value = getattr(motion, key)
        if value is not None:
            arrays[key] = value
    with path.open("wb") as stream:
        np.savez_compressed(stream, allow_pickle=False, **arrays)


def check_frames(frames: int, name: str) -> None:
    """Refuse a motion that is empty or too long, before its arrays are loaded."""
    if frames < 1:
        raise InvalidMotion(f"{name} has no frames; a motion needs at least one.")
    if frames > MAX_FRAMES:
        raise InvalidMotion(
            f"{name} has {frames} frames, more than {MAX_FRAMES}; cut or thin it first."
        )


def _skeleton(archive: Archive, joints: int) -> Skeleton:
    name = archive.text("skeleton")
    if "joint_names" in archive and "parents" in archive:
        names = archive.load("joint_names")
        parents = archive.numbers("parents", ndim=1)
        if names.ndim != 1 or names.dtype.kind != "U" or not 0 < len(names) <= 1000:
            raise UnreadableFile("joint_names must be a list of at most 1000 names.")
        if parents.dtype.kind not in "iu" or len(parents) != len(names):
            raise UnreadableFile(
                f"parents must be {len(names)} whole numbers, one for each of joint_names."
            )
        skeleton = Skeleton(name or "custom", tuple(map(str, names)), tuple(map(int, parents)))
        skeleton.tree_order  # noqa: B018 - a loop is refused here, not later in a chain of parents
        return skeleton
    if name is not None:
        if name not in SKELETONS:
            raise InvalidMotion(
                f"skeleton {name!r} is not known ({', '.join(sorted(SKELETONS))}); "
                "store joint_names and parents with it."
            )
        return SKELETONS[name]
    if joints == 22:
        return SKELETONS["smpl22"]
    raise InvalidMotion(
        f"joints in {archive.path.name} has {joints} joints and no 'skeleton' to name them; "
        f"store one of {', '.join(sorted(SKELETONS))}."
    )


def _contradict(recording: Recording) -> None:
    """Stop at a file that says y-up but plainly is not: the body stands along another axis with
    its feet on that axis' zero, which a lying person in a y-up file does not."""
    joints = recording.joints
    if joints.shape[1] != len(recording.skeleton) or not np.isfinite(joints).all():
        return  # Motion says so, in words
    found = find_up(joints, recording.skeleton, confidence=recording.confidence)
    if found.axis in (None, "y") or "-" in str(found.axis):
        return
    lowest = joints.min((0, 1))
    floor = abs(lowest["xyz".index(str(found.axis))]) < _FLOOR_M
    if floor and abs(lowest[1]) > _FLOOR_M:
        raise MissingInformation(
            f"the file says y-up, but {found.why} with the feet at 0; pass --up {found.axis} "
            "to turn it, or --up y if the person really lies."
        )
