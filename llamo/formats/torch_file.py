"""``.pt`` files, opened by a process of its own: their tensors, and never anything that runs.

``torch.load(weights_only=True)`` admits a list of harmless types, but a hostile file can still ask
for any memory and time; the process that loads it has little of both.
"""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path

from llamo.errors import UnreadableFile
from llamo.formats.arrays import MAX_ARRAY_BYTES, Archive
from llamo.formats.recording import Recording, Wishes
from llamo.formats.recovered import is_recovered, read_recovered
from llamo.video.processes import Watchdog, environment, kill

PATIENCE_S = 300.0
"""Seconds on the clock; the process itself may compute for far less."""

_MAX_MEMBERS = 10_000


def is_torch(path: Path, names: set[str]) -> bool:
    """Whether a zip archive with members of these names is one that torch wrote."""
    return path.suffix.lower() in (".pt", ".pth") or any(
        name.endswith("/data.pkl") for name in names
    )


def read_torch(path: Path, wishes: Wishes) -> Recording:
    """Read a recoverer's result.

    Raises:
        UnreadableFile: Damaged, too large, with anything but tensors, or no such result.
    """
    _check_zip(path)
    archive = Archive(path, io.BytesIO(_tensors(path)))
    if not is_recovered(archive):
        raise UnreadableFile(
            f"{path.name} holds no SMPL motion known here; expected smpl_params_global (GVHMR), "
            "pose_world (WHAM), or global_orient and body_pose."
        )
    return read_recovered(archive, wishes)


def child_command(path: Path) -> list[str]:
    """What starts the loading process; ``-P`` keeps the working folder's modules out of it."""
    return [sys.executable, "-P", "-B", "-m", "llamo.formats.torch_child", str(path.absolute())]


def _check_zip(path: Path) -> None:
    """Refuse before torch sees it what it would never have written."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError):
        raise UnreadableFile(f"{path.name} is not a whole .pt file; copy it again.") from None
    if len(members) > _MAX_MEMBERS or any(
        member.compress_type != zipfile.ZIP_STORED for member in members
    ):
        raise UnreadableFile(f"{path.name} is no .pt file that torch.save wrote.")
    size = sum(member.file_size for member in members)
    if size > MAX_ARRAY_BYTES:
        raise UnreadableFile(
            f"{path.name} holds {size / 2**30:.1f} GiB, more than {MAX_ARRAY_BYTES >> 30}; save "
            "the SMPL parameters alone."
        )


def _tensors(path: Path) -> bytes:
    """An ``.npz`` of the tensors that are known."""
    process = subprocess.Popen(
        child_command(path),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(),
        start_new_session=True,  # a group of its own, so that its children are killed with it
    )
    watchdog = Watchdog(process, PATIENCE_S, PATIENCE_S)
    assert process.stdout is not None
    try:
        watchdog.start()
        sent = process.stdout.read(MAX_ARRAY_BYTES)
        whole = not process.stdout.read(1)
        process.stdout.close()
        process.wait()  # watched: torch takes its time to end
    finally:
        watchdog.done.set()
        if watchdog.ident is not None:
            watchdog.join()
        kill(process)
        process.wait()
        process.stdout.close()
    if process.returncode == REFUSED:
        raise UnreadableFile(
            f"{path.name} holds more than tensors, which is never opened; if it is your own: "
            f"python examples/pkl_to_npz.py {path.name} out.npz"
        )
    if process.returncode or not whole:
        raise UnreadableFile(
            f"{path.name} cannot be read by torch within bounds of time and memory; save it again."
        )
    return sent


REFUSED = 3
"""Exit code for a file with more than tensors."""
