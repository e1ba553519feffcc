"""Training people on film: what the estimator makes of a motion, beside the motion itself."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from rich.console import Console
from rich.progress import track

from llamo.data.clips import LabelledClip
from llamo.data.library import PACK_WEIGHTS, ClipLibrary
from llamo.encoders.joint_features import joint_features
from llamo.train.filmed_motion import Filmed, Shot, as_filmed, film

_LONGEST_S = 9.0
_SINGLE = 0.8
"""Share of films that show one act alone."""

_CHUNK = 10  # films that a process makes at a time


class Pair(NamedTuple):
    """The same movement twice.

    Args:
        seen: (F, C) joint features at 20 Hz, as estimated.
        recorded: (F, C) as recorded.
    """

    seen: np.ndarray
    recorded: np.ndarray


def filmed_pairs(films: Sequence[Filmed]) -> list[Pair]:
    """What the estimator makes of films, beside what was filmed; without what it refuses."""
    pairs = []
    for filmed in films:
        estimate = filmed.estimate()
        if estimate is not None:
            seen, recorded = joint_features(estimate.motion), joint_features(filmed.motion)
            length = min(len(seen), len(recorded))
            pairs.append(Pair(seen[:length], recorded[:length]))
    return pairs


def films_of(
    clips: Sequence[LabelledClip], count: int, folder: Path, *, seed: int = 0, workers: int = 2
) -> list[Filmed]:
    """Film sequences of clips from any side, and have the pose detector look at them.

    Each film depends on the seed and its number alone and is kept, so that a run that was stopped
    goes on where it was.

    Args:
        clips: Who is filmed; figures that move by rule only where there is nobody else.
        count: How many films.
        folder: Where what the pose detector saw is kept.
        seed: Of everything.
        workers: Processes that film; 0 works in this one.

    Raises:
        MissingDependency: MediaPipe is not installed.
    """
    library = library_of(clips)
    starts = range(0, count, _CHUNK)
    chunks = [range(first, min(first + _CHUNK, count)) for first in starts]
    films: list[Filmed] = []
    if workers:
        context = multiprocessing.get_context("spawn")  # a fork would copy busy thread pools
        pool = ProcessPoolExecutor(workers, context, _start_worker, (library, folder, seed))
        try:
            for found in track(pool.map(_film_chunk, chunks), "films", len(chunks),
                               console=Console(stderr=True)):  # fmt: skip
                films += found
        finally:
            pool.shutdown(cancel_futures=True)
        return films
    _start_worker(library, folder, seed)
    for chunk in track(chunks, "films", console=Console(stderr=True)):
        films += _film_chunk(chunk)
    return films


def library_of(clips: Sequence[LabelledClip]) -> ClipLibrary:
    """What films are made of."""
    people = [clip for clip in clips if clip.says and clip.pack != "figures"]
    if people:
        return ClipLibrary(people, PACK_WEIGHTS)
    return ClipLibrary([clip for clip in clips if clip.says], {"figures": 1.0})


def shot_of(library: ClipLibrary, number: int, seed: int) -> Shot:
    """Film ``number``: a sequence of one act or several, every other one in a mirror."""
    rng = np.random.default_rng([seed, 11, number])
    while True:
        single = rng.random() < _SINGLE
        motion = (library.draw_single(rng) if single else library.draw_splice(rng)).motion
        if motion.duration_s <= _LONGEST_S:
            break
    motion = motion.mirror() if rng.random() < 0.5 else motion
    turn_deg = float(rng.uniform(0, 360))
    return Shot(f"train {number}", as_filmed(motion), turn_deg, int(rng.integers(1 << 30)))


_WORKER: dict[str, object] = {}


def _start_worker(library: ClipLibrary, folder: Path, seed: int) -> None:
    torch.set_num_threads(1)
    _WORKER.update(library=library, folder=folder, seed=seed)


def _film_chunk(numbers: range) -> list[Filmed]:
    library, folder, seed = _WORKER["library"], _WORKER["folder"], _WORKER["seed"]
    assert isinstance(library, ClipLibrary)
    assert isinstance(folder, Path)
    assert isinstance(seed, int)
    return list(film((shot_of(library, number, seed) for number in numbers), folder))
