"""Attention over time that speaks seconds, not frame numbers, and costs linear memory.

Nothing here assumes a frame rate: motion and video keep their own clocks, and every position is a
time in seconds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

CHUNK = 256
"""Query frames of one attention pass; longer streams are cut into such passes."""


SLACK_S = 1e-3
"""Added to a window, so that a frame on its edge does not come and go with rounding."""


@dataclass(frozen=True)
class Window:
    """Which keys a run of query frames may look at.

    Args:
        queries: The run, a slice of the query axis.
        keys: The keys that any of them can reach, a slice of the key axis.
        bias: 0 where a query may look, -inf where not, (B, 1, queries, keys).
        seen: 1 for queries that reach at least one key, else 0, (B, queries, 1).
    """

    queries: slice
    keys: slice
    bias: torch.Tensor
    seen: torch.Tensor


def windows_in_time(
    query_time_s: torch.Tensor,
    key_time_s: torch.Tensor,
    query_mask: torch.Tensor,
    key_mask: torch.Tensor,
    window_s: float,
    chunk: int = CHUNK,
) -> list[Window]:
    """Let each query see the keys at most ``window_s`` away, in passes of ``chunk`` queries.

    Args:
        query_time_s: Seconds of each query, (B, T).
        key_time_s: Seconds of each key, (B, S).
        query_mask: True on real queries, (B, T).
        key_mask: True on real keys, (B, S).
        window_s: Reach to each side.
        chunk: Queries of one pass.
    """
    length, keys = query_time_s.shape[1], key_time_s.shape[1]
    windows = []
    for start in range(0, length, chunk):
        queries = slice(start, min(start + chunk, length))
        reach = slice(0, keys)
        if length > chunk:
            reach = _reachable(
                query_time_s[:, queries], key_time_s, query_mask[:, queries], key_mask, window_s
            )
        distance = query_time_s[:, queries, None] - key_time_s[:, None, reach]  # (B, q, k)
        visible = (distance.abs() <= window_s + SLACK_S) & key_mask[:, None, reach]
        visible = visible & query_mask[:, queries, None]
        seen = visible.any(-1, keepdim=True)
        # A softmax over nothing is NaN: who sees nothing looks at everything, and is then erased.
        bias = torch.zeros_like(distance).masked_fill(~(visible | ~seen), -math.inf)
        windows.append(Window(queries, reach, bias[:, None], seen.to(distance.dtype)))
    return windows


def _reachable(
    query_time_s: torch.Tensor,
    key_time_s: torch.Tensor,
    query_mask: torch.Tensor,
    key_mask: torch.Tensor,
    window_s: float,
) -> slice:
    first = query_time_s.masked_fill(~query_mask, math.inf).amin(1, keepdim=True) - window_s
    last = query_time_s.masked_fill(~query_mask, -math.inf).amax(1, keepdim=True) + window_s
    near = (
        (key_mask & (key_time_s >= first - SLACK_S) & (key_time_s <= last + SLACK_S))
        .any(0)
        .nonzero()
    )
    if not len(near):
        return slice(0, 1)
    return slice(int(near[0]), int(near[-1]) + 1)


class TimeAttention(nn.Module):
    """Multi-head attention between two streams, each frame at its own second.

    Positions are rotary codes (Su et al. 2021) of seconds, so what counts is how far apart two
    frames are in time, on whatever clocks.

    Args:
        width: Channels of queries and output.
        heads: Attention heads.
        shortest_s, longest_s: Range of the codes' periods.
    """

    def __init__(
        self, width: int, heads: int, shortest_s: float = 0.4, longest_s: float = 60.0
    ) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)
        self.periods = (width // heads // 2, shortest_s, longest_s)

    def forward(
        self,
        queries: torch.Tensor,
        keys: torch.Tensor,
        query_time_s: torch.Tensor,
        key_time_s: torch.Tensor,
        windows: list[Window],
    ) -> torch.Tensor:
        """(B, T, H) queries look at (B, S, H) keys inside ``windows``; gives (B, T, H).

        A query that sees nothing gets zeros.
        """
        query = self._rotated(self.query(queries), query_time_s)  # (B, heads, T, d)
        key, value = self.key_value(keys).chunk(2, dim=-1)
        key, value = self._rotated(key, key_time_s), self._split(value)
        pieces = [
            functional.scaled_dot_product_attention(
                query[:, :, window.queries],
                key[:, :, window.keys],
                value[:, :, window.keys],
                attn_mask=window.bias.to(query.dtype),
            )
            for window in windows
        ]
        attended = (torch.cat(pieces, dim=2) if len(pieces) > 1 else pieces[0]).transpose(1, 2)
        seen = [window.seen for window in windows]
        return self.out(attended.flatten(2)) * torch.cat(seen, dim=1).to(attended.dtype)

    def _split(self, vectors: torch.Tensor) -> torch.Tensor:
        return vectors.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def _rotated(self, vectors: torch.Tensor, time_s: torch.Tensor) -> torch.Tensor:
        rates = _rates(*self.periods, time_s.device)
        angle = (time_s[..., None].float() * rates)[:, None]  # (B, 1, T, d / 2)
        cos, sin = angle.cos().to(vectors.dtype), angle.sin().to(vectors.dtype)
        first, second = self._split(vectors).chunk(2, dim=-1)
        return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1)


class FeedForward(nn.Module):
    """Norm, widen, GELU, narrow; without the residual."""

    def __init__(self, width: int, factor: int = 2, dropout: float = 0.0) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.widen = nn.Linear(width, factor * width)
        self.narrow = nn.Linear(factor * width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """(..., H) -> (..., H)."""
        return self.dropout(self.narrow(functional.gelu(self.widen(self.norm(hidden)))))


class TimeCode(nn.Module):
    """Where a frame stands: seconds since the start, and its share of the clip.

    Seconds tell how far apart two moments are; the share (0 at the start, 1 at the end) tells
    "first", "last", "in the middle" whatever the clip's length.

    Args:
        periods: Sine-cosine pairs of seconds, from ``shortest_s`` to ``longest_s``.
        shares: Sine-cosine pairs of the clip's share.
    """

    def __init__(
        self,
        periods: int = 16,
        shares: int = 8,
        shortest_s: float = 1.0,
        longest_s: float = 600.0,
    ) -> None:
        super().__init__()
        self.width = 2 * (periods + shares)
        self.periods = (periods, shortest_s, longest_s)
        self.shares = shares

    def forward(self, time_s: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """(B, T) seconds -> (B, T, ``width``)."""
        since, duration = clip_clock(time_s, mask)
        share = since / duration.clamp(min=1e-3)
        rates = _rates(*self.periods, time_s.device)
        turns = math.pi / 2 * torch.arange(1, self.shares + 1, device=time_s.device)
        angle = torch.cat([since[..., None] * rates, share[..., None] * turns], dim=-1)
        return torch.cat([angle.sin(), angle.cos()], dim=-1)


def clip_clock(time_s: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Seconds since each clip's first real frame (B, T), 0 on padding, and its duration (B, 1)."""
    if not time_s.shape[1]:
        return time_s, time_s.new_zeros(len(time_s), 1)
    first = time_s.masked_fill(~mask, math.inf).amin(1, keepdim=True)
    since = torch.where(mask, time_s - first, torch.zeros_like(time_s))
    return since, since.amax(1, keepdim=True)


def _rates(count: int, shortest_s: float, longest_s: float, device: torch.device) -> torch.Tensor:
    """Radians a second of ``count`` periods, evenly spaced in ratio.

    Made where they are used: a buffer that is not in the checkpoint would come back empty from
    transformers' loading on the meta device.
    """
    share = torch.arange(count, device=device) / max(count - 1, 1)
    return 2 * math.pi / (shortest_s * (longest_s / shortest_s) ** share)
