"""The model that a recipe describes, around a frozen motion encoder."""

from __future__ import annotations

from typing import Any

from transformers import AutoTokenizer, LlamaConfig, PreTrainedTokenizerBase

from llamo.config import LlamoConfig
from llamo.encoders.motion import MotionEncoder
from llamo.encoders.video import VideoEncoder
from llamo.errors import ModelError
from llamo.model import LlamoForConditionalGeneration
from llamo.processing import LlamoProcessor, concept_names
from llamo.train.question_pool import QuestionPool
from llamo.train.recipe import InstructStage
from llamo.train.tokenizer import train_tokenizer

TEMPLATE = "{question} {motion} {measured} :"
"""Prompt of the model from scratch: no words but the question's and the measurements'."""


def new_model(
    encoder: MotionEncoder,
    pool: QuestionPool,
    stage: InstructStage,
    video_encoder: VideoEncoder | None = None,
) -> tuple[LlamoForConditionalGeneration, LlamoProcessor]:
    """Around a pretrained language model where the recipe names one, else around a new one.

    Raises:
        ModelError: No language model or tokenizer is found under that name or path.
    """
    if "name" in stage.language_model:
        return _around(encoder, stage, video_encoder)
    tokenizer = train_tokenizer(pool.texts(), stage.vocabulary)
    processor = LlamoProcessor(
        tokenizer, num_viewpoints=_viewpoints(stage), template=TEMPLATE, use_history=False,
        plain_people=True,
    )  # fmt: skip
    text_config = LlamaConfig(
        vocab_size=len(tokenizer),
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        tie_word_embeddings=True,
        **stage.language_model,
    )
    config = LlamoConfig(
        text_config=text_config,
        motion_config=encoder.config,
        video_config=None if video_encoder is None else video_encoder.config,
        **_settings(encoder, processor, stage, video_encoder),
    )
    model = LlamoForConditionalGeneration(
        config, motion_encoder=encoder, video_encoder=video_encoder
    )
    return model, processor


def _around(
    encoder: MotionEncoder, stage: InstructStage, video_encoder: VideoEncoder | None
) -> tuple[LlamoForConditionalGeneration, LlamoProcessor]:
    options = dict(stage.language_model)
    name = str(options.pop("name"))
    try:
        tokenizer = AutoTokenizer.from_pretrained(name)
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise ModelError(f"no tokenizer of a language model at {name}: {reason}") from None
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    processor = LlamoProcessor(tokenizer, num_viewpoints=_viewpoints(stage), use_history=False)
    model = LlamoForConditionalGeneration.from_parts(
        encoder, name, video_encoder=video_encoder, **options,
        **_settings(encoder, processor, stage, video_encoder),
    )  # fmt: skip
    return model, processor


def _viewpoints(stage: InstructStage) -> int:
    return 0 if stage.model.get("selection") == "all" else stage.model.get("num_viewpoints", 16)


def _settings(
    encoder: MotionEncoder,
    processor: LlamoProcessor,
    stage: InstructStage,
    video_encoder: VideoEncoder | None,
) -> dict[str, Any]:
    """What the recipe says of the model, and what follows from encoders and tokenizer."""
    tokenizer: PreTrainedTokenizerBase = processor.tokenizer
    seen = () if video_encoder is None else video_encoder.settings.concept_words
    return {
        "motion_token_id": processor.motion_token_id,
        "concept_names": concept_names(encoder.settings.concept_words, tokenizer),
        "seen_names": concept_names(seen, tokenizer),
        **stage.model,
    }
