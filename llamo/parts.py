"""Builds the parts from a config, so that the parts themselves take plain values."""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import nn
from transformers import PreTrainedModel

from llamo.config import LlamoConfig
from llamo.cross_talker import CrossTalker
from llamo.encoders.enhancer import FeatureEnhancer, FeatureProjection
from llamo.encoders.motion import MotionEncoder
from llamo.encoders.video import VideoEncoder


def build_motion_encoder(config: LlamoConfig) -> MotionEncoder | None:
    """A new one; None for a model that is fed features."""
    return None if config.motion_config is None else MotionEncoder(**config.motion_config)


def build_video_encoder(config: LlamoConfig) -> VideoEncoder | None:
    """A new one; None for a model of motion alone."""
    return None if config.video_config is None else VideoEncoder(**config.video_config)


Encoder = TypeVar("Encoder", MotionEncoder | None, VideoEncoder | None)


def frozen(encoder: Encoder) -> Encoder:
    """Not to be trained, in evaluation mode."""
    if encoder is not None:
        encoder.requires_grad_(False).eval()
    return encoder


def homeless_weights(video_encoder: VideoEncoder | None) -> list[str] | None:
    """Weights of a checkpoint that go nowhere: without timm those of the video's backbone."""
    if video_encoder is None or video_encoder.backbone is not None:
        return None
    return [r"^video_encoder\.backbone\."]


def build_enhancer(config: LlamoConfig) -> nn.Module:
    """Section 3.1, as the config says."""
    if not config.use_enhancer:
        return FeatureProjection(config.motion_width, config.width)
    return FeatureEnhancer(
        config.motion_width, config.width, config.video_width,
        layers=config.enhancer_layers, heads=config.heads,
        window_s=config.enhancer_window_s, dropout=config.dropout,
    )  # fmt: skip


def build_cross_talker(
    config: LlamoConfig, language_model: PreTrainedModel | None = None
) -> CrossTalker:
    """Section 3.2, as the config says; its tokens start at the size of the LM's embeddings."""
    scale = getattr(config.text_config, "initializer_range", 0.02)
    if language_model is not None:
        embeddings = language_model.get_input_embeddings().weight
        assert isinstance(embeddings, torch.Tensor)
        scale = float(embeddings.detach().float().square().mean().sqrt())
    return CrossTalker(
        config.width, config.language_width, k=config.num_viewpoints, heads=config.heads,
        reader_layers=config.reader_layers, segment_size=config.segment_size,
        selection=config.selection, selection_noise=config.selection_noise,
        word_pooling=config.word_pooling, margin=config.viewpoint_margin,
        use_receptive_field=config.use_receptive_field, use_fusion=config.use_fusion,
        scale=scale, dropout=config.dropout,
        concept_sizes=[len(names) for names in config.concept_names or ()],
        seen_sizes=[len(names) for names in config.seen_names or ()],
    )  # fmt: skip
