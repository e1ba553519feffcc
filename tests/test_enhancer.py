"""Section 3.1: one path for motion, video and both; seconds instead of frame numbers."""

from __future__ import annotations

import math

import pytest
import torch

from llamo.attention import TimeAttention, clip_clock, windows_in_time
from llamo.encoders.enhancer import FeatureEnhancer


@pytest.fixture
def enhancer() -> FeatureEnhancer:
    torch.manual_seed(0)
    return FeatureEnhancer(12, 16, video_width=10, layers=2, heads=2, window_s=2.0).eval()


def stream(frames: int, width: int, rate_hz: float, start_s: float = 0.0) -> tuple:
    mask = torch.ones(1, frames, dtype=torch.bool)
    return torch.randn(1, frames, width), mask, start_s + torch.arange(frames)[None] / rate_hz


def test_window_is_a_time_not_a_number_of_frames() -> None:
    time_s = torch.tensor([[0.0, 0.5, 1.0, 4.0]])
    mask = torch.tensor([[True, True, True, True]])
    (window,) = windows_in_time(time_s, time_s, mask, mask, window_s=0.5)
    visible = window.bias[0, 0] == 0
    assert visible.tolist() == [
        [True, True, False, False],
        [True, True, True, False],
        [False, True, True, False],
        [False, False, False, True],
    ]


def test_passes_of_a_long_stream_agree_with_one_pass() -> None:
    torch.manual_seed(0)
    attention = TimeAttention(16, 2)
    frames, _, time_s = stream(50, 16, 10)
    mask = torch.arange(50)[None] < 43
    whole = attention(
        frames, frames, time_s, time_s, windows_in_time(time_s, time_s, mask, mask, 1)
    )
    windows = windows_in_time(time_s, time_s, mask, mask, 1, chunk=8)
    assert max(window.bias.shape[-1] for window in windows) <= 8 + 2 * 10
    passes = attention(frames, frames, time_s, time_s, windows)
    torch.testing.assert_close(passes, whole)


def test_only_the_distance_in_time_counts() -> None:
    torch.manual_seed(0)
    attention = TimeAttention(16, 2)
    frames, mask, time_s = stream(12, 16, 10)
    windows = windows_in_time(time_s, time_s, mask, mask, 0.4)
    later = time_s + 3
    torch.testing.assert_close(
        attention(frames, frames, time_s, time_s, windows),
        attention(frames, frames, later, later, windows_in_time(later, later, mask, mask, 0.4)),
        atol=1e-5, rtol=1e-4,
    )  # fmt: skip


def test_a_query_that_sees_nothing_gets_zeros() -> None:
    attention = TimeAttention(16, 2)
    frames, mask, time_s = stream(4, 16, 10)
    windows = windows_in_time(time_s, time_s, mask, ~mask, math.inf)
    assert attention(frames, frames, time_s, time_s, windows).abs().max() == 0


def test_padding_changes_nothing(enhancer: FeatureEnhancer) -> None:
    motion, video = stream(9, 12, 10), stream(5, 10, 4)
    alone, _, _ = enhancer(*motion, *video)
    padded = [torch.cat([part, part.new_ones(1, 4, *part.shape[2:])], dim=1) for part in motion]
    padded[1][:, 9:] = False
    padded_video = [torch.cat([part, part.new_ones(1, 3, *part.shape[2:])], 1) for part in video]
    padded_video[1][:, 5:] = False
    features, mask, _ = enhancer(*padded, *padded_video)
    torch.testing.assert_close(features[:, :9], alone)
    assert features[:, 9:].abs().max() == 0
    assert mask.sum() == 9


def test_a_missing_video_skips_the_cross_attention(enhancer: FeatureEnhancer) -> None:
    motion, video = stream(9, 12, 10), stream(5, 10, 4)
    without, _, _ = enhancer(*motion)
    masked, _, _ = enhancer(*motion, video[0], torch.zeros_like(video[1]), video[2])
    with_video, _, _ = enhancer(*motion, *video)
    torch.testing.assert_close(masked, without)
    assert (with_video - without).abs().max() > 1e-3


def test_a_frame_sees_the_video_of_its_own_time(enhancer: FeatureEnhancer) -> None:
    motion, video = stream(60, 12, 10), stream(24, 10, 4)
    # Self-attention would carry the change further: look at the cross-attention alone.
    enhancer.video_blocks = enhancer.motion_blocks = torch.nn.ModuleList()
    changed = video[0].clone()
    changed[:, 0] = torch.randn(10)  # at 0 s
    before, _, _ = enhancer(*motion, *video)
    after, _, _ = enhancer(*motion, changed, *video[1:])
    moved = (before - after).abs().amax(-1)[0] > 1e-6
    assert moved[:20].all()  # 0-2 s
    assert not moved[21:].any()


def test_video_alone_lives_on_the_videos_clock(enhancer: FeatureEnhancer) -> None:
    video = stream(7, 10, 4)
    nothing = (torch.zeros(1, 0, 12), torch.zeros(1, 0, dtype=torch.bool), torch.zeros(1, 0))
    features, mask, time_s = enhancer(*nothing, *video)
    assert features.shape == (1, 7, 16)
    assert mask.all()
    torch.testing.assert_close(time_s, video[2])
    other, _, _ = enhancer(*nothing, video[0] * torch.randn(10), *video[1:])
    assert (features - other).abs().max() > 1e-3


def test_clock_starts_at_the_first_real_frame() -> None:
    time_s = torch.tensor([[5.0, 5.5, 6.0, 0.0]])
    since_s, duration_s = clip_clock(time_s, torch.tensor([[True, True, True, False]]))
    assert since_s.tolist() == [[0, 0.5, 1, 0]]
    assert duration_s.tolist() == [[1]]


def test_a_minute_of_frames_costs_linear_memory() -> None:
    time_s = torch.arange(6_000)[None] / 10
    mask = torch.ones_like(time_s, dtype=torch.bool)
    windows = windows_in_time(time_s, time_s, mask, mask, window_s=8)
    assert sum(window.bias.numel() for window in windows) < 6_000 * (256 + 160) * 1.02
