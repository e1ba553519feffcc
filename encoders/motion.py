"""The motion encoder f_m: joints over time -> one feature vector every 100 ms (section 3.1).

Paper: F_M = f_m(M), (T, H), from a frozen encoder that is not described further.
Here: a small convolution + attention network, pretrained on labelled motion (``llamo.train``).
Because: no pretrained motion encoder may be redistributed, and a spliced clip needs features that
tell *when* as well as *what*.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from llamo.attention import FeedForward
from llamo.encoders.joint_features import CHANNELS, RATE_HZ, joint_features
from llamo.motion import Motion


@dataclass(frozen=True)
class MotionEncoderConfig:
    """Sizes of the motion encoder.

    Args:
        width: Channels inside.
        conv_layers: Depthwise convolution blocks, which see fast detail.
        attention_layers: Attention blocks, which see the clip around a frame.
        heads: Attention heads.
        window_s: Attention reaches this far to each side, in seconds, so that a clip longer than
            those trained on is read as many such clips would be.
        dropout: In training.
        concepts: Channels beside them that say plainly what pretraining taught (which act, side,
            direction; correct or not), as standardised log-odds.
        concept_words: For each of pretraining's questions, its answers in words, in the order of
            the channels; an empty one has no words.
        concept_sizes: Channels of each of those questions; they add up to ``concepts``.
    """

    width: int = 192
    conv_layers: int = 4
    attention_layers: int = 3
    heads: int = 6
    window_s: float = 3.0
    dropout: float = 0.1
    channels: int = CHANNELS
    concepts: int = 0
    concept_words: Sequence[Sequence[str]] = ()
    concept_sizes: Sequence[int] = ()


class MotionEncoder(nn.Module):
    """Joint features at 20 Hz -> motion features at 10 Hz."""

    stride = 2
    mean: torch.Tensor
    scale: torch.Tensor
    concept_mean: torch.Tensor
    concept_scale: torch.Tensor
    chunk = 600  # frames of one attention pass (a minute): bounds memory on long clips

    def __init__(self, **config: Any) -> None:
        super().__init__()
        self.settings = MotionEncoderConfig(**config)
        width, dropout = self.settings.width, self.settings.dropout
        self.register_buffer("mean", torch.zeros(self.settings.channels))
        self.register_buffer("scale", torch.ones(self.settings.channels))
        self.stem = nn.Conv1d(self.settings.channels, width, 5, stride=self.stride, padding=2)
        self.convolutions = nn.ModuleList(
            ConvolutionBlock(width, dilation=1 + 2 * (i % 2), dropout=dropout)
            for i in range(self.settings.conv_layers)
        )
        self.attentions = nn.ModuleList(
            AttentionBlock(width, self.settings.heads, dropout)
            for _ in range(self.settings.attention_layers)
        )
        self.norm = nn.LayerNorm(width)
        self.concepts = None
        if self.settings.concepts:
            self.concepts = nn.Linear(width, self.settings.concepts)
            self.register_buffer("concept_mean", torch.zeros(self.settings.concepts))
            self.register_buffer("concept_scale", torch.ones(self.settings.concepts))

    @property
    def config(self) -> dict:
        """Keyword arguments that build the same encoder again."""
        return asdict(self.settings)

    @property
    def width(self) -> int:
        """H, the width of the features."""
        return self.settings.width + self.settings.concepts

    def log_odds(self, features: torch.Tensor) -> torch.Tensor:
        """What pretraining's classifiers say of features F_M (..., H), where it has words.

        Returns:
            Their logits (..., V), in the order of ``concept_words``.
        """
        said = features[..., self.settings.width :] * self.concept_scale + self.concept_mean
        parts = said.split(list(self.settings.concept_sizes), dim=-1)
        worded = zip(parts, self.settings.concept_words, strict=True)
        return torch.cat([part for part, words in worded if words], dim=-1)

    @property
    def rate_hz(self) -> float:
        """Features a second."""
        return RATE_HZ / self.stride

    def prepare(self, motion: Motion) -> np.ndarray:
        """(F, C) float32 joint features at 20 Hz, the encoder's input."""
        return joint_features(motion)

    def forward(
        self, inputs: torch.Tensor, mask: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Encode padded joint features.

        Args:
            inputs: (B, F, C) from :meth:`prepare`, zero-padded at the end.
            mask: True on real frames, (B, F).

        Returns:
            features: F_M, (B, T, H) with T = ceil(F / 2), zero on padding.
            mask: True on real features, (B, T).
        """
        hidden = (inputs - self.mean) / self.scale * mask[..., None]
        hidden = self.stem(hidden.transpose(1, 2)).transpose(1, 2)  # (B, T, H)
        mask = mask[:, :: self.stride]
        for block in self.convolutions:
            hidden = block(hidden, mask)
        window = round(self.settings.window_s * self.rate_hz)
        margin = window * len(self.attentions)
        if hidden.shape[1] <= self.chunk + 2 * margin:
            hidden = self._attend(hidden, mask, window)
        else:  # frames further than `margin` cannot influence a chunk: exact, in linear memory
            pieces = []
            for start in range(0, hidden.shape[1], self.chunk):
                low, high = max(0, start - margin), start + self.chunk + margin
                piece = self._attend(hidden[:, low:high], mask[:, low:high], window)
                pieces.append(piece[:, start - low : start - low + self.chunk])
            hidden = torch.cat(pieces, dim=1)
        features = self.norm(hidden)
        if self.concepts is not None:
            features = torch.cat([features, self.concepts(features)], dim=-1)
        return features * mask[..., None], mask

    def _attend(self, hidden: torch.Tensor, mask: torch.Tensor, window: int) -> torch.Tensor:
        near = band(hidden.shape[1], window, hidden.device)
        # A padded query sees itself, so that its softmax is not empty.
        visible = near & mask[:, None, :] | torch.eye(len(near), dtype=torch.bool).to(near)
        width = self.settings.width // self.settings.heads
        rotation = rotary_code(hidden.shape[1], width, hidden.device)
        for block in self.attentions:
            hidden = block(hidden, visible[:, None], rotation)
        return hidden

    @torch.no_grad()
    def encode_batch(
        self, motions: list[Motion]
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Encode whole motions.

        Returns:
            features (B, T, H), mask (B, T) and the time of each feature in seconds (B, T).
        """
        prepared = [torch.from_numpy(self.prepare(motion)) for motion in motions]
        inputs = nn.utils.rnn.pad_sequence(prepared, batch_first=True).to(self.mean.device)
        lengths = torch.tensor([len(one) for one in prepared])
        mask = torch.arange(inputs.shape[1]) < lengths[:, None]
        features, mask = self(inputs, mask.to(inputs.device))
        time_s = (torch.arange(features.shape[1]) / self.rate_hz).expand(len(motions), -1)
        return features, mask, time_s.to(features.device)

    def encode(self, motion: Motion) -> tuple[torch.Tensor, torch.Tensor]:
        """Encode one motion: features (T, H) and the time of each in seconds (T,)."""
        features, _, time_s = self.encode_batch([motion])
        return features[0], time_s[0]

    def save_pretrained(self, folder: str | Path) -> None:
        """Write ``config.json`` and ``model.safetensors``."""
        from safetensors.torch import save_file

        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.json").write_text(json.dumps(self.config, indent=2) + "\n")
        save_file(self.state_dict(), folder / "model.safetensors")

    @classmethod
    def from_pretrained(cls, folder: str | Path) -> MotionEncoder:
        """Read what :meth:`save_pretrained` wrote."""
        from safetensors.torch import load_file

        folder = Path(folder)
        encoder = cls(**json.loads((folder / "config.json").read_text()))
        encoder.load_state_dict(load_file(folder / "model.safetensors"))
        return encoder.eval()


class ConvolutionBlock(nn.Module):
    """Depthwise convolution over time, then a gated feed-forward; both residual."""

    def __init__(self, width: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.depthwise = nn.Conv1d(
            width, width, 7, padding=3 * dilation, dilation=dilation, groups=width
        )
        self.feed_forward = FeedForward(width, 3, dropout)

    def forward(self, hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """(B, T, H) -> (B, T, H); padding stays out of the convolution."""
        update = self.norm(hidden) * mask[..., None]
        hidden = hidden + self.depthwise(update.transpose(1, 2)).transpose(1, 2)
        return hidden + self.feed_forward(hidden)


class AttentionBlock(nn.Module):
    """Self-attention with rotary positions, then a feed-forward; both residual."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.feed_forward = FeedForward(width, 3, dropout)

    def forward(
        self,
        hidden: torch.Tensor,
        visible: torch.Tensor,
        rotation: tuple[torch.Tensor, torch.Tensor],
    ) -> torch.Tensor:
        """Attend where ``visible`` (B, 1, T, T) is True."""
        batch, time, width = hidden.shape
        qkv = self.qkv(self.norm(hidden)).view(batch, time, 3, self.heads, -1)
        query, key, value = qkv.permute(2, 0, 3, 1, 4)  # each (B, heads, T, d)
        attended = functional.scaled_dot_product_attention(
            rotate(query, rotation), rotate(key, rotation), value, attn_mask=visible
        )
        hidden = hidden + self.out(attended.transpose(1, 2).reshape(batch, time, width))
        return hidden + self.feed_forward(hidden)


def rotary_code(length: int, width: int, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Cosines and sines of rotary position codes (Su et al. 2021), each (length, width / 2)."""
    frequency = 1_000.0 ** (-torch.arange(0, width, 2, device=device) / width)
    angle = torch.arange(length, device=device)[:, None] * frequency
    return angle.cos(), angle.sin()


def rotate(vectors: torch.Tensor, rotation: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    """Turn pairs of channels of (..., T, d) by the angle of their position."""
    cos, sin = rotation
    first, second = vectors.chunk(2, dim=-1)
    return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1)


def band(length: int, window: int, device: torch.device) -> torch.Tensor:
    """(length, length) True where a frame is at most ``window`` frames from another."""
    index = torch.arange(length, device=device)
    return (index[:, None] - index).abs() <= window
