"""The feature enhancer (section 3.1): motion features enriched by what the video shows.

Paper: both streams hold T frames of width H.
Here: each stream has its own clock, length and width; positions are seconds, and attention reaches
a bounded time to each side.
Because: cameras and motion capture run at different rates, and a clip of ten minutes must cost
ten times a clip of one, not a hundred times.
"""

from __future__ import annotations

import torch
from torch import nn

from llamo.attention import FeedForward, TimeAttention, Window, windows_in_time
from llamo.errors import ModelError


class FeatureEnhancer(nn.Module):
    """F_M and F_V -> F̃_M.

    Args:
        motion_width: Channels of the motion features.
        width: H, the width of everything after the encoders.
        video_width: Channels of the video features; None builds no video stream.
        layers: Self-attention blocks on each stream.
        heads: Attention heads.
        window_s: How far a frame looks to each side, in seconds.
        dropout: In training.
    """

    def __init__(
        self,
        motion_width: int,
        width: int,
        video_width: int | None = None,
        layers: int = 1,
        heads: int = 4,
        window_s: float = 8.0,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.width, self.window_s = width, window_s
        self.motion_in = nn.Sequential(
            nn.LayerNorm(motion_width), nn.Linear(motion_width, width)
        )  # fmt: skip
        self.motion_blocks = nn.ModuleList(
            SelfAttentionBlock(width, heads, dropout) for _ in range(layers)
        )
        self.has_video = video_width is not None
        if video_width is not None:
            self.video_in = nn.Sequential(nn.LayerNorm(video_width), nn.Linear(video_width, width))
            self.video_blocks = nn.ModuleList(
                SelfAttentionBlock(width, heads, dropout) for _ in range(layers)
            )
            self.no_motion = nn.Parameter(0.02 * torch.randn(width))
            self.motion_norm, self.video_norm = nn.LayerNorm(width), nn.LayerNorm(width)
            self.from_video = TimeAttention(width, heads)
        self.feed_forward = FeedForward(width, dropout=dropout)
        self.out_norm = nn.LayerNorm(width)

    def forward(
        self,
        motion: torch.Tensor,
        motion_mask: torch.Tensor,
        motion_time_s: torch.Tensor,
        video: torch.Tensor | None = None,
        video_mask: torch.Tensor | None = None,
        video_time_s: torch.Tensor | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Enhance a batch that may mix motion only, video only and both.

        Args:
            motion: F_M, (B, T, motion_width); T may be 0.
            motion_mask: True on real frames, (B, T); a row without any has no motion.
            motion_time_s: Seconds of each frame, (B, T).
            video: F_V, (B, S, video_width), or None.
            video_mask: True on real frames, (B, S).
            video_time_s: Seconds of each frame, (B, S).

        Returns:
            F̃_M (B, T', H), zero on padding; its mask (B, T') and seconds (B, T'). T' = T, or
            max(T, S) when a sample has video only: it then lives on the video's clock.
        """
        motion = self.motion_in(motion)  # (B, T, H)
        with_video = self.has_video and video is not None and video.shape[1] > 0
        if with_video:
            if video_mask is None or video_time_s is None:
                raise ModelError("video_features need video_mask and video_time_s.")
            motion, motion_mask, motion_time_s = self._stand_in(
                motion, motion_mask, motion_time_s, video_mask, video_time_s
            )
        windows = self._windows(motion_time_s, motion_time_s, motion_mask, motion_mask)
        for block in self.motion_blocks:
            motion = block(motion, motion_time_s, windows)  # F'_M
        if with_video:
            assert video_mask is not None  # as was checked above
            assert video_time_s is not None
            video = self.video_in(video)  # (B, S, H)
            windows = self._windows(video_time_s, video_time_s, video_mask, video_mask)
            for block in self.video_blocks:
                video = block(video, video_time_s, windows)  # F'_V
            windows = self._windows(motion_time_s, video_time_s, motion_mask, video_mask)
            motion = motion + self.from_video(
                self.motion_norm(motion), self.video_norm(video), motion_time_s, video_time_s,
                windows,
            )  # fmt: skip
        motion = self.out_norm(motion + self.feed_forward(motion))  # F̃_M
        return motion * motion_mask[..., None], motion_mask, motion_time_s

    def _windows(
        self,
        query_time_s: torch.Tensor,
        key_time_s: torch.Tensor,
        query_mask: torch.Tensor,
        key_mask: torch.Tensor,
    ) -> list[Window]:
        return windows_in_time(query_time_s, key_time_s, query_mask, key_mask, self.window_s)

    def _stand_in(
        self,
        motion: torch.Tensor,
        motion_mask: torch.Tensor,
        motion_time_s: torch.Tensor,
        video_mask: torch.Tensor,
        video_time_s: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Give samples without motion a learned query at each video frame.

        Paper: motion is estimated from the video. Here: where that failed too, the queries are
        learned. Because: a body that is out of the picture should not end the conversation.
        """
        absent = ~motion_mask.any(1, keepdim=True) & video_mask.any(1, keepdim=True)  # (B, 1)
        if not absent.any():
            return motion, motion_mask, motion_time_s
        length = max(motion.shape[1], video_mask.shape[1])
        motion, motion_mask, motion_time_s, video_mask, video_time_s = (
            _lengthen(stream, length)
            for stream in (motion, motion_mask, motion_time_s, video_mask, video_time_s)
        )
        return (
            torch.where(absent[..., None], self.no_motion.to(motion.dtype), motion),
            torch.where(absent, video_mask, motion_mask),
            torch.where(absent, video_time_s, motion_time_s),
        )


class SelfAttentionBlock(nn.Module):
    """Self-attention over time, then a feed-forward; both residual, norms first."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.attention = TimeAttention(width, heads)
        self.feed_forward = FeedForward(width, dropout=dropout)

    def forward(
        self, hidden: torch.Tensor, time_s: torch.Tensor, windows: list[Window]
    ) -> torch.Tensor:
        """(B, T, H) -> (B, T, H)."""
        normed = self.norm(hidden)
        hidden = hidden + self.attention(normed, normed, time_s, time_s, windows)
        return hidden + self.feed_forward(hidden)


def _lengthen(stream: torch.Tensor, length: int) -> torch.Tensor:
    """Zero-pad axis 1 to ``length``."""
    missing = stream.new_zeros(stream.shape[0], length - stream.shape[1], *stream.shape[2:])
    return torch.cat([stream, missing], dim=1)


class FeatureProjection(nn.Module):
    """The enhancer switched off: F_M projected to H, and the video unused."""

    def __init__(self, motion_width: int, width: int) -> None:
        super().__init__()
        self.motion_in = nn.Sequential(
            nn.LayerNorm(motion_width), nn.Linear(motion_width, width), nn.LayerNorm(width)
        )

    def forward(
        self,
        motion: torch.Tensor,
        motion_mask: torch.Tensor,
        motion_time_s: torch.Tensor,
        *video: torch.Tensor | None,
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """As :meth:`FeatureEnhancer.forward`."""
        return self.motion_in(motion) * motion_mask[..., None], motion_mask, motion_time_s
