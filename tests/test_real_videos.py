"""The real clips are for testing only: no name or hash of them occurs where something is made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOMS = ("llamo", "encoders", "cross_talker", "train", "serve", "benchmarks", "tests", "examples")
TEXTS = {".py", ".yaml", ".yml", ".json", ".jsonl", ".toml", ".txt", ".ipynb", ".cfg", ".sh"}
"""Documents may name the clips: what is made from ``docs`` is a page."""


@pytest.fixture(scope="module")
def clips(data_dir: Path) -> list[Path]:
    index = data_dir / "videos" / "index.json"
    if not index.is_file():
        pytest.skip(f"no real videos in {index.parent}")
    return [index.parent / clip["file"] for clip in json.loads(index.read_text())]


def texts(repository: Path) -> Iterator[Path]:
    """Code and recipes, each once: links between the rooms are not followed."""
    yield repository / "pyproject.toml"
    for room in ROOMS:
        for path in (repository / room).rglob("*"):
            if path.suffix in TEXTS and path.is_file() and not path.is_symlink():
                yield path


def marks(clip: Path) -> Iterator[str]:
    """What would tell that a clip is meant: its name, and hashes of its content."""
    yield clip.name
    if "_" in clip.stem:  # else it is a word that may occur by itself
        yield clip.stem
    content = clip.read_bytes()
    for name in ("md5", "sha1", "sha256"):
        digest = hashlib.new(name, content, usedforsecurity=False).hexdigest()
        yield digest
        yield digest[:16]


def test_no_code_or_recipe_knows_a_clip(clips: list[Path], repository: Path) -> None:
    known = {mark: clip.name for clip in clips for mark in marks(clip)}
    looked_at = 0
    for path in texts(repository):
        content = path.read_text(encoding="utf-8", errors="replace")
        looked_at += 1
        found = {known[mark] for mark in known if mark in content}
        assert not found, f"{path.relative_to(repository)} knows {sorted(found)}"
    assert looked_at > 100


def test_a_clip_that_were_known_would_be_found(tmp_path: Path) -> None:
    clip = tmp_path / "somebody_running.mp4"
    clip.write_bytes(b"frames")
    found = set(marks(clip))
    assert {"somebody_running.mp4", "somebody_running"} <= found
    assert hashlib.sha256(b"frames").hexdigest() in found
