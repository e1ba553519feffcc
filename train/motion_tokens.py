"""Motion as tokens of a codebook, what other systems read, to be set beside native motion.

Paper (LLaMo, section 1): quantised motion limits what a model can tell of it. To measure that and
nothing else, these tokenizers quantise the features of the very encoder that LLaMo reads.

Paper (MotionGPT, Being-M0): the tokenizers are trained on motion. Here: on the frozen encoder's
features. Because: every system then sees the same motion through the same eyes, and what differs
between them is the quantisation.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from llamo.processing import LlamoProcessor
from llamo.train.batches import BatchDrawer
from llamo.train.question_pool import PoolClip, QuestionPool
from llamo.train.recipe import InstructStage

_WINDOW = 32  # frames of a training window
_COMMITMENT = 0.25
_FOLLOWING = 0.1  # how far a code moves to what chose it, each step
_FORGETTING = 0.99  # of the uses of a code


class MotionTokenizer(nn.Module):
    """Features (T, C) -> codes (T / stride, P) -> features (T, C).

    Args:
        mean, std: Of the features, (C,).
        kind: "vq": one code of a learned codebook for all channels (MotionGPT: 512 codes); "lfq":
            the channels fall into ``parts``, each with a convolution of its own and a code whose
            bits are signs, without a codebook (Being-M0, 2D-LFQ: 2^14 codes).
        codes: Size of the codebook of "vq".
        parts, bits: Of "lfq".
        stride: Frames a code stands for.
        width: Of the convolutions.
    """

    mean: torch.Tensor
    std: torch.Tensor
    codebook: torch.Tensor
    uses: torch.Tensor
    powers: torch.Tensor

    def __init__(
        self,
        mean: torch.Tensor,
        std: torch.Tensor,
        kind: str = "vq",
        codes: int = 512,
        parts: int = 8,
        bits: int = 14,
        stride: int = 2,
        width: int = 256,
    ) -> None:
        super().__init__()
        self.kind, self.stride, self.parts = kind, stride, parts if kind == "lfq" else 1
        self.channels = len(mean)
        self._surplus = -len(mean) % self.parts
        room, code_width = len(mean) + self._surplus, bits if kind == "lfq" else 64
        self.codes = 2**bits if kind == "lfq" else codes
        self.register_buffer("mean", mean)
        self.register_buffer("std", std.clamp(min=1e-4))
        groups, hidden = self.parts, width // self.parts * self.parts
        self.encoder = nn.Sequential(
            nn.Conv1d(room, hidden, 3, padding=1, groups=groups), nn.GELU(),
            nn.Conv1d(hidden, hidden, 2 * stride, stride, padding=stride // 2, groups=groups),
            nn.GELU(), nn.Conv1d(hidden, code_width * groups, 1, groups=groups),
        )  # fmt: skip
        self.decoder = nn.Sequential(
            nn.Conv1d(code_width * groups, hidden, 3, padding=1), nn.GELU(),
            nn.ConvTranspose1d(hidden, hidden, 2 * stride, stride, padding=stride // 2),
            nn.GELU(), nn.Conv1d(hidden, room, 3, padding=1),
        )  # fmt: skip
        if kind == "vq":
            self.register_buffer("codebook", torch.randn(codes, code_width))
            self.register_buffer("uses", torch.ones(codes))
        else:
            self.register_buffer("powers", 2 ** torch.arange(bits))

    def forward(self, features: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Quantise and restore.

        Args:
            features: (B, T, C), T a multiple of the stride.

        Returns:
            Features restored (B, T, C), codes (B, T / stride, P), and the loss.
        """
        wanted = (features - self.mean) / self.std
        hidden = self.encoder(functional.pad(wanted, (0, self._surplus)).transpose(1, 2))
        hidden = hidden.unflatten(1, (self.parts, -1)).permute(0, 3, 1, 2)  # (B, T', P, code)
        quantised, ids = self._signs(hidden) if self.kind == "lfq" else self._nearest(hidden)
        passed = hidden + (quantised - hidden).detach()  # straight through
        restored = self.decoder(passed.flatten(2).transpose(1, 2)).transpose(1, 2)
        restored = restored[..., : self.channels]
        loss = functional.mse_loss(restored, wanted)
        loss = loss + _COMMITMENT * functional.mse_loss(hidden, quantised.detach())
        if self.kind == "lfq":  # every bit is to say something: on half of the time
            loss = loss + _COMMITMENT * torch.tanh(hidden).mean((0, 1)).square().mean()
        return restored * self.std + self.mean, ids, loss

    def _signs(self, hidden: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        on = hidden > 0
        return on.to(hidden) * 2 - 1, (on * self.powers).sum(-1)

    def _nearest(self, hidden: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        flat = hidden.detach().flatten(0, -2)
        ids = torch.cdist(flat, self.codebook).argmin(-1)
        if self.training:
            self._move_codes(flat, ids)
        return self.codebook[ids].view_as(hidden), ids.view(hidden.shape[:-1])

    def _move_codes(self, hidden: torch.Tensor, ids: torch.Tensor) -> None:
        """Codes follow what chooses them; one that nothing chooses takes up new work."""
        chosen = functional.one_hot(ids, self.codes).to(hidden)  # (N, codes)
        count = chosen.sum(0)
        means = (chosen.T @ hidden) / count.clamp(min=1)[:, None]
        self.codebook.lerp_(means, _FOLLOWING * (count > 0).to(hidden)[:, None])
        self.uses.mul_(_FORGETTING).add_(count, alpha=1 - _FORGETTING)
        idle = (self.uses < 0.05).nonzero()[:, 0]
        if len(idle):
            rows = torch.randint(len(hidden), (len(idle),))
            self.codebook[idle] = hidden[rows]
            self.uses[idle] = 1.0

    @torch.no_grad()
    def quantise(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """One clip (T, C) -> restored features (T, C) float16, codes (ceil(T / stride), P)."""
        known = torch.from_numpy(features).float()
        missing = -len(known) % self.stride
        padded = torch.cat([known, known[-1:].expand(missing, -1)])
        restored, ids, _ = self(padded[None])
        return restored[0, : len(known)].numpy().astype(np.float16), ids[0].numpy()


def train_motion_tokenizer(
    clips: Sequence[PoolClip], kind: str, steps: int = 1500, batch_size: int = 64, seed: int = 0
) -> MotionTokenizer:
    """Train on the features of clips, and freeze."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    long = [clip.features for clip in clips if len(clip.features) >= _WINDOW]
    some = torch.from_numpy(np.concatenate(long[:: max(1, len(long) // 300)])).float()
    tokenizer = MotionTokenizer(some.mean(0), some.std(0), kind).train()
    optimiser = torch.optim.AdamW(tokenizer.parameters(), lr=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 1e-3, total_steps=steps)
    for _ in range(steps):
        windows = []
        for index in rng.integers(len(long), size=batch_size):
            start = int(rng.integers(len(long[index]) - _WINDOW + 1))
            windows.append(torch.from_numpy(long[index][start : start + _WINDOW]).float())
        loss = tokenizer(torch.stack(windows))[2]
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return tokenizer.eval().requires_grad_(False)


def kept_tokenizer(clips: Sequence[PoolClip], kind: str, path: Path) -> MotionTokenizer:
    """Trained on these clips; or read from ``path``, where that was done before."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".tmp")
        torch.save(train_motion_tokenizer(clips, kind).state_dict(), temporary)
        os.replace(temporary, path)
    state = torch.load(path, weights_only=True)
    tokenizer = MotionTokenizer(state["mean"], state["std"], kind)
    tokenizer.load_state_dict(state)
    return tokenizer.eval().requires_grad_(False)


def restored_pool(pool: QuestionPool, tokenizer: MotionTokenizer) -> QuestionPool:
    """The pool as seen through the tokenizer: features quantised and restored."""
    return pool.with_features(
        [tokenizer.quantise(clip.features)[0] for clip in pool.clips], pool.rate_hz
    )


def token_pool(pool: QuestionPool, tokenizer: MotionTokenizer) -> QuestionPool:
    """The pool as words of a motion vocabulary: one-hot codes, (T / stride, codes).

    A linear layer on them is what an embedding of the codes in the LM's vocabulary would be.
    """
    return pool.with_features(
        [_words(tokenizer, clip.features) for clip in pool.clips], pool.rate_hz / tokenizer.stride
    )


class TokenDrawer(BatchDrawer):
    """Draws from a pool of tokens, with noise on what the tokenizer reads.

    All other systems are trained with noise on their features. A token cannot be a little off; it
    is another one, as it would be for another person.

    Args:
        tokens: The pool to draw from, of :func:`token_pool`.
        native: The same pool before.
        tokenizer: Between the two.
        processor, stage: As of ``BatchDrawer``.
    """

    def __init__(
        self,
        tokens: QuestionPool,
        native: QuestionPool,
        tokenizer: MotionTokenizer,
        processor: LlamoProcessor,
        stage: InstructStage,
    ) -> None:
        super().__init__(tokens, processor, stage)
        self._native, self._tokenizer = BatchDrawer(native, processor, stage), tokenizer

    def features_of(
        self, index: int, rng: np.random.Generator, piece_s: float | None = None
    ) -> torch.Tensor:
        """One-hot codes of a clip, or of a piece of it, (T / stride, codes)."""
        noisy = self._native.features_of(index, rng, piece_s)
        return torch.from_numpy(_words(self._tokenizer, noisy.numpy())).float()


def _words(tokenizer: MotionTokenizer, features: np.ndarray) -> np.ndarray:
    """(T, C) -> one-hot codes (T / stride, codes)."""
    codes = tokenizer.quantise(features)[1][:, 0]
    return np.eye(tokenizer.codes, dtype=np.int8)[codes]
