"""TRC: markers in columns, as text (Motion Analysis; OpenSim's documentation of marker files)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from llamo.errors import MissingInformation, UnreadableFile
from llamo.formats.evidence import UNITS_M
from llamo.formats.markers import joints_from_markers, markers_of_person
from llamo.formats.native import check_frames
from llamo.formats.recording import Recording, Wishes
from llamo.formats.texts import read_text

_MAX_MARKERS = 1000
UNIT_NAMES = {
    "m": "m", "meters": "m", "metres": "m", "meter": "m", "cm": "cm", "centimeters": "cm",
    "mm": "mm", "millimeters": "mm", "millimetres": "mm", "in": "in", "inches": "in",
}  # fmt: skip


def read_trc(path: Path, wishes: Wishes) -> Recording:
    """Read a TRC file.

    Raises:
        UnreadableFile: Not a TRC, or damaged.
        InvalidMotion: The markers do not make a body.
        MissingInformation: It names no unit.
    """
    name = path.name
    text = read_text(path)
    lines = text.splitlines()
    if len(lines) < 6 or not lines[0].startswith("PathFileType"):
        raise UnreadableFile(
            f"{name} is no TRC: it must begin with PathFileType and have six lines at least, got "
            f"{lines[0][:30]!r}."
        )
    header = dict(zip(_words(lines[1]), _words(lines[2]), strict=False))
    titles = [title.strip() for title in lines[3].split("\t")]
    markers = [title for title in titles[2:] if title]
    if not 0 < len(markers) <= _MAX_MARKERS:
        raise UnreadableFile(f"{name}: line 4 must name the markers, got {lines[3][:40]!r}.")
    width = 2 + 3 * len(markers)
    rows = [line for line in lines[5:] if line.strip()]
    declared = _number(header.get("NumFrames"))
    whole = len(rows)
    if not text.endswith("\n") and whole > 1 and rows[-1].count("\t") < rows[-2].count("\t"):
        whole -= 1  # the file ends within a row
    if declared is not None and whole < declared:
        raise UnreadableFile(
            f"{name} is truncated: {declared:.0f} frames are declared and {whole} are there; "
            "copy it again."
        )
    check_frames(whole, name)
    table = np.full((len(rows), width), np.nan)
    for number, line in enumerate(rows):
        cells = line.rstrip("\r\n").split("\t")[:width]
        try:
            table[number, : len(cells)] = [
                float(cell) if cell.strip() else np.nan for cell in cells
            ]
        except ValueError:
            raise UnreadableFile(
                f"{name}: data line {number + 1} holds something that is no number: {line[:40]!r}."
            ) from None
    unit = wishes.unit or UNIT_NAMES.get(header.get("Units", "").lower())
    if not isinstance(unit, str) or unit not in UNITS_M:
        raise MissingInformation(
            f"{name} gives the unit {header.get('Units', '')!r}; pass --unit mm, cm, m or in."
        )
    positions = table[:, 2:].reshape(len(rows), len(markers), 3)
    markers, positions, people = markers_of_person(markers, positions, wishes.index, name)
    joints, confidence, skeleton = joints_from_markers(markers, positions, unit, name)
    time_s, fps = table[:, 1], _number(header.get("DataRate"))
    steady = len(time_s) < 2 or np.ptp(np.diff(time_s)) < 2e-3  # NaN compares false
    if fps is None and steady and len(time_s) > 1 and time_s[-1] > time_s[0]:
        fps = (len(time_s) - 1) / (time_s[-1] - time_s[0])
    return Recording(
        format="TRC",
        joints=joints,
        skeleton=skeleton,
        fps=fps,
        fps_from="DataRate in the file",
        unit=unit,
        unit_from="Units in the file",
        confidence=None if confidence.all() else confidence,
        clips=people,
        index=wishes.index if people > 1 else None,
        notes=[f"Joints are made from {len(markers)} markers; a gap has confidence 0."],
    )


def _words(line: str) -> list[str]:
    return [word.strip() for word in line.split("\t")] if "\t" in line else line.split()


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if np.isfinite(value) and value > 0 else None
