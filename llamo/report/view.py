"""``--save-view``: what an answer looked at, as a picture or as a film."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from llamo.answer import Answer
from llamo.errors import InvalidMotion, MissingDependency, UnreadableFile
from llamo.motion import Motion
from llamo.places import check_place
from llamo.report.page import draw_page
from llamo.report.playing import Player
from llamo.report.scene import scene_of
from llamo.video.writing import write_video

if TYPE_CHECKING:
    from llamo.clip import Footage

LONGEST_S = 600.0
"""The longest clip that is written as a film; drawing takes longer than playing."""

_MARK = "llamo view"
_NEEDED = {".png": ("PIL",), ".mp4": ("PIL", "av")}
_MARK_WITHIN = 4096
"""PNG has what a file says about itself at its beginning, MP4 at its end."""


def check_view(path: Path) -> None:
    """Refuse before the work what would fail after it, or would destroy another file.

    Raises:
        UnreadableFile: Another ending, a place that cannot be written to, or that holds anything
            but an earlier view.
        MissingDependency: A package of the extra ``view`` is not installed.
    """
    check_place(path, tuple(_NEEDED))
    if path.exists() and not _is_view(path):
        raise UnreadableFile(f"{path} exists and is no view of llamo's; give another name.")
    for package in _NEEDED[path.suffix.lower()]:
        if importlib.util.find_spec(package) is None:
            raise MissingDependency(
                f"writing a view as {path.suffix.lower()} needs a package that is not installed; "
                "install it: pip install 'llamo[view]'."
            )


def save_view(
    answer: Answer,
    motion: Motion,
    path: Path,
    footage: Footage | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> None:
    """Write a view; nothing half written is left. Arguments as of ``Session.save_view``.

    Args:
        answer: What was asked and answered.
        motion: The clip.
        path: ``.png`` or ``.mp4``.
        footage: The clip's video, None for a motion file.
        progress: Told (frames done, frames in all) of an ``.mp4``.
    """
    check_view(path)
    film = path.suffix.lower() == ".mp4"
    if film and motion.duration_s > LONGEST_S:
        raise InvalidMotion(
            f"expected a clip of at most {LONGEST_S:g} s, got {motion.duration_s:.0f} s; "
            "trim it, or name the view .png."
        )
    scene = scene_of(motion, footage)
    if film:
        player = Player(answer, scene, motion.duration_s)
        write_video(path, player.frames(progress), scene.times_s, comment=_MARK)
        return
    from PIL.PngImagePlugin import PngInfo

    about = PngInfo()
    about.add_text("Software", _MARK)
    page = draw_page(answer, scene, motion.duration_s)
    beside = path.with_name(path.name + ".part")
    try:
        page.save(beside, format="png", pnginfo=about)
        beside.replace(path)
    except OSError as error:
        raise UnreadableFile(f"cannot write {path}: {error.strerror or error}.") from None
    finally:
        beside.unlink(missing_ok=True)


def _is_view(path: Path) -> bool:
    """Whether a file is an earlier view, or empty."""
    if not path.is_file():
        return False
    try:
        with path.open("rb") as stream:
            head = stream.read(_MARK_WITHIN)
            stream.seek(max(path.stat().st_size - _MARK_WITHIN, 0))
            tail = stream.read(_MARK_WITHIN)
    except OSError:
        return False
    known = head.startswith(b"\x89PNG") if path.suffix.lower() == ".png" else head[4:8] == b"ftyp"
    return not head or (known and _MARK.encode() in head + tail)
