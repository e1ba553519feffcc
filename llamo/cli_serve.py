"""``llamo serve``: the chat demo in a browser."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Annotated

import typer

from llamo.cli_options import Device, Model, load_assistant
from llamo.errors import InvalidData, LlamoError

if TYPE_CHECKING:
    from llamo.assistant import Assistant

Host = Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for the whole network.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")]
Auth = Annotated[
    str | None,
    typer.Option(
        metavar="USER:PASSWORD",
        envvar="LLAMO_SERVE_AUTH",
        show_envvar=True,
        help="Ask visitors for these. The variable keeps them out of the list of processes.",
    ),
]
Share = Annotated[bool, typer.Option("--share", help="Also make a public link of Gradio's.")]
MaxMb = Annotated[int, typer.Option(min=1, help="Largest upload, megabytes.")]
MaxSeconds = Annotated[float, typer.Option(min=1, help="Longest clip, seconds.")]
MaxVisitors = Annotated[int, typer.Option(min=1, help="People with a clip open at once.")]


def serve(
    host: Host = "127.0.0.1",
    port: Port = 7860,
    auth: Auth = None,
    share: Share = False,
    max_mb: MaxMb = 200,
    max_seconds: MaxSeconds = 60.0,
    max_visitors: MaxVisitors = 50,
    model: Model = None,
    device: Device = None,
) -> None:
    """Serve a chat demo to browsers; Ctrl-C ends it."""
    pair = None if auth is None else user_and_password(auth)
    from llamo.model_info import weights_folder

    weights_folder(model)  # refused before the page is there
    if device is not None:
        from llamo.loading import choose_device

        choose_device(device)
    from llamo.serve.limits import Limits
    from llamo.serve.server import Server, Settings

    stopped = threading.Event()
    failed: list[Exception] = []

    def load() -> Assistant:
        try:
            return load_assistant(model, device)
        except Exception as error:
            failed.append(error)
            stopped.set()  # a page that cannot answer is of no use
            raise

    limits = Limits(upload_mb=max_mb, clip_s=max_seconds, visitors=max_visitors)
    settings = Settings(host=host, port=port, auth=pair, share=share, limits=limits)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with Server(load, settings) as server:
        typer.echo(f"llamo is at {server.url}   (Ctrl-C ends it)")
        if server.share_url:
            typer.echo(f"and, for everybody, at {server.share_url}")
        stopped.wait()
    if failed:
        raise LlamoError(f"the weights do not load: {failed[0]}") from failed[0]


def user_and_password(text: str) -> tuple[str, str]:
    """``"coach:secret"`` as a pair; a password may hold colons. The text is never repeated.

    Raises:
        InvalidData: No user, no password, or no colon.
    """
    user, _, password = text.partition(":")
    if not user or not password:
        raise InvalidData("--auth must be USER:PASSWORD, both not empty.")
    return user, password
