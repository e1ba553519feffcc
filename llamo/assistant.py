"""Assistant: one model, and the clips that it is asked about."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from llamo.answer import Answer, declined
from llamo.answerable import (
    MAX_QUESTION_CHARACTERS,
    MIN_DURATION_S,
    checked_question,
    reason_not_to_try,
)
from llamo.batch import Asked, Told, Turn, batches, encode, motion_tokens, tell
from llamo.calibration import Calibration
from llamo.clip import Clip, Opened, read_clip
from llamo.errors import LlamoError, ModelError
from llamo.fingerprint import fingerprint
from llamo.kinematics import Measurement, kinematic_text, measure, relevant, unseen_parts
from llamo.known import known_answer
from llamo.live import LiveSession
from llamo.loading import choose_device, load_model
from llamo.model_info import weights_folder
from llamo.seeing import Seeing, missing_note
from llamo.session import Session
from llamo.settled import settled
from llamo.side_by_side import side_by_side
from llamo.streaming import Stream, generated, whole
from llamo.way_across import tell_way

if TYPE_CHECKING:
    import numpy as np
    import torch

    from llamo.cross_talker import EncodedClip
    from llamo.encoders.video_cache import Features
    from llamo.model import LlamoForConditionalGeneration
    from llamo.processing import LlamoProcessor
    from llamo.video import Video, VideoLimits

STREAMS = ("both", "motion", "video")

CLIPS_AT_ONCE = 32
"""Clips that are encoded together."""

FEATURES_HZ = 10
"""About how many features a second of motion gives; only splits clips into batches."""


class Assistant:
    """Opens motions and answers questions about them. May be used from several threads.

    Args:
        model: In evaluation mode, on its device.
        processor: Writes the prompts.
        name: How answers call the model.
        calibration: Turns token probabilities into confidence.
        max_new_tokens: Longest answer.
    """

    def __init__(
        self,
        model: LlamoForConditionalGeneration,
        processor: LlamoProcessor,
        name: str = "llamo",
        calibration: Calibration | None = None,
        max_new_tokens: int = 96,
    ) -> None:
        self.model = model.eval()
        self.processor = processor
        self.name = name
        self.calibration = calibration or Calibration()
        self.max_new_tokens = max_new_tokens
        self._lock = threading.RLock()  # tokenizers and caches are not made for two at once
        self._seeing = Seeing(model.video_encoder) if model.video_encoder is not None else None

    def __repr__(self) -> str:
        return f"Assistant({self.name})"

    @classmethod
    def from_pretrained(
        cls, path: str | Path | None = None, device: str | None = None, dtype: str | None = None
    ) -> Assistant:
        """Load a folder of weights.

        Args:
            path: The folder; None for llamo-tiny, which ships with the package.
            device: ``cpu``, ``cuda``, ``cuda:1`` ...; None takes CUDA where it is.
            dtype: Of the language model: ``bfloat16`` (batches are faster on processors made for
                it), ``float32``; None: as a language model by name is kept, else ``float32``.

        Raises:
            ModelError: No weights, weights that do not fit the code, no such device or dtype.
        """
        folder = weights_folder(path)
        wanted = choose_device(device)
        model, processor = load_model(folder, dtype)
        model.to(wanted)  # type: ignore[arg-type]
        return cls(model, processor, folder.resolve().name, Calibration.load(folder))

    @property
    def device(self) -> torch.device:
        """Where the model runs."""
        return self.model.device

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of all that makes an answer: tells models of the same name apart."""
        settings = (self.calibration, self.max_new_tokens, self.processor.to_dict())
        return fingerprint(self.model, settings)

    def open(
        self,
        clip: Clip,
        fps: float | None = None,
        up: str | None = None,
        unit: str | None = None,
        body_model: str | Path | None = None,
        progress: Callable[[int, int], object] | None = None,
        person: int | None = None,
        estimator: str | Path | None = None,
        video: str | Path | Video | None = None,
        boxes: np.ndarray | None = None,
        streams: str = "both",
        video_limits: VideoLimits | None = None,
    ) -> Session:
        """Read, measure and encode a clip, once for all questions.

        A video is looked at as well as estimated, where the weights have a video encoder.

        Args:
            clip: A motion file, ``FILE#INDEX``, a video, a ``Motion``, or joints (T, J, 3).
            fps: Frames a second, where the clip does not tell; always for an array.
            up: Up axis (``y``, ``z``, ``x``), where the clip does not tell.
            unit: Unit of length (``m``, ``cm``, ``mm``, ``in``), where the clip does not tell.
            body_model: SMPL model file, for exact joints of a file of SMPL parameters.
            progress: Told (frames done, frames in all) while a video is estimated.
            person: Whom to follow in a video of several people, from 1, counted from the left.
            estimator: Of a video's motion, by name or file; None takes the one that ships.
            video: What was filmed while a motion was recorded, begun at the same moment.
            boxes: (S, 3, 4) left, top, right, bottom of the person and of the left and the right
                hand in each frame of ``video``, pixels; or (S, 4) of the person alone.
            streams: What the model is shown of a clip that has both: "both", "motion", "video".
            video_limits: How much a video may take; None for the usual bounds.

        Raises:
            UnreadableFile, InvalidMotion, MissingInformation: As the reader finds.
            NothingToEstimate: A video of no person, no whole person, or a still picture.
            ModelError: Streams that these weights or this clip do not have; no such estimator.
            MissingDependency: ``video`` is given, and timm is not installed.
        """
        start = time.perf_counter()
        if streams not in STREAMS:
            raise ModelError(f"streams must be one of {', '.join(STREAMS)}, got {streams!r}.")
        watch = self._seeing.watcher() if self._seeing and streams != "motion" else None
        opened = read_clip(
            clip, fps, up, unit, body_model, progress, person, estimator, str(self.device),
            watch=watch, video_limits=video_limits,
        )  # fmt: skip
        seen = watch.seen if watch else None
        if video is not None and streams != "motion":
            if self._seeing is None:
                raise ModelError(f"{self.name} has no video encoder; it is asked of motion alone.")
            seen = self._seeing.look(video, boxes)
        if streams == "video" and seen is None:
            raise ModelError("there is no video here for these weights to look at.")
        return self._open([opened], start, [seen], streams != "video")[0]

    def open_many(self, clips: Sequence[Clip]) -> list[Session]:
        """``open`` for several clips that need no further word, encoded together."""
        start = time.perf_counter()
        opened, seen = [], []
        for clip in clips:
            watch = self._seeing.watcher() if self._seeing else None
            opened.append(read_clip(clip, watch=watch))
            seen.append(watch.seen if watch else None)
        return self._open(opened, start, seen)

    def live(
        self,
        exercise: str | Path | None = None,
        wait: bool = False,
        keep_s: float = 120.0,
        every_s: float = 0.25,
    ) -> LiveSession:
        """Count a person before a camera as they move, to be asked about afterwards.

        Args:
            exercise: What is done, by name or file; None counts whatever repeats.
            wait: Look at every frame, as for a file; without it frames that come too fast are
                dropped.
            keep_s: Seconds that are kept for the session that ``finish`` opens.
            every_s: How often the count is looked after, on the clock of the frames.

        Raises:
            UnreadableFile, InvalidData: No such exercise, or one with a fault.
        """

        def open_clip(opened: Opened) -> Session:
            return self._open([opened], time.perf_counter(), [None])[0]

        return LiveSession(open_clip, exercise, wait, keep_s, every_s)

    async def open_async(self, clip: Clip, **options: Any) -> Session:
        """``open`` in a thread, so that an event loop goes on; arguments and errors as there."""
        return await asyncio.to_thread(self.open, clip, **options)

    def _open(
        self,
        opened: list[Opened],
        start: float,
        seen: Sequence[Features | None],
        use_motion: bool = True,
    ) -> list[Session]:
        motions = [one.motion for one in opened]
        long_enough = [i for i, motion in enumerate(motions) if motion.duration_s >= MIN_DURATION_S]
        encoded: dict[int, EncodedClip] = {}
        measured: dict[int, list[Measurement]] = {}
        if self.model.config.use_motion_tokens:
            order = sorted(long_enough, key=lambda i: motions[i].duration_s)
            frames = [round(motions[i].duration_s * FEATURES_HZ) for i in order]
            for batch in batches(frames, CLIPS_AT_ONCE):
                with self._lock:
                    chosen = order[batch]
                    clips = encode(
                        self.model, [motions[i] for i in chosen], [seen[i] for i in chosen],
                        use_motion,
                    )  # fmt: skip
                encoded.update(zip(order[batch], clips, strict=True))
        for i in long_enough:
            measured[i] = measure(motions[i])
        open_ms = (time.perf_counter() - start) * 1e3 / max(len(motions), 1)
        return [
            Session(
                self, one.motion, encoded.get(i), measured.get(i, []), unseen_parts(one.motion),
                open_ms, one.notes + missing_note(self._seeing, one.footage), one.sides_told,
                one.footage,
            )
            for i, one in enumerate(opened)
        ]  # fmt: skip

    def answer_batch(
        self,
        pairs: Sequence[tuple[Session | Clip, str]],
        batch_size: int = 64,
        use_motion_tokens: bool = True,
        use_kinematic_text: bool = True,
        forced_viewpoints: Sequence[Sequence[float]] | None = None,
        histories: Sequence[Sequence[Turn]] | None = None,
        on_error: Literal["raise", "abstain"] = "raise",
    ) -> list[Answer]:
        """Answer many questions together.

        Args:
            pairs: A session (or clip to open) and a question, each.
            batch_size: Questions that the model sees at once.
            use_motion_tokens: False hides the motion's tokens.
            use_kinematic_text: False hides the measurements.
            forced_viewpoints: For each pair the moments, in seconds, that take the place of those
                its question would select.
            histories: For each pair the turns that came before.
            on_error: What a bad question or clip does: ``raise`` its error for all of them, or
                ``abstain`` from this one, with the error as the answer's reason.

        Returns:
            One answer a pair, in order.

        Raises:
            InvalidQuestion: A question is empty, or too long.
            LlamoError: A clip cannot be opened.
        """
        answers: list[Answer | None] = [None] * len(pairs)
        asked: list[Asked] = []
        for i, (clip, question) in enumerate(pairs):
            try:
                session = clip if isinstance(clip, Session) else self.open(clip)
                ready = self._ready(
                    session, question, i, use_kinematic_text,
                    () if histories is None else histories[i],
                    None if forced_viewpoints is None else forced_viewpoints[i], use_motion_tokens,
                )  # fmt: skip
            except LlamoError as error:
                if on_error == "raise":
                    raise
                answers[i] = self._refused(question, error)
                continue
            if isinstance(ready, Answer):
                answers[i] = ready
            else:
                asked.append(ready)
        places = sorted(range(len(asked)), key=lambda place: asked[place].length)
        groups = [
            [asked[place] for place in places[batch]]
            for batch in batches([asked[place].length[0] for place in places], batch_size)
        ]
        with self._lock, motion_tokens(self.model, use_motion_tokens):
            told = list(side_by_side(self._answer, groups, self.device))
        for rows, said in zip(groups, told, strict=True):
            for row, answer in zip(rows, said, strict=True):
                answers[row.place] = answer
        return [answer for answer in answers if answer is not None]

    async def answer_batch_async(
        self, pairs: Sequence[tuple[Session | Clip, str]], **options: Any
    ) -> list[Answer]:
        """``answer_batch`` in a thread, so that an event loop goes on."""
        return await asyncio.to_thread(self.answer_batch, pairs, **options)

    def stream(self, session: Session, question: str, history: Sequence[Turn] = ()) -> Stream:
        """Answer one question in pieces of text, as ``Stream`` tells.

        Args:
            session: One of this assistant's.
            question: In words.
            history: The turns that came before.

        Raises:
            InvalidQuestion: Empty, or too long.
        """
        ready = self._ready(session, question, history=history)
        if isinstance(ready, Answer):
            return Stream(whole(ready))
        return Stream(generated(self, ready, self._lock, self._settled))

    def _answer(self, rows: Sequence[Asked]) -> list[Answer]:
        """One batch through the model; whoever calls holds the lock."""
        start = time.perf_counter()
        told = tell(self.model, self.processor, rows, self.max_new_tokens)
        answer_ms = (time.perf_counter() - start) * 1e3 / len(rows)
        return [self._settled(row, one, answer_ms) for row, one in zip(rows, told, strict=True)]

    def _ready(
        self,
        session: Session,
        question: str,
        place: int = 0,
        use_kinematic_text: bool = True,
        history: Sequence[Turn] = (),
        forced_s: Sequence[float] | None = None,
        looks: bool = True,
    ) -> Asked | Answer:
        """A question for the model, or the answer where it needs none."""
        question = checked_question(question)
        if use_kinematic_text and (way := tell_way(session, question)) is not None:
            return way  # the picture's sides can be told where the body's cannot
        reason = self.reason_not_to_try(session, question)
        if reason is not None:
            return self.declined(question, reason, session.open_ms)
        if use_kinematic_text:
            known = known_answer(session, question, use_acts=looks and forced_s is None)
            if known is not None:
                return known
        found = relevant(session.measured_for(question), question) if use_kinematic_text else []
        return Asked(
            place=place,
            session=session,
            question=question,
            measurements=tuple(one for one in found if session.sides_told or not one.names_side),
            text=kinematic_text(found, session.unseen) if use_kinematic_text else None,
            history=tuple(history),
            forced_s=forced_s,
        )

    def reason_not_to_try(self, session: Session, question: str) -> str | None:
        """Why a question about a clip needs no model to be declined, None to go on."""
        return reason_not_to_try(
            session.motion, question, session.unseen, self._knows_script, session.sides_told
        )

    def _settled(self, row: Asked, told: Told, answer_ms: float) -> Answer:
        """What was told, after the checks of what may be said."""
        return settled(row, told, self.calibration, self.name, answer_ms)

    def declined(self, question: str, reason: str, open_ms: float = 0.0) -> Answer:
        """The answer that abstains without asking the model."""
        return declined(question, reason, self.name, open_ms)

    def _refused(self, question: object, error: LlamoError) -> Answer:
        """The answer that stands for an error."""
        short = question[:MAX_QUESTION_CHARACTERS] if isinstance(question, str) else ""
        return self.declined(short, " ".join(str(error).split()))

    def _knows_script(self, letters: str) -> bool:
        with self._lock:
            return self.processor.knows_script(letters)
