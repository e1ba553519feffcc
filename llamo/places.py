"""Files to be written: what would fail after the work is refused before it."""

from __future__ import annotations

import os
from pathlib import Path

from llamo.errors import UnreadableFile


def check_place(place: Path, endings: tuple[str, ...]) -> None:
    """Refuse a place that cannot be written to.

    Args:
        place: The file to be.
        endings: What its name may end in, such as ``.npz``.

    Raises:
        UnreadableFile: Another ending, a folder, no folder around it, or one that is closed.
    """
    if place.suffix.lower() not in endings:
        raise UnreadableFile(f"cannot write {place.name!r}; name it {' or '.join(endings)}.")
    try:
        folder = place.absolute().parent
        if place.is_dir():
            raise UnreadableFile(f"cannot write {place}: it is a folder; name a file.")
        if not folder.is_dir():
            raise UnreadableFile(f"cannot write {place}: there is no such folder; make it first.")
        if not os.access(folder, os.W_OK):
            raise UnreadableFile(f"cannot write {place}: its folder is closed; name another.")
    except (OSError, ValueError) as error:  # a name that is too long, or has a zero byte
        why = getattr(error, "strerror", None) or error
        raise UnreadableFile(f"cannot write {place.name[-60:]!r}: {why}.") from None
