"""HumanML3D's captions as released: ``texts/NAME.txt`` and a split's list of names."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path

from llamo.errors import InvalidData
from llamo.evaluation.items import read_text, refuse

_NAME = re.compile(r"[\w.-]+")


@dataclass(frozen=True)
class Captioned:
    """One motion with its captions.

    Args:
        name: As in the split; names that begin with M are mirrored.
        captions: Of the whole motion, in the file's order.
    """

    name: str
    captions: tuple[str, ...]


@dataclass
class CaptionedSplit:
    """A split's motions.

    Args:
        motions: With captions of the whole motion.
        parts: Captions of a part of a motion, which are left out.
        only_parts: Names of motions that have no other captions; they are left out.
        files: The files that were read.
    """

    motions: list[Captioned] = field(default_factory=list)
    parts: int = 0
    only_parts: list[str] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)


def read_captions(folder: str | Path, split: str) -> CaptionedSplit:
    """Read ``SPLIT.txt`` and the captions of its names.

    A line of ``texts/NAME.txt`` is ``caption#tokens#start#end`` with seconds; 0.0 and 0.0 mean the
    whole motion.

    Raises:
        UnreadableFile: A file cannot be read.
        InvalidData: Lines that do not follow the format, each named.
    """
    folder = Path(folder)
    listed = folder / f"{split}.txt"
    held = CaptionedSplit(files=[listed])
    problems: list[str] = []
    names = read_text(listed).split()
    for name in names:
        if not _NAME.fullmatch(name) or name.startswith("."):
            problems.append(f"{name!r} is no file name")
            continue
        path = folder / "texts" / f"{name}.txt"
        held.files.append(path)
        whole: list[str] = []
        for number, line in enumerate(read_text(path).splitlines(), start=1):
            if not line.strip():
                continue
            try:
                caption, is_whole = _caption(line)
            except InvalidData as error:
                problems.append(f"{path.name} line {number}: {error}")
                continue
            if is_whole:
                whole.append(caption)
            else:
                held.parts += 1
        if whole:
            held.motions.append(Captioned(name, tuple(whole)))
        else:
            held.only_parts.append(name)
    refuse(listed.name, problems)
    if len(set(names)) < len(names):
        raise InvalidData(f"{listed.name} lists a name twice.")
    if not held.motions:
        raise InvalidData(f"{listed} lists no motion with a caption.")
    return held


def _caption(line: str) -> tuple[str, bool]:
    """A caption, and whether it is of the whole motion."""
    pieces = line.strip().split("#")
    if len(pieces) != 4 or not pieces[0].strip():
        raise InvalidData("expected caption#tokens#start#end")
    try:
        start, end = float(pieces[2]), float(pieces[3])
    except ValueError:
        raise InvalidData(f"start and end must be seconds, got {pieces[2]}#{pieces[3]}") from None
    # the released files hold nan where a time is missing; the reference code reads it as 0
    start, end = (0.0 if math.isnan(one) else one for one in (start, end))
    return pieces[0].strip(), start == end == 0.0
