"""A clip as the Cross Talker reads it: encoded once, asked many times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import torch
from torch.nn.utils.rnn import pad_sequence

from llamo.attention import clip_clock


@dataclass(frozen=True)
class EncodedClip:
    """Enhanced frames with the code of their time; nothing here depends on a question.

    Args:
        memory: [F̃_M; time code], (B, T, H + P). Zero-padded at the end.
        mask: True on real frames, (B, T).
        time_s: Seconds of each frame on the clip's own clock, (B, T).
        log_odds: What the encoders recognise in each frame, (B, T, V), the motion encoder's first;
            V may be 0.
        seen: True on frames around which the video was looked at, (B, T).
        width: H; the first H channels of ``memory`` are F̃_M.
    """

    memory: torch.Tensor
    mask: torch.Tensor
    time_s: torch.Tensor
    log_odds: torch.Tensor
    seen: torch.Tensor
    width: int

    def __len__(self) -> int:
        return len(self.mask)

    @property
    def features(self) -> torch.Tensor:
        """F̃_M, (B, T, H)."""
        return self.memory[..., : self.width]

    @property
    def since_s(self) -> torch.Tensor:
        """Seconds since the first frame, (B, T)."""
        return clip_clock(self.time_s, self.mask)[0]

    @property
    def duration_s(self) -> torch.Tensor:
        """Seconds from first to last frame, (B, 1)."""
        return clip_clock(self.time_s, self.mask)[1]

    def take(self, index: torch.Tensor) -> EncodedClip:
        """The clip of each question: rows ``index`` (Q,), repeated as asked."""
        parts = {name: getattr(self, name).index_select(0, index) for name in _TENSORS}
        return replace(self, **parts)

    def alone(self, row: int) -> EncodedClip:
        """One clip of a batch, without its padding."""
        length = int(self.mask[row].sum())
        parts = {name: getattr(self, name)[row : row + 1, :length].clone() for name in _TENSORS}
        return replace(self, **parts)

    def to(self, *args: object, **kwargs: object) -> EncodedClip:
        """Move to a device."""
        parts = {name: getattr(self, name).to(*args, **kwargs) for name in _TENSORS}
        return replace(self, **parts)

    @classmethod
    def stack(cls, clips: Sequence[EncodedClip]) -> EncodedClip:
        """One batch of several clips, padded to the longest."""
        parts = {
            name: pad_sequence([row for clip in clips for row in getattr(clip, name)], True)
            for name in _TENSORS
        }
        return cls(**parts, width=clips[0].width)


_TENSORS = [field.name for field in fields(EncodedClip) if field.name != "width"]
