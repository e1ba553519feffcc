"""Saved results of SMPL recoverers: WHAM, GVHMR, 4D-Humans and their like, as ``.npz`` or ``.pt``.

An array's name is its keys from the outside in, joined by ``/``: ``0/pose_world`` is person 0's.
What each program saves (names and axes as its own code and documents have them):

- WHAM: ``pose_world`` (T, 72) and ``trans_world`` (T, 3), y up; ``pose`` and ``trans``, the
  camera's axes; ``frame_ids`` (T,). VIBE and its heirs save ``pose`` alone.
- GVHMR: ``smpl_params_global`` and ``smpl_params_incam``, each with ``global_orient`` (T, 3),
  ``body_pose`` (T, 63) and ``transl`` (T, 3); the first y up, the second along the camera's axes.
- 4D-Humans, HMR2: ``global_orient`` (T, 1, 3, 3) and ``body_pose`` (T, 23, 3, 3), matrices along
  the camera's axes.

A camera has x to the right, y down and z away.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from llamo import body
from llamo.errors import InvalidMotion, MissingInformation, UnreadableFile
from llamo.formats.arrays import Archive
from llamo.formats.evidence import fill_gaps, find_up
from llamo.formats.native import check_frames
from llamo.formats.recording import Recording, Wishes
from llamo.motion import MAX_FRAMES
from llamo.rotations import matrix_from_axis_angle
from llamo.skeleton import SMPL22

_JOINTS = len(SMPL22)
_ROTATION_ERROR = 1e-2
"""How far a matrix may be from a rotation; float16 is within."""


class _Form(NamedTuple):
    """Names under which a program saves a person."""

    program: str
    root: str | None
    """None where the body's first joint is the root."""
    body: str
    trans: tuple[str, ...]
    up: str


_FORMS = (
    _Form("WHAM", None, "pose_world", ("trans_world",), "y"),
    _Form(
        "GVHMR", "smpl_params_global/global_orient", "smpl_params_global/body_pose",
        ("smpl_params_global/transl",), "y",
    ),
    _Form("WHAM or VIBE, camera", None, "pose", ("trans",), "-y"),
    _Form(
        "GVHMR, camera", "smpl_params_incam/global_orient", "smpl_params_incam/body_pose",
        ("smpl_params_incam/transl",), "-y",
    ),
    _Form("4D-Humans, camera", "global_orient", "body_pose", ("transl", "trans"), "-y"),
)  # fmt: skip
"""Those in a room first: a camera may be tilted, or move."""

_FRAMES = ("frame_ids", "frame_id")

KEYS = {
    key.split("/")[-1]
    for form in _FORMS
    for key in (form.root, form.body, *form.trans, *_FRAMES, "betas", "fps")
    if key is not None
}
"""All last keys that are read; a result also holds meshes and features, which are not."""


class _Person(NamedTuple):
    """One person: the keys around theirs (``"0/"``), and the frames they are seen in."""

    prefix: str
    frames: np.ndarray


def is_recovered(archive: Archive) -> bool:
    """Whether an archive holds a recoverer's result, and no plain SMPL file of axis angles."""
    form = _form(archive)
    if form is None:
        return False
    return (
        form.root != "global_orient" or _prefixes(archive, form) != [""] or _has_matrices(archive)
    )


def read_recovered(archive: Archive, wishes: Wishes) -> Recording:
    """Read one person: ``wishes.index``, or whoever is seen longest.

    Raises:
        UnreadableFile: Arrays are missing or of another form.
        MissingInformation: There is no such person.
        InvalidMotion: No frames, or too many.
    """
    name = archive.path.name
    form = _form(archive)
    assert form is not None  # the caller has seen it
    people = [
        _Person(prefix, _frame_ids(archive, form, prefix)) for prefix in _prefixes(archive, form)
    ]
    index = wishes.index
    if index is None:
        index = max(range(len(people)), key=lambda place: len(people[place].frames))
    if not 0 <= index < len(people):
        raise MissingInformation(
            f"{name} has no person {index}; it holds {len(people)}, numbered 0 to "
            f"{len(people) - 1}."
        )
    person = people[index]
    rotations = _rotations(archive, form, person.prefix)  # (T, 22, 3, 3)
    trans, notes = _translation(archive, form, person)
    joints = body.forward_kinematics(rotations, trans)
    if len(people) > 1 and wishes.index is None:
        notes.append(
            f"{len(people)} people are in the file; this is {name}#{index}, seen longest "
            f"({len(person.frames)} frames)."
        )
    notes.append("Joints are a template body's.")
    recording = Recording(
        format=f"SMPL result ({form.program})",
        joints=joints,
        fps=archive.number("fps"),
        unit="m",
        rotations=rotations.astype(np.float32),
        clips=len(people),
        index=index if len(people) > 1 else None,
        notes=notes,
    )
    _spread(recording, person.frames)
    # Some copies of these programs turn the y axis round; who lies does not stand along z.
    found = find_up(recording.joints, SMPL22, confidence=recording.confidence)
    turned = found.axis in ("y", "-y")
    recording.up = found.axis if turned else form.up
    recording.up_from = found.why if turned else f"the format ({form.program})"
    return recording


def _form(archive: Archive) -> _Form | None:
    return next((form for form in _FORMS if _prefixes(archive, form)), None)


def _prefixes(archive: Archive, form: _Form) -> list[str]:
    """What stands before each person's keys, in the order of their numbers."""
    found = [
        name.removesuffix(form.body)
        for name in archive.names
        if name == form.body or name.endswith("/" + form.body)
    ]
    found = [prefix for prefix in found if form.root is None or prefix + form.root in archive]
    return sorted(found, key=lambda prefix: (len(prefix), prefix))


def _has_matrices(archive: Archive) -> bool:
    return archive.header("global_orient").shape[-2:] == (3, 3)


def _frame_ids(archive: Archive, form: _Form, prefix: str) -> np.ndarray:
    """(T,) the video's frames in which a person is seen, rising."""
    shape = archive.header(prefix + form.body).shape
    count = shape[0] if shape else 0
    check_frames(count, archive.path.name)
    key = next((prefix + key for key in _FRAMES if prefix + key in archive), None)
    if key is None:
        return np.arange(count)
    frames = archive.numbers(key, ndim=1)
    where = f"{key!r} in {archive.path.name}"
    if frames.dtype.kind not in "iu" or len(frames) != count or (np.diff(frames) <= 0).any():
        raise UnreadableFile(f"{where} must be {count} rising whole numbers, one a frame.")
    if int(frames[-1]) - int(frames[0]) >= MAX_FRAMES:
        raise InvalidMotion(f"{where} spans more than {MAX_FRAMES} frames; cut it first.")
    return frames.astype(np.int64)


def _rotations(archive: Archive, form: _Form, prefix: str) -> np.ndarray:
    """(T, 22, 3, 3)."""
    limbs = _matrices(archive, prefix + form.body, _JOINTS if form.root is None else _JOINTS - 1)
    if form.root is None:
        return limbs
    root = _matrices(archive, prefix + form.root, 1)
    if len(root) != len(limbs):
        raise UnreadableFile(
            f"{archive.path.name} has {len(root)} root orientations and {len(limbs)} body poses; "
            "they must be one each a frame."
        )
    return np.concatenate([root, limbs], axis=1)


def _matrices(archive: Archive, key: str, joints: int) -> np.ndarray:
    """(T, joints, 3, 3) of an array's first joints, which may be axis angles or matrices."""
    shape = archive.header(key).shape
    values = archive.numbers(key, ndim=len(shape)).astype(np.float64)
    where = f"{key!r} in {archive.path.name}"
    if not np.isfinite(values).all():
        raise UnreadableFile(f"{where} holds NaN or infinite numbers; cut the broken frames out.")
    per_frame = int(np.prod(shape[1:]))
    if len(shape) >= 3 and shape[-2:] == (3, 3) and per_frame >= 9 * joints:
        matrices = values.reshape(len(values), -1, 3, 3)[:, :joints]
        off = np.abs(matrices @ np.swapaxes(matrices, -1, -2) - np.eye(3)).max()
        if off > _ROTATION_ERROR or (np.linalg.det(matrices) < 0).any():
            raise UnreadableFile(f"{where} must be rotation matrices; some are none.")
        return matrices
    if len(shape) >= 2 and per_frame % 3 == 0 and 3 * joints <= per_frame <= 1000:
        return matrix_from_axis_angle(values.reshape(len(values), -1, 3)[:, :joints])
    raise UnreadableFile(
        f"{where} must be (frames, {3 * joints} or more) axis-angle numbers, or (frames, {joints} "
        f"or more, 3, 3) matrices, got {shape}."
    )


def _translation(archive: Archive, form: _Form, person: _Person) -> tuple[np.ndarray, list[str]]:
    """(T, 3) where the pelvis is, and what is to be said of it."""
    count = len(person.frames)
    key = next((person.prefix + key for key in form.trans if person.prefix + key in archive), None)
    if key is None:
        return np.zeros((count, 3)), ["The file tells no way through the room."]
    shape = archive.header(key).shape
    if int(np.prod(shape)) != 3 * count or not shape or shape[0] != count:
        raise UnreadableFile(f"{key!r} in {archive.path.name} must be ({count}, 3), got {shape}.")
    trans = archive.numbers(key, ndim=len(shape)).reshape(count, 3).astype(np.float64)
    if not np.isfinite(trans).all():
        raise UnreadableFile(f"{key!r} in {archive.path.name} holds NaN or infinite numbers.")
    return trans, []


def _spread(recording: Recording, frames: np.ndarray) -> None:
    """Put frames on the video's own clock; those in which nobody was seen get confidence 0."""
    count = int(frames[-1] - frames[0]) + 1
    if count == len(frames):
        return
    joints = np.full((count, *recording.joints.shape[1:]), np.nan)
    joints[frames - frames[0]] = recording.joints
    recording.joints, recording.confidence = fill_gaps(joints)
    recording.rotations = None  # unknown in the gaps
    recording.notes.append(f"Nobody is seen in {count - len(frames)} of {count} frames.")
