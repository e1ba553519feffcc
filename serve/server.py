"""Starting and stopping the demo."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llamo.errors import LlamoError
from llamo.serve.limits import Limits

if TYPE_CHECKING:
    from llamo.assistant import Assistant
    from llamo.serve.service import Service

_HERE = Path(__file__).resolve().parent

_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self' data: blob:; worker-src 'self' blob:; "
    "frame-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'"
)
"""Browsers fetch nothing from anywhere else, whatever a page or a text asks for."""


_ENVIRONMENT = {"GRADIO_ANALYTICS_ENABLED": "False", "GRADIO_HEARTBEAT_INTERVAL": "2"}
"""Gradio reads these: it calls nobody, and notices within seconds that a visitor has left."""


@dataclass(frozen=True)
class Settings:
    """How the demo is served.

    Args:
        host: Address to listen on; ``0.0.0.0`` for the whole network.
        port: Where; 0 takes a free one.
        auth: User and password, None for everybody.
        share: Also through a public link of Gradio's.
        limits: What a visitor may take.
    """

    host: str = "127.0.0.1"
    port: int = 7860
    auth: tuple[str, str] | None = field(default=None, repr=False)
    share: bool = False
    limits: Limits = field(default_factory=Limits)


class Headers:
    """Adds to each answer of an ASGI app what keeps a page to itself."""

    def __init__(self, app: Callable[..., Any]) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request."""

        async def sending(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message["headers"],
                    (b"content-security-policy", _POLICY.encode()),
                    (b"x-content-type-options", b"nosniff"),
                    (b"referrer-policy", b"no-referrer"),
                ]
            await send(message)

        await self._app(scope, receive, sending)


class Server:
    """The demo, running until it is stopped; a context manager.

    Args:
        load: Makes the assistant; called in the background while the page is served already.
        settings: How it is served.

    Raises:
        MissingDependency: Gradio is not installed.
        LlamoError: The address cannot be listened on.
    """

    def __init__(self, load: Callable[[], Assistant], settings: Settings = Settings()) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="llamo-serve-"))
        self._wanted = {"GRADIO_TEMP_DIR": str(self.folder), **_ENVIRONMENT}
        self._before = {name: os.environ.get(name) for name in self._wanted}
        try:
            self._start(load, settings)
        except BaseException:
            self._clean()
            raise

    def _start(self, load: Callable[[], Assistant], settings: Settings) -> None:
        os.environ.update(self._wanted)
        gr = _gradio()
        from starlette.middleware import Middleware

        from llamo.serve.page import build_page
        from llamo.serve.service import Service
        from llamo.serve.visitors import Sweeper

        self.service: Service = Service(self.folder / "visitors", settings.limits, load)
        self._page = build_page(self.service)
        script, style = (
            (_HERE / name).read_text(encoding="utf-8") for name in ("player.js", "demo.css")
        )
        try:
            self._page.launch(
                server_name=settings.host,
                server_port=settings.port or _free_port(settings.host),
                auth=settings.auth,
                share=settings.share,
                max_file_size=settings.limits.upload_mb * 1_000_000,
                # Not as css=: Gradio rewrites its selectors, and loses what is for small screens.
                head=f"<style>{style}</style><script>{script}</script>",
                theme=_theme(gr),
                app_kwargs={"middleware": [Middleware(Headers)]},
                footer_links=["api"],
                prevent_thread_lock=True,
                inbrowser=False,
                quiet=True,
                ssr_mode=False,
                pwa=False,
                mcp_server=False,
                run_history=False,
                enable_monitoring=False,
                show_error=False,
            )
        except OSError as error:
            raise LlamoError(
                f"cannot serve on {settings.host} port {settings.port}: {error}. "
                "Another program may use it; choose another --port."
            ) from None
        self.url = str(self._page.local_url)
        self.share_url: str | None = self._page.share_url
        self._sweeper = Sweeper(self.service.visitors)
        self._sweeper.start()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End every visit; no upload is left."""
        self._sweeper.stop()
        self.service.visitors.end_all()
        self._page.close(verbose=False)
        self._clean()

    def _clean(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _gradio() -> Any:
    from llamo.errors import MissingDependency

    try:
        import gradio
    except ImportError as error:
        raise MissingDependency(
            f"the demo needs Gradio ({error}); install it: pip install 'llamo[demo]'."
        ) from None
    return gradio


def _theme(gr: Any) -> Any:
    """Fonts that every machine has: others would be fetched."""
    return gr.themes.Default(
        primary_hue="rose",
        neutral_hue="slate",
        font=["system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    )


def _free_port(host: str) -> int:
    import socket

    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
