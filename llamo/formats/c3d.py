"""C3D: markers or joint centres in binary (the C3D file format, https://www.c3d.org/docs).

Read here rather than through ezc3d, which crashes the process or never returns on some damaged
files; the tests compare the two on whole ones.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import NamedTuple

import numpy as np

from llamo.errors import MissingInformation, UnreadableFile
from llamo.formats.evidence import UNITS_M
from llamo.formats.markers import joints_from_markers, markers_of_person
from llamo.formats.native import check_frames
from llamo.formats.recording import Recording, Wishes
from llamo.formats.trc import UNIT_NAMES

_BLOCK = 512
_MAX_BYTES = 1 << 30
_MAX_MARKERS = 4000
_INTEL, _DEC, _MIPS = 84, 85, 86
_TYPES = {-1: "S1", 1: "i1", 2: "i2", 4: "f4"}


class Points(NamedTuple):
    """What a C3D says about its points."""

    labels: list[str]
    positions: np.ndarray  # (T, M, 3), NaN where not seen
    rate_hz: float | None
    unit: str  # as written, "" where it is not


def read_c3d(path: Path, wishes: Wishes) -> Recording:
    """Read a C3D file's points as joints.

    Raises:
        UnreadableFile: Not a C3D, or damaged.
        InvalidMotion: The markers do not make a body.
        MissingInformation: It names no unit.
    """
    points = parse_c3d(path)
    unit = wishes.unit or UNIT_NAMES.get(points.unit.lower())
    if not isinstance(unit, str) or unit not in UNITS_M:
        raise MissingInformation(
            f"{path.name} gives the unit {points.unit!r}; pass --unit mm, cm, m or in."
        )
    labels, positions, people = markers_of_person(
        points.labels, points.positions, wishes.index, path.name
    )
    joints, confidence, skeleton = joints_from_markers(labels, positions, unit, path.name)
    return Recording(
        format="C3D",
        joints=joints,
        skeleton=skeleton,
        fps=points.rate_hz,
        fps_from="POINT:RATE in the file",
        unit=unit,
        unit_from="POINT:UNITS in the file",
        confidence=None if confidence.all() else confidence,
        clips=people,
        index=wishes.index if people > 1 else None,
        notes=[f"Joints are made from {len(labels)} markers; a gap has confidence 0."],
    )


def parse_c3d(path: Path) -> Points:
    """Parse header, parameters and points.

    Raises:
        UnreadableFile: Not a C3D, truncated or damaged.
        InvalidMotion: No frames, or too many.
    """
    name = path.name
    if path.stat().st_size > _MAX_BYTES:
        raise UnreadableFile(f"{name} is larger than {_MAX_BYTES >> 30} GiB; cut the recording.")
    raw = path.read_bytes()
    if len(raw) < 2 * _BLOCK or raw[1] != 0x50:
        raise UnreadableFile(f"{name} is no C3D: its header is not one; export it again.")
    try:
        return _parse(raw, name)
    except (struct.error, ValueError, IndexError, OverflowError):
        raise UnreadableFile(
            f"{name} is damaged: its parameters or points cannot be read; export or copy it again."
        ) from None


def _parse(raw: bytes, name: str) -> Points:
    section = (raw[0] - 1) * _BLOCK
    processor = raw[section + 3]
    if processor not in (_INTEL, _DEC, _MIPS):
        raise ValueError(processor)
    order = ">" if processor == _MIPS else "<"
    vax = processor == _DEC
    used, analog, first, last = struct.unpack_from(order + "4H", raw, 2)
    scale, start = _floats(raw, 12, 1, order, vax)[0], struct.unpack_from(order + "H", raw, 16)[0]
    rate = float(_floats(raw, 20, 1, order, vax)[0])
    parameters = _parameters(raw, section, order, vax)
    frames = _frame_count(parameters, first, last)
    check_frames(frames, name)
    if not 0 < used <= _MAX_MARKERS:
        raise ValueError(used)
    real = scale < 0  # floats are stored; else 16-bit steps of the scale
    cell = 4 if real else 2
    stride = (used * 4 + analog) * cell
    data = raw[(start - 1) * _BLOCK :]
    whole = len(data) // stride
    if start < 1 or whole < frames:
        raise UnreadableFile(
            f"{name} is truncated: {frames} frames are declared and {max(whole, 0)} are there; "
            "copy it again."
        )
    table = np.frombuffer(data, np.uint8, frames * stride).reshape(frames, stride)
    table = table[:, : used * 4 * cell]
    if real:
        values = _floats(np.ascontiguousarray(table).tobytes(), 0, frames * used * 4, order, vax)
    else:
        values = np.frombuffer(np.ascontiguousarray(table).tobytes(), order + "i2")
    with np.errstate(invalid="ignore"):  # a NaN may be a signalling one
        values = values.reshape(frames, used, 4).astype(np.float64)
    unseen = values[..., 3] < 0  # a residual of -1 marks a gap
    positions = values[..., :3] * (1.0 if real else float(scale))
    unseen |= ~np.isfinite(positions).all(-1) | (positions == 0).all(-1)
    positions[unseen] = np.nan
    labels = [label for key in _keys("LABELS", parameters) for label in _texts(parameters, key)]
    unit = next(iter(_texts(parameters, ("POINT", "UNITS"))), "")
    labels = (labels + [f"*{index}" for index in range(len(labels), used)])[:used]
    return Points(labels, positions, rate if np.isfinite(rate) and rate > 0 else None, unit)


def _keys(name: str, parameters: dict[tuple[str, str], np.ndarray]) -> list[tuple[str, str]]:
    """POINT:LABELS, LABELS2, ... : more than 255 labels go on in the next."""
    found = [key for key in parameters if key[0] == "POINT" and key[1].startswith(name)]
    return sorted(found, key=lambda key: int(key[1][len(name) :] or 1))


def _texts(parameters: dict[tuple[str, str], np.ndarray], key: tuple[str, str]) -> list[str]:
    array = parameters.get(key)
    if array is None or array.dtype.kind != "S" or not array.size:
        return []
    length = array.shape[0]  # the first dimension runs along the text
    rows = array.reshape(-1) if array.ndim < 1 else array.T.reshape(-1, length)
    return [b"".join(c or b" " for c in row).decode("latin-1").strip() for row in rows.tolist()]


def _frame_count(parameters: dict[tuple[str, str], np.ndarray], first: int, last: int) -> int:
    """Frames, from the trial's own fields where the header's 16 bits do not suffice."""
    begin, end = (
        parameters.get(("TRIAL", "ACTUAL_START_FIELD")),
        parameters.get(("TRIAL", "ACTUAL_END_FIELD")),
    )
    if begin is not None and end is not None and begin.size == end.size == 2:
        low, high = (
            int(field.reshape(-1).astype("i2").view("u2").astype(np.int64) @ [1, 65536])
            for field in (begin, end)
        )
        if high - low >= last - first:
            return high - low + 1
    return last - first + 1


def _parameters(
    raw: bytes, section: int, order: str, vax: bool
) -> dict[tuple[str, str], np.ndarray]:
    """(group, name) -> values, each text's characters along its first dimension."""
    groups: dict[int, str] = {}
    found: list[tuple[int, str, np.ndarray]] = []
    end = min(len(raw), section + max(raw[section + 2], 1) * _BLOCK)
    position = section + 4
    while position + 4 < end:
        size, group = struct.unpack_from("bb", raw, position)
        if size == 0 or group == 0:
            break
        title = raw[position + 2 : position + 2 + abs(size)].decode("latin-1").strip().upper()
        after = position + 2 + abs(size)
        step = struct.unpack_from(order + "h", raw, after)[0]
        if group < 0:
            groups[-group] = title
        else:
            found.append((group, title, _values(raw, after + 2, order, vax)))
        if step <= 0:
            break
        position = after + step
    return {(groups.get(group, ""), title): values for group, title, values in found}


def _values(raw: bytes, position: int, order: str, vax: bool) -> np.ndarray:
    kind, dimensions = struct.unpack_from("bB", raw, position)
    if kind not in _TYPES or dimensions > 7:
        raise ValueError(kind)
    shape = tuple(raw[position + 2 : position + 2 + dimensions])
    count = int(np.prod(shape, dtype=np.int64)) if shape else 1
    if count > 1 << 17:
        raise ValueError(count)
    begin = position + 2 + dimensions
    if kind == 4:
        flat = _floats(raw, begin, count, order, vax)
    else:
        dtype = np.dtype(order + _TYPES[kind])
        flat = np.frombuffer(raw, dtype, count, begin) if count else np.zeros(0, dtype)
    return flat.reshape(shape, order="F")


def _floats(raw: bytes, position: int, count: int, order: str, vax: bool) -> np.ndarray:
    """(count,) 32-bit floats; DEC ones have their halves swapped and an exponent two higher."""
    if not count:
        return np.zeros(0, np.float32)
    if not vax:
        return np.frombuffer(raw, order + "f4", count, position)
    halves = np.frombuffer(raw, "<u2", 2 * count, position).reshape(-1, 2)
    return np.ascontiguousarray(halves[:, ::-1]).view("<f4").reshape(-1) / 4
