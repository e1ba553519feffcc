"""Clips of one's own, varied and encoded once, with the questions that were written about them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

from llamo.data.augment import augment
from llamo.data.clips import swap_sides
from llamo.data.own import OwnSample
from llamo.data.splice import Sequence
from llamo.encoders.motion import MotionEncoder
from llamo.errors import InvalidData, LlamoError
from llamo.formats import read_motion
from llamo.kinematics import measure, unseen_parts
from llamo.motion import Motion
from llamo.skeleton import SMPL22
from llamo.technique import FormReader
from llamo.train.form import form_for, form_reader
from llamo.train.question_pool import PoolQuestion, QuestionPool, write_chunk
from llamo.train.sequence_maker import facts_for


def make_own_pool(
    samples: Iterable[OwnSample],
    encoder: MotionEncoder,
    folder: Path,
    *,
    copies: int = 0,
    mirror: bool = False,
    seed: int = 0,
) -> QuestionPool:
    """Make what is still missing of a pool, and read it: one chunk a clip.

    Args:
        samples: Motions with questions; those of one clip need not follow each other.
        encoder: Frozen.
        folder: Of the pool.
        copies: Varied copies beside each clip.
        mirror: Every other copy in a mirror, its words too.
        seed: Of the variations.

    Raises:
        InvalidData: A motion cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    by_clip: dict[tuple, list[OwnSample]] = defaultdict(list)
    for one in samples:
        by_clip[(str(one.motion), one.cut_s)].append(one)
    clips = list(by_clip.values())
    missing = [n for n in range(len(clips)) if not (folder / f"chunk-{n:06d}.npz").exists()]
    for number in track(missing, "encoding", console=Console(stderr=True), disable=not missing):
        motion = read_sample(clips[number][0])
        features, rows = [], []
        for copy, mirrored in varied(motion, copies, mirror, [seed, number]):
            encoded, _ = encoder.encode(copy)
            features.append(encoded.numpy().astype(np.float16))
            reader = form_reader(copy, encoder, encoded)
            asked = questions_about(clips[number], copy, mirrored, reader)
            rows.append([asdict(one) for one in asked])
        write_chunk(folder, number, features, rows)
    return QuestionPool(folder)


def read_sample(sample: OwnSample) -> Motion:
    """The motion of a sample.

    Raises:
        InvalidData: It cannot be read; the message names the sample's line.
    """
    try:
        motion = read_motion(sample.motion, **sample.settings)
        return motion if sample.cut_s is None else motion.trim(*sample.cut_s)
    except LlamoError as error:
        raise InvalidData(f"{sample.where}: {error}") from error


def varied(
    motion: Motion, copies: int, mirror: bool, seed: list[int]
) -> Iterator[tuple[Motion, bool]]:
    """The clip itself, then copies of other size, heading and noise; and whether each is mirrored.

    Every other copy is mirrored where ``mirror`` is set, so that of one copy that one is.
    """
    yield motion, False
    plain = replace(motion.to_skeleton(SMPL22), rotations=None) if copies else motion
    for number in range(copies):
        mirrored = mirror and number % 2 == 0
        rng = np.random.default_rng([*seed, number])
        shown = plain.mirror() if mirrored else plain
        yield augment(Sequence(shown, ()), rng).motion, mirrored


def questions_about(
    samples: Iterable[OwnSample],
    motion: Motion,
    mirrored: bool,
    reader: FormReader,
) -> Iterator[PoolQuestion]:
    """The questions of a clip as the model is trained on them, measured on this copy of it."""
    measurements, unseen = measure(motion), unseen_parts(motion)
    for one in samples:
        question, answer = one.question, one.answer
        if mirrored:
            question, answer = swap_sides(question) or "", swap_sides(answer) or ""
        measured = [*measurements, *form_for(question, reader)]
        facts = facts_for(measured, question, unseen)
        yield PoolQuestion(question, answer, facts, one.spans_s, (), "own")
