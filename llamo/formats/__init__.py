"""Motion files: one small reader a format, all giving a ``Motion`` in metres, y-up.

A file of many clips (a pack, several people) is addressed as ``FILE#INDEX``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from llamo.errors import LlamoError, MissingInformation, UnreadableFile
from llamo.formats.arrays import Archive
from llamo.formats.recording import Recording, Settled, Wishes, settle
from llamo.motion import Motion

__all__ = ["describe", "read_motion", "write_motion"]

_KNOWN = ".npz, .npy, .bvh, .c3d, .trc, .pt or keypoint .json"
_PICKLES = (".pkl", ".pickle", ".joblib")
_Reader = Callable[[Path, Wishes], Recording]


def read_motion(
    path: str | Path,
    *,
    fps: float | None = None,
    up: str | None = None,
    unit: str | None = None,
    body_model: str | Path | None = None,
    index: int | None = None,
) -> Motion:
    """Read a motion file of any known format.

    Args:
        path: File, ``FILE#INDEX``, or a folder of OpenPose keypoints.
        fps: Frames a second, where the file does not tell (or to overrule it).
        up: The file's axis that points to the ceiling: y, z, x, -y, -z or -x.
        unit: The file's unit of length: m, cm, mm or in.
        body_model: A SMPL, SMPL-H or SMPL-X model file, for exact joints of SMPL parameters.
        index: Which clip or person of a file with several, from 0.

    Raises:
        LlamoError: Always one of its kinds; the message says what was expected, what came and what
            to do. ``MissingInformation`` names the option to pass.
    """
    motion = _open(path, fps, up, unit, body_model, index).motion
    assert motion is not None
    return motion


def describe(
    path: str | Path,
    *,
    fps: float | None = None,
    up: str | None = None,
    unit: str | None = None,
    body_model: str | Path | None = None,
    index: int | None = None,
) -> dict[str, Any]:
    """What a file holds and how each thing about it is known; arguments as ``read_motion``.

    Returns:
        ``file format clips frames fps fps_from seconds skeleton joints up up_from unit unit_from
        height_m rotations confidence``, and where there are any ``index labels notes``. A pack
        without an index gives ``file format clips frames fps seconds notes``.

    Raises:
        LlamoError: The file cannot be read; a missing frame rate is told, not raised.
    """
    file, index = _address(path, index)
    if index is None:
        overview = _pack_overview(file)
        if overview is not None:
            return {"file": str(path), **overview}
    settled = _open(path, fps, up, unit, body_model, index, need_fps=False)
    return {"file": str(path), **settled.facts}


def write_motion(motion: Motion, path: str | Path) -> None:
    """Write ``.npz`` (everything, to the bit) or ``.bvh`` (for other programs).

    Raises:
        UnreadableFile: Another ending, or a place that cannot be written to.
    """
    from llamo.formats.bvh_writer import write_bvh
    from llamo.formats.native import write_native

    path = Path(path)
    writer = {".npz": write_native, ".bvh": write_bvh}.get(path.suffix.lower())
    if writer is None:
        raise UnreadableFile(f"cannot write {path.name!r}; name it .npz or .bvh.")
    try:
        writer(motion, path)
    except OSError as error:
        raise UnreadableFile(f"cannot write {path}: {error.strerror or error}.") from None


def _open(
    path: str | Path,
    fps: float | None,
    up: str | None,
    unit: str | None,
    body_model: str | Path | None,
    index: int | None,
    need_fps: bool = True,
) -> Settled:
    file, index = _address(path, index)
    wishes = Wishes(fps, up, unit, None if body_model is None else str(body_model), index)
    try:
        recording = _reader(file)(file, wishes)
        if index and recording.clips == 1:
            raise MissingInformation(f"{file.name} holds one clip; leave out #{index}.")
        return settle(recording, wishes, need_fps=need_fps)
    except LlamoError:
        raise
    except (OSError, MemoryError) as error:
        what = getattr(error, "strerror", None) or type(error).__name__
        raise UnreadableFile(f"{file.name} cannot be read: {what}.") from None


def _address(path: str | Path, index: int | None) -> tuple[Path, int | None]:
    """Split ``FILE#INDEX``; a file whose own name has a # is found first."""
    file = Path(path)
    text = str(path)
    match = re.fullmatch(r"(.+)#(-?\w*)", text, re.DOTALL)
    if match and not _exists(file):
        if not match[2].isdecimal() or len(match[2]) > 9:
            raise MissingInformation(
                f"{text[-60:]!r}: the part after # must be a number from 0, the place of the clip."
            )
        file, index = Path(match[1]), int(match[2]) if index is None else index
    if not _exists(file):
        raise UnreadableFile(f"{str(file)[-200:]!r} does not exist; check the path.")
    return file, index


def _exists(file: Path) -> bool:
    try:
        return file.exists()
    except (OSError, ValueError):  # a name that is too long, or has a null character
        return False


def _pack_overview(file: Path) -> dict[str, Any] | None:
    """Facts of a pack as a whole, None for any other file."""
    from llamo.formats import packs

    if file.is_dir() or _head(file)[:2] != b"PK":
        return None
    archive = Archive(file)
    if not packs.is_pack(archive):
        return None
    return packs.overview(file)


def _head(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(64)
    except OSError as error:
        raise UnreadableFile(f"{file.name} cannot be read: {error.strerror}.") from None


def _reader(file: Path) -> _Reader:
    """The reader for a file, by its first bytes, then by its name."""
    from llamo.formats.bvh import read_bvh
    from llamo.formats.c3d import read_c3d
    from llamo.formats.keypoints import read_keypoints
    from llamo.formats.numpy_joints import read_npy
    from llamo.formats.trc import read_trc

    if file.is_dir():
        return read_keypoints
    if not file.is_file():
        raise UnreadableFile(f"{file.name} is no regular file; give a motion file.")
    head = _head(file)
    if not head:
        raise UnreadableFile(f"{file.name} is empty; export or copy it again.")
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    signs: tuple[tuple[bool, _Reader], ...] = (
        (head[:2] == b"PK", _read_npz),
        (head[:6] == b"\x93NUMPY", read_npy),
        (text.startswith(b"HIERARCHY"), read_bvh),
        (text.startswith(b"PathFileType"), read_trc),
        (head[1:2] == b"\x50" and file.suffix.lower() == ".c3d", read_c3d),
    )
    for found, reader in signs:
        if found:
            return reader
    by_name: dict[str, _Reader] = {
        ".npz": _read_npz,
        ".npy": read_npy,
        ".bvh": read_bvh,
        ".trc": read_trc,
        ".c3d": read_c3d,
        ".json": read_keypoints,
    }
    ending = file.suffix.lower()
    if ending in _PICKLES or (head[:1] == b"\x80" and ending in (".npz", ".pt", ".pth", "")):
        raise UnreadableFile(
            f"{file.name} is a pickle, which can run code and is never opened; if it is your own: "
            f"python examples/pkl_to_npz.py {file.name} out.npz"
        )
    if file.suffix.lower() not in by_name:
        raise UnreadableFile(f"{file.name} is no motion file known here; expected {_KNOWN}.")
    return by_name[file.suffix.lower()]


def _read_npz(file: Path, wishes: Wishes) -> Recording:
    """An ``.npz``, or another zip archive, by the names of its arrays."""
    from llamo.formats import amass, native, packs, recovered, torch_file

    archive = Archive(file)
    if torch_file.is_torch(file, archive.names):
        return torch_file.read_torch(file, wishes)
    if packs.is_pack(archive):
        return packs.read_pack_recording(file, wishes)
    if native.is_native(archive):
        return native.read_native(archive, wishes)
    if recovered.is_recovered(archive):
        return recovered.read_recovered(archive, wishes)
    if amass.is_smpl(archive):
        return amass.read_smpl(archive, wishes)
    held = ", ".join(sorted(archive.names)[:12]) or "nothing"
    raise UnreadableFile(
        f"{file.name} holds {held[:200]}; expected joints (own format), poses and trans (SMPL), "
        "pose_world, smpl_params_global or global_orient and body_pose (recovered from video), or "
        "root, rel, start, length (a pack)."
    )
