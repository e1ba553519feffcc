"""What many tests share: real data, a seeded generator, models, and that nothing is left."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from processes import children, shared_memory

ROOT = Path(__file__).resolve().parent.parent

# Where they fail, they say as much as a test would.
pytest.register_assert_rewrite("demo_clients", "video_checks")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder of real motion: ``LLAMO_DATA``, or ``../shared/data`` beside the checkout."""
    named = os.environ.get("LLAMO_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    if not (folder / "motion").is_dir():
        pytest.skip(f"no real motion in {folder}; set LLAMO_DATA to the folder that holds motion/")
    return folder


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator with a fixed seed."""
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout's root."""
    return ROOT


@pytest.fixture(scope="session")
def weights_dir() -> Path:
    """The shipped model, where it is there."""
    folder = ROOT / "llamo" / "weights" / "llamo-tiny"
    if not list(folder.rglob("*.safetensors")):
        pytest.skip("llamo-tiny's weights are not in this checkout")
    return folder


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a random model of two layers, as the trainer would save it."""
    from tiny import save_tiny_model

    return save_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """After every test: no child process, no open file, no temporary file, no shared memory."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    before = shared_memory(), len(os.listdir("/proc/self/fd"))
    yield
    assert not children()
    assert not list(folder.iterdir())
    assert shared_memory() <= before[0]
    assert len(os.listdir("/proc/self/fd")) <= before[1] + 1  # a library may open one for itself
