"""The demo's command: passwords, what is refused before the page, and what a stop leaves."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest
from demo_clients import client_of, refusal
from serving import serving
from typer.testing import CliRunner

from llamo.cli import app
from llamo.cli_serve import user_and_password
from llamo.errors import InvalidData

gradio_client = pytest.importorskip("gradio_client")
pytest.importorskip("gradio")
import httpx  # noqa: E402  (comes with gradio)


def test_a_password_is_asked_for_and_never_told(tiny_model: Path, tmp_path: Path) -> None:
    with serving(tiny_model, auth=("coach", "secret:1")) as server:
        assert "secret" not in httpx.get(server.url, timeout=120).text
        assert httpx.get(f"{server.url}config", timeout=120).status_code == 401
        upload = httpx.post(f"{server.url}gradio_api/upload", files={"files": ("a.npz", b"x")})
        assert upload.status_code == 401
        assert refusal(lambda: gradio_client.Client(server.url, verbose=False))
        with client_of(server, tmp_path, auth=("coach", "secret:1")) as client:
            assert client.predict("squats", False, api_name="/open_example")["frames"] > 100


def test_user_and_password_are_read_but_never_repeated() -> None:
    assert user_and_password("coach:a:b") == ("coach", "a:b")
    for wrong in ("topsecret", ":topsecret", "topsecret:"):
        with pytest.raises(InvalidData) as caught:
            user_and_password(wrong)
        assert "topsecret" not in str(caught.value)
        done = CliRunner().invoke(app, ["serve", "--auth", wrong])
        assert done.exit_code == 1 and "topsecret" not in done.output


def test_help_does_not_show_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLAMO_SERVE_AUTH", "coach:topsecret")
    done = CliRunner().invoke(app, ["serve", "--help"])
    assert done.exit_code == 0 and "topsecret" not in done.output


def test_a_stopped_server_leaves_no_folder_and_no_setting(tiny_model: Path) -> None:
    before = os.environ.get("GRADIO_TEMP_DIR")
    with serving(tiny_model) as server:
        server.service.open_example("one", "wave_left")
        folder = server.folder
        assert folder.is_dir()
    assert not folder.exists()
    assert os.environ.get("GRADIO_TEMP_DIR") == before


def test_weights_that_are_not_there_are_refused_before_the_page(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["serve", "--model", str(tmp_path)])
    assert done.exit_code == 1
    assert len(done.output.strip().splitlines()) == 1


def test_a_device_that_is_not_there_is_refused_before_the_page(tiny_model: Path) -> None:
    done = CliRunner().invoke(app, ["serve", "--model", str(tiny_model), "--device", "abacus"])
    assert done.exit_code == 1 and "no device 'abacus'" in done.output
    assert len(done.output.strip().splitlines()) == 1


def test_weights_that_do_not_load_stop_the_server(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    broken = tmp_path / "broken"
    shutil.copytree(tiny_model, broken)
    for weights in broken.rglob("*.safetensors"):
        weights.write_bytes(b"broken")
    done = CliRunner().invoke(app, ["serve", "--model", str(broken), "--port", "0"])
    assert done.exit_code == 1 and "error: the weights do not load" in done.output
