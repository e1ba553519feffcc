"""Training: pretrain the motion encoder, make the questions, tune the model on them.

llamo train train/recipes/llamo-tiny.yaml --data DIR
"""

from __future__ import annotations

from typing import Any

__all__ = ["run"]


def __getattr__(name: str) -> Any:
    """Load torch only when something is trained."""
    if name == "run":
        from llamo.train.stages import run

        return run
    raise AttributeError(f"module 'llamo.train' has no attribute {name!r}")
