"""A file that a browser sent -> one in the visitor's own folder; its name is never trusted."""

from __future__ import annotations

import os
import re
import shutil
import unicodedata
from pathlib import Path

from llamo.clip import VIDEO_SUFFIXES
from llamo.errors import UnreadableFile

MOTION_SUFFIXES = (".npz", ".npy", ".bvh", ".c3d", ".trc", ".json", ".pt")
"""Endings of motion files that can be sent; which of them hold a motion, the readers find out."""

BROWSER_PLAYS = (".mp4", ".m4v", ".mov", ".webm")
"""Containers that browsers know; of other videos a copy is made for the page."""

_LONGEST_NAME = 60


def plain_name(name: str) -> str:
    """A file's name as it is shown: without folders, control and direction characters, and short.

    ``"../../etc/<b>squat\\u202e.mp4"`` gives ``"<b>squat.mp4"``; what shows it escapes it.
    """
    last = re.split(r"[/\\]", name)[-1]
    kept = "".join(c for c in last if unicodedata.category(c)[0] != "C").strip() or "clip"
    if len(kept) <= _LONGEST_NAME:
        return kept
    stem, suffix = os.path.splitext(kept)
    return f"{stem[: _LONGEST_NAME - len(suffix[:10]) - 1]}…{suffix[:10]}"


def take(upload: Path, folder: Path) -> Path:
    """A file of the visitor's own, called ``clip`` and the upload's ending, of the same content.

    Args:
        upload: Where the server keeps what the browser sent.
        folder: The visitor's, for this clip alone.

    Raises:
        UnreadableFile: An ending of no motion or video, or an upload that is not there any more.
    """
    suffix = upload.suffix.lower()
    if suffix in (".pkl", ".pickle", ".joblib"):
        raise UnreadableFile(
            f"{suffix} files can run code, so none is opened; turn your own into .npz with "
            "examples/pkl_to_npz.py of the repository."
        )
    if suffix not in (*MOTION_SUFFIXES, *VIDEO_SUFFIXES):
        raise UnreadableFile(
            f"expected a video ({', '.join(VIDEO_SUFFIXES[:6])} ...) or a motion file "
            f"({', '.join(MOTION_SUFFIXES)}), got a file ending in {suffix[:12] or 'nothing'}."
        )
    own = folder / f"clip{suffix}"
    try:
        if upload.is_symlink() or not upload.is_file():
            raise FileNotFoundError
        try:
            os.link(upload, own)
        except OSError:  # another file system
            shutil.copyfile(upload, own)
    except FileNotFoundError:
        raise UnreadableFile("the upload is not there any more; send it again.") from None
    return own
