"""Programs that visit the demo over the network, and the line with which it refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

gradio_client = pytest.importorskip("gradio_client")

PATIENT = {"timeout": 120}
"""The machine may have other work; five seconds are usual."""


class client_of:
    """A program that uses the endpoints, closed at the end."""

    def __init__(self, server: Any, downloads: Path, **settings: Any) -> None:
        self._client = gradio_client.Client(
            server.url, verbose=False, download_files=downloads, analytics_enabled=False,
            httpx_kwargs=PATIENT, **settings,
        )  # fmt: skip

    def __enter__(self) -> Any:
        return self._client

    def __exit__(self, *_: object) -> None:
        self._client.close()


def refusal(call: Any) -> str:
    """The one clear line with which a call is refused."""
    with pytest.raises(Exception) as caught:
        call()
    message = str(caught.value)
    assert "\n" not in message and "Traceback" not in message
    assert 10 < len(message) < 600
    return message
