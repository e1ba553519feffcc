"""The demo, running for tests, and a browser that looks at it."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from llamo.assistant import Assistant
from llamo.serve.limits import Limits
from llamo.serve.server import Server, Settings

QUICK = Limits(upload_mb=1, clip_s=20, linger_s=0.5, questions_per_minute=60, clips_per_minute=60)
"""Small enough to be met by a test."""


@contextmanager
def serving(model: Path, limits: Limits = QUICK, **settings: Any) -> Iterator[Server]:
    """A server with a free port, loaded."""
    server = Server(
        lambda: Assistant.from_pretrained(model, device="cpu"),
        Settings(port=0, limits=limits, **settings),
    )
    with server:
        server.service.assistant()
        yield server


@contextmanager
def chromium() -> Iterator[Any]:
    """The distribution's Chromium, driven by Playwright; a missing one skips, or fails in CI."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    missing = None if path else "no chromium in PATH (apt-get install chromium)"
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing = "playwright is not installed (extra dev)"
    if missing:
        if os.environ.get("LLAMO_REQUIRE_BROWSER") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        # No sandbox: it needs rights that containers and CI do not give; only our page is seen.
        options = ["--no-sandbox", "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=path, args=options)
        try:
            yield browser
        finally:
            browser.close()


def until(true: Callable[[], Any], seconds: float = 60.0) -> bool:
    """Whether something comes true in time."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        if true():
            return True
        time.sleep(0.05)
    return False


def files_below(folder: Path) -> list[Path]:
    """All files in a folder, of any depth; a folder deleted meanwhile has none."""
    return [Path(at) / name for at, _, names in os.walk(folder) for name in names]
