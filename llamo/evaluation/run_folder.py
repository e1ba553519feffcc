"""The folder of a run: whose it is, so that a stopped run goes on and no other is overwritten."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llamo.errors import InvalidData, UnreadableFile
from llamo.evaluation.items import Item

if TYPE_CHECKING:
    from llamo.assistant import Assistant


def run_key(
    name: str,
    data_sha256: str,
    items: Sequence[Item],
    assistant: Assistant,
    seed: int,
    limit: int | None,
) -> dict[str, Any]:
    """What has to be the same for a stopped run to go on."""
    motions = hashlib.sha256()
    for clip in sorted({item.clip for item in items}, key=lambda one: (one.path, str(one))):
        about = clip.file.stat()
        known = (clip.path, clip.settings, about.st_size, about.st_mtime_ns)
        motions.update(repr(known).encode())
    return {
        "benchmark": name,
        "data": data_sha256,
        "motions": motions.hexdigest(),
        "model": assistant.name,
        "weights": assistant.fingerprint,
        "seed": seed,
        "limit": limit,
    }


def given_key(name: str, data_sha256: str, answers: str, limit: int | None) -> dict[str, Any]:
    """The same for answers that were made elsewhere; ``answers`` is the SHA-256 of their file."""
    return {"benchmark": name, "data": data_sha256, "answers": answers, "limit": limit}


def claim(out: Path, key: dict[str, Any] | None, overwrite: bool) -> None:
    """Make ``out`` this run's folder, or find that it is already.

    Args:
        out: The folder.
        key: Of the run; None keeps what the folder holds, and no run goes on there.
        overwrite: Throw away what it holds of another run.

    Raises:
        InvalidData: It holds another run.
        UnreadableFile: It cannot be a folder.
    """
    path = out / "run.json"
    held: dict[str, Any] = {}
    if path.exists():
        try:
            held = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            held = {}
    if key is not None and held == key:
        return
    stale = [one for one in (out / "predictions.jsonl", *out.glob("controls/*.jsonl"))
             if one.exists()]  # fmt: skip
    if stale and not overwrite:
        known = [name for name in key or () if name in held]
        other = [name for name in known if held[name] != (key or {})[name]]
        raise InvalidData(
            f"{out} holds predictions of another run"
            + (f" (other {', '.join(other)})" if other else "")
            + "; choose another folder, or pass overwrite (--overwrite) to start anew."
        )
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnreadableFile(f"{out} cannot be a folder: {error.strerror or error}.") from None
    if key is None:
        path.unlink(missing_ok=True)
        return
    for one in stale:
        one.unlink()
    path.write_text(json.dumps(key, indent=1) + "\n", encoding="utf-8")


def write_report(report: Mapping[str, Any], out: Path, text: str) -> None:
    """Write ``report.json`` and, as ``report.md``, ``text``."""
    held = json.dumps(report, indent=1, ensure_ascii=False) + "\n"
    (out / "report.json").write_text(held, encoding="utf-8")
    (out / "report.md").write_text(text, encoding="utf-8")


def sha256(paths: Sequence[Path]) -> str:
    """Of the files' contents, one after the other."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()
