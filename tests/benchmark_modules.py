"""Benchmarks as modules: no package holds them."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

FOLDER = Path(__file__).resolve().parent.parent / "benchmarks"


def load_benchmark(name: str) -> ModuleType:
    """``benchmarks/NAME.py``, run as a module of that name."""
    known = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert known is not None and known.loader is not None
    module = importlib.util.module_from_spec(known)
    sys.modules[name] = module
    known.loader.exec_module(module)
    return module
