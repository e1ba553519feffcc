"""The decoders that are installed, in the order in which they are tried."""

from __future__ import annotations

import importlib.util

from llamo.errors import MissingDependency
from llamo.video import with_decord, with_pyav
from llamo.video.values import BackendFailed, Events, Request

_BACKENDS = {"decord": with_decord.decode, "av": with_pyav.decode}
"""By the name of the package each needs."""


def installed() -> list[str]:
    """Names of the backends that can be used, best first.

    Raises:
        MissingDependency: There is none.
    """
    found = [name for name in _BACKENDS if importlib.util.find_spec(name) is not None]
    if not found:
        raise MissingDependency(
            "reading video needs decord or PyAV; install them: pip install 'llamo[video]'."
        )
    return found


def decode(backend: str, request: Request) -> Events:
    """The frames asked for, as ``Head``, ``Picture``s, ``End``.

    Raises:
        UnreadableFile: The file is to be refused, whichever decoder reads it.
        BackendFailed: This decoder could not read it.
    """
    try:
        yield from _BACKENDS[backend](request)
    except ImportError as error:
        raise BackendFailed(f"{backend} is installed but does not load ({error.name})") from None
    except MemoryError:
        raise BackendFailed("it needs more memory than VideoLimits.memory_bytes allows") from None
