"""More data than a disk holds: encoded clips in tar files, read in order, wherever they lie.

A shard holds, for each clip, ``NUMBER.features.npy`` (F_M of the frozen encoder, float16) and
``NUMBER.json`` (its questions, as of ``PoolQuestion``), the form of webdataset; ``index.json``
counts them. Whatever is frozen has been computed once; a training reads each shard as one piece.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from llamo.data.own import OwnSample
from llamo.encoders.motion import MotionEncoder
from llamo.errors import InvalidData, MissingDependency, UnreadableFile
from llamo.formats.arrays import read_header
from llamo.train.claim import claim
from llamo.train.form import form_reader
from llamo.train.own_pool import questions_about, read_sample, varied
from llamo.train.question_pool import FORMAT, PoolClip, QuestionPool, pool_question

INDEX = "index.json"
_MAX_MEMBER_BYTES = 1 << 28
_SORTED_STEPS = 4


def write_shards(
    samples: Iterable[OwnSample],
    encoder: MotionEncoder,
    folder: str | Path,
    *,
    clips_per_shard: int = 128,
    copies: int = 0,
    mirror: bool = False,
    seed: int = 0,
    progress: Callable[[int, int], object] | None = None,
) -> Path:
    """Encode clips once and write them as shards; called again, it goes on where it was.

    At most one shard's clips are in memory.

    Args:
        samples: Motions with questions.
        encoder: Frozen.
        folder: To be made.
        clips_per_shard: Clips with their copies count as one each.
        copies, mirror: As of ``make_own_pool``.
        seed: Of the order of the clips, and of the variations.
        progress: Told (clips done, clips in all).

    Returns:
        The index.

    Raises:
        InvalidData: A clip cannot be read, no clips, or a folder begun with other clips,
            another encoder or other settings.
    """
    folder = Path(folder)
    by_clip: dict[tuple, list[OwnSample]] = defaultdict(list)
    for one in samples:
        by_clip[(str(one.motion), one.cut_s)].append(one)
    if not by_clip:
        raise InvalidData("there are no clips to write into shards.")
    clips = list(by_clip.values())
    clips = [clips[place] for place in np.random.default_rng(seed).permutation(len(clips))]
    folder.mkdir(parents=True, exist_ok=True)
    about = {"format": FORMAT, "encoder": encoder_mark(encoder), "features": encoder.width}
    shown = [
        [(replace(one, where=""), one.file.stat().st_size) for one in asked] for asked in clips
    ]
    about_it = {
        **about, "clips": hashlib.sha256(repr(shown).encode()).hexdigest(), "seed": seed,
        "copies": copies, "mirror": mirror, "clips_per_shard": clips_per_shard,
    }  # fmt: skip
    message = (
        f"{folder} was begun with other clips or another encoder or settings; give another folder."
    )
    claim(folder / "making.json", about_it, message)
    shards = []
    for first in range(0, len(clips), clips_per_shard):
        name = f"shard-{first // clips_per_shard:06d}.tar"
        some = clips[first : first + clips_per_shard]
        if not (folder / name).exists():
            entries = []
            for number, asked in enumerate(some, start=first):
                motion = read_sample(asked[0])
                for copy, mirrored in varied(motion, copies, mirror, [seed, number]):
                    encoded, _ = encoder.encode(copy)
                    reader = form_reader(copy, encoder, encoded)
                    told = questions_about(asked, copy, mirrored, reader)
                    features = encoded.numpy().astype(np.float16)
                    entries.append((features, [asdict(one) for one in told]))
                if progress is not None:
                    progress(number + 1, len(clips))
            _write_shard(folder / name, entries)
        shards.append({"file": name, "clips": len(some) * (1 + copies)})
    path = folder / INDEX
    path.write_text(json.dumps({**about, "shards": shards}, indent=1) + "\n")
    return path


class ShardPool:
    """Encoded clips of shards, in an order that depends on the seed and the step alone.

    Shards are shuffled each epoch and taken in groups, whose clips are shuffled together: a group
    is all that is in memory, and a resumed run sees what the unbroken one would have seen.

    Args:
        folder: A folder, or any address that fsspec knows (``https://``, ``s3://``, ``hf://``).
        group: Shards whose clips are mixed.
        seed: Of the order.
        rank, world: Which part of each step's clips this process takes, of how many.

    Raises:
        UnreadableFile: There is no index, or it cannot be read.
        InvalidData: It is none of ``write_shards``, or holds no clips.
    """

    def __init__(
        self, folder: str | Path, group: int = 4, seed: int = 0, rank: int = 0, world: int = 1
    ) -> None:
        self._root = str(folder).rstrip("/")
        self._group, self._seed, self._rank, self._world = group, seed, rank, world
        try:
            index = json.loads(_read(f"{self._root}/{INDEX}"))
            self.encoder, self.width = str(index["encoder"]), int(index["features"])
            self._shards = [(str(one["file"]), int(one["clips"])) for one in index["shards"]]
            known = index["format"] == FORMAT
        except (ValueError, KeyError, TypeError):
            known = False
        if not known or not sum(count for _, count in self._shards):
            raise InvalidData(f"{self._root}/{INDEX} is no index of shards (llamo data shard).")
        self._held: tuple[Any, list[PoolClip]] = (None, [])

    def __len__(self) -> int:
        """Clips of all shards."""
        return sum(count for _, count in self._shards)

    def clips(self, step: int, count: int) -> list[PoolClip]:
        """The ``count`` clips of a step, of this process; those that do not fill one are left out.

        Raises:
            InvalidData: A group of shards holds fewer clips than a step takes, or a broken shard.
        """
        wanted = count * self._world
        epoch, before = 0, 0
        while True:
            groups = self._groups(epoch)
            steps = [sum(self._shards[one][1] for one in group) // wanted for group in groups]
            if not any(steps):
                raise InvalidData(
                    f"a step takes {wanted} clips, more than {self._group} shards of {self._root} "
                    "hold; mix more shards, or take fewer clips a step."
                )
            for members, held in zip(groups, steps, strict=True):
                if step < before + held:
                    first = (step - before) * wanted + self._rank * count
                    return self._load(epoch, members)[first : first + count]
                before += held
            epoch += 1

    def like_length(self, step: int, count: int) -> list[PoolClip]:
        """As :meth:`clips`, of like length: four steps' clips are sorted and shared out."""
        block, part = divmod(step, _SORTED_STEPS)
        clips = sorted(self.clips(block, _SORTED_STEPS * count), key=lambda one: len(one.features))
        turn = np.random.default_rng([self._seed, block]).permutation(_SORTED_STEPS)[part]
        return clips[turn * count : (turn + 1) * count]

    def _features(self, held: io.BytesIO, address: str) -> np.ndarray:
        """(T, H) of one clip; a header that promises more than is there is refused."""
        header = read_header(held, address)
        plain = header.dtype == np.float16 and not header.fortran
        raw = held.read()
        if not plain or header.shape[1:] != (self.width,) or 2 * prod(header.shape) != len(raw):
            raise ValueError(f"features must be (T, {self.width}) float16, got {header}")
        return np.frombuffer(raw, np.float16).reshape(header.shape).copy()

    def all_clips(self) -> list[PoolClip]:
        """Every clip, in the shards' order; for what is small enough."""
        return [clip for name, _ in self._shards for clip in self._read_shard(name)]

    def _groups(self, epoch: int) -> list[list[int]]:
        order = np.random.default_rng([self._seed, epoch]).permutation(len(self._shards))
        return [order[i : i + self._group].tolist() for i in range(0, len(order), self._group)]

    def _load(self, epoch: int, members: Sequence[int]) -> list[PoolClip]:
        key = (epoch, tuple(members))
        if self._held[0] != key:
            self._held = (None, [])  # not two groups in memory
            clips = [clip for one in members for clip in self._read_shard(self._shards[one][0])]
            order = np.random.default_rng([self._seed, *key[1], epoch]).permutation(len(clips))
            self._held = (key, [clips[int(place)] for place in order])
        return self._held[1]

    def _read_shard(self, name: str) -> list[PoolClip]:
        address = f"{self._root}/{name}"
        features: dict[str, np.ndarray] = {}
        rows: dict[str, list] = {}
        try:
            with tarfile.open(fileobj=io.BytesIO(_read(address)), mode="r:") as tar:
                for member in tar:
                    if not member.isfile() or member.size > _MAX_MEMBER_BYTES:
                        raise ValueError(f"{member.name} is no plain file of a usual size")
                    stream = tar.extractfile(member)
                    assert stream is not None
                    key, _, kind = member.name.partition(".")
                    if kind == "features.npy":
                        features[key] = self._features(io.BytesIO(stream.read()), address)
                    elif kind == "json":
                        rows[key] = json.loads(stream.read())
            return [
                PoolClip(features[key], tuple(pool_question(row) for row in rows[key]))
                for key in sorted(features)
            ]
        except (tarfile.TarError, ValueError, KeyError, TypeError, EOFError) as error:
            raise InvalidData(f"{address} is a broken shard: {error}.") from None


class Window(QuestionPool):
    """Some clips of a stream, to draw one step's batch from."""

    def __init__(self, clips: Sequence[PoolClip]) -> None:
        self.clips = list(clips)
        self.lengths = np.array([len(clip.features) for clip in self.clips])


def is_sharded(folder: str | Path) -> bool:
    """Whether a folder, or its ``train/``, holds shards; of an address elsewhere it is assumed."""
    if "://" in str(folder):
        return True
    return any((Path(folder) / part / INDEX).is_file() for part in ("", "train"))


def encoder_mark(encoder: MotionEncoder) -> str:
    """Tells encoders apart: features of one mean nothing to another's model."""
    digest = hashlib.sha256(json.dumps(encoder.config, sort_keys=True, default=list).encode())
    for name, value in sorted(encoder.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.float().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def _write_shard(path: Path, entries: Sequence[tuple[np.ndarray, list]]) -> None:
    part = path.with_suffix(".part")
    with tarfile.open(part, "w") as tar:
        for number, (features, rows) in enumerate(entries):
            stream = io.BytesIO()
            np.save(stream, features)
            for kind, content in (
                ("features.npy", stream.getvalue()), ("json", json.dumps(rows).encode()),
            ):  # fmt: skip
                member = tarfile.TarInfo(f"{number:06d}.{kind}")
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
    os.replace(part, path)


def _read(address: str) -> bytes:
    try:
        import fsspec
    except ImportError as error:
        raise MissingDependency("shards need fsspec: pip install 'llamo[train]'.") from error
    try:
        with fsspec.open(address, "rb") as stream:
            return stream.read()
    except (OSError, ValueError, ImportError) as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise UnreadableFile(f"{address} cannot be read: {first}.") from None
