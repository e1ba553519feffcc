"""Reading text files whose size and encoding are not to be trusted."""

from __future__ import annotations

from pathlib import Path

from llamo.errors import UnreadableFile

MAX_TEXT_BYTES = 1 << 28
"""256 MiB: an hour of full-body BVH at 120 Hz."""


def read_text(path: Path, limit: int = MAX_TEXT_BYTES) -> str:
    """A file's text, UTF-8 or Latin-1.

    Raises:
        UnreadableFile: Empty, too large, binary, or not readable.
    """
    try:
        size = path.stat().st_size
        if size > limit:
            raise UnreadableFile(
                f"{path.name} has {size >> 20} MiB of text, more than {limit >> 20}; cut it."
            )
        raw = path.read_bytes()
    except OSError as error:
        raise UnreadableFile(f"{path.name} cannot be read: {error.strerror}.") from None
    if not raw.strip():
        raise UnreadableFile(f"{path.name} is empty; export or copy it again.")
    if b"\0" in raw[:4096]:
        raise UnreadableFile(f"{path.name} is not text, though its name says so.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
