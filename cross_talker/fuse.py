"""Bidirectional cross-modal fusion (eq. 8): motion reads the text, the text reads the motion."""

from __future__ import annotations

import torch
from torch import nn

from llamo.attention import FeedForward


class BidirectionalFusion(nn.Module):
    """F_T and F_M(K) -> F_fusion = [F_T; F_M(K)], at the width of the LM.

    Paper: F_T (H) and F_M(k) (2H) are concatenated.
    Here: F_M(k) is projected to H, both exchange what they know, and both are projected to D; the
    question's part is an update that is added to the LM's own embeddings, small at first.
    Because: widths H and 2H do not join (decision 3), and a pretrained LM must still be able to
    read its own words.

    Args:
        width: H.
        code_width: Channels of a frame's time code.
        language_width: D.
        heads: Attention heads.
        scale: Root mean square of the LM's embeddings, which motion tokens start with.
        use_fusion: Otherwise F_M(k) is only projected, and the question stays as it is.
        dropout: In training.
    """

    def __init__(
        self,
        width: int,
        code_width: int,
        language_width: int,
        heads: int = 4,
        scale: float = 0.02,
        use_fusion: bool = True,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.join = nn.Linear(2 * width, width)
        self.when = nn.Linear(code_width, width)
        self.motion_out = ToLanguage(width, language_width, scale)
        self.motion_reads = self.text_reads = self.text_out = None
        if use_fusion:
            self.motion_reads = CrossReading(width, heads, dropout)
            self.text_reads = CrossReading(width, heads, dropout)
            self.text_out = ToLanguage(width, language_width, 0.1 * scale)

    def forward(
        self,
        text: torch.Tensor,
        text_mask: torch.Tensor,
        motion: torch.Tensor,
        motion_mask: torch.Tensor,
        code: torch.Tensor,
    ) -> tuple[torch.Tensor | None, torch.Tensor]:
        """Fuse.

        Args:
            text: F_T, (B, L, H).
            text_mask: True on real tokens, (B, L).
            motion: F_M(K), (B, K, 2H).
            motion_mask: True on real viewpoints, (B, K).
            code: Time code of each viewpoint, (B, K, P): a time is part of a viewpoint.

        Returns:
            The update of the question's embeddings (B, L, D), zero on padding (None without
            fusion), and the motion tokens (B, K, D).
        """
        motion = self.join(motion) + self.when(code)  # (B, K, H)
        if self.motion_reads is None or self.text_reads is None or self.text_out is None:
            return None, self.motion_out(motion)
        fused = self.motion_reads(motion, text, text_mask)
        text = self.text_reads(text, motion, motion_mask)
        return self.text_out(text) * text_mask[..., None], self.motion_out(fused)


class CrossReading(nn.Module):
    """One stream queries the other, residual, then its own feed-forward, residual."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.query_norm, self.key_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)
        self.feed_forward = FeedForward(width, dropout=dropout)

    def forward(
        self, reader: torch.Tensor, other: torch.Tensor, other_mask: torch.Tensor
    ) -> torch.Tensor:
        """(B, Q, H) reads (B, S, H) where ``other_mask`` (B, S) is True."""
        query = self._split(self.query(self.query_norm(reader)))
        key, value = map(self._split, self.key_value(self.key_norm(other)).chunk(2, dim=-1))
        logits = query @ key.transpose(-1, -2) * query.shape[-1] ** -0.5  # (B, heads, Q, S)
        lowest = torch.finfo(logits.dtype).min
        attention = logits.masked_fill(~other_mask[:, None, None], lowest).softmax(-1)
        found = self.out((attention @ value).transpose(1, 2).flatten(2))
        reader = reader + found * other_mask.any(1)[:, None, None]
        return reader + self.feed_forward(reader)

    def _split(self, vectors: torch.Tensor) -> torch.Tensor:
        return vectors.unflatten(-1, (self.heads, -1)).transpose(1, 2)


class ToLanguage(nn.Module):
    """H -> D at the size of the LM's own embeddings."""

    def __init__(self, width: int, language_width: int, scale: float) -> None:
        super().__init__()
        self.project = nn.Linear(width, language_width)
        self.norm = nn.LayerNorm(language_width)
        nn.init.constant_(self.norm.weight, scale)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """(..., H) -> (..., D)."""
        return self.norm(self.project(hidden))
