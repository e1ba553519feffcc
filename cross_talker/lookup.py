"""Attention of a few queries (words, viewpoints) to many frames."""

from __future__ import annotations

import torch
from torch import nn

DISPLACEMENTS = 10
"""Channels of :func:`displacement_code`."""

_NEAR_S = (0.5, 2.0, 8.0)
SPAN_NOTES = 2 * len(_NEAR_S) + 2
"""Channels of :func:`span_notes`."""

_FIT_SCALE = 8.0
"""Logits are this large, more or less; the LM reads their strength at the size of 1."""


class FrameLookup(nn.Module):
    """Multi-head attention whose key and value projections act on the queries' side.

    q (W_K m) = (W_K^T q) m, and the values' projection commutes with the weighted sum; so the
    frames are never projected. With 20 words against 6,000 frames that saves most of the work, and
    nothing besides the frames themselves needs to be kept for the next question.

    Args:
        query_width: Channels of the queries.
        memory_width: Channels of the frames, M.
        width: Channels of the result.
        heads: Attention heads.
        spans: Spans of time beside which a query may weigh the frames too.
        tells_strength: What is found also tells how well the best frame fits. Because: attention
            always finds something; whether the wave occurs at all is how strongly it is found.
    """

    def __init__(
        self,
        query_width: int,
        memory_width: int,
        width: int,
        heads: int,
        spans: int = 0,
        tells_strength: bool = False,
    ) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(query_width)
        self.query = nn.Linear(query_width, width)
        self.key = nn.Parameter(torch.empty(heads, width // heads, memory_width))
        self.value = nn.Parameter(torch.empty(heads, memory_width, width // heads))
        self.out = nn.Linear(width, width)
        self.displacement = None
        if spans:
            self.displacement = nn.Linear(query_width, heads * spans * DISPLACEMENTS)
        self.strength = None
        if tells_strength:
            self.strength = nn.Linear(2 * heads, width, bias=False)
            nn.init.zeros_(self.strength.weight)
        for weight in (self.key, self.value):
            nn.init.normal_(weight, std=memory_width**-0.5)

    def forward(
        self,
        queries: torch.Tensor,
        memory: torch.Tensor,
        visible: torch.Tensor,
        displacement: torch.Tensor | None = None,
        membership: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Look up.

        Args:
            queries: (B, Q, query_width).
            memory: Frames, (B, T, M).
            visible: True where a query may look, (B, 1 or Q, T). One that sees nothing gets zeros.
            displacement: Codes of each frame's place beside the spans, (B, Q, spans R, T).
            membership: Weight of each frame beside its relevance, (B, Q, T); None = 1.

        Returns:
            What was found (B, Q, width), and the attention averaged over heads (B, Q, T).
        """
        batch, count = queries.shape[:2]
        normed = self.norm(queries)
        query = self.query(normed).unflatten(-1, (self.heads, -1))  # (B, Q, h, d)
        folded = _per_head(query, self.key) * query.shape[-1] ** -0.5  # (B, Q, h, M)
        logits = folded.flatten(1, 2) @ memory.transpose(1, 2)  # (B, Q h, T)
        logits = logits.unflatten(1, (count, self.heads))  # (B, Q, h, T)
        if self.displacement is not None and displacement is not None:
            weights = self.displacement(normed).unflatten(-1, (self.heads, -1))  # (B, Q, h, R)
            logits = logits + weights @ displacement
        attention = _softmax(logits, visible[:, :, None], membership)
        found = (attention.flatten(1, 2) @ memory).view(batch, count, self.heads, -1)
        found = _per_head(found, self.value).flatten(2)  # (B, Q, width)
        found = self.out(found)
        if self.strength is not None:
            lowest = torch.finfo(logits.dtype).min
            best = logits.masked_fill(~visible[:, :, None], lowest).amax(-1) / _FIT_SCALE
            best = best.clamp(min=-10)  # (B, Q, h); where nothing is visible
            found = found + self.strength(torch.cat([best, best.tanh()], dim=-1))
        seen = visible.any(-1)[..., None].to(found.dtype)
        return found * seen, attention.mean(2) * seen


def pointed_at(attention: torch.Tensor, since_s: torch.Tensor) -> torch.Tensor:
    """From when to when each query's attention lies.

    The quartiles of the attention, moved apart until they would bound a uniform one: stray
    attention elsewhere in the clip moves them little.

    Args:
        attention: Share of each frame, 0 on padding, (B, Q, T).
        since_s: Seconds of each frame, (B, T).

    Returns:
        First and last second, (B, Q, 2); without gradient.
    """
    so_far = attention.detach().cumsum(-1)  # (B, Q, T)
    quartiles = []
    for share in (0.25, 0.75):
        frame = (so_far < share).sum(-1).clamp(max=since_s.shape[1] - 1)  # (B, Q)
        quartiles.append(since_s.gather(1, frame))
    first, third = quartiles
    margin = (third - first) / 2
    return torch.stack([first - margin, third + margin], dim=-1)


def displacement_code(since_s: torch.Tensor, spans_s: torch.Tensor) -> torch.Tensor:
    """Where each frame lies beside a span of time: in it, or how far before or after.

    Args:
        since_s: Seconds of each frame, (B, T).
        spans_s: First and last second of each query's span, (B, Q, 2).

    Returns:
        (B, Q, R, T): soft steps from before to after, whether inside, and nearness on either side
        at several scales, 0 inside.
    """
    first, last = spans_s.to(since_s.dtype)[..., None, None].unbind(2)  # (B, Q, 1, 1)
    frames_s = since_s[:, None, None]  # (B, 1, 1, T)
    before, after = (first - frames_s).clamp(min=0), (frames_s - last).clamp(min=0)
    steps = torch.tensor([0.5, 2.0, 8.0]).to(since_s)[:, None]
    reach = torch.tensor([1.0, 3.0, 9.0]).to(since_s)[:, None]
    inside = ((before == 0) & (after == 0)).to(since_s.dtype)
    sides = [torch.exp(-away / reach) * (away > 0) for away in (before, after)]
    return torch.cat([torch.tanh((after - before) / steps), inside, *sides], dim=2)


def span_notes(
    attention: torch.Tensor, mask: torch.Tensor, since_s: torch.Tensor, spans_s: torch.Tensor
) -> torch.Tensor:
    """What each span tells about itself: how near it is to either end of the clip, and how full.

    Because: nothing comes before an act that opens the clip; and an act that occurs twice leaves a
    span that is long and mostly empty.

    Args:
        attention: Share of each frame, 0 on padding, (B, Q, T).
        mask: True on real frames, (B, T).
        since_s: Seconds of each frame, 0 on padding, (B, T).
        spans_s: First and last second of each query's span, (B, Q, 2).

    Returns:
        Nearness to the clip's start and to its end, at several scales; the span's length and how
        long the attention would last if it were even, (B, Q, :data:`SPAN_NOTES`); without gradient.
    """
    attention = attention.detach()
    duration_s = since_s.amax(-1, keepdim=True)  # (B, 1)
    first, last = spans_s.to(attention.dtype).unbind(-1)  # (B, Q)
    margins = torch.stack([first, duration_s - last], dim=-1).clamp(min=0)  # (B, Q, 2)
    near = torch.exp(-margins[..., None] / margins.new_tensor(_NEAR_S)).flatten(2)
    least = torch.finfo(attention.dtype).tiny
    entropy = -(attention * attention.clamp(min=least).log()).sum(-1)  # (B, Q)
    held_s = entropy.exp() * duration_s / mask.sum(-1, keepdim=True).clamp(min=1)
    lengths = torch.stack([(last - first).clamp(min=0), held_s], dim=-1).log1p()
    return torch.cat([near, lengths], dim=-1)


def _per_head(vectors: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """(B, Q, h, i) x (h, i, o) -> (B, Q, h, o)."""
    batch, count, heads, _ = vectors.shape
    flat = vectors.flatten(0, 1).transpose(0, 1)  # (h, B Q, i)
    return (flat @ weights).transpose(0, 1).reshape(batch, count, heads, -1)


def _softmax(
    logits: torch.Tensor, visible: torch.Tensor, membership: torch.Tensor | None
) -> torch.Tensor:
    lowest = torch.finfo(logits.dtype).min
    if membership is None:
        return logits.masked_fill(~visible, lowest).softmax(-1)
    # Weights sum over members alone, yet a frame just outside gets the gradient of being let in:
    # its exponential must stay finite though it may outshine every member.
    members = membership[:, :, None]
    inside = visible & (members > 0)
    highest = logits.masked_fill(~inside, lowest).amax(-1, keepdim=True).detach()
    raised = (logits - highest).clamp(max=8).exp() * visible
    weighted = raised * members
    return weighted / weighted.sum(-1, keepdim=True).clamp(min=torch.finfo(weighted.dtype).tiny)
