"""Adaptive contextual feature aggregation (eq. 3-7)."""

from __future__ import annotations

import torch
from torch import nn

from llamo.cross_talker.clip import EncodedClip
from llamo.cross_talker.lookup import FrameLookup
from llamo.cross_talker.select import Selection

FIXED_REACH = 0.1
"""r_k where the regressor is switched off: a tenth of the clip to each side."""


class ContextAggregator(nn.Module):
    """Gives each viewpoint the detail around it and an outline of the whole clip.

    Paper: |j - k| <= r_k T counts frames. Here: |t_j - t_k| <= r_k x duration, in seconds.
    Because: on a steady clock the two are the same, and a video's clock need not be steady.

    Args:
        width: H.
        memory_width: Channels of :attr:`EncodedClip.memory`.
        heads: Attention heads.
        segment_size: S_n, frames averaged into one segment.
        use_receptive_field: Predict r_k; otherwise r_k = :data:`FIXED_REACH`.
    """

    def __init__(
        self,
        width: int,
        memory_width: int,
        heads: int = 4,
        segment_size: int = 10,
        use_receptive_field: bool = True,
    ) -> None:
        super().__init__()
        self.segment_size = segment_size
        self.receptive_field = (
            ReceptiveField(width, memory_width) if use_receptive_field else None
        )  # fmt: skip
        self.local = FrameLookup(memory_width, memory_width, width, heads)
        self.overall = FrameLookup(memory_width, memory_width, width, heads)

    def forward(self, clip: EncodedClip, selection: Selection) -> tuple[torch.Tensor, torch.Tensor]:
        """Aggregate.

        Returns:
            F_M(k) = [local; global] (B, K, 2H), and r_k in 0-1 (B, K).
        """
        rows = selection.frames[..., None].expand(-1, -1, clip.memory.shape[-1])
        viewpoints = clip.memory.gather(1, rows)  # (B, K, M)
        frame, code = viewpoints[..., : clip.width], viewpoints[..., clip.width :]
        frame = frame * selection.gate[..., None]
        viewpoints = torch.cat([frame, code], dim=-1)
        if self.receptive_field is not None:
            reach = self.receptive_field(viewpoints, clip, selection)
        else:
            reach = torch.full_like(selection.gate, FIXED_REACH)
        inside = in_window(clip, selection.frames, reach)  # (B, K, T)
        found, _ = self.local(viewpoints, clip.memory, clip.mask[:, None], membership=inside)
        local = frame + found  # (B, K, H), eq. 4
        segments, real = self.segments(clip)
        found, _ = self.overall(torch.cat([local, code], dim=-1), segments, real[:, None])
        return torch.cat([local, local + found], dim=-1), reach  # eq. 6-7

    def segments(self, clip: EncodedClip) -> tuple[torch.Tensor, torch.Tensor]:
        """Average S_n frames at a time (eq. 5): (B, N, M), and which hold a real frame (B, N)."""
        length, size = clip.mask.shape[1], self.segment_size
        missing = -length % size
        memory = torch.nn.functional.pad(clip.memory, (0, 0, 0, missing))
        mask = torch.nn.functional.pad(clip.mask, (0, missing)).unflatten(1, (-1, size))
        count = mask.sum(-1, keepdim=True)  # (B, N, 1)
        memory = memory.unflatten(1, (-1, size)) * mask[..., None]
        return memory.sum(2) / count.clamp(min=1), count[..., 0] > 0


class ReceptiveField(nn.Module):
    """Regresses r_k: a viewpoint queries the unselected frames, then a sigmoid."""

    def __init__(self, width: int, memory_width: int) -> None:
        super().__init__()
        self.lookup = FrameLookup(memory_width, memory_width, width, heads=1)
        self.radius = nn.Linear(width, 1)
        nn.init.constant_(self.radius.bias, -2.0)  # r = 0.12 at first: local detail, not the clip

    def forward(
        self, viewpoints: torch.Tensor, clip: EncodedClip, selection: Selection
    ) -> torch.Tensor:
        """(B, K, M) viewpoints -> r_k in 0-1, (B, K). Where every frame is selected, the bias."""
        chosen = torch.zeros_like(clip.mask, dtype=torch.int64)
        chosen = chosen.scatter_add(1, selection.frames, selection.valid.long()) > 0
        found, _ = self.lookup(viewpoints, clip.memory, (clip.mask & ~chosen)[:, None])
        return self.radius(found).squeeze(-1).sigmoid()


def in_window(clip: EncodedClip, frames: torch.Tensor, reach: torch.Tensor) -> torch.Tensor:
    """1 inside W_k and 0 outside (eq. 3), (B, K, T).

    Paper: a hard window. Here: as hard in the forward pass, with the gradient of a soft edge.
    Because: a step has no gradient, and r_k would never learn (decision 1).
    """
    since_s, duration_s = clip.since_s, clip.duration_s
    distance_s = (since_s[:, None] - since_s.gather(1, frames)[..., None]).abs()  # (B, K, T)
    duration_s = duration_s[..., None].clamp(min=0.1)
    margin = reach[..., None] - distance_s / duration_s  # in shares of the clip
    hard = ((margin >= 0) | (distance_s == 0)).to(margin.dtype) * clip.mask[:, None]
    soft = (margin / EDGE).sigmoid() * clip.mask[:, None]
    return (hard + (soft - soft.detach())).to(clip.memory.dtype)


EDGE = 0.05
"""Softness of the window's edge in the backward pass, as a share of the clip."""
