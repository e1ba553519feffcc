"""Batches through a small model on a CPU: one a thread, rather than all threads on each in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

Batch = TypeVar("Batch")
Result = TypeVar("Result")

_MOST = 4
"""Each takes memory of its own."""


def side_by_side(
    work: Callable[[Batch], Result], some: Sequence[Batch], device: torch.device
) -> Iterator[Result]:
    """``map``, in order; on a CPU with several batches at a time, which share torch's threads.

    The matrices of a small model are too small to be shared out: two threads with a batch each
    answer half as much again as two threads on one batch. Until this is done all of torch has that
    many fewer threads.

    Args:
        work: Does one batch; called from several threads at once.
        some: The batches.
        device: Where the work is done; elsewhere than on a CPU one batch follows the other.
    """
    threads = torch.get_num_threads()
    if device.type != "cpu" or threads < 2 or len(some) < 2:
        yield from map(work, some)
        return
    beside = min(threads, len(some), _MOST)
    torch.set_num_threads(threads // beside)
    pool = ThreadPoolExecutor(beside)
    try:
        yield from pool.map(work, some)
    finally:
        pool.shutdown(cancel_futures=True)  # of an error or Ctrl-C; what is begun is finished
        torch.set_num_threads(threads)
