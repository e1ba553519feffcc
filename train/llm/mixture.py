"""Which samples each step sees: weighted sources, neighbours in length together, fixed by the seed.

The whole order is drawn before the first step and does not know how many devices there are: one
process and eight see the same samples in the same step, and a resumed run goes on in that order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from torch.utils.data import Sampler

from llamo.errors import InvalidData

WINDOW = 32
"""Steps whose samples are sorted by length together; more would tell the length by the step."""


def plan_batches(
    sizes: Sequence[int],
    lengths: Sequence[int],
    *,
    steps: int,
    batch_size: int,
    weights: Sequence[float | None] | None = None,
    seed: int = 0,
) -> np.ndarray:
    """Draw every step's samples.

    Args:
        sizes: Samples of each source; samples are numbered through all sources.
        lengths: Of each sample, in tokens.
        steps: Optimiser steps.
        batch_size: Samples of a step.
        weights: How often each source is drawn; None: by its size.
        seed: Of every choice.

    Returns:
        Numbers of samples, (steps, batch_size), each row by rising length. Each source is gone
        through once, in a new order, before any of its samples comes again.
    """
    given = [None] * len(sizes) if weights is None else list(weights)
    shares = np.array([s if w is None else w for s, w in zip(sizes, given, strict=True)], float)
    shares[np.asarray(sizes) == 0] = 0
    if not (shares >= 0).all() or not shares.sum() > 0:
        raise InvalidData("nothing to train on: no source has both samples and a weight above 0.")
    rng = np.random.default_rng([seed, 11])
    total = steps * batch_size
    if all(weight is None for weight in given):
        drawn = _passes(int(sum(sizes)), total, rng)
    else:
        owners = rng.choice(len(sizes), size=total, p=shares / shares.sum())
        drawn = np.empty(total, np.int64)
        starts = np.cumsum([0, *sizes[:-1]])
        for source, (start, size) in enumerate(zip(starts, sizes, strict=True)):
            mine = owners == source
            if size:
                drawn[mine] = start + _passes(size, int(mine.sum()), rng)
    length = np.asarray(lengths)
    rows = []
    for first in range(0, total, WINDOW * batch_size):
        window = drawn[first : first + WINDOW * batch_size]
        window = window[np.argsort(length[window], kind="stable")].reshape(-1, batch_size)
        rows.append(window[rng.permutation(len(window))])
    return np.concatenate(rows) if rows else np.empty((0, batch_size), np.int64)


def _passes(size: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """``count`` numbers below ``size``: one shuffled pass after another."""
    passes = [rng.permutation(size) for _ in range(-(-count // size))]
    return np.concatenate(passes)[:count] if passes else np.empty(0, np.int64)


class MicroBatches(Sampler[list[tuple[int, int]]]):
    """A plan cut into what one device sees at once.

    Yields lists of (sample, place in the plan), in the order in which accelerate deals them out:
    first the first micro-batch of every device, then the second of every device.

    Args:
        plan: From :func:`plan_batches`.
        size: Samples of a micro-batch.
    """

    def __init__(self, plan: np.ndarray, size: int) -> None:
        self.plan, self.batch_size, self.drop_last = plan, size, False

    def __len__(self) -> int:
        return self.plan.size // self.batch_size

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        flat = self.plan.reshape(-1)
        for first in range(0, len(flat), self.batch_size):
            places = range(first, first + self.batch_size)
            yield [(int(flat[place]), place) for place in places]


def accumulation(batch_size: int, per_device: int, devices: int) -> tuple[int, int]:
    """Micro-batch and micro-batches of a device that make up a step.

    Raises:
        InvalidData: A step's samples cannot be shared out evenly.
    """
    if batch_size % devices:
        raise InvalidData(
            f"batch_size {batch_size} cannot be shared out among {devices} processes; "
            f"choose a multiple of {devices}."
        )
    share = batch_size // devices
    micro = min(per_device, share)
    if share % micro:
        raise InvalidData(
            f"batch_size {batch_size} gives each of {devices} processes {share} samples, which is "
            f"no multiple of per_device_batch_size {per_device}."
        )
    return micro, share // micro
