"""A finished model of motion alone grows the parts that look at a video."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn
from torch.utils.hooks import RemovableHandle

from llamo.config import LlamoConfig
from llamo.cross_talker.words import SeenWords
from llamo.encoders.enhancer import FeatureEnhancer
from llamo.encoders.video import VideoEncoder
from llamo.model import LlamoForConditionalGeneration
from llamo.parts import build_enhancer, frozen
from llamo.processing import LlamoProcessor, concept_names
from llamo.row_lora import add_row_lora

_NEW = ("cross_talker.seen", "lora_down", "lora_up")
"""In the names of the parts that nothing passes through but a question for what is seen."""


def grow_video(
    model: LlamoForConditionalGeneration,
    processor: LlamoProcessor,
    encoder: VideoEncoder,
    rank: int,
) -> None:
    """Give a model a video stream, in place; only what is new is left to be trained.

    Paper: motion features query the video's (section 3.1).
    Here: the enhancer gets that part, too, but at zero, and it is not trained: what is seen reaches
    the language model through the Cross Talker alone.
    Because: what is asked of the motion is then answered as it was before there was a video, and
    need not be learnt again. A recipe that shows videos from the first step trains both.

    Args:
        model: Of motion alone, with its enhancer.
        processor: Writes what the encoder recognises in the language model's tokens.
        encoder: Of video; frozen.
        rank: Of the language model's adapters.
    """
    config = model.config
    assert isinstance(config, LlamoConfig)
    config.video_config, config.video_width = encoder.config, encoder.width
    config.video_rank = rank
    config.seen_names = concept_names(encoder.settings.concept_words, processor.tokenizer)
    known = model.enhancer.state_dict()
    enhancer = build_enhancer(config)
    assert isinstance(enhancer, FeatureEnhancer)
    enhancer.load_state_dict(known, strict=False)
    nn.init.zeros_(enhancer.from_video.out.weight)
    nn.init.zeros_(enhancer.from_video.out.bias)
    model.enhancer = enhancer
    model.video_encoder = frozen(encoder)
    if config.seen_names is not None:
        sizes = [len(answers) for answers in config.seen_names]
        words = _loudness(model)
        model.cross_talker.seen = SeenWords(sizes, config.language_width, words)
    add_row_lora(model.language_model, rank)
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(any(part in name for part in _NEW))


def learn_words(model: LlamoForConditionalGeneration, tokens: Iterable[int]) -> RemovableHandle:
    """Have the embeddings of some tokens trained, and those of no other, in place.

    A word that no answer ever held has been pushed away from all answers with all others of its
    kind, until "blue" and "white" are one to the language model (a cosine of .98). Each is moved
    aside at random first.

    Returns:
        Its ``remove()`` ends that.
    """
    embeddings = model.get_input_embeddings().weight
    assert isinstance(embeddings, nn.Parameter)
    chosen = torch.zeros(len(embeddings), 1, device=embeddings.device)
    chosen[sorted(tokens)] = 1.0
    embeddings.data.add_(chosen * _loudness(model) * torch.randn_like(embeddings))
    embeddings.requires_grad_(True)
    weight: Any = embeddings  # of which torch tells no types
    handle = weight.register_hook(lambda gradient: gradient * chosen.to(gradient.device))
    assert isinstance(handle, RemovableHandle)
    return handle


def _loudness(model: LlamoForConditionalGeneration) -> float:
    """Root mean square of the language model's embeddings."""
    embeddings = model.get_input_embeddings().weight
    assert isinstance(embeddings, torch.Tensor)
    return float(embeddings.detach().float().square().mean().sqrt())
