"""Where the clips of a benchmark lie that names them without their suffix, or by a video's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from llamo.clip import VIDEO_SUFFIXES
from llamo.evaluation.items import Clip, Item, refuse

MOTION_SUFFIXES = (".npz", ".npy", ".bvh", ".json", ".trc", ".c3d")


def find_clip(name: str, folder: Path | None, fps: float | None = None) -> Clip:
    """The clip of that name; a motion before a video, as it is read faster than estimated.

    Args:
        name: As the benchmark has it.
        folder: Where to look; None where nothing will be opened.
        fps: Frames a second of ``.npy`` files, which do not tell.
    """
    if folder is None:
        return Clip(name)
    given = folder / name
    known = given.suffix.lower() in (*MOTION_SUFFIXES, *VIDEO_SUFFIXES)
    stem = given.with_suffix("") if known else given
    for path in (*_beside(stem, MOTION_SUFFIXES), given, *_beside(stem, VIDEO_SUFFIXES)):
        if path.is_file():
            return Clip(str(path), fps if path.suffix.lower() == ".npy" else None)
    return Clip(str(given))


def _beside(stem: Path, suffixes: Sequence[str]) -> list[Path]:
    return [stem.with_name(stem.name + suffix) for suffix in suffixes]


def check_clips(items: Sequence[Item], folder: Path | None) -> None:
    """Refuse to start where clips are not there.

    Raises:
        InvalidData: No folder, or clips are missing in it.
    """
    if folder is None:
        refuse("clips", ["name their folder (--clips), or give predictions"])
    lost = dict.fromkeys(item.clip.path for item in items if not item.clip.file.is_file())
    refuse(str(folder), [f"{Path(path).name} is not there" for path in lost])
