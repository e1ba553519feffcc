"""A finished model of motion alone grows the parts that look at a video."""

from __future__ import annotations

import torch
from torch import nn

from llamo.config import LlamoConfig
from llamo.cross_talker.words import ConceptWords
from llamo.encoders.enhancer import FeatureEnhancer
from llamo.encoders.video import VideoEncoder
from llamo.model import LlamoForConditionalGeneration
from llamo.parts import build_enhancer, frozen
from llamo.processing import LlamoProcessor, concept_names


def grow_video(
    model: LlamoForConditionalGeneration, processor: LlamoProcessor, encoder: VideoEncoder
) -> None:
    """Give a model a video stream, in place.

    Until the new parts are trained it answers as before: what motion asks of the video (section
    3.1) begins at zero, and nothing is said of a video that is not there.

    Args:
        model: Of motion alone, with its enhancer.
        processor: Writes what the encoder recognises in the language model's tokens.
        encoder: Of video; frozen.
    """
    config = model.config
    assert isinstance(config, LlamoConfig)
    words = concept_names(encoder.settings.concept_words, processor.tokenizer)
    if config.concept_names is not None and words is not None:
        config.concept_names = [*config.concept_names, *words]
        talker = model.cross_talker
        for name in ("heard", "said", "gathered"):
            setattr(talker, name, _with_more(getattr(talker, name), [len(one) for one in words]))
    config.video_config, config.video_width = encoder.config, encoder.width
    known = model.enhancer.state_dict()
    enhancer = build_enhancer(config)
    assert isinstance(enhancer, FeatureEnhancer)
    enhancer.load_state_dict(known, strict=False)
    nn.init.zeros_(enhancer.from_video.out.weight)
    nn.init.zeros_(enhancer.from_video.out.bias)
    model.enhancer = enhancer
    model.video_encoder = frozen(encoder)


@torch.no_grad()
def _with_more(known: ConceptWords, sizes: list[int]) -> ConceptWords:
    """With further questions of pretraining, said in no accent yet."""
    grown = ConceptWords([*known.sizes, *sizes], known.accent.shape[1])
    grown.sharpness[: len(known.sizes)] = known.sharpness
    grown.accent[: len(known.sizes)] = known.accent
    return grown
