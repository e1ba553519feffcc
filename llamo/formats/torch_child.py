"""The process that loads a ``.pt``: ``python -m llamo.formats.torch_child FILE``.

Writes the tensors of known names to its standard output as an ``.npz``.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress

import numpy as np

from llamo.formats.recovered import KEYS
from llamo.formats.torch_file import PATIENCE_S, REFUSED
from llamo.video.child import confine

_SPARE_BYTES = 4 << 30
"""Address space beside what torch itself takes."""

_COMPUTES_S = 30
"""Seconds of a processor, beside the import of torch."""

_DEPTH, _BREADTH, _NUMBERS = 4, 1000, 1 << 27
"""Of a motion of the most frames, a hundred million numbers are enough."""


def main() -> None:
    """Load the file that the first argument names."""
    # Whatever prints must not get between the bytes.
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)
        import torch

        _confine()
        try:
            loaded = torch.load(sys.argv[1], map_location="cpu", weights_only=True)
        except pickle.UnpicklingError:
            sys.exit(REFUSED)
        tensors = dict(_known(loaded, "", torch.Tensor, _DEPTH))
        np.savez(out, **tensors)  # type: ignore[arg-type]  # numpy's stub wants no other keywords


def _confine() -> None:
    """Bound what comes after the import, which takes gigabytes of addresses itself."""
    with suppress(OSError, ImportError, ValueError):
        import resource

        with open("/proc/self/statm") as stream:
            pages = int(stream.read().split()[0])
        confine(pages * resource.getpagesize() + _SPARE_BYTES, PATIENCE_S)
        used_s = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
        limit_s = int(used_s) + _COMPUTES_S
        resource.setrlimit(resource.RLIMIT_CPU, (limit_s, limit_s + 1))


def _known(value: object, name: str, kind: type, depth: int) -> Iterator[tuple[str, np.ndarray]]:
    """Tensors below nested dictionaries whose last key is known, by their keys joined."""
    if isinstance(value, kind):
        if name.rpartition("/")[2] in KEYS:
            tensor = value.detach()  # type: ignore[attr-defined]
            if tensor.numel() > _NUMBERS:
                sys.exit(1)  # may be one number, repeated without end
            yield name, (tensor.float() if tensor.is_floating_point() else tensor).numpy()
        return
    if not isinstance(value, Mapping) or not depth:
        return
    for key in list(value)[:_BREADTH]:
        if isinstance(key, (str, int)):
            yield from _known(value[key], f"{name}/{key}".lstrip("/"), kind, depth - 1)


if __name__ == "__main__":
    main()
