"""Assistant: one model, and the clips that it is asked about."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from llamo.answer import Answer, abstention_reason, cannot_tell, invented_number
from llamo.answerable import MIN_DURATION_S, checked_question, reason_not_to_try
from llamo.batch import Asked, Turn, batches, encode, tell
from llamo.calibration import Calibration
from llamo.clip import Clip, Opened, read_clip
from llamo.kinematics import Measurement, kinematic_text, measure, relevant, unseen_parts
from llamo.loading import choose_device, load_model
from llamo.model_info import weights_folder
from llamo.session import Session

if TYPE_CHECKING:
    import torch

    from llamo.cross_talker import EncodedClip
    from llamo.model import LlamoForConditionalGeneration
    from llamo.processing import LlamoProcessor

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

    def __repr__(self) -> str:
        return f"Assistant({self.name})"

    @classmethod
    def from_pretrained(
        cls, path: str | Path | None = None, device: str | None = None
    ) -> Assistant:
        """Load a folder of weights.

        Args:
            path: The folder; None for llamo-tiny, which ships with the package.
            device: ``cpu``, ``cuda``, ``cuda:1`` ...; None takes CUDA where it is.

        Raises:
            ModelError: No weights, weights that do not fit the code, or no such device.
        """
        folder = weights_folder(path)
        wanted = choose_device(device)
        model, processor = load_model(folder)
        model.to(wanted)  # type: ignore[arg-type]
        return cls(model, processor, folder.resolve().name, Calibration.load(folder))

    @property
    def device(self) -> torch.device:
        """Where the model runs."""
        return self.model.device

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of all that makes an answer: tells models of the same name apart."""
        import torch

        settings = {**self.model.config.to_dict(), "_name_or_path": None}
        about = (settings, self.calibration, self.max_new_tokens, self.processor.to_dict())
        digest = hashlib.sha256(json.dumps(about, sort_keys=True, default=str).encode())
        for name, value in sorted(self.model.state_dict().items()):
            digest.update(name.encode())
            digest.update(value.cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
        return digest.hexdigest()

    def open(
        self,
        clip: Clip,
        fps: float | None = None,
        up: str | None = None,
        unit: str | None = None,
        body_model: str | Path | None = None,
        progress: Callable[[int, int], object] | None = None,
        person: int | None = None,
    ) -> Session:
        """Read, measure and encode a clip, once for all questions.

        Args:
            clip: A motion file, ``FILE#INDEX``, a video, a ``Motion``, or joints (T, J, 3).
            fps: Frames a second, where the clip does not tell; always for an array.
            up: Up axis (``y``, ``z``, ``x``), where the clip does not tell.
            unit: Unit of length (``m``, ``cm``, ``mm``, ``in``), where the clip does not tell.
            body_model: SMPL model file, for exact joints of a file of SMPL parameters.
            progress: Told (frames done, frames in all) while a video is estimated.
            person: Whom to follow in a video of several people, from 1, counted from the left.

        Raises:
            UnreadableFile, InvalidMotion, MissingInformation: As the reader finds.
            NothingToEstimate: A video of no person, no whole person, or a still picture.
        """
        start = time.perf_counter()
        opened = read_clip(clip, fps, up, unit, body_model, progress, person)
        return self._open([opened], start)[0]

    def open_many(self, clips: Sequence[Clip]) -> list[Session]:
        """``open`` for several clips that need no further word, encoded together."""
        start = time.perf_counter()
        return self._open([read_clip(clip) for clip in clips], start)

    def _open(self, opened: list[Opened], start: float) -> list[Session]:
        motions = [one.motion for one in opened]
        long_enough = [i for i, motion in enumerate(motions) if motion.duration_s >= MIN_DURATION_S]
        encoded: dict[int, EncodedClip] = {}
        measured: dict[int, list[Measurement]] = {}
        if self.model.config.use_motion_tokens:
            order = sorted(long_enough, key=lambda i: motions[i].duration_s)
            frames = [round(motions[i].duration_s * FEATURES_HZ) for i in order]
            for batch in batches(frames, CLIPS_AT_ONCE):
                with self._lock:
                    clips = encode(self.model, [motions[i] for i in order[batch]])
                encoded.update(zip(order[batch], clips, strict=True))
        for i in long_enough:
            measured[i] = measure(motions[i])
        open_ms = (time.perf_counter() - start) * 1e3 / max(len(motions), 1)
        return [
            Session(
                self, one.motion, encoded.get(i), measured.get(i, []), unseen_parts(one.motion),
                open_ms, one.notes, one.sides_told, one.footage,
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

        Returns:
            One answer a pair, in order.

        Raises:
            InvalidQuestion: A question is empty, or too long.
        """
        answers: list[Answer | None] = [None] * len(pairs)
        asked: list[Asked] = []
        for i, (clip, question) in enumerate(pairs):
            session = clip if isinstance(clip, Session) else self.open(clip)
            question = checked_question(question)
            reason = reason_not_to_try(
                session.motion, question, session.unseen, self._knows_script, session.sides_told
            )
            if reason is not None:
                answers[i] = self._declined(session, question, reason)
                continue
            found = relevant(session.measurements, question) if use_kinematic_text else []
            asked.append(
                Asked(
                    place=i,
                    session=session,
                    question=question,
                    measurements=tuple(found),
                    text=kinematic_text(found, session.unseen) if use_kinematic_text else None,
                    history=tuple(histories[i]) if histories is not None else (),
                    forced_s=None if forced_viewpoints is None else forced_viewpoints[i],
                )
            )
        places = sorted(range(len(asked)), key=lambda place: asked[place].length)
        for batch in batches([asked[place].length[0] for place in places], batch_size):
            rows = [asked[place] for place in places[batch]]
            for row, answer in zip(rows, self._answer(rows, use_motion_tokens), strict=True):
                answers[row.place] = answer
        return [answer for answer in answers if answer is not None]

    def _answer(self, rows: Sequence[Asked], use_motion_tokens: bool) -> list[Answer]:
        """One batch through the model."""
        start = time.perf_counter()
        with self._lock:
            told = tell(self.model, self.processor, rows, use_motion_tokens, self.max_new_tokens)
        answer_ms = (time.perf_counter() - start) * 1e3 / len(rows)
        answers = []
        for row, one in zip(rows, told, strict=True):
            confidence = self.calibration.confidence(one.token_probabilities)
            reason = abstention_reason(one.text)
            invented = invented_number(one.text, row.text) if row.text is not None else None
            if reason is None and invented is not None:
                reason = f"{invented!r} came to mind, but was not measured"
            elif reason is None and confidence < self.calibration.least_sure:
                reason = f"{one.text!r} is likeliest, but too unsure"
            answers.append(
                Answer(
                    answer=one.text if reason is None else cannot_tell(reason),
                    confidence=confidence,
                    abstained=reason is not None,
                    reason=reason,
                    viewpoints=one.viewpoints,
                    measurements=row.measurements,
                    model=self.name,
                    timing_ms={"open": row.session.open_ms, "answer": answer_ms},
                    token_probabilities=one.token_probabilities,
                    question=row.question,
                    scores=one.scores,
                )
            )
        return answers

    def _declined(self, session: Session, question: str, reason: str) -> Answer:
        return Answer(
            answer=cannot_tell(reason),
            confidence=1.0,
            abstained=True,
            reason=reason,
            viewpoints=(),
            measurements=(),
            model=self.name,
            timing_ms={"open": session.open_ms, "answer": 0.0},
            question=question,
        )

    def _knows_script(self, letters: str) -> bool:
        """Whether some token stands for letters of this text, not for bytes or "unknown"."""
        tokenizer = self.processor.tokenizer
        with self._lock:
            ids = tokenizer(letters, add_special_tokens=False)["input_ids"]
            tokens = [tokenizer.decode([one]).strip() for one in ids]
        return any(token and token in letters for token in tokens)
