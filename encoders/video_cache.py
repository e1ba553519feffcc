"""Features of videos that were seen before, found again by their content."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch


class Features(NamedTuple):
    """Video features (S, H_v), and the time of each in seconds (S,)."""

    features: torch.Tensor
    time_s: torch.Tensor


class FeatureCache:
    """The most recent features, in memory; on disk only where a folder is given.

    Args:
        megabytes: Kept in memory; the longest unused go first.
        folder: Where features are kept as well, for good, one ``.safetensors`` file a clip; None
            writes nothing.
    """

    def __init__(self, megabytes: float = 64.0, folder: str | Path | None = None) -> None:
        self.bytes = round(megabytes * 1e6)
        self.folder = None if folder is None else Path(folder)
        self._kept: OrderedDict[str, Features] = OrderedDict()
        self._held = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: str, make: Callable[[], Features]) -> Features:
        """What is kept under ``key``, made now if nothing is."""
        with self._lock:
            found = self._kept.pop(key, None)
            if found is not None:
                self._kept[key] = found
                return found
        found = self._read(key)
        if found is None:
            found = make()
            self._write(key, found)
        self._keep(key, found)
        return found

    def _keep(self, key: str, found: Features) -> None:
        size = _bytes(found)
        if size > self.bytes:
            return
        with self._lock:
            if key in self._kept:
                return
            self._kept[key] = found
            self._held += size
            while self._held > self.bytes:
                _, oldest = self._kept.popitem(last=False)
                self._held -= _bytes(oldest)

    def _read(self, key: str) -> Features | None:
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        if self.folder is None:
            return None
        try:
            arrays = load_file(self.folder / f"{key}.safetensors")
            return Features(arrays["features"], arrays["time_s"])
        except (OSError, KeyError, SafetensorError):  # missing, or half written by a killed run
            return None

    def _write(self, key: str, found: Features) -> None:
        from safetensors.torch import save_file

        if self.folder is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        temporary = self.folder / f"{key}.{os.getpid()}.tmp"
        save_file({name: value.contiguous() for name, value in found._asdict().items()}, temporary)
        os.replace(temporary, self.folder / f"{key}.safetensors")


def _bytes(found: Features) -> int:
    return sum(value.numel() * value.element_size() for value in found)
