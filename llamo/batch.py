"""Many clips encoded together, many questions answered together."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn.utils.rnn import pad_sequence

from llamo.answer import FrameScores, Viewpoint
from llamo.cross_talker import EncodedClip
from llamo.decoding import GreedyAnswer, answer_greedy, answer_steps
from llamo.denied import is_wrongly_denied
from llamo.encoders.video_cache import Features
from llamo.errors import ModelError
from llamo.heard import heard, shown
from llamo.kinematics import Measurement
from llamo.model import LlamoForConditionalGeneration, Prompt
from llamo.motion import Motion
from llamo.processing import LlamoProcessor

if TYPE_CHECKING:
    from llamo.session import Session

FRAMES_AT_ONCE = 60_000
"""Padded frames of one batch: bounds memory when clips are long (0.1 GB at a width of 256)."""

_TOKENIZING = threading.Lock()
"""Fast tokenizers refuse to work for two threads at once."""

Turn = tuple[str, str]
"""A question and its answer."""


def batches(frames: Sequence[int], size: int) -> Iterator[slice]:
    """Split clips in order of length into batches of at most ``size`` and ``FRAMES_AT_ONCE``.

    Args:
        frames: Frames of each clip, rising.
        size: Most clips of a batch.
    """
    start = 0
    for i, length in enumerate(frames):
        count = i - start + 1
        if count > size or (count > 1 and count * length > FRAMES_AT_ONCE):
            yield slice(start, i)
            start = i
    if frames:
        yield slice(start, len(frames))


@dataclass(frozen=True)
class Asked:
    """A question on its way to the model.

    Args:
        place: Its place among the questions that came together.
        session: The clip it is about.
        question: In words.
        measurements: What was measured that bears on it.
        text: The measurements as the model reads them, None to hide them.
        history: Turns that came before.
        forced_s: Moments that take the place of those it would select, None to let it select.
    """

    place: int
    session: Session
    question: str
    measurements: tuple[Measurement, ...]
    text: str | None
    history: tuple[Turn, ...]
    forced_s: Sequence[float] | None

    @property
    def length(self) -> tuple[int, int]:
        """Frames of the clip, about the length of the prompt: alike in a batch, little padding."""
        encoded = self.session.encoded
        frames = 0 if encoded is None else encoded.mask.shape[1]
        earlier = sum(len(question) + len(answer) for question, answer in self.history)
        return frames, earlier + len(self.question) + len(self.text or "")


@dataclass(frozen=True)
class Told:
    """What the model says to one question.

    Args:
        text: The answer.
        token_probabilities: Of each token, the end included.
        viewpoints: The moments that the question selected.
        scores: Of all frames, None without motion tokens.
        heard: What the motion encoder alone gives to the act that the text names, None for none.
        shown: Likewise the video encoder, to what the text names of what is seen.
    """

    text: str
    token_probabilities: tuple[float, ...]
    viewpoints: tuple[Viewpoint, ...]
    scores: FrameScores | None
    heard: float | None = None
    shown: float | None = None


@torch.inference_mode()
def encode(
    model: LlamoForConditionalGeneration,
    motions: Sequence[Motion],
    seen: Sequence[Features | None] | None = None,
    use_motion: bool = True,
) -> list[EncodedClip]:
    """Encode motions together; each result stands alone, without padding.

    Args:
        model: Whose encoders and enhancer.
        motions: The clips.
        seen: What the video encoder made of each clip, None where there is no video.
        use_motion: False encodes what was seen alone.

    Raises:
        ModelError: The model has no motion encoder.
    """
    videos = _video_inputs(model, seen or ())
    if not use_motion:
        clips = model.encode_clip(**videos)
        return [clips.alone(row) for row in range(len(motions))]
    encoder = model.motion_encoder
    if encoder is None:
        raise ModelError("this model has no motion encoder; train or export it with one.")
    prepared = [torch.from_numpy(encoder.prepare(motion)) for motion in motions]
    lengths = torch.tensor([len(one) for one in prepared])
    inputs = pad_sequence(prepared, batch_first=True)  # (B, F, C)
    mask = torch.arange(inputs.shape[1]) < lengths[:, None]
    clips = model.encode_clip(inputs.to(model.device), mask.to(model.device), **videos)
    return [clips.alone(row) for row in range(len(motions))]


def _video_inputs(
    model: LlamoForConditionalGeneration, seen: Sequence[Features | None]
) -> dict[str, torch.Tensor]:
    """The video part of ``encode_clip``'s arguments; nothing where no clip has a video."""
    known = [one for one in seen if one is not None]
    if not known:
        return {}
    none = Features(known[0].features[:0], known[0].time_s[:0])
    rows = [one or none for one in seen]
    lengths = torch.tensor([len(one.time_s) for one in rows])
    features = pad_sequence([one.features for one in rows], batch_first=True)  # (B, S, H_v)
    inputs = {
        "video_features": features,
        "video_mask": torch.arange(features.shape[1]) < lengths[:, None],
        "video_time_s": pad_sequence([one.time_s for one in rows], batch_first=True),
    }
    return {name: value.to(model.device) for name, value in inputs.items()}


def tell(
    model: LlamoForConditionalGeneration,
    processor: LlamoProcessor,
    rows: Sequence[Asked],
    max_new_tokens: int,
) -> list[Told]:
    """Answer one batch of questions; several threads may, each a batch of its own.

    Args:
        model: In evaluation mode.
        processor: Of the model.
        rows: The questions, either all with forced moments or none.
        max_new_tokens: Longest answer.
    """
    said = answer_greedy(model, **_inputs(model, processor, rows, max_new_tokens))
    told = read_tokens(model, processor, rows, said)
    return second_thoughts(model, processor, rows, told, said, max_new_tokens)


@torch.inference_mode()
def second_thoughts(
    model: LlamoForConditionalGeneration,
    processor: LlamoProcessor,
    rows: Sequence[Asked],
    told: list[Told],
    said: GreedyAnswer,
    max_new_tokens: int,
) -> list[Told]:
    """What is told, once more and without an abstention where it denies what the encoder finds.

    Args:
        model, processor, rows, max_new_tokens: As of ``tell``.
        told: To each of the rows.
        said: The tokens of it.
    """
    again = [
        place
        for place, (row, one) in enumerate(zip(rows, told, strict=True))
        if model.config.use_motion_tokens
        and row.forced_s is None
        and is_wrongly_denied(row.session, row.question, one.text)
    ]
    if again:
        some = [rows[place] for place in again]
        inputs = _inputs(model, processor, some, max_new_tokens)
        better = answer_greedy(model, **inputs, not_first=said.tokens[again, 0])
        for place, one in zip(again, read_tokens(model, processor, some, better), strict=True):
            told[place] = one
    return told


def tell_steps(
    model: LlamoForConditionalGeneration, processor: LlamoProcessor, row: Asked, max_new_tokens: int
) -> Iterator[GreedyAnswer]:
    """One question, token by token, to be read by ``read_tokens``; arguments as of ``tell``.

    The model is used while the next step is made, and at no other time.
    """
    return answer_steps(model, **_inputs(model, processor, [row], max_new_tokens))


def read_tokens(
    model: LlamoForConditionalGeneration,
    processor: LlamoProcessor,
    rows: Sequence[Asked],
    said: GreedyAnswer,
) -> list[Told]:
    """What the tokens say, in words."""
    with _TOKENIZING:
        texts = processor.tokenizer.batch_decode(said.tokens, skip_special_tokens=True)
    probabilities = said.log_probs.double().exp().cpu().numpy()  # (B, A)
    ends = _ends(model, processor.tokenizer.eos_token_id)
    lengths = _answer_lengths(said.tokens.cpu().numpy(), ends)
    return [
        Told(text.strip(), tuple(row[:length].tolist()), viewpoints, scores, act, seen)
        for text, row, length, viewpoints, scores, act, seen in zip(
            texts, probabilities, lengths, _viewpoints(said.prompt, rows),
            _scores(said.prompt, rows), heard(model, said.prompt, texts),
            shown(model, said.prompt, texts), strict=True,
        )
    ]  # fmt: skip


def text_of(processor: LlamoProcessor, said: GreedyAnswer) -> str:
    """The text of one answer so far."""
    (text,) = processor.tokenizer.batch_decode(said.tokens, skip_special_tokens=True)
    return text.strip()


def _inputs(
    model: LlamoForConditionalGeneration,
    processor: LlamoProcessor,
    rows: Sequence[Asked],
    max_new_tokens: int,
) -> dict[str, Any]:
    """What decoding is given."""
    with _TOKENIZING:
        prompts = processor(
            [row.question for row in rows],
            kinematic_text=[row.text for row in rows],
            history=[row.history for row in rows],
        ).to(model.device)
    return {
        **prompts,
        **(_clips(model, rows) if model.config.use_motion_tokens else {}),
        "eos_token_id": _ends(model, processor.tokenizer.eos_token_id),
        "pad_token_id": _pad_id(processor.tokenizer),
        "max_new_tokens": max_new_tokens,
    }


def _clips(model: LlamoForConditionalGeneration, rows: Sequence[Asked]) -> dict[str, Any]:
    """Each clip once, with the clip of each question."""
    places: dict[int, int] = {}
    clips: list[EncodedClip] = []
    for row in rows:
        clip = row.session.encoded
        assert clip is not None  # shorter clips were declined
        if id(clip) not in places:
            places[id(clip)] = len(clips)
            clips.append(clip)
    index = [places[id(row.session.encoded)] for row in rows]
    inputs: dict[str, Any] = {
        "enhanced_features": EncodedClip.stack(clips),
        "clip_index": torch.tensor(index, device=model.device),
    }
    if rows[0].forced_s is not None:
        inputs["forced_viewpoints"] = _forced_frames(rows).to(model.device)
    return inputs


def _ends(model: LlamoForConditionalGeneration, eos_token_id: int) -> list[int]:
    """Tokens that end an answer."""
    ends = model.language_model.generation_config.eos_token_id
    listed = ends if isinstance(ends, list) else [] if ends is None else [ends]
    return sorted({*listed, eos_token_id})


@contextmanager
def motion_tokens(model: LlamoForConditionalGeneration, wanted: bool) -> Iterator[None]:
    """Hide the motion's tokens for a while, unless ``wanted``, from all who use the model."""
    trained = model.config.use_motion_tokens
    model.config.use_motion_tokens = trained and wanted
    try:
        yield
    finally:
        model.config.use_motion_tokens = trained


def _viewpoints(prompt: Prompt, rows: Sequence[Asked]) -> list[tuple[Viewpoint, ...]]:
    if prompt.talk is None or prompt.clip is None:
        return [() for _ in rows]
    chosen = prompt.talk.selection
    times = prompt.clip.time_s.gather(1, chosen.frames).cpu().numpy()  # (B, K)
    scores = chosen.scores.gather(1, chosen.frames).float().cpu().numpy()  # (B, K)
    valid = chosen.valid.cpu().numpy()
    return [
        tuple(
            Viewpoint(float(time_s), row.session.motion.frame_at(float(time_s)), float(score))
            for time_s, score in zip(times[i][valid[i]], scores[i][valid[i]], strict=True)
        )
        for i, row in enumerate(rows)
    ]


def _scores(prompt: Prompt, rows: Sequence[Asked]) -> list[FrameScores | None]:
    if prompt.talk is None or prompt.clip is None:
        return [None for _ in rows]
    times = prompt.clip.time_s.float().cpu().numpy()  # (B, T)
    scores = prompt.talk.selection.scores.float().cpu().numpy()
    real = prompt.clip.mask.cpu().numpy()
    return [FrameScores(times[i][real[i]], scores[i][real[i]]) for i in range(len(rows))]


def _forced_frames(rows: Sequence[Asked]) -> torch.Tensor:
    """(B, K) the frame nearest to each forced moment, -1 on surplus."""
    frames = []
    for row in rows:
        assert row.session.encoded is not None
        assert row.forced_s is not None
        clock = row.session.encoded.time_s[0].cpu()  # (T,)
        moments = torch.as_tensor(list(row.forced_s), dtype=clock.dtype)  # (K,)
        frames.append((clock[None] - moments[:, None]).abs().argmin(1).unique())
    return pad_sequence(frames, batch_first=True, padding_value=-1)


def _pad_id(tokenizer: Any) -> int:
    pad = tokenizer.pad_token_id
    return tokenizer.eos_token_id if pad is None else pad


def _answer_lengths(tokens: np.ndarray, ends: Sequence[int]) -> np.ndarray:
    """(B,) tokens up to and with the end token."""
    ended = np.isin(tokens, ends)
    return np.where(ended.any(1), ended.argmax(1) + 1, tokens.shape[1])
