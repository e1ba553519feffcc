"""Packs: many clips end to end in ``NAME.npz``, with one line of labels each in ``NAME.jsonl``.

Arrays: ``root`` float32 (F, 3), the pelvis; ``rel`` (F, 22, 3), each joint minus the pelvis;
``start`` and ``length`` (N,), frames of each clip. Metres, y-up, 20 fps, SMPL-22.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from llamo.errors import InvalidData, MissingInformation, UnreadableFile
from llamo.formats.arrays import Archive
from llamo.formats.recording import Recording, Wishes
from llamo.motion import Motion

PACK_FPS = 20.0
_KEYS = {"root", "rel", "start", "length"}
_MAX_LABEL_BYTES = 1 << 28


class _Pack(NamedTuple):
    root: np.ndarray  # (F, 3)
    rel: np.ndarray  # (F, 22, 3)
    start: np.ndarray  # (N,)
    length: np.ndarray  # (N,)
    labels: list[dict[str, Any]]

    def clip(self, index: int) -> np.ndarray:
        frames = slice(self.start[index], self.start[index] + self.length[index])
        joints = self.rel[frames].astype(np.float32) + self.root[frames, None].astype(np.float32)
        return joints  # (T, 22, 3)


def is_pack(archive: Archive) -> bool:
    """Whether an archive is a pack."""
    return archive.names >= _KEYS


def read_pack(stem: str | Path) -> Iterator[tuple[dict[str, Any], np.ndarray]]:
    """All clips of a pack: labels and joints (T, 22, 3), metres, y-up, 20 fps.

    Args:
        stem: Path with or without ``.npz``.

    Raises:
        UnreadableFile: Missing or damaged.
        InvalidData: The parts do not fit each other.
    """
    pack = _open(_npz(stem))
    for index, labels in enumerate(pack.labels):
        yield labels, pack.clip(index)


def pack_size(path: str | Path) -> int:
    """Number of clips."""
    return len(_open(_npz(path)).labels)


def pack_clip(path: str | Path, index: int) -> tuple[dict[str, Any], Motion]:
    """One clip: its labels and its motion.

    Raises:
        MissingInformation: There is no clip of that index.
    """
    pack = _open(_npz(path))
    _check_index(_npz(path), index, len(pack.labels))
    return pack.labels[index], Motion(pack.clip(index), PACK_FPS)


def read_pack_clip(path: str | Path, index: int) -> Motion:
    """One clip's motion."""
    return pack_clip(path, index)[1]


def overview(path: Path) -> dict[str, Any]:
    """Facts of a whole pack, for people."""
    pack = _open(path)
    count, frames = len(pack.labels), int(pack.length.sum())
    return {
        "format": "llamo pack",
        "clips": count,
        "frames": frames,
        "fps": PACK_FPS,
        "seconds": round(frames / PACK_FPS, 2),
        "notes": [f"Address a clip as {path.name}#0 to {path.name}#{count - 1}."],
    }


def read_pack_recording(path: Path, wishes: Wishes) -> Recording:
    """The clip ``wishes.index`` of a pack.

    Raises:
        MissingInformation: No index is given, or there is no such clip.
    """
    pack = _open(path)
    count = len(pack.labels)
    if wishes.index is None:
        raise MissingInformation(
            f"{path.name} is a pack of {count} clips; address one as {path.name}#0 to "
            f"{path.name}#{count - 1}."
        )
    _check_index(path, wishes.index, count)
    return Recording(
        format="llamo pack",
        joints=pack.clip(wishes.index),
        fps=PACK_FPS,
        fps_from="the format (packs are 20 fps)",
        up="y",
        unit="m",
        clips=count,
        index=wishes.index,
        labels=pack.labels[wishes.index],
    )


def _check_index(path: Path, index: int, count: int) -> None:
    if not 0 <= index < count:
        raise MissingInformation(
            f"{path.name} has no clip {index}; it holds {count}, numbered 0 to {count - 1}."
        )


def _npz(stem: str | Path) -> Path:
    path = Path(stem)
    return path if path.suffix == ".npz" else path.with_name(path.name + ".npz")


def _open(path: Path) -> _Pack:
    labels = path.with_suffix(".jsonl")
    try:
        stamp = [(file.stat().st_mtime_ns, file.stat().st_size) for file in (path, labels)]
    except OSError as error:
        missing = Path(str(error.filename or path)).name
        raise UnreadableFile(
            f"{missing} cannot be opened; a pack is NAME.npz with NAME.jsonl next to it."
        ) from None
    return _load(path, labels, tuple(stamp))


@lru_cache(maxsize=4)
def _load(path: Path, label_path: Path, stamp: tuple[tuple[int, int], ...]) -> _Pack:
    """Load a pack once; ``stamp`` makes a changed file a new one."""
    archive = Archive(path)
    root, rel = archive.numbers("root", ndim=2), archive.numbers("rel", ndim=3)
    start, length = archive.numbers("start", ndim=1), archive.numbers("length", ndim=1)
    if root.shape != (len(rel), 3) or rel.shape[1:] != (22, 3) or start.shape != length.shape:
        raise InvalidData(
            f"{path.name}: root, rel, start, length must be (F, 3), (F, 22, 3), (N,), (N,), got "
            f"{root.shape}, {rel.shape}, {start.shape}, {length.shape}."
        )
    if start.dtype.kind not in "iu" or length.dtype.kind not in "iu":
        raise InvalidData(f"{path.name}: start and length must be whole numbers.")
    start, length = start.astype(np.int64), length.astype(np.int64)
    if (start < 0).any() or (length < 1).any() or (length > len(rel) - start).any():
        raise InvalidData(f"{path.name}: a clip lies outside the {len(rel)} frames.")
    lines = _labels(label_path, stamp[1][1])
    if len(lines) != len(start):
        raise InvalidData(
            f"{label_path.name} has {len(lines)} lines for the {len(start)} clips of {path.name}."
        )
    return _Pack(root, rel, start, length, lines)


def _labels(path: Path, size: int) -> list[dict[str, Any]]:
    if size > _MAX_LABEL_BYTES:
        raise UnreadableFile(f"{path.name} is {size >> 20} MiB; labels are far smaller.")
    rows = []
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise UnreadableFile(f"{path.name} cannot be read as UTF-8 text.") from None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise InvalidData(f"{path.name}, line {number}: expected one JSON object a line.")
        rows.append(row)
    return rows
