"""The two streams of a clip before they are fused: clocks, defaults, what is recognised."""

from __future__ import annotations

import torch
from torch.nn import functional

from llamo.encoders.motion import MotionEncoder
from llamo.encoders.video import VideoEncoder
from llamo.errors import ModelError

SEEN_AROUND_S = 2.0
"""How fast what was seen fades: things stay in hands for seconds, and a single frame errs."""

_USUAL_HZ = 10.0
"""Rate of motion features that come without a clock and without an encoder."""

VideoStream = tuple[torch.Tensor | None, torch.Tensor | None, torch.Tensor | None]
"""F_V (B, S, H_v), True on real frames (B, S), seconds (B, S); None without a video."""


def encode_motion(
    encoder: MotionEncoder | None, inputs: torch.Tensor, mask: torch.Tensor | None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Joint features (B, F, C) -> F_M (B, T, H) and its mask (B, T).

    Raises:
        ModelError: No encoder, or no mask.
    """
    if encoder is None or mask is None:
        raise ModelError("motion_inputs need a motion encoder and motion_inputs_mask.")
    with torch.no_grad():
        return encoder(inputs, mask)


def motion_stream(
    encoder: MotionEncoder | None,
    features: torch.Tensor | None,
    mask: torch.Tensor | None,
    time_s: torch.Tensor | None,
    without: tuple[torch.Tensor | None, int],
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Motion features with mask and clock, those that were not given by default.

    Args:
        encoder: Whose clock it is.
        features: F_M, (B, T, H); None for a batch of videos alone.
        mask: True on real frames, (B, T); None: all are.
        time_s: Seconds of each, (B, T); None: the encoder's clock.
        without: The video features, (B, S, H_v), and the width that motion would have.

    Raises:
        ModelError: Neither motion nor video.
    """
    if features is None:
        video, width = without
        if video is None:
            raise ModelError("a question needs a motion or a video; got neither.")
        features = video.new_zeros(len(video), 0, width)
    shape, device = features.shape[:2], features.device
    if mask is None:
        mask = torch.ones(shape, dtype=torch.bool, device=device)
    if time_s is None:
        rate_hz = encoder.rate_hz if encoder is not None else _USUAL_HZ
        time_s = (torch.arange(shape[1], device=device) / rate_hz).expand(shape)
    return features, mask, time_s


def recognised(
    motion_encoder: MotionEncoder,
    video_encoder: VideoEncoder | None,
    motion: torch.Tensor,
    motion_mask: torch.Tensor,
    time_s: torch.Tensor,
    video: VideoStream,
) -> torch.Tensor:
    """What the encoders recognise at each enhanced frame.

    Args:
        motion_encoder, video_encoder: With their classifiers.
        motion: F_M, (B, T, H), and its mask, (B, T).
        motion_mask: True on real frames.
        time_s: Seconds of the enhanced frames, (B, T'); T' >= T.
        video: The other stream.

    Returns:
        Log-odds (B, T', V), the motion encoder's first; 0 where nothing can be recognised: no
        motion in frames that only the video has, nothing seen where there is no video.
    """
    said = motion.new_zeros(*motion.shape[:2], 0)
    if motion_encoder.settings.concepts:
        said = motion_encoder.log_odds(motion) * motion_mask[..., None]
    said = functional.pad(said, (0, 0, 0, time_s.shape[1] - motion.shape[1]))
    if video_encoder is None or not video_encoder.settings.concepts:
        return said
    return torch.cat([said, _seen_around(time_s, video_encoder, video).to(said)], dim=-1)


def _seen_around(time_s: torch.Tensor, encoder: VideoEncoder, video: VideoStream) -> torch.Tensor:
    """What is seen around each moment (B, T), nearer frames before others: (B, T, V)."""
    features, mask, video_time_s = video
    if features is None or mask is None or video_time_s is None:
        count = sum(map(len, encoder.settings.concept_words))
        return time_s.new_zeros(*time_s.shape, count)
    away = (time_s[..., None] - video_time_s[:, None]).abs() / SEEN_AROUND_S  # (B, T, S)
    near = (-away).masked_fill(~mask[:, None], -1e4).softmax(-1) * mask[:, None]
    return near @ encoder.log_odds(features)
