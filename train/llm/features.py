"""What the frozen encoder sees in a clip, and what is measured on it: computed once, kept on disk.

A clip is found again by its content, the part of it that is meant, and the encoder's weights: a
file that was moved is not encoded anew, one that was changed is.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from llamo.answerable import MIN_DURATION_S
from llamo.clip import read_clip
from llamo.encoders.motion import MotionEncoder
from llamo.errors import LlamoError, UnreadableFile
from llamo.kinematics import (
    Measurement,
    asks_form,
    kinematic_text,
    measure,
    relevant,
    unseen_parts,
)
from llamo.technique import named_exercise
from llamo.train.form import form_reader
from llamo.train.llm.samples import Sample

FORMAT = 2
"""Raised when the files of a cache, or what is measured, change."""


@dataclass(frozen=True)
class CachedClip:
    """An encoded clip.

    Args:
        features: F_M as the encoder gives it, (T, H) float16.
        measurements: Everything measured on it.
        forms: How well it was done, by the exercise that a question names, "" for none.
        unseen: Parts of the body that are never visible.
    """

    features: np.ndarray
    measurements: tuple[Measurement, ...]
    forms: dict[str, Measurement]
    unseen: tuple[str, ...]

    def facts(self, question: str) -> str:
        """The kinematic text beside a question, as in inference."""
        form = self.forms.get(named_exercise(question) or "") if asks_form(question) else None
        measured = [*self.measurements, *filter(None, [form])]
        return kinematic_text(relevant(measured, question), self.unseen)


class FeatureCache:
    """A folder of encoded clips, one ``.npz`` each.

    Args:
        folder: Made if missing; may be shared by runs, processes and machines.
        encoder: The frozen encoder.
    """

    def __init__(self, folder: str | Path, encoder: MotionEncoder) -> None:
        self.folder, self.encoder = Path(folder), encoder.eval()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._mark = fingerprint(encoder)
        self._hashes: dict[tuple[str, int, int], str] = {}

    def key(self, sample: Sample) -> str:
        """Name of a clip's file in the cache.

        Raises:
            UnreadableFile: There is no such clip.
        """
        path, _, index = str(sample.motion).partition("#")
        if not Path(path).is_file():  # a name may hold a "#" of its own
            path, index = str(sample.motion), ""
        part = (index, sample.cut_s, sorted(sample.settings.items()))
        return hashlib.sha256(
            f"{FORMAT} {self._mark} {self._content(Path(path))} {part}".encode()
        ).hexdigest()[:40]

    def read(self, key: str) -> CachedClip:
        """A clip that :meth:`fill` has encoded."""
        with np.load(self.folder / f"{key}.npz", allow_pickle=False) as arrays:
            features, about = arrays["features"], json.loads(arrays["about"].tobytes())
        measured = tuple(Measurement(**one) for one in about["measurements"])
        forms = {name: Measurement(**one) for name, one in about["forms"].items()}
        return CachedClip(features, measured, forms, tuple(about["unseen"]))

    def features(self, key: str) -> np.ndarray:
        """F_M alone, (T, H) float16."""
        with np.load(self.folder / f"{key}.npz", allow_pickle=False) as arrays:
            return arrays["features"]

    def fill(
        self,
        samples: Iterable[Sample],
        workers: int = 0,
        progress: Callable[[int, int], object] | None = None,
    ) -> tuple[dict[str, str], dict[str, str]]:
        """Encode every clip that is not there yet.

        Args:
            samples: Questions about clips.
            workers: Processes that read and encode; 0 works in this one.
            progress: Told (clips done, clips in all).

        Returns:
            The key of each clip by :func:`clip_name`; and of clips that are of no use, why.
        """
        keys: dict[str, str] = {}
        refused: dict[str, str] = {}
        missing: dict[str, tuple[str, Sample]] = {}
        for sample in samples:
            name = clip_name(sample)
            if name in keys or name in refused:
                continue
            try:
                keys[name] = self.key(sample)
            except LlamoError as error:
                refused[name] = str(error)
                continue
            if not (self.folder / f"{keys[name]}.npz").exists():
                missing.setdefault(keys[name], (name, sample))
        jobs = [(key, sample, self.folder) for key, (_, sample) in missing.items()]
        with _encoders(self.encoder, workers if len(jobs) > 1 else 0) as encode:
            for done, reason in enumerate(encode(_encode, jobs), 1):
                if reason:
                    refused[missing[jobs[done - 1][0]][0]] = reason
                if progress is not None:
                    progress(done, len(jobs))
        broken = {keys[name] for name in refused if name in keys}
        reasons = {keys[name]: reason for name, reason in refused.items() if name in keys}
        for name, key in keys.items():
            if key in broken:
                refused[name] = reasons[key]
        return {name: key for name, key in keys.items() if key not in broken}, refused

    def _content(self, path: Path) -> str:
        try:
            facts = path.stat()
            about = (str(path), facts.st_size, facts.st_mtime_ns)
            if about not in self._hashes:
                with path.open("rb") as file:
                    self._hashes[about] = hashlib.file_digest(file, "sha256").hexdigest()
        except (OSError, ValueError) as error:
            raise UnreadableFile(f"clip {path} cannot be read: {error}") from None
        return self._hashes[about]


def clip_name(sample: Sample) -> str:
    """What tells a clip from others in a list of questions."""
    return f"{sample.motion} {sample.cut_s or ''} {sorted(sample.settings.items()) or ''}".strip()


def fingerprint(encoder: MotionEncoder) -> str:
    """SHA-256 of an encoder's sizes and weights."""
    digest = hashlib.sha256(json.dumps(encoder.config, sort_keys=True).encode())
    for name, value in sorted(encoder.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.float().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


@contextmanager
def _encoders(encoder: MotionEncoder, workers: int) -> Iterator[Callable[..., Iterator[str]]]:
    """``map`` over worker processes, or in this one."""
    if not workers:
        _ENCODER.append(encoder)
        try:
            yield map
        finally:
            _ENCODER.clear()
        return
    context = multiprocessing.get_context("spawn")  # a fork would copy busy thread pools
    with ProcessPoolExecutor(
        workers, context, initializer=_start_worker, initargs=(encoder,)
    ) as pool:
        yield pool.map


_ENCODER: list[MotionEncoder] = []


def _start_worker(encoder: MotionEncoder) -> None:
    torch.set_num_threads(1)
    _ENCODER.append(encoder)


def _encode(job: tuple[str, Sample, Path]) -> str:
    """Write one clip in one move, so that a kill never leaves half of one; tell why not."""
    key, sample, folder = job
    try:
        motion = read_clip(sample.motion, **sample.settings).motion
        if sample.cut_s is not None:
            motion = motion.trim(*sample.cut_s)
        if motion.duration_s < MIN_DURATION_S:
            return f"{sample.motion} is shorter than {MIN_DURATION_S} s."
        features, _ = _ENCODER[-1].encode(motion)
        forms = form_reader(motion, _ENCODER[-1], features).all()
        about = {
            "measurements": [asdict(one) for one in measure(motion)],
            "forms": {name: asdict(one) for name, one in forms.items()},
            "unseen": unseen_parts(motion),
        }
    except LlamoError as error:
        return str(error)
    temporary = folder / f"{key}.{os.getpid()}.tmp"
    with temporary.open("wb") as file:
        np.savez(
            file,
            features=features.cpu().numpy().astype(np.float16),
            about=np.frombuffer(json.dumps(about, default=_plain).encode(), np.uint8),
        )
    os.replace(temporary, folder / f"{key}.npz")
    return ""


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else list(value)
