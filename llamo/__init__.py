"""llamo: an assistant that understands human motion."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_PUBLIC = {
    "Answer": "llamo.answer",
    "Assistant": "llamo.assistant",
    "LlamoConfig": "llamo.config",
    "LlamoError": "llamo.errors",
    "LlamoForConditionalGeneration": "llamo.model",
    "LlamoProcessor": "llamo.processing",
    "Motion": "llamo.motion",
    "Session": "llamo.session",
    "Skeleton": "llamo.skeleton",
    "read_motion": "llamo.formats",
    "write_motion": "llamo.formats",
}

__all__ = sorted(_PUBLIC)

if TYPE_CHECKING:
    from llamo.answer import Answer
    from llamo.assistant import Assistant
    from llamo.config import LlamoConfig
    from llamo.errors import LlamoError
    from llamo.formats import read_motion, write_motion
    from llamo.model import LlamoForConditionalGeneration
    from llamo.motion import Motion
    from llamo.processing import LlamoProcessor
    from llamo.session import Session
    from llamo.skeleton import Skeleton


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that ``import llamo`` loads no torch."""
    if name not in _PUBLIC:
        raise AttributeError(f"module 'llamo' has no attribute {name!r}")
    return getattr(importlib.import_module(_PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_PUBLIC])
