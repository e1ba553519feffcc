"""Stage 2: sequences with their questions, made and encoded once, read many times.

Everything frozen happens here: splicing, measuring, the motion encoder. Each sequence depends on
the seed and its number alone, so that workers and resumed runs give the same pool.
"""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Sequence as Seq
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from copy import copy
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.progress import track

from llamo.data.clips import LabelledClip
from llamo.data.measured_clause import measured_clause
from llamo.data.question import Question, Span
from llamo.data.splice import Sequence
from llamo.encoders.motion import MotionEncoder
from llamo.encoders.video import VideoEncoder
from llamo.kinematics import Measurement, measure, relevant, unseen_parts
from llamo.train.filming import Filmed, Filmer, pack_videos, unpack_videos
from llamo.train.form import form_for, form_reader
from llamo.train.recipe import PoolStage
from llamo.train.sequence_maker import SequenceMaker, facts_for

FORMAT = 2
"""Of what stands beside a question; raised when that changes."""

CHUNK = 250
"""Sequences a worker makes at a time."""


@dataclass(frozen=True)
class PoolQuestion:
    """A question as the model is trained on it.

    Args:
        question, answer: Text.
        facts: The kinematic text beside it.
        looks_s: Seconds to look at: what holds the answer; or, where the motion does not settle the
            question, the acts that it names.
        names_s: Seconds of the acts that the question names.
        kind: As of ``llamo.data.question.Question``; but "while" for a question of order whose
            answer lies in the very act that it names.
        pixels: Only the video tells.
        scene: What happens in the clip, written out (:func:`scene_in_words`).
        shown_by: As of ``llamo.data.question.Question``.
    """

    question: str
    answer: str
    facts: str
    looks_s: tuple[Span, ...]
    names_s: tuple[Span, ...]
    kind: str
    pixels: bool = False
    scene: str = ""
    shown_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class PoolClip:
    """An encoded sequence, and what is asked about it.

    Args:
        features: F_M, (T, H) float16, at the encoder's rate.
        questions: About it.
        video: F_V, (S, H_v) float16, and the time of each in seconds, (S,); None where it is not
            filmed.
    """

    features: np.ndarray
    questions: tuple[PoolQuestion, ...]
    video: tuple[np.ndarray, np.ndarray] | None = None


class QuestionPool:
    """Encoded sequences on disk.

    Args:
        folder: Written by :func:`make_pool`.
    """

    rate_hz = 10.0

    def __init__(self, folder: Path) -> None:
        self.clips: list[PoolClip] = []
        for path in sorted(folder.glob("chunk-*.npz")):
            with np.load(path) as arrays:
                features, lengths = arrays["features"], arrays["lengths"]
                videos = unpack_videos(arrays, len(lengths))
            rows = [json.loads(line) for line in path.with_suffix(".jsonl").open()]
            parts = np.split(features, np.cumsum(lengths)[:-1])
            for part, row, video in zip(parts, rows, videos, strict=True):
                if row:
                    self.clips.append(
                        PoolClip(part, tuple(pool_question(one) for one in row), video)
                    )
        self.lengths = np.array([len(clip.features) for clip in self.clips])

    def __len__(self) -> int:
        return len(self.clips)

    def filmed(self) -> QuestionPool:
        """Only the clips that have a video."""
        return self._of([clip for clip in self.clips if clip.video is not None])

    def asking(self, wanted: Callable[[PoolQuestion], bool]) -> QuestionPool:
        """The clips of which anything is asked that is ``wanted``, and nothing else."""
        some = [tuple(filter(wanted, clip.questions)) for clip in self.clips]
        pairs = zip(self.clips, some, strict=True)
        return self._of([replace(clip, questions=asked) for clip, asked in pairs if asked])

    def with_features(self, features: Iterable[np.ndarray], rate_hz: float) -> QuestionPool:
        """The same clips and questions with other features (T, H) of each clip."""
        pairs = zip(self.clips, features, strict=True)
        pool = self._of([replace(clip, features=other) for clip, other in pairs])
        pool.rate_hz = rate_hz
        return pool

    def _of(self, clips: list[PoolClip]) -> QuestionPool:
        pool = copy(self)
        pool.clips = clips
        pool.lengths = np.array([len(clip.features) for clip in clips])
        return pool

    def texts(self) -> list[str]:
        """All text, for the tokenizer."""
        return [
            text
            for clip in self.clips
            for one in clip.questions
            for text in (one.question, one.facts, one.answer)
        ]


def make_pool(
    clips: list[LabelledClip],
    encoder: MotionEncoder,
    stage: PoolStage,
    folder: Path,
    *,
    seed: int = 0,
    held_out: bool = False,
    video_encoder: VideoEncoder | None = None,
    filmed: float = 0.0,
) -> QuestionPool:
    """Make what is still missing of a pool, and read it.

    Args:
        clips: What sequences are made of.
        encoder: Of motion, frozen.
        stage: How many sequences, of which kinds.
        folder: Where the pool lies.
        seed: Of everything.
        held_out: In wordings, and before backdrops, that training never uses.
        video_encoder: Of video, frozen; None films nothing.
        filmed: Share of the sequences that are filmed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    starts = [
        first
        for first in range(0, stage.sequences, CHUNK)
        if not (folder / f"chunk-{first:06d}.npz").exists()
    ]
    if starts:
        maker = SequenceMaker(clips, stage.shares, seed, held_out, stage.estimated)
        counts = [min(CHUNK, stage.sequences - first) for first in starts]
        filmer = None
        if video_encoder is not None:
            filmer = Filmer(video_encoder, clips, filmed, seed, held_out)
        with _chunk_maker(maker, encoder, filmer, stage.workers) as make:
            results = make(_make_chunk, starts, counts, [folder] * len(starts))
            for _ in track(results, "questions", total=len(starts), console=Console(stderr=True)):
                pass
    return QuestionPool(folder)


@contextmanager
def _chunk_maker(
    maker: SequenceMaker, encoder: MotionEncoder, filmer: Filmer | None, workers: int
) -> Iterator[Callable[..., Iterator[None]]]:
    """``map`` over worker processes, or in this one."""
    if not workers:
        _start_worker(maker, encoder, filmer)
        yield map
        return
    context = multiprocessing.get_context("spawn")  # a fork would copy busy thread pools
    with ProcessPoolExecutor(
        workers, context, initializer=_start_worker, initargs=(maker, encoder, filmer)
    ) as pool:
        yield pool.map


_WORKER: dict[str, object] = {}


def _start_worker(maker: SequenceMaker, encoder: MotionEncoder, filmer: Filmer | None) -> None:
    torch.set_num_threads(1)
    _WORKER.update(maker=maker, encoder=encoder, filmer=filmer)


def _make_chunk(first: int, count: int, folder: Path) -> None:
    """Write sequences ``first`` ... ``first + count - 1``."""
    maker, encoder, filmer = _WORKER["maker"], _WORKER["encoder"], _WORKER["filmer"]
    assert isinstance(maker, SequenceMaker)
    assert isinstance(encoder, MotionEncoder)
    assert filmer is None or isinstance(filmer, Filmer)
    features, rows, videos = [], [], []
    for number in range(first, first + count):
        sequence, questions, recorded = maker.make(number)
        measurements, unseen = measure(sequence.motion), unseen_parts(sequence.motion)
        questions += maker.ask_measured(number, measurements, unseen)
        questions = [_with_measured(one, measurements) for one in questions]
        encoded, _ = encoder.encode(sequence.motion)
        reader = form_reader(sequence.motion, encoder, encoded)
        features.append(encoded.numpy().astype(np.float16))
        seen = filmer.film(number, recorded) if filmer is not None else None
        videos.append(seen)
        if seen is not None:  # what motion never shows may well be seen
            questions = [one for one in questions if one.kind != "unseen"] + seen.questions
        elif filmer is not None:
            questions += filmer.ask_unfilmed(number)
        of_pixels = {id(one) for one in seen.questions} if seen is not None else set()
        rows.append([
            asdict(
                PoolQuestion(
                    one.question, one.answer,
                    facts_for([*measurements, *form_for(one.question, reader)],
                        one.question, unseen,),
                    (one.span_s,) if one.span_s else one.anchors, _names(one), _kind(one),
                    pixels=id(one) in of_pixels,
                    scene=scene_in_words(sequence),
                    shown_by=one.shown_by,
                )
            )
            for one in questions
        ])  # fmt: skip
    write_chunk(folder, first, features, rows, videos)


def write_chunk(
    folder: Path,
    first: int,
    features: list[np.ndarray],
    rows: list,
    videos: Seq[Filmed | None] = (),
) -> None:
    """Write encoded sequences as :class:`QuestionPool` reads them; the last step tells it is whole.

    Args:
        folder: Of the pool.
        first: Number of the first sequence.
        features: Of each sequence, (T, H) float16.
        rows: Of each sequence, its questions as dicts of ``PoolQuestion``.
        videos: Of each sequence, what was seen of it; none where nothing was filmed.
    """
    path = folder / f"chunk-{first:06d}.npz"
    path.with_suffix(".jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    temporary = path.with_suffix(".tmp.npz")
    arrays = {
        "features": np.concatenate(features),
        "lengths": np.array([len(part) for part in features]),
        **pack_videos(videos),
    }
    np.savez(temporary, **arrays)
    os.replace(temporary, path)


def scene_in_words(sequence: Sequence) -> str:
    """The acts in order with their limb, way and verdict, in the words of the encoder's concepts.

    Returns:
        ``wave right hand | walk forward | deep squat wrong``; "" where limbs are hidden, for then
        nobody could have written it.
    """
    if sequence.hidden or not all(segment.says for segment in sequence.segments):
        return ""
    acts: list[str] = []
    for segment in sequence.segments:
        names = dict.fromkeys((segment.action, segment.exercise))
        limb = f"{segment.side} {segment.limb}" if segment.limb and segment.side else None
        verdict = {True: "correct", False: "wrong", None: None}[segment.correct]
        act = " ".join(filter(None, (*names, limb, segment.direction, verdict)))
        if act not in acts[-1:]:  # repetitions are one act
            acts.append(act)
    return " | ".join(acts)


def _with_measured(one: Question, measurements: list[Measurement]) -> Question:
    """A description of one act says a number, too, where the kinematic text tells it."""
    if one.kind != "describe" or (len(one.anchors) > 1 and " times" not in one.answer):
        return one
    said = measured_clause(relevant(measurements, one.question))
    if said is None:
        return one
    return replace(one, answer=f"{one.answer.removesuffix('.')}{said}.")


def _names(one: Question) -> tuple[Span, ...]:
    """A description's anchors are what its answer names, not its question."""
    return () if one.kind == "describe" else one.anchors


def _kind(one: Question) -> str:
    """To find what is named is easy, and most of what is asked; to look beside it is not."""
    return "while" if one.kind == "order" and one.span_s in one.anchors else one.kind


def pool_question(row: dict) -> PoolQuestion:
    """A question as ``asdict`` wrote it."""
    spans = {name: tuple(map(tuple, row[name])) for name in ("looks_s", "names_s")}
    return PoolQuestion(**{**row, **spans, "shown_by": tuple(row.get("shown_by", ()))})
